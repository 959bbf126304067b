"""Facts about a product that is trained anew, state by state; whoever ticks next goes on."""

from msgspec import Struct

from causeway.core.fact import Fact

ROWS, CONTRACT, WINDOWS, TABLE = "rows", "contract", "windows", "table"
TRAIN, GATE, SHIP, TRIAL = "train", "gate", "ship", "trial"
STATES = (ROWS, CONTRACT, WINDOWS, TABLE, TRAIN, GATE, SHIP, TRIAL)
"""In their order; each is written once it is done."""

PROMOTED = "promoted"
ON_TRIAL = "on trial"
FOR_A_PERSON = "for a person"
NOT_BETTER = "not better"
NO_ROWS = "too few labelled rows"
REFUSED = "refused"
ROLLED_BACK = "rolled back"
WITHDRAWN = "withdrawn"
OUTCOMES = (PROMOTED, FOR_A_PERSON, NOT_BETTER, NO_ROWS, REFUSED, ROLLED_BACK, WITHDRAWN)
FRUITLESS = frozenset({NOT_BETTER, REFUSED, ROLLED_BACK})
"""What counts as training without getting better."""


class LoopStarted(Fact, frozen=True, tag="loop.started"):
    """A product is to be trained anew."""

    loop: str
    because: str
    trigger: str = ""
    """Empty where a person asked for it."""
    live: str = ""
    """The release that answers now."""


class Tried(Struct, frozen=True, omit_defaults=True):
    """How well models of one window did on what came after it."""

    window: str
    rows: int
    """That the newest of them was fitted on."""
    judged: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""
    folds: int = 1
    """In how many back-tests, each with a model of its own."""
    behind: float = 0.0
    """How far from the best window on the same rows, and the standard error of that."""
    behind_error: float = 0.0


class LoopMoved(Fact, frozen=True, tag="loop.moved"):
    """One state of it is done; the fields say what the next one needs."""

    loop: str
    state: str
    """One of `STATES`."""
    words: str
    metric: str = ""
    rows: int = 0
    since: int = 0
    """Microseconds: the first labelled row that is kept for judging windows."""
    until: int = 0
    """Microseconds: the first labelled row that is kept for the gate."""
    last: int = 0
    """Microseconds: the last labelled row."""
    window: str = ""
    tried: tuple[Tried, ...] = ()
    table: str = ""
    """Digest of the table to train on."""
    release: str = ""


class LoopEnded(Fact, frozen=True, tag="loop.ended"):
    """What came of it: one of `OUTCOMES`."""

    loop: str
    outcome: str
    because: str
    release: str = ""


class LoopStopped(Fact, frozen=True, tag="loop.stopped"):
    """So often in a row it did not get better that nothing more is trained until a person resumes it."""

    because: str
    after: int


class LoopResumed(Fact, frozen=True, tag="loop.resumed"):
    """A person lets it train again."""

    because: str = ""

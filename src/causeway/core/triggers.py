"""What follows when something happens: whether a trigger fires now, and what it and its messages came to."""

from datetime import datetime

from msgspec import Struct

from causeway.core.fact import Fact

FIRES = "fires"
DRY_RUN = "dry run"
NOT_MET = "condition not met"
COOLING = "cooling down"
QUIET = "quiet"
WAITS = "waits for approval"
UNDER_WAY = "under way"
STOPPED = "stopped"
VERDICTS = (FIRES, DRY_RUN, NOT_MET, COOLING, QUIET, WAITS, UNDER_WAY, STOPPED)

NOTIFY, FINDING, RETRAIN, HOLD = "notify", "finding", "retrain", "hold"
ROLL_BACK, SCALE, SHED, STOP, MEASURE = "roll-back", "scale", "shed", "stop", "measure"
WORDS_ONLY = frozenset({NOTIFY, FINDING, MEASURE})
"""What changes nothing that callers or the model notice."""


DONE, FAILED = "done", "failed"
"""What came of a trigger that fired."""


class Decision(Struct, frozen=True, omit_defaults=True):
    """Whether one trigger fires now, or exactly why not."""

    trigger: str
    on: str
    do: str
    verdict: str
    """One of `VERDICTS`."""
    why: str
    """One sentence with the numbers in it."""
    until: datetime | None = None
    """When it is asked again, where a clock decides that."""
    value: float | None = None
    threshold: float | None = None
    cause: str = ""
    """What it would fire about: an alarm's cause; stable while it lasts."""
    approved_by: str = ""

    @property
    def is_due(self) -> bool:
        """Whether something is to be written now."""
        return self.verdict in (FIRES, DRY_RUN)


class TriggerFired(Fact, frozen=True, tag="trigger.fired"):
    """What the manifest asks for was done, or with `dry_run` only said."""

    trigger: str
    on: str
    do: str
    because: str
    cause: str = ""
    dry_run: bool = False
    approved_by: str = ""
    """Opaque actor id, where a person had to agree."""


class TriggerWaits(Fact, frozen=True, tag="trigger.waits"):
    """A trigger would fire, and a person must agree first."""

    trigger: str
    on: str
    do: str
    because: str
    cause: str = ""


class TriggerApproved(Fact, frozen=True, tag="trigger.approved"):
    """A person agreed that what waits may be done."""

    trigger: str
    because: str = ""
    cause: str = ""


class TriggerEnded(Fact, frozen=True, tag="trigger.ended"):
    """What came of a trigger that fired: `done`, or `failed` with the reason."""

    trigger: str
    fired: int
    """Sequence number of its firing."""
    outcome: str
    words: str = ""


class AlertSent(Fact, frozen=True, tag="alert.sent"):
    """A message reached an integration."""

    alert: str
    """Digest of what was sent."""
    to: str
    """The integration's name."""
    trigger: str
    cause: str = ""
    attempts: int = 1
    answer: str = ""
    """What came back: a status, or an exit code."""


class AlertFailed(Fact, frozen=True, tag="alert.failed"):
    """A message did not reach an integration, however often it was tried."""

    alert: str
    to: str
    trigger: str
    because: str
    cause: str = ""
    attempts: int = 1

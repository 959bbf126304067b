"""Facts of what a product brought: baselines, approved unit values, outcomes by entity, measurements."""

from datetime import date
from decimal import Decimal

from causeway.core.fact import Fact

KPI, MINUTES, DECISION = "kpi", "minutes", "decision"
"""What every outcome may tell beside the names of guardrails."""
ACCEPT, OVERRIDE, ESCALATE = "accept", "override", "escalate"
AUTOMATION = "automation"
"""The share of cases that nobody had to touch, of which a baseline may be recorded."""
DECISIONS = (ACCEPT, OVERRIDE, ESCALATE)
"""What became of an answer in the hands of whoever handles the case."""
TREATED, CONTROL = "treated", "control"

GRADES = ("A", "B", "C", "D")
WORDING = {
    "A": "caused",
    "B": "likely caused, assuming parallel trends",
    "C": "coincided with, after trend and season",
    "D": "claimed",
}
"""What may be said of an effect, by the grade of its evidence."""


class BaselineRecorded(Fact, frozen=True, tag="baseline.recorded"):
    """What a measure was before, put on record with where it comes from."""

    measure: str
    """`kpi`, `minutes`, or a guardrail's name."""
    name: str
    """What the manifest calls it."""
    value: float
    unit: str
    since: date | None = None
    until: date | None = None
    source: str = ""
    who: str = ""
    low: float | None = None
    high: float | None = None
    rows: int = 0
    """How many units it rests on; 0 where nobody says."""
    paper: str = ""
    """Digest of what it was read from, kept in the artefact store; of a query, the query's."""


class UnitValueApproved(Fact, frozen=True, tag="unit_value.approved"):
    """A named person of finance stands for what one unit of the business measure is worth."""

    kpi: str
    value: Decimal
    currency: str
    unit: str
    approver: str
    source: str
    low: Decimal | None = None
    high: Decimal | None = None
    paper: str = ""


class RealisationApproved(Fact, frozen=True, tag="realisation.approved"):
    """A named person of finance says what became of capacity; the rest was not realised."""

    cashable: float
    """Share whose budget line was cut."""
    redeployed: float
    """Share that does other work now, of which there is evidence."""
    approver: str
    source: str
    paper: str = ""


class ValuesReceived(Fact, frozen=True, tag="values.received"):
    """What came about became known, by entity and time or by prediction."""

    segment: str
    rows: int
    """Values that were sent; each is one of taken, duplicate and refused."""
    taken: int
    duplicates: int
    corrected: int = 0
    """Of the taken ones: those that replace another value."""
    late: int = 0
    """Of the taken ones: those that came when they were already counted as never coming."""
    unknown: int = 0
    """Of the taken ones: those of whom nothing had been asked yet."""
    names: dict[str, int] = {}
    """How many of each measure were taken."""
    channel: str = "file"
    """`file`, `query`, or `post`."""


class ExposuresImported(Fact, frozen=True, tag="exposures.imported"):
    """Who was assigned to what by another tool, brought in from its log."""

    segment: str
    rows: int
    taken: int
    duplicates: int
    experiment: str
    control: str
    """The variation that counts as without the product."""
    treated: tuple[str, ...]
    tool: str = ""
    control_share: float = 0.0
    """Of the units that were meant to be in the control; 0 where nobody said."""


class ValueMeasured(Fact, frozen=True, tag="value.measured"):
    """What the product brought over a period, by one design; the numbers as they were then."""

    kpi: str
    family: str
    design: str
    grade: str
    since: date
    until: date
    method: str = ""
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    units: float | None = None
    units_low: float | None = None
    units_high: float | None = None
    unit: str = ""
    exposed: int = 0
    treated: int = 0
    control: int = 0
    pending: float = 0.0
    money: Decimal | None = None
    money_low: Decimal | None = None
    money_high: Decimal | None = None
    booked: Decimal | None = None
    currency: str = ""
    disputed: bool = False
    sample_ratio: float | None = None
    """The chance of arms as uneven as these."""
    hours: float | None = None
    automation: float | None = None
    plan: str = ""
    """Digest of the manifest it was measured by."""
    table: str = ""
    """Digest of the table it was measured on, kept in the artefact store; empty where it was the records."""
    lapses: tuple[str, ...] = ()


Valuing = (
    BaselineRecorded
    | UnitValueApproved
    | RealisationApproved
    | ValuesReceived
    | ExposuresImported
    | ValueMeasured
)

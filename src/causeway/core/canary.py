"""Facts about a release that is tried on part of the traffic."""

from datetime import datetime

from msgspec import Struct

from causeway.core.fact import Fact
from causeway.core.manifest import DecisionPart, TrialLimits

GO_ON = "go on"
PROMOTE = "promote"
HOLD = "hold"
ROLL_BACK = "roll back"
NOT_ENOUGH = "not enough yet"
VERDICTS = (GO_ON, PROMOTE, HOLD, ROLL_BACK, NOT_ENOUGH)

FINE = "fine"
HARM = "harm"
OPEN = "open"


class Limits(TrialLimits, frozen=True, omit_defaults=False):
    """The manifest's `[canary]` with every value written out, so that later defaults change nothing."""


class KpiTrial(Struct, frozen=True, omit_defaults=True):
    """The business measure as a trial compares it: a mean of values, one for each unit that has one."""

    name: str
    limit: float
    """How much worse its mean may be."""
    least: float
    most: float
    more_is_better: bool
    unit: str = ""


class CanaryStarted(Fact, frozen=True, tag="canary.started"):
    """A release is tried beside the live one, within these limits, whatever the manifest says later."""

    release: str
    champion: str
    limits: Limits
    steps: tuple[int, ...]
    """Its share of the traffic step by step, in percent; none where it only answers in the shadow."""
    worth: DecisionPart | None = None
    """What decisions are worth, where the manifest says so."""
    kpi: KpiTrial | None = None
    """The business measure, where the manifest says how much worse it may be."""


class Criterion(Struct, frozen=True, omit_defaults=True):
    """One measure of the canary beside the live release, and the interval of their difference.

    `fine` where the whole interval lies within the margin, `harm` where it lies beyond, else `open`. For
    `latency` the values are milliseconds (geometric means), and difference, bounds and margin are ratios. For
    `worth` all are amounts a decision, and harm lies below zero. For `kpi` all are in its units, and harm
    lies on the side of zero that is worse.
    """

    name: str
    verdict: str
    canary: float
    champion: float
    difference: float
    low: float
    high: float
    margin: float
    canary_units: int
    champion_units: int
    alpha: float
    method: str


class CanaryJudged(Fact, frozen=True, tag="canary.judged"):
    """What the evidence of a canary's step says: one of `VERDICTS`; a change of traffic follows at once."""

    release: str
    verdict: str
    because: str
    percent: int
    minutes: float
    """Since this step began."""
    requests: int
    """That the canary answered or refused in it."""
    criteria: tuple[Criterion, ...] = ()
    evidence_at: datetime | None = None
    """When the last request came that was looked at."""
    assigned: float | None = None
    """The p of the share of requests that it got, where it was told `percent` (chi-square)."""
    by_hand: bool = False

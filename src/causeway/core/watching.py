"""What was seen of a product that runs, and what is alarming in it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from causeway.core.fact import Fact

OK = "ok"
NOTE = "note"
WARN = "warn"
ACT = "act"
NOT_ENOUGH_DATA = "not-enough-data"
SILENT = "silent"
VERDICTS = (OK, NOTE, WARN, ACT, NOT_ENOUGH_DATA, SILENT)
"""`not-enough-data` is never `ok`; `silent` is an estimate that does not hold here."""

_WORSE = {SILENT: 0, NOT_ENOUGH_DATA: 1, OK: 2, NOTE: 3, WARN: 4, ACT: 5}

MODEL = "model"
SUPPLY = "supply"
LABELS = "labels"
SERVICE = "service"
BUSINESS = "business"
COST = "cost"
CAUSES = (MODEL, SUPPLY, LABELS, SERVICE, BUSINESS, COST)
"""What alarms are joined by: one is raised for each of these at most."""

_CAUSE_OF = {
    "drift": MODEL,
    "missing": MODEL,
    "unseen": MODEL,
    "schema": MODEL,
    "skew": MODEL,
    "output": MODEL,
    "disagreement": MODEL,
    "quality": MODEL,
    "estimate": MODEL,
    "calibration": MODEL,
    "fairness": MODEL,
    "volume": SUPPLY,
    "freshness": SUPPLY,
    "labels": LABELS,
    "latency": SERVICE,
    "errors": SERVICE,
    "slo": SERVICE,
    "uptime": SERVICE,
    "throughput": SERVICE,
    "contract": SUPPLY,
    "kpi": BUSINESS,
    "cost": COST,
}


class Sight(Struct, frozen=True, omit_defaults=True):
    """What one monitor saw in one window: a number, its interval, and what was made of it."""

    monitor: str
    """The manifest's name of it; `watches` where the manifest names none."""
    watches: str
    verdict: str
    since: datetime
    until: datetime
    why: str
    """One sentence with the numbers in it."""
    about: str = ""
    """The column, the metric or the slice; empty where it is about everything."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    reference: float | None = None
    """The same measure where things were as they should be."""
    unit: str = ""
    """Of value, low, high, threshold and reference: `share`, `ms`, `rows`, the metric's name, ..."""
    rows: int = 0
    method: str = ""
    importance: float | None = None
    """How much of the model's answers hangs on the column, as a share; None where unknown."""
    cause: str = ""
    """One of `CAUSES`; what follows from `watches` where it is empty."""
    lasting: bool = False
    """Whether a note was seen often or surely enough to be told; a warning always was."""
    breach: bool = False
    """Whether it is about answers or outcomes themselves, without which drift of inputs never acts."""

    @property
    def caused_by(self) -> str:
        """Which alarm it belongs to."""
        return self.cause or _CAUSE_OF.get(self.watches, MODEL)


class Alarm(Struct, frozen=True, omit_defaults=True):
    """Everything alarming that has one cause; stable while it lasts."""

    cause: str
    """The key: one of `CAUSES`."""
    monitor: str
    """The worst monitor in it, by the manifest's name."""
    verdict: str
    """`note`, `warn` or `act`; `ok` once it is over."""
    since: datetime
    """The beginning of the first window in which it was seen."""
    until: datetime
    """The end of the last window that was looked at."""
    release: str = ""
    because: str = ""
    """One sentence."""
    sights: tuple[Sight, ...] = ()
    """What was seen, by verdict, then by effect times importance."""
    likely: str = ""
    """Which segment, source or release changed, as far as it shows."""
    command: str = ""
    """What to run."""

    @property
    def monitors(self) -> dict[str, str]:
        """Every monitor that saw something, with the worst that it said."""
        found: dict[str, str] = {}
        for sight in self.sights:
            found[sight.monitor] = worst((found.get(sight.monitor, sight.verdict), sight.verdict))
        return found


class WatchJudged(Fact, frozen=True, tag="watch.judged"):
    """An alarm was raised, got worse or milder, or is over (verdict `ok`); silence is never written."""

    alarm: Alarm
    before: str = ""
    """Its verdict before; empty where it is new."""


def worst(verdicts: Iterable[str]) -> str:
    """The verdict that matters most; `ok` of none."""
    return max(verdicts, key=lambda verdict: _WORSE[verdict], default=OK)


def is_worse(verdict: str, than: str) -> bool:
    """Whether one verdict matters more than another."""
    return _WORSE[verdict] > _WORSE[than]

"""A release on trial, as a page: its steps, its measures on a line, what was said of it."""

import math
from threading import Lock

from msgspec import Struct

from causeway.actions.canary import Lookout
from causeway.actions.trial_seen import TrialSeen, trial_seen
from causeway.actions.workspace import Workspace
from causeway.assess.canary import KPI
from causeway.assess.canary_next import harmful_sides
from causeway.core.canary import Criterion, KpiTrial
from causeway.core.errors import NotFound

LEAST_FRAME, MOST_FRAME = 2.5, 8.0
"""So many limits to either side of no difference are drawn."""
_TITLES = {
    "errors": "errors",
    "latency": "latency",
    "flagged": "flagged answers",
    "worth": "worth a decision",
}


class Watch:
    """Looks at trials for whoever opens a page; one at a time, as what was read is kept."""

    def __init__(self, work: Workspace) -> None:
        self._work, self._lookout, self._lock = work, Lookout(work), Lock()

    def seen(self, product: str, seq: int | None = None) -> TrialSeen | None:
        """The trial that began with this event, or the one that runs."""
        with self._lock:
            return trial_seen(self._work, product, self._lookout, seq=seq)


class TrialPage(Struct, frozen=True):
    """One trial, with everything that was said of it."""

    name: str
    seen: TrialSeen
    actors: dict[str, str]


class Band(Struct, frozen=True):
    """Where the marks of a measure lie on its line, in percent of its width."""

    low: float
    high: float
    value: float
    left: float | None
    """Where harm begins on the left; none where a difference to that side does none."""
    right: float | None


class Line(Struct, frozen=True):
    """A measure in words for a table."""

    title: str
    canary: str
    champion: str
    difference: str
    between: str
    limit: str
    band: Band


def trial_page(work: Workspace, name: str, seq: str, watch: Watch) -> TrialPage:
    """The trial that began with the event of this number."""
    seen = watch.seen(name, int(seq)) if seq.isdecimal() and seq.isascii() and len(seq) < 10 else None
    if seen is None:
        raise NotFound(f"no trial of {name} began with event {seq}", hint="see its events")
    actors = {each.actor for each in seen.trial.judged} | {seen.trial.actor}
    known = {actor: work.ledger.resolve(actor) for actor in actors}
    return TrialPage(name, seen, {actor: found.name if found else "" for actor, found in known.items()})


def line_of(each: Criterion, kpi: KpiTrial | None) -> Line:
    """A measure as its row in the table."""
    title = kpi.name if each.name == KPI and kpi else _TITLES.get(each.name, each.name)
    left, right = harmful_sides(each, kpi)
    if each.name == "latency":
        return Line(
            title,
            f"{each.canary:.3g} ms",
            f"{each.champion:.3g} ms",
            f"{each.difference:.2f} times",
            f"{each.low:.2f} to {each.high:.2f}",
            f"{each.margin:g} times",
            _band(*map(_log, (each.low, each.high, each.difference, each.margin)), left=left, right=right),
        )
    unit = f" {kpi.unit}" if each.name == KPI and kpi and kpi.unit else ""
    sign = "-" if left and not right else "+" if right and not left else "\u00b1"
    return Line(
        title,
        f"{_plain(each.canary)}{unit}",
        f"{_plain(each.champion)}{unit}",
        _signed(each.difference),
        f"{_signed(each.low)} to {_signed(each.high)}",
        f"{sign}{each.margin:g}",
        _band(each.low, each.high, each.difference, each.margin, left=left, right=right),
    )


def _log(value: float) -> float:
    return math.log(max(value, 1e-9))


def _band(low: float, high: float, value: float, margin: float, *, left: bool, right: bool) -> Band:
    farthest = max(abs(low), abs(high))
    unit = margin or farthest or 1.0
    frame = unit * min(MOST_FRAME, max(LEAST_FRAME, 1.1 * farthest / unit))

    def place(mark: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, mark / frame)), 2)

    return Band(
        place(low),
        place(high),
        place(value),
        place(-margin) if left else None,
        place(margin) if right else None,
    )


def _plain(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1 else f"{value:,.2f}" if abs(value) < 1e4 else f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{_plain(abs(value))}"

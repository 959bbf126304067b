"""The page of one product's monitors: its pictures, in the order in which one wants them."""

from collections.abc import Sequence
from threading import Lock

from msgspec import Struct

from causeway.actions.monitoring import Mark, Monitoring, Monitors
from causeway.actions.workspace import Workspace
from causeway.assess.watch_line import Series
from causeway.console.monitor_charts import Chart, chart_of, described, heading, measured, units
from causeway.core.watching import Sight

MOST_FEATURES = 24
"""So many inputs are drawn, those that matter most; the table below has all."""
_ORDER = ("act", "warn", "note", "ok", "not-enough-data", "silent")
_SECTIONS = (
    (
        "quality",
        "What outcomes say",
        "By the time of the answer, however late its outcome came.",
        {"quality", "labels", "calibration", "fairness", "estimate"},
    ),
    (
        "answers",
        "What is answered",
        "How far they lie from those that they are compared with: 0 is the same, 1 nothing alike.",
        {"output", "disagreement"},
    ),
    (
        "inputs",
        "What callers send",
        "By effect times importance: what changed most of what the answers hang on comes first.",
        {"drift", "missing", "unseen", "contract"},
    ),
    (
        "service",
        "How it runs",
        "",
        {"slo", "errors", "latency", "volume", "throughput", "freshness", "uptime"},
    ),
    ("business", "What it is worth", "", {"kpi", "cost"}),
)
_NAMED = frozenset[str]().union(*(watched for *_, watched in _SECTIONS))
_OTHER = ("other", "What else is watched", "")


class Picture(Struct, frozen=True):
    """A series with everything that is drawn and said of it."""

    id: str
    title: str
    now: str
    words: str
    series: Series
    chart: Chart


class Section(Struct, frozen=True):
    """Pictures under one heading."""

    id: str
    title: str
    words: str
    pictures: tuple[Picture, ...]
    left_out: int = 0


class MonitoringPage(Struct, frozen=True):
    """Everything about one product's monitors that fits a page."""

    name: str
    seen: Monitoring


class Watching:
    """Looks for whoever opens a page; one at a time, as what was worked out is kept."""

    def __init__(self, work: Workspace) -> None:
        self._monitors, self._lock = Monitors(work), Lock()

    def page(self, name: str) -> MonitoringPage:
        """The page of this product."""
        with self._lock:
            return MonitoringPage(name, self._monitors.of(name))


def sections_of(seen: Monitoring) -> list[Section]:
    """The pictures by what they are about."""
    other = {each.watches for each in seen.series} - _NAMED
    found: list[Section] = []
    for name, title, words, watched in (*_SECTIONS, (*_OTHER, other)):
        mine = [each for each in seen.series if each.watches in watched]
        shown = mine[:MOST_FEATURES]
        pictures = tuple(_picture(f"{name}-{at}", each, seen.marks) for at, each in enumerate(shown, 1))
        if pictures:
            found.append(Section(name, title, words, pictures, len(mine) - len(shown)))
    return found


def _picture(name: str, series: Series, marks: Sequence[Mark]) -> Picture:
    return Picture(
        id=name,
        title=heading(series),
        now=_known(series)
        if series.note and series.watches == "labels"
        else measured(series.last, series.unit),
        words=described(series),
        series=series,
        chart=chart_of(series, marks),
    )


def _known(series: Series) -> str:
    """The share over all days: the last ones are young, and say little."""
    rows = sum(each.rows for each in series.points)
    known = sum((each.value or 0.0) * each.rows for each in series.points)
    return f"{known / rows:.1%} of {rows:,} answers" if rows else "not enough data"


def windows_of(series: Series) -> str:
    """How many windows are drawn, and what one is."""
    count, (first, *rest) = len(series.points), series.period.split() or ["windows"]
    return " ".join([f"{count:,}", first.removesuffix("s") if count == 1 else first, *rest])


def ranked(sights: Sequence[Sight]) -> list[Sight]:
    """Everything that was looked at, the worst first."""
    return sorted(sights, key=lambda each: (_ORDER.index(each.verdict), each.watches, each.about))


def methods(sights: Sequence[Sight]) -> list[tuple[str, str]]:
    """How each number came to be, once for each way."""
    return sorted({(each.watches, each.method.rstrip(".")) for each in sights if each.method})


def sight_numbers(sight: Sight) -> str:
    """The number of a sight with its interval, threshold and reference."""
    if sight.value is None:
        return ""
    unit = units(sight.unit)
    parts = [f"{sight.value:.3g} {unit}".strip()]
    if sight.low is not None and sight.high is not None:
        parts[0] += f" ({sight.low:.3g} to {sight.high:.3g})"
    elif sight.low:
        parts[0] += f", {sight.low:.3g} at least"
    if sight.threshold is not None:
        parts.append(f"threshold {sight.threshold:.3g}")
    if sight.reference is not None:
        parts.append(f"reference {sight.reference:.3g}")
    return "; ".join(parts)

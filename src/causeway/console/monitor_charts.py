"""A monitor's windows as a small chart: numbers in a box of fixed size, which templates draw as SVG."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.actions.monitoring import Mark
from causeway.assess.watch_line import Point, Series
from causeway.console.charts import ticks
from causeway.core.metrics import spoken
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, WARN

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 352.0, 18.0, 126.0
TICKS = 3
APART = 9.0
"""Marks closer than this would hide one another."""
FROM_ZERO = frozenset({"distance", "share", "rows", "requests", "ms", "hours", "of the budget of 28 days"})
BARS = frozenset({"volume", "throughput"})
BARE = frozenset({"distance", "share", "loss", "accuracy", "r2", "rmse", "mae", "brier", "ece"})
LETTERS = {"release": "R", "trial": "T", "alarm": "!", "over": "ok"}
TITLES = {
    "labels": "Outcomes",
    "calibration": "Calibration",
    "fairness": "Fairness",
    "disagreement": "Disagreement",
    "missing": "Missing",
    "unseen": "Never seen before",
    "latency": "Time to answer",
    "freshness": "Since the last row",
    "errors": "Requests that failed",
    "throughput": "Requests an hour",
    "uptime": "Uptime",
    "contract": "Contract",
    "slo": "Error budget",
    "kpi": "Business measure",
    "cost": "Cost",
}
WHOLE = {
    ("labels", "join rate"): "Outcomes known",
    ("labels", "delay"): "Outcomes take",
    ("quality", "loss"): "Loss, over the release's life",
    ("volume", ""): "Rows an hour",
    ("volume", "by day"): "Rows a day",
}


class Dot(Struct, frozen=True):
    """One window: where its number lies, and the ends of its interval."""

    x: float
    y: float
    low: float | None
    high: float | None
    shape: str
    """`fine`, `note`, `warn` or `act`: told by form, not by colour alone."""
    left: float
    width: float
    """Of its bar."""


class Line(Struct, frozen=True):
    """A horizontal line or tick, with its number."""

    y: float
    text: str


class Flag(Struct, frozen=True):
    """A moment: something changed."""

    x: float
    kind: str
    letter: str


class Chart(Struct, frozen=True):
    """Everything that is drawn of one series."""

    dots: tuple[Dot, ...]
    path: str
    beside: str
    """The dashed line; empty where there is none."""
    usual: str
    """What is usual in each window, as steps; empty where nothing is known."""
    few: tuple[tuple[float, float], ...]
    """From where, and how wide: windows with too little to say."""
    ticks: tuple[Line, ...]
    threshold: Line | None
    reference: Line | None
    flags: tuple[Flag, ...]
    days: tuple[tuple[float, str, str], ...]
    """Where, anchor and text."""
    bars: bool


def chart_of(series: Series, marks: Sequence[Mark]) -> Chart:
    """The series within its box."""
    scale = _Scale(series)
    known = [each for each in series.points if each.value is not None]
    return Chart(
        dots=tuple(_dot(each, scale) for each in known),
        path=_path(series.points, scale),
        beside=_path(series.beside, scale),
        usual=_steps(series.points, scale),
        few=tuple(
            (scale.x(each.since), max(1.0, scale.x(each.until) - scale.x(each.since)))
            for each in series.points
            if each.verdict == NOT_ENOUGH_DATA
        ),
        ticks=tuple(Line(scale.y(each), plain_number(each)) for each in scale.ticks),
        threshold=_line(series.threshold, scale),
        reference=_line(series.reference, scale),
        flags=tuple(_flags(marks, scale)),
        days=_days(scale),
        bars=series.watches in BARS,
    )


class _Scale:
    """From moments and numbers to places."""

    def __init__(self, series: Series) -> None:
        every = [*series.points, *series.beside]
        self.since, self.until = min(each.since for each in every), max(each.until for each in every)
        numbers = [
            *_numbers(every),
            *(each for each in (series.threshold, series.reference) if each is not None),
        ]
        least, most = min(numbers, default=0.0), max(numbers, default=1.0)
        if series.unit in FROM_ZERO:
            least = min(0.0, least)
        self.ticks = ticks(least, most, about=TICKS)
        self._least, self._most = self.ticks[0], self.ticks[-1]

    def x(self, moment: datetime) -> float:
        share = (moment - self.since) / (self.until - self.since or timedelta(1))
        return round(LEFT + (RIGHT - LEFT) * share, 1)

    def y(self, number: float) -> float:
        share = (number - self._least) / (self._most - self._least or 1.0)
        return round(BOTTOM - (BOTTOM - TOP) * max(0.0, min(1.0, share)), 1)


def _numbers(points: Iterable[Point]) -> Iterator[float]:
    for each in points:
        for number in (each.value, each.low, each.high, each.reference, each.threshold):
            if number is not None and math.isfinite(number):
                yield number


def _dot(point: Point, scale: _Scale) -> Dot:
    left, right = scale.x(point.since), scale.x(point.until)
    shape = point.verdict if point.verdict in (NOTE, WARN, ACT) else "fine"
    return Dot(
        x=round((left + right) / 2, 1),
        y=scale.y(point.value or 0.0),
        low=None if point.low is None else scale.y(point.low),
        high=None if point.high is None else scale.y(point.high),
        shape=shape,
        left=left,
        width=round(max(0.8, (right - left) * 0.82), 1),
    )


def _path(points: Sequence[Point], scale: _Scale) -> str:
    """Through every number, broken where there is none."""
    words: list[str] = []
    pen = "M"
    for each in points:
        if each.value is None:
            pen = "M"
            continue
        x = (scale.x(each.since) + scale.x(each.until)) / 2
        words.append(f"{pen}{x:.1f} {scale.y(each.value)}")
        pen = "L"
    return "".join(words)


def _steps(points: Sequence[Point], scale: _Scale) -> str:
    words: list[str] = []
    pen = "M"
    for each in points:
        if each.reference is None:
            pen = "M"
            continue
        words.append(f"{pen}{scale.x(each.since)} {scale.y(each.reference)}H{scale.x(each.until)}")
        pen = "L"
    return "".join(words)


def _line(number: float | None, scale: _Scale) -> Line | None:
    return None if number is None else Line(scale.y(number), plain_number(number))


def _flags(marks: Sequence[Mark], scale: _Scale) -> Iterator[Flag]:
    """The moments within the chart; of several at one place the first, and a release before all else."""
    taken: list[float] = []
    for each in sorted(marks, key=lambda mark: (list(LETTERS).index(mark.kind), mark.at)):
        if not scale.since <= each.at <= scale.until:
            continue
        x = scale.x(each.at)
        if all(abs(x - other) >= APART for other in taken):
            taken.append(x)
            yield Flag(x, each.kind, LETTERS[each.kind])


def _days(scale: _Scale) -> tuple[tuple[float, str, str], ...]:
    form = "%m-%d %H:%M" if scale.until - scale.since < timedelta(days=2) else "%Y-%m-%d"
    return (
        (LEFT, "start", scale.since.strftime(form)),
        (RIGHT, "end", scale.until.strftime(form)),
    )


def plain_number(number: float) -> str:
    """A number as short as it can be said."""
    size = abs(number)
    if size >= 10_000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if size < 1000 else f"{number:,.0f}"


def heading(series: Series) -> str:
    """What the chart is about."""
    if (series.watches, series.about) in WHOLE:
        return WHOLE[series.watches, series.about]
    if series.watches in ("drift", "output"):
        return series.about
    if series.watches == "quality":
        name = spoken(series.unit)
        part = "" if series.about == series.unit else f" of {series.about}"
        return f"{name[0].upper()}{name[1:]}{part}"
    title = TITLES.get(series.watches, series.watches)
    return f"{title}: {series.about}" if series.about else title


def measured(point: Point | None, unit: str) -> str:
    """The number of a window with its interval, in words."""
    if point is None or point.value is None:
        return "not enough data"
    said = f"{plain_number(point.value)} {units(unit)}".rstrip()
    if point.low is not None and point.high is not None:
        return f"{said} ({plain_number(point.low)} to {plain_number(point.high)})"
    return f"{said}, {plain_number(point.low)} at least" if point.low else said


def units(unit: str) -> str:
    """The unit behind a number; a share, a distance or a metric has none."""
    return "" if unit in BARE or spoken(unit) != unit or "_" in unit else unit


def described(series: Series) -> str:
    """The chart in words, for whoever does not see it."""
    known = [each.value for each in series.points if each.value is not None]
    if not known:
        return f"{len(series.points)} windows, none with enough data."
    beyond = sum(each.verdict in (WARN, ACT) for each in series.points)
    said = f"{len(series.points)} windows, {len(known)} with enough data, "
    said += f"from {plain_number(min(known))} to {plain_number(max(known))}"
    said += f"; the last is {measured(series.last, series.unit)}"
    if series.threshold is not None:
        said += f"; the threshold is {plain_number(series.threshold)}"
    if beyond:
        said += f"; {beyond} with an alarm"
    return said + "."

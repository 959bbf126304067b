"""The pictures of a worth page as shapes in a box: told apart by pattern and label, never by colour alone."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.assess.worth.amounts import money
from causeway.assess.worth.parts import Bridge, Evidence, PaybackLine, Step, WorthPage
from causeway.console.charts import ticks

WIDTH = 720.0
ROW, BAR = 26.0, 17.0
LABELS, AMOUNTS = 176.0, 118.0
PLOT_HEIGHT = 300.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 606.0, 16.0, 262.0
TICKS = 5
APART = 13.0
PATTERNS = {"gross": "open", "less": "rising", "booked": "full", "cost": "falling", "net": "full"}


class Bar(Struct, frozen=True):
    """A box with its pattern: `full`, `open`, `rising` or `falling` strokes."""

    x: float
    y: float
    width: float
    height: float
    pattern: str


class Path(Struct, frozen=True):
    """A line or an area; `kind` says how it is drawn."""

    d: str
    kind: str


class Words(Struct, frozen=True):
    """A label where it stands."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    kind: str = "label"


Shape = Bar | Path | Words


class Drawing(Struct, frozen=True):
    """Everything that is drawn, from the back to the front."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


def drawing(chart: str, page: WorthPage) -> Drawing:
    """The picture of this name."""
    match chart:
        case "bridge":
            return bridge_drawing(page.bridge)
        case "payback":
            return payback_drawing(page.payback)
        case _:
            return weeks_drawing(page.evidence)


def bridge_drawing(bridge: Bridge) -> Drawing:
    """Every step a bar that begins where the one before ended."""
    ends = [end for step in bridge.steps for end in _ends(step)]
    least, most = min([*ends, 0.0]), max([*ends, 0.0])
    place = Place(least, most, begin=LABELS + 10, end=WIDTH - AMOUNTS)
    height = ROW * len(bridge.steps) + 8
    zero = place(0.0)
    shapes: list[Shape] = [Path(f"M{zero} 2V{height - 4}", "zero")]
    for at, step in enumerate(bridge.steps):
        shapes += _row(step, 4 + at * ROW, place, bridge.currency, last=at == len(bridge.steps) - 1)
    return Drawing(WIDTH, height, tuple(shapes))


def _ends(step: Step) -> tuple[float, float]:
    """Where a bar begins and ends; a total stands on zero."""
    after = float(step.after)
    return (0.0, after) if step.kind in {"gross", "booked", "net"} else (after - float(step.amount), after)


def _row(step: Step, top: float, place: "Place", currency: str, *, last: bool) -> Iterator[Shape]:
    begin, end = (place(each) for each in _ends(step))
    total = step.kind in {"booked", "net"}
    middle = top + ROW / 2
    yield Words(LABELS, middle + 4, _label(step), "end", "strong" if total else "label")
    yield Bar(min(begin, end), top + (ROW - BAR) / 2, max(abs(end - begin), 1.0), BAR, PATTERNS[step.kind])
    amount = step.after if total else step.amount
    sign = "" if total or step.kind == "gross" else "less "
    words = f"{sign}{money(abs(amount) if sign and amount < 0 else amount, '')}"
    yield Words(WIDTH - 4, middle + 4, f"{words} {currency}".rstrip(), "end", "strong" if total else "number")
    if not last:
        yield Path(f"M{end} {round(top + (ROW + BAR) / 2, 1)}v{round(ROW - BAR, 1)}", "step")


def _label(step: Step) -> str:
    return {"less": f"less {step.what}", "cost": f"less {step.what}"}.get(step.kind, step.what)


class Place:
    """From a number to where it lies."""

    def __init__(self, least: float, most: float, *, begin: float, end: float) -> None:
        self._least, self._span, self._begin, self._end = least, (most - least) or 1.0, begin, end

    def __call__(self, number: float) -> float:
        """The place of this number, to a tenth."""
        return round(self._begin + (self._end - self._begin) * (number - self._least) / self._span, 1)


def payback_drawing(line: PaybackLine) -> Drawing:
    """Cumulative net: a full line for what was, a fan for what will be, dots for what was promised."""
    case = line.case.points if line.case else ()
    numbers = [
        0.0,
        *(float(month.net) for month in line.actual),
        *(each for band in line.fan for each in (band.low, band.middle, band.high)),
        *(float(net) for _, net in case),
    ]
    days = [
        *(month.until for month in line.actual),
        *(band.until for band in line.fan),
        *(day for day, _ in case),
    ]
    steps = ticks(min(numbers), max(numbers), about=TICKS)
    first, last = min(days), max(days)
    x = Place(first.toordinal(), last.toordinal(), begin=LEFT, end=RIGHT)
    y = Place(steps[0], steps[-1], begin=BOTTOM, end=TOP)
    shapes: list[Shape] = [*_grid(steps, y), *_days(first, last, x)]
    shapes += _fan(line, x, y)
    if case:
        shapes.append(Path(_through([(day, float(net)) for day, net in case], x, y), "promised"))
    shapes += _actual(line, x, y)
    shapes += _named(line, y)
    return Drawing(WIDTH, PLOT_HEIGHT, tuple(shapes))


def _grid(steps: Sequence[float], y: Place) -> Iterator[Shape]:
    for step in steps:
        place = y(step)
        yield Path(f"M{LEFT} {place}H{RIGHT}", "zero" if step == 0 else "grid")
        yield Words(LEFT - 6, place + 4, money_tick(step), "end", "number")


def _days(first: date, last: date, x: Place) -> Iterator[Shape]:
    months = list(_firsts(first, last))
    every = max(1, math.ceil(len(months) / 7))
    for day in months[::every]:
        place = x(day.toordinal())
        yield Path(f"M{place} {BOTTOM}v5", "tick")
        yield Words(place, BOTTOM + 19, f"{day:%b %Y}", "middle", "number")


def _firsts(first: date, last: date) -> Iterator[date]:
    day = first.replace(day=1)
    while day <= last:
        if day >= first:
            yield day
        day = (day.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)


def _fan(line: PaybackLine, x: Place, y: Place) -> Iterator[Shape]:
    if not line.fan:
        return
    start = [(line.actual[-1].until, float(line.actual[-1].net))] if line.actual else []
    upper = [*start, *((band.until, band.high) for band in line.fan)]
    lower = [*start, *((band.until, band.low) for band in line.fan)]
    middle = [*start, *((band.until, band.middle) for band in line.fan)]
    area = _through(upper, x, y) + _through(lower[::-1], x, y).replace("M", "L", 1) + "Z"
    yield Path(area, "area")
    yield Path(_strokes(upper, lower, x, y), "strokes")
    for each in (upper, lower):
        yield Path(_through(each, x, y), "edge")
    yield Path(_through(middle, x, y), "expected")


def _strokes(
    upper: Sequence[tuple[date, float]], lower: Sequence[tuple[date, float]], x: Place, y: Place
) -> str:
    """Upright strokes between both edges, so that the fan is seen without colour."""
    words: list[str] = []
    for (day, high), (_, low) in zip(upper, lower, strict=True):
        words.append(f"M{x(day.toordinal())} {y(high)}V{y(low)}")
    return "".join(words)


def _actual(line: PaybackLine, x: Place, y: Place) -> Iterator[Shape]:
    points = [(month.until, float(month.net)) for month in line.actual]
    if len(points) > 1:
        yield Path(_through(points, x, y), "actual")
    for day, net in points:
        place, height = x(day.toordinal()), y(net)
        yield Path(f"M{place - 3} {height}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z", "dot")
    if points and line.fan:
        place = x(points[-1][0].toordinal())
        yield Path(f"M{place} {TOP}V{BOTTOM}", "today")


def _named(line: PaybackLine, y: Place) -> Iterator[Shape]:
    """What each line is, at its end; labels that would hide one another are moved apart."""
    ends: list[tuple[float, str]] = []
    if line.fan:
        band = line.fan[-1]
        ends += [(y(band.high), "P90"), (y(band.middle), "P50, expected"), (y(band.low), "P10")]
    elif line.actual:
        ends.append((y(float(line.actual[-1].net)), "actual"))
    if line.case and line.case.points:
        ends.append((y(float(line.case.points[-1][1])), "business case"))
    taken = -APART
    for place, name in sorted(ends):
        taken = max(place, taken + APART)
        yield Words(RIGHT + 6, taken + 4, name)


def weeks_drawing(evidence: Evidence) -> Drawing:
    """The effect of each week with its interval, beside none at all."""
    numbers = [each for _, *ends in evidence.weeks for each in ends if each is not None]
    steps = ticks(min([*numbers, 0.0]), max([*numbers, 0.0]), about=TICKS)
    y = Place(steps[0], steps[-1], begin=150.0, end=TOP)
    count = len(evidence.weeks)
    x = Place(-0.5, count - 0.5, begin=LEFT, end=WIDTH - 20)
    shapes: list[Shape] = []
    for step in steps:
        shapes += [
            Path(f"M{LEFT} {y(step)}H{WIDTH - 20}", "zero" if step == 0 else "grid"),
            Words(LEFT - 6, y(step) + 4, f"{step:.3g}", "end", "number"),
        ]
    every = max(1, math.ceil(count / 10))
    for at, (day, value, low, high) in enumerate(evidence.weeks):
        place = x(at)
        if low is not None and high is not None:
            shapes.append(
                Path(f"M{place} {y(high)}V{y(low)}M{place - 4} {y(high)}h8M{place - 4} {y(low)}h8", "range")
            )
        shapes.append(Path(f"M{place - 3} {y(value)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z", "dot"))
        if at % every == 0:
            shapes.append(Words(place, 169, f"{day:%d %b}", "middle", "number"))
    return Drawing(WIDTH, 178.0, tuple(shapes))


def _through(points: Iterable[tuple[date, float]], x: Place, y: Place) -> str:
    return "".join(
        f"{'L' if at else 'M'}{x(day.toordinal())} {y(number)}" for at, (day, number) in enumerate(points)
    )


def money_tick(amount: float) -> str:
    """An amount at an axis, as short as it can be said."""
    size = abs(amount)
    if size >= 1e6:
        return f"{amount / 1e6:g} m"
    if size >= 10_000:
        return f"{amount / 1e3:g} k"
    return f"{Decimal(str(amount)):,f}".removesuffix(".0")

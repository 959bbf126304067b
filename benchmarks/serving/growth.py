"""Whether something that was seen for a long time grows: a line through its means, and how sure that is."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

BIN_SECONDS = 10.0
LEAST_BINS = 6
MOST_ALIKE = 0.95
"""So much of a mean may be what the one before it was; beyond that nothing could be said at all."""
# two-sided 95 % of Student's t, by degrees of freedom
T95 = {1: 12.7, 2: 4.3, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 8: 2.31, 10: 2.23, 15: 2.13, 20: 2.09, 30: 2.04}

Seen = Sequence[tuple[float, float]]
"""When (in seconds), and what."""


class Growth(NamedTuple):
    """Means at the first, when warm, at the end; the highest after that; and the slope an hour since then."""

    first: float
    warm: float
    last: float
    most: float
    slope: float
    error: float
    """Half of the slope's 95 % interval."""
    bins: int

    @property
    def grows(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.slope - self.error > 0


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def growth(
    seen: Seen, *, began: float, warm_up: float, of: Callable[[Sequence[float]], float] = mean
) -> Growth | None:
    """How it grows after so many seconds; None where too little was seen after them."""
    bins: dict[int, list[float]] = {}
    for at, value in seen:
        bins.setdefault(int((at - began) / BIN_SECONDS), []).append(value)
    means = [(n * BIN_SECONDS, of(part)) for n, part in sorted(bins.items())]
    late = [(at / 3600, value) for at, value in means if at >= warm_up]
    if len(late) < LEAST_BINS:
        return None
    values = [value for _, value in late]
    slope, error = line(late)
    return Growth(means[0][1], values[0], values[-1], max(values), slope, error, len(late))


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The slope of the least-squares line, and half of its 95 % interval.

    A mean that holds on to the one before it says less than one of its own: as many count as would say
    as much if they did not (by the autocorrelation of what the line leaves over).
    """
    middle, level = mean([at for at, _ in points]), mean([value for _, value in points])
    spread = sum((at - middle) ** 2 for at, _ in points)
    slope = sum((at - middle) * (value - level) for at, value in points) / spread
    left = [value - level - slope * (at - middle) for at, value in points]
    squares = sum(each**2 for each in left)
    if not squares:
        return slope, 0.0
    alike = sum(one * other for one, other in pairwise(left)) / squares
    alike = min(max(alike, 0.0), MOST_ALIKE)
    freedom = max(1.0, len(points) * (1 - alike) / (1 + alike) - 2)
    wide = next((T95[n] for n in sorted(T95, reverse=True) if n <= freedom), T95[1])
    return slope, wide * math.sqrt(squares / freedom / spread)


def told(name: str, grown: Growth | None, unit: str) -> str:
    """What is to be said of it, in two lines."""
    if grown is None:
        return f"{name}: too short to tell"
    low, high = grown.slope - grown.error, grown.slope + grown.error
    verdict = "GROWS" if grown.grows else "does not grow beyond chance"
    return (
        f"{name}: {grown.first:.2f} {unit} at first, {grown.warm:.2f} when warm, {grown.last:.2f} at the "
        f"end, at most {grown.most:.2f} since it was warm\n"
        f"  slope since then {grown.slope:+.2f} ({low:+.2f} to {high:+.2f}) {unit} an hour "
        f"over {grown.bins} means: {verdict}"
    )

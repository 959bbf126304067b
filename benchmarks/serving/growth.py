"""Whether something that was seen for a long time grows: a line through its means, and how sure that is."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

BIN_SECONDS = 10.0
BLOCKS = 10
"""The slope is that of so many long means: short ones hold on to each other, and would seem to be surer."""
T95 = 2.306
"""Two-sided 95 % of Student's t, for the line through ten points."""
MATERIAL = 0.01
"""Of the level when warm: to grow by less than that, over all that was judged, is said but is no failure."""

Point = tuple[float, float]
Seen = Sequence[Point]
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
    hours: float
    """For how long it was judged."""

    @property
    def verdict(self) -> str:
        """Whether the interval lies above 0, and by how much it grew if so."""
        if self.slope - self.error <= 0:
            return "does not grow beyond chance"
        share = self.slope * self.hours / self.warm
        return f"{'GROWS' if share >= MATERIAL else 'grows'}, by {share:.2%} in this time"

    @property
    def grows(self) -> bool:
        """Whether it grows by more than is immaterial."""
        return self.verdict.startswith("GROWS")


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def growth(
    seen: Seen, *, began: float, warm_up: float, of: Callable[[Sequence[float]], float] = mean
) -> Growth | None:
    """How it grows after so many seconds; None where too little was seen after them."""
    bins: dict[int, list[float]] = {}
    for at, value in seen:
        bins.setdefault(int((at - began) / BIN_SECONDS), []).append(value)
    means = [(n * BIN_SECONDS / 3600, of(part)) for n, part in sorted(bins.items())]
    # the last was not whole
    late = [(at, value) for at, value in means[:-1] if at * 3600 >= warm_up]
    if len(late) < BLOCKS:
        return None
    values = [value for _, value in late]
    slope, error = line(blocks(late))
    hours = late[-1][0] - late[0][0]
    return Growth(means[0][1], values[0], values[-1], max(values), slope, error, hours)


def blocks(points: Sequence[Point]) -> list[Point]:
    """The means of so many runs of points, of the same length but for one."""
    edges = [len(points) * n // BLOCKS for n in range(BLOCKS + 1)]
    parts = [points[first:after] for first, after in pairwise(edges)]
    return [(mean([at for at, _ in part]), mean([value for _, value in part])) for part in parts]


def line(points: Sequence[Point]) -> tuple[float, float]:
    """The slope of the least-squares line through ten points, and half of its 95 % interval."""
    middle, level = mean([at for at, _ in points]), mean([value for _, value in points])
    spread = sum((at - middle) ** 2 for at, _ in points)
    slope = sum((at - middle) * (value - level) for at, value in points) / spread
    squares = sum((value - level - slope * (at - middle)) ** 2 for at, value in points)
    return slope, T95 * math.sqrt(squares / (BLOCKS - 2) / spread)


def told(name: str, grown: Growth | None, unit: str) -> str:
    """What is to be said of it, in two lines."""
    if grown is None:
        return f"{name}: too short to tell"
    low, high = grown.slope - grown.error, grown.slope + grown.error
    return (
        f"{name}: {grown.first:.2f} {unit} at first, {grown.warm:.2f} when warm, {grown.last:.2f} at the "
        f"end, at most {grown.most:.2f} since it was warm\n"
        f"  slope since then {grown.slope:+.2f} ({low:+.2f} to {high:+.2f}) {unit} an hour: {grown.verdict}"
    )

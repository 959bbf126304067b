"""Intervals of a mean that hold at every look for values without bounds, once there are enough of them.

An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2024): it needs counts,
sums and squares, which add.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

from causeway.stats.sequential import Bounds

LEAST_ROWS = 200
"""Fewer values say nothing that the normal limit would hold for."""
BEST_AT = 1000
"""Rows at which the sequence is narrowest for its alpha."""
WEEK, FEW_DAYS = 7, 4
UNKNOWN = 4.0
"""Where too few days are known, they may differ twice as much as independent values."""
CHI_SQUARE_MEDIAN = 0.4549364


class Sums(Struct, frozen=True):
    """What is kept of values; the sums of two streams add."""

    rows: int = 0
    mean: float = 0.0
    spread: float = 0.0
    """Sum of the squared distances from the mean."""

    def __add__(self, other: "Sums") -> "Sums":
        """Both together (Chan, Golub and LeVeque, 1979)."""
        rows = self.rows + other.rows
        if not rows:
            return self
        apart = other.mean - self.mean
        return Sums(
            rows,
            self.mean + apart * other.rows / rows,
            self.spread + other.spread + apart * apart * self.rows * other.rows / rows,
        )

    @property
    def variance(self) -> float:
        """Of one value; nought of a single one."""
        return self.spread / (self.rows - 1) if self.rows > 1 else 0.0


def added(many: Iterable[Sums]) -> Sums:
    """All of these together."""
    return sum(many, Sums())


def mean_sequence(seen: Sums, *, alpha: float, inflated: float = 1.0) -> Bounds | None:
    """Between what the mean lies at every look from `LEAST_ROWS` on; None before.

    `inflated` is how many times larger the mean's variance is than that of independent values.
    """
    if seen.rows < LEAST_ROWS:
        return None
    level = -2 * math.log(alpha)
    tuned = (level + math.log(level + 1)) / BEST_AT
    known = seen.rows * tuned + 1
    half = math.sqrt(2 * known / (seen.rows**2 * tuned) * math.log(math.sqrt(known) / alpha))
    half *= math.sqrt(seen.variance * inflated)
    return Bounds(seen.mean - half, seen.mean + half)


def between_days(days: Sequence[tuple[int, Sums]]) -> float:
    """How many times more the means of days differ than independent values would; 1 at least.

    From each day to the same weekday before, so that neither weekdays nor one lasting change count; from day
    to day until two weeks are known. The median of squared differences, beside that of chi-squared.
    """
    known = dict(days)
    within = sum(each.spread for each in known.values())
    freedom = sum(max(each.rows - 1, 0) for each in known.values())
    if not freedom or not within:
        return 1.0
    lag = WEEK if len(known) >= 2 * WEEK else 1
    squares = [
        (known[day].mean - known[day - lag].mean) ** 2 / (1 / known[day].rows + 1 / known[day - lag].rows)
        for day in known
        if day - lag in known and known[day].rows and known[day - lag].rows
    ]
    if len(squares) < FEW_DAYS:
        return UNKNOWN
    return max(1.0, median(squares) / CHI_SQUARE_MEDIAN / (within / freedom))

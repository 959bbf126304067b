"""What is usual at an hour: counts beside those of the same hours before, whatever they scatter like."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

WEEK, DAY = 168, 24
WEEKS = 4
DAYS = WEEKS * 7
TRAILING = WEEKS * WEEK
LEAST_ALIKE = 4
FEWER_WEEKS = 2
MANY_DAYS = 10
WEEKEND = (0, 6)
THURSDAY = 4
"""What 1970 began with, counted from Sunday."""
SIGMAS = 4.0
HALF = float(np.log(0.5))
"""Less than a factor of two is never unusual."""
COUNTED = 20.0
"""Below so many expected rows, nothing is said."""
TAIL = 0.02
BEYOND = 1.5
CONSISTENT = 1.4826
MORE = 0.5

Counts = NDArray[np.float64]
Places = NDArray[np.int64]


class Usual(Struct, frozen=True):
    """So many rows in some hours, beside the median of the same hours before."""

    rows: float
    expected: float
    least: float
    """Below this is unusual."""
    most: float
    alike: int
    """How many spans of the same hours the median is of."""

    @property
    def is_few(self) -> bool:
        """Whether there are unusually few."""
        return self.expected >= COUNTED and self.rows < self.least

    @property
    def is_many(self) -> bool:
        """Whether there are unusually many."""
        return self.expected >= COUNTED and self.rows > self.most


def usual(counts: Counts, *, last: int, hours: int) -> Usual | None:
    """The last so many hours, of counts without a gap until `last` (hours since 1970, UTC).

    None where too few hours alike are known: those of the week in four weeks, until then those of the day,
    workdays and weekends apart. How far a count strays from their median is learnt from how it did before:
    the median deviation, the tail, and the least at about this hour of the day, so that it holds for counts
    of any dispersion (Poisson's would page every day) and for batches that come now sooner, now later.
    """
    if len(counts) < hours:
        return None
    sums = np.convolve(counts, np.ones(hours))[hours - 1 : len(counts)]
    ends = np.arange(last - len(sums) + 1, last + 1)
    kinds = _kinds(ends, hours)
    lags = _lags(len(sums))
    if not lags:
        return None
    places = np.arange(max(len(sums) - TRAILING, lags[0]), len(sums))
    alike = _alike(sums, kinds, places, lags)
    known = np.isfinite(alike).sum(axis=1)
    if known[-1] < LEAST_ALIKE:
        return None
    # what goes on now is no part of what is usual
    before = (known >= (FEWER_WEEKS if lags[0] == WEEK else LEAST_ALIKE)) & (places < len(sums) - DAY)
    expected = np.nanmedian(alike[before], axis=1)
    ratios = np.log((sums[places[before]] + MORE) / (expected + MORE))
    if len(ratios) < DAY:
        return None
    now, usually = float(sums[-1]), float(np.nanmedian(alike[-1]))
    low, high = _reach(ratios[expected >= COUNTED], usually)
    least = min(usually * float(np.exp(low)), _least(sums, kinds))
    return Usual(now, usually, least, usually * float(np.exp(high)), int(known[-1]))


def _kinds(ends: Places, hours: int) -> Places:
    """Whether a span begins and whether it ends on a weekend."""
    first, final = ((ends - by) // DAY + THURSDAY for by in (hours - 1, 0))
    return np.isin(first % 7, WEEKEND) * 2 + np.isin(final % 7, WEEKEND)


def _lags(length: int) -> list[int]:
    weeks = [WEEK * by for by in range(1, WEEKS + 1) if WEEK * by < length]
    return weeks if len(weeks) == WEEKS else [DAY * by for by in range(1, DAYS + 1) if DAY * by < length]


def _alike(sums: Counts, kinds: Places, places: Places, lags: Sequence[int]) -> Counts:
    """The same hours before each place, nan where there is none; of days of one kind alone."""
    at = places[:, None] - np.array(lags)[None, :]
    fits = (at >= 0) & (kinds[np.maximum(at, 0)] == kinds[places][:, None])
    return np.where(fits, sums[np.maximum(at, 0)], np.nan)


def _least(sums: Counts, kinds: Places) -> float:
    """The least at about this hour of the day in four weeks, but for one day where many are known."""
    last = np.array([len(sums) - 1])
    found = [
        _alike(sums, kinds, last, [DAY * day + by for by in (-1, 0, 1)])[0]
        for day in range(1, DAYS + 1)
        if DAY * day + 1 < len(sums)
    ]
    days = sorted(float(np.nanmin(each)) for each in found if np.isfinite(each).any())
    return days[len(days) >= MANY_DAYS]


def _reach(ratios: Counts, expected: float) -> tuple[float, float]:
    """How far the logarithm of the ratio strays below and above."""
    scatter = 1 / max(expected, 1.0)
    if not len(ratios):
        sigma = np.sqrt(scatter)
        return min(HALF, -SIGMAS * sigma), max(-HALF, SIGMAS * sigma)
    middle = float(np.median(ratios))
    sigma = float(np.sqrt(scatter + (CONSISTENT * np.median(np.abs(ratios - middle))) ** 2))
    low, high = np.quantile(ratios, [TAIL, 1 - TAIL])
    return (
        min(HALF, -SIGMAS * sigma, BEYOND * float(low)),
        max(-HALF, SIGMAS * sigma, BEYOND * float(high)),
    )

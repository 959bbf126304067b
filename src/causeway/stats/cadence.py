"""How long a silence may last, as those of the same hours tell: nights, weekends, daily batches are none."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WEEK, DAY = 168, 24
WEEKS = 4
LEAST = 2.0
TIMES = 1.5
LONGEST_TIMES = 3.0
KNOWN = 2 * WEEK
"""From so many hours on, the same hours of the week are asked."""
SPARE = 1.25
EARLIER = (0, 1, 2)
"""Hours by which a batch may have come sooner than it does now."""
THURSDAY = 4
"""The first day of 1970 was one: days since then, plus this, are days of the week from Sunday on."""

Hours = NDArray[np.float64]


def longest_usual(active: Sequence[int], now: int) -> float:
    """After how many hours a silence is unusual at this hour; `active` are hours with rows, in order.

    Before two weeks are known it is three times the longest silence, weekends left out where nothing ever
    came on one; from then on one and a half times the longest at the same hour of the last four weeks,
    widened as far as that rule would have been wrong before (but for the worst time).
    """
    longest = max((b - a for a, b in pairwise(active)), default=0)
    simple = max(LEAST, LONGEST_TIMES * longest)
    if now - active[0] < KNOWN:
        return simple + _weekend_hours(active, now)
    quiet = _quiet(active, now)
    limits = _limits(quiet)
    return max(LEAST, min(simple, float(limits[-1]) * _widened(quiet, limits)))


def _quiet(active: Sequence[int], now: int) -> Hours:
    """Hours since the last row, at each hour from the first row on until now."""
    last = np.full(now - active[0] + 1, -1, np.int64)
    places = np.array([hour - active[0] for hour in active if hour <= now])
    last[places] = places
    return (np.arange(len(last)) - np.maximum.accumulate(last)).astype(np.float64)


def _limits(quiet: Hours) -> Hours:
    """For each hour, what the same hour and the two before it in the last four weeks allow."""
    longest = np.zeros(len(quiet))
    known = np.zeros(len(quiet), bool)
    for week in range(1, WEEKS + 1):
        for by in EARLIER:
            lag = week * WEEK + by
            if lag < len(quiet):
                longest[lag:] = np.maximum(longest[lag:], quiet[:-lag])
                known[lag:] = True
    return np.where(known, TIMES * longest + LEAST, np.inf)


def _widened(quiet: Hours, limits: Hours) -> float:
    """By how much the rule must be wider so as not to have been wrong before, but for one silence."""
    ratios = quiet[:-1] / limits[:-1]
    begins = np.flatnonzero(quiet[:-1] == 0)
    worst = np.sort(np.maximum.reduceat(ratios, begins)) if len(begins) else ratios
    # the last one may be the silence that is looked at
    ended = np.sort(worst[:-1] if len(begins) > 1 else worst)
    return max(1.0, SPARE * float(ended[-2])) if len(ended) > 1 else 1.0


def _weekend_hours(active: Sequence[int], now: int) -> int:
    if any(_is_weekend(hour) for hour in active):
        return 0
    return sum(_is_weekend(hour) for hour in range(active[-1], now))


def _is_weekend(hour: int) -> bool:
    return (hour // DAY + THURSDAY) % 7 in (0, 6)

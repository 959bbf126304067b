"""What a span of days will come to, and its highest day: forecast as such, not made of the days' bounds."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.forecasts.bounds import LEAST, spread, standing_alone
from causeway.stats.forecasts.forecast import Earlier, Forecast

Array = NDArray[np.float64]


class Span(Struct, frozen=True):
    """One figure of each series with its interval."""

    point: Array
    low: Array
    high: Array
    level: float


class Month(Struct, frozen=True):
    """A month, or what of it lies ahead, and what of it was known already."""

    first: date
    days: int
    """How many of its days are forecast."""
    cost: Span


def total(ahead: Forecast, *, since: int = 0, until: int | None = None) -> Span:
    """What the days from `since` up to but without `until` come to; the point is the sum of their points."""
    until = ahead.point.shape[1] if until is None else until
    return _span(ahead, slice(since, until), np.sum)


def peak(ahead: Forecast) -> Span:
    """The highest day of the horizon: the highest forecast, times how much higher the highest was before."""
    return _span(ahead, slice(0, ahead.point.shape[1]), np.max, middle=True)


def months(ahead: Forecast, first: date, *, so_far: Array | None = None) -> tuple[Month, ...]:
    """The calendar months of the horizon, from `first` on; `so_far` is what that month cost before it."""
    days = ahead.point.shape[1]
    cuts = [0, *(day for day in range(1, days) if (first + timedelta(day)).day == 1), days]
    found: list[Month] = []
    for since, until in pairwise(cuts):
        cost = total(ahead, since=since, until=until)
        if so_far is not None and not since:
            cost = Span(cost.point + so_far, cost.low + so_far, cost.high + so_far, cost.level)
        found.append(Month((first + timedelta(since)).replace(day=1), until - since, cost))
    return tuple(found)


def _span(ahead: Forecast, days: slice, of: Callable[..., Array], *, middle: bool = False) -> Span:
    point = of(ahead.point[:, days], axis=1)
    # as if all days were off together
    low, high = of(ahead.low[:, days], axis=1), of(ahead.high[:, days], axis=1)
    if middle:
        high = point + (high - point) * _highest_of(ahead.point[:, days].shape[1], level=ahead.level)
    for earlier in ahead.earlier:
        rows = earlier.rows
        if not len(earlier.origins):
            continue
        usual, least, most = _measured(earlier, days, of, level=ahead.level)
        size = np.abs(point[rows])
        point[rows] += usual * size * middle
        calm, wild = (
            point[rows] - (usual * middle - least) * size,
            point[rows] + (most - usual * middle) * size,
        )
        if not earlier.is_enough:
            calm, wild = np.minimum(low[rows], calm), np.maximum(high[rows], wild)
        low[rows] = np.where(ahead.low[rows].min(axis=1) >= 0, np.maximum(calm, 0.0), calm)
        high[rows] = wild
    # where earlier ones were all off to one side, the interval reaches from the point to where they came out
    return Span(point, np.minimum(low, point), np.maximum(high, point), ahead.level)


def _highest_of(days: int, *, level: float) -> float:
    """How much further out the highest of so many days lies than one of them, if they scatter normally."""
    share = (1 + level) / 2
    return NormalDist().inv_cdf(share ** (1 / days)) / NormalDist().inv_cdf(share)


def _measured(
    earlier: Earlier, days: slice, of: Callable[..., Array], *, level: float
) -> tuple[Array, Array, Array]:
    """How far off spans as long were before, in shares of their forecast: mostly, and from and to."""
    seen = earlier.forecast.shape[2]
    length = min(days.stop - days.start, seen)
    since = min(days.start, seen - length)
    chosen = slice(since, since + length)
    was = of(earlier.forecast[..., chosen], axis=2)
    scores = (of(earlier.actual[..., chosen], axis=2) - was) / np.maximum(np.abs(was), LEAST)
    usual = np.median(scores, axis=1)
    alone = standing_alone(earlier.origins, days=since + length)
    low, high = spread((scores - usual[:, None])[..., None], level=level, alone=alone)
    further = float(np.sqrt(days.stop / (since + length)))
    return usual, usual + low * further, usual + high * further

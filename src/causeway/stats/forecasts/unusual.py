"""A day that costs what nobody could expect: beyond its forecast, and money enough to look at."""

from datetime import date

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.forecasts.forecast import forecast
from causeway.stats.forecasts.known import rows

LEVEL = 0.99
SHARE = 0.2
"""Less than this share of what was expected is not told."""
SIGMAS = 4.0
"""The bound is at least so many times the usual miss, however few days there are to learn from."""
CONSISTENT = 1.4826

Array = NDArray[np.float64]


class Unusual(Struct, frozen=True):
    """The last day of each series beside its forecast of the day before."""

    actual: Array
    expected: Array
    low: Array
    high: Array
    is_unusual: NDArray[np.bool_]

    @property
    def residual(self) -> Array:
        """How much more it cost than expected."""
        return self.actual - self.expected


class Split(Struct, frozen=True):
    """Why a cost changed; the three add up to the change."""

    price: float
    volume: float
    mix: float

    @property
    def change(self) -> float:
        """All of it."""
        return self.price + self.volume + self.mix


def unusual(
    series: Array, *, floor: float, share: float = SHARE, level: float = LEVEL, began: date | None = None
) -> Unusual:
    """Whether the last day of each series is out of the ordinary: dear or cheap.

    It is where it lies beyond the interval that earlier one-day-ahead forecasts give, by more than `floor` in
    the series' own money from what was expected, and by more than `share` of it.
    """
    values = rows(series)
    day = forecast(values[:, :-1], 1, level=level, apart=2, began=began)
    actual, expected = values[:, -1], day.point[:, 0]
    low, high = day.low[:, 0], day.high[:, 0]
    for earlier in day.earlier:
        if len(earlier.origins):
            missed = (earlier.actual - earlier.forecast)[:, :, 0]
            bound = SIGMAS * CONSISTENT * np.median(np.abs(missed), axis=1)
            middle = expected[earlier.rows]
            low[earlier.rows] = np.minimum(low[earlier.rows], middle - bound)
            high[earlier.rows] = np.maximum(high[earlier.rows], middle + bound)
    off = np.abs(actual - expected)
    beyond = (actual < low) | (actual > high)
    return Unusual(actual, expected, low, high, beyond & (off > floor) & (off > share * np.abs(expected)))


def split(price_before: Array, volume_before: Array, *, price_after: Array, volume_after: Array) -> Split:
    """What of a change is dearer units, what more of them, and what dearer sorts of them.

    Volume is the change of all units at the average price before, mix what the sorts then take from each
    other at the prices before, price the change of each price on the units after. A sort that is new has no
    price before: it counts at its price after, as mix.
    """
    before, after = np.asarray(volume_before, np.float64), np.asarray(volume_after, np.float64)
    later = np.asarray(price_after, np.float64)
    earlier = np.where(before > 0, np.asarray(price_before, np.float64), later)
    later = np.where(after > 0, later, earlier)
    all_before, all_after = float(before.sum()), float(after.sum())
    average = float((earlier * before).sum()) / all_before if all_before else 0.0
    volume = (all_after - all_before) * average
    price = float(((later - earlier) * after).sum())
    mix = float((earlier * after).sum()) - all_after * average
    return Split(price, volume, mix)

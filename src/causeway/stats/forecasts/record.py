"""How far earlier forecasts were off: what stands beside the next one."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Record(Struct, frozen=True):
    """Forecasts whose period is over, oldest first: how far each was off, and whether its interval held."""

    off: Array
    """Forecast less actual, as a share of the actual; nan where nothing came."""
    held: NDArray[np.bool_]

    @property
    def mean_off(self) -> float:
        """How far off they were on average, whichever way."""
        return float(np.nanmean(np.abs(self.off))) if np.isfinite(self.off).any() else float("nan")

    @property
    def share_held(self) -> float:
        """The share of intervals that what came lay in."""
        return float(self.held.mean()) if len(self.held) else float("nan")

    def words(self, last: int = 6) -> str:
        """A sentence on the last of them."""
        known = self.off[np.isfinite(self.off)][-last:]
        if not len(known):
            return "no earlier forecast has come to its end yet"
        return "earlier forecasts were off by " + ", ".join(f"{100 * each:+.0f} %" for each in known)


def record(point: Array, actual: Array, *, low: Array, high: Array) -> Record:
    """The record of forecasts with their intervals, against what came; one place a period."""
    point, actual, low, high = (np.asarray(each, np.float64) for each in (point, actual, low, high))
    size = np.abs(actual)
    off = np.where(size > 0, (point - actual) / np.where(size > 0, size, 1.0), np.nan)
    return Record(off, (low <= actual) & (actual <= high))

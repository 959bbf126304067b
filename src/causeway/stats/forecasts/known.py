"""What is known of series before anything is forecast: where each begins, and gaps filled."""

import numpy as np
from numpy.typing import NDArray

WEEK = 7

Array = NDArray[np.float64]


def rows(series: Array) -> Array:
    """One series a row, in floating point, whether one was given or many."""
    return np.atleast_2d(np.asarray(series, np.float64))


def begins(values: Array) -> NDArray[np.int64]:
    """The place of the first known day of each series; its length where there is none."""
    known = np.isfinite(values)
    return np.asarray(np.where(known.any(axis=1), np.argmax(known, axis=1), values.shape[1]), np.int64)


def filled(values: Array) -> Array:
    """Each gap with the same weekday before it, else with the day before; the first day is known."""
    found = values.copy()
    for day in np.flatnonzero(~np.isfinite(found).all(axis=0)):
        gap = ~np.isfinite(found[:, day])
        found[gap, day] = found[gap, day - (WEEK if day >= WEEK else 1)]
    return found

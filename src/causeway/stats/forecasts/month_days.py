"""What is charged on the same day of every month: a fee, a commitment, a licence; taken out and put back."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

WEEK = 7
TIMES = 3
"""After so many months in a row it is known, and is the middle one of the last so many."""
SIGMAS = 4.0
"""Each of them stands out from the weeks before by so many times the usual."""
CONSISTENT = 1.4826

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def days_of_month(began: date, count: int) -> Places:
    """The day of the month of so many days."""
    return np.array([(began + timedelta(day)).day for day in range(count)], np.int64)


def charged(values: Array, day: Places) -> Array:
    """The charge known by each day that is charged by then, nought on all others: (series, days)."""
    over = _over(values)
    usual = CONSISTENT * np.median(np.abs(over[:, 4 * WEEK :]), axis=1) if over.shape[1] > 4 * WEEK else None
    found = np.zeros(values.shape)
    if usual is None:
        return found
    for each in range(1, 32):
        places = np.flatnonzero(day[: values.shape[1]] == each)
        places = places[places >= 4 * WEEK]
        if len(places) < TIMES:
            continue
        runs = np.lib.stride_tricks.sliding_window_view(over[:, places], TIMES, axis=1)
        # the least of them, whether all are above or all below
        least: Array = np.maximum(np.min(runs, axis=2), -np.max(runs, axis=2))
        known = least > SIGMAS * np.maximum(usual[:, None], 1e-12)
        found[:, places[TIMES - 1 :]] = np.where(known, np.median(runs, axis=2), 0.0)
    return found


def coming(charges: Array, day: Places, *, origins: Places, horizon: int) -> Array:
    """The charges to expect on the days after each origin: (series, origins, days)."""
    found = np.zeros((len(charges), len(origins), horizon))
    for place, origin in enumerate(origins):
        ahead = day[origin : origin + horizon]
        for each in np.unique(day[np.flatnonzero(charges[:, :origin].any(axis=0))]):
            last = np.flatnonzero(day[:origin] == each)[-1]
            found[:, place, ahead == each] = charges[:, last, None]
    return found


def _over(values: Array) -> Array:
    """How far each day lies above the middle of the same weekday in the four weeks before it."""
    before = np.stack([_later(values, WEEK * weeks) for weeks in range(1, 5)])
    return values - np.median(before, axis=0)


def _later(values: Array, days: int) -> Array:
    return np.concatenate([values[:, :days], values[:, :-days]], axis=1) if values.shape[1] > days else values

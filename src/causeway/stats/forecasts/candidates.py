"""The simple forecasts that are weighed against each other: of each series, from each origin."""

import numpy as np
from numpy.typing import NDArray

from causeway.stats.forecasts.smoothing import GRID, ahead, settings, smooth

WEEK = 7
YEAR = 52 * WEEK
MONTH = 4 * WEEK
LEAST_RATIO, MOST_RATIO = 0.5, 2.0
DRIFT_KEEPS = 0.95
COUNT = 2 * len(GRID) + 3
"""How many candidates there are."""
LOG_FROM = 0.02
"""Logarithms are taken of no less than this share of the series' mean."""

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def candidates(values: Array, *, origins: Places, horizon: int) -> Array:
    """(candidates, series, origins, days); nan where a candidate needs more days than an origin has."""
    return np.concatenate([_smoothed(values, origins, horizon), _naive(values, origins, horizon)])


def _smoothed(values: Array, origins: Places, horizon: int) -> Array:
    by = settings()
    count = len(values)
    least = np.maximum(LOG_FROM * np.abs(values).mean(axis=1, keepdims=True), 1e-9)
    both = np.concatenate([values, np.log(np.maximum(values, least))])
    found = ahead(smooth(both, origins=origins, by=by), horizon=horizon, by=by)
    return np.concatenate([found[:, :count], np.exp(np.minimum(found[:, count:], 700.0))])


def _naive(values: Array, origins: Places, horizon: int) -> Array:
    """The median of four weeks; of three, with the drift of four; a year ago at the level of now."""
    weekly = np.stack([_before(values, origins, back=WEEK * n) for n in range(1, 5)])
    changes = np.concatenate([weekly[0] - weekly[2], weekly[1] - weekly[3]], axis=2)
    drift = np.median(changes, axis=2) / (2 * WEEK)
    turned = np.arange(horizon) % WEEK
    # the middle one of three weeks is a week behind the last, and the week ahead one more
    ahead = 2 * WEEK + np.cumsum(DRIFT_KEEPS ** np.arange(1, horizon + 1))
    drifting = np.median(weekly[:3], axis=0)[..., turned] + drift[..., None] * ahead
    return np.stack([np.median(weekly, axis=0)[..., turned], drifting, _year_ago(values, origins, horizon)])


def _before(values: Array, origins: Places, *, back: int) -> Array:
    """The seven days that begin so many before each origin: (series, origins, 7)."""
    return values[:, np.maximum(origins[:, None] - back + np.arange(WEEK), 0)]


def _year_ago(values: Array, origins: Places, horizon: int) -> Array:
    known = origins >= YEAR + MONTH
    places = np.where(known, origins, YEAR + MONTH)
    if values.shape[1] < YEAR + MONTH:
        return np.full((len(values), len(origins), horizon), np.nan)
    days = np.arange(-MONTH, 0)
    now = np.median(values[:, places[:, None] + days], axis=2)
    then = np.median(values[:, places[:, None] - YEAR + days], axis=2)
    ratio = np.clip(now / np.where(np.abs(then) > 0, then, 1.0), LEAST_RATIO, MOST_RATIO)
    # a horizon beyond a year repeats it; of three weeks, so that no single day comes back
    back = np.array([YEAR - WEEK, YEAR, YEAR + WEEK])[:, None, None]
    at = places[:, None] - back + np.arange(horizon) % YEAR
    at = np.where(at < places[:, None], at, at - WEEK)
    coming = np.median(values[:, at], axis=1) * ratio[..., None]
    return np.where(known[:, None], coming, np.nan)

"""By how much forecasts came short on the whole: where days are lopsided, the middle is not the mean."""

import numpy as np
from numpy.typing import NDArray

SIGMAS = 2.0
"""Less than so many standard errors off is chance."""
LEAST = 0.5
"""Where less than this share of what came was forecast, that says nothing of when the rest comes."""
LATELY = 16 * 7

Array = NDArray[np.float64]


def upright(forecast: Array, actual: Array, *, values: Array, alone: float) -> Array:
    """The forecasts of every origin (series, origins, days), with what sums of days as long came short of.

    `actual` is (series, origins before the last, days looked back on), `alone` how many of those origins
    stand for themselves.
    """
    seen = actual.shape[2]
    was, came = forecast[:, :-1, :seen].sum(axis=2), actual.sum(axis=2)
    mean = np.maximum(np.abs(came).mean(axis=1), 1e-12)
    short = (came - was).mean(axis=1) / mean
    error = (came - was).std(axis=1) / mean / np.sqrt(alone)
    forecast_share = was.mean(axis=1) / mean
    timed = forecast_share > LEAST
    doubt = error * np.where(timed, SIGMAS, 1.0) / np.maximum(np.abs(short), 1e-12)
    share = np.where(np.abs(short) > SIGMAS * error, short * (1 - np.minimum(doubt, 1.0) ** 2), 0.0)
    times = np.where(timed, 1 + share / np.where(timed, forecast_share, 1.0), 1.0)
    flat = np.where(timed, 0.0, share * np.abs(values[:, -LATELY:]).mean(axis=1))
    return forecast * times[:, None, None] + flat[:, None, None]

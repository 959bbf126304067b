"""How far a forecast may be off: as far as the same forecast was before, from earlier origins."""

import numpy as np
from numpy.typing import NDArray

WEEK = 7
RECENT = 6
"""The last origins at which the interval must have kept its word; else it is widened until it has."""
ENOUGH = 12
"""From so many origins on, what was measured stands alone."""
ENOUGH_ALONE = 4.0
"""... where they are as good as so many that do not overlap."""
OVERLAPPING = 1.5
"""Spans that overlap tell as much as so many times those that do not."""
LEAST = 1e-9

Array = NDArray[np.float64]


def scale(forecast: Array) -> Array:
    """What a miss is measured in: half the forecast of its own day, half that of all its days."""
    size = np.abs(forecast)
    return np.maximum((size + size.mean(axis=-1, keepdims=True)) / 2, LEAST)


def growth(scores: Array, *, days: int) -> Array:
    """How much further off than the first week the later days are: (series, days), never falling.

    Beyond the days that were measured it grows with the root of time.
    """
    seen = scores.shape[-1]
    weeks = [np.nanmean(np.abs(scores[..., at : at + WEEK]), axis=(1, 2)) for at in range(0, seen, WEEK)]
    found = np.maximum.accumulate(np.stack(weeks, axis=1), axis=1)
    grown = np.where(found[:, :1] > LEAST, found / np.maximum(found[:, :1], LEAST), 1.0)
    beyond = np.sqrt(np.maximum(np.arange(1, days + 1) / seen, 1.0))
    return grown[:, np.minimum(np.arange(days) // WEEK, grown.shape[1] - 1)] * beyond


def spread(scores: Array, *, level: float, alone: float = 0.0) -> tuple[Array, Array]:
    """Between which scores this share of them lies, one pair a series; `scores` is (series, origins, days).

    Signed quantiles of all of them, around nought, widened until the last origins had their share too
    (adaptive conformal prediction). `alone` is how many of them stand for themselves, where few do: the
    quantiles are then further out, as for a sample so small.
    """
    whole = scores.reshape(len(scores), -1)
    aside = (1 - level) / 2
    if alone:
        aside = max(1 - (1 - aside) * (1 + 1 / alone), 0.0)
    low, high = np.nanquantile(whole, [aside, 1 - aside], axis=1)
    low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, LEAST)
    recent = scores[:, -RECENT:].reshape(len(scores), -1)
    needed = np.abs(recent - middle[:, None]) / half[:, None]
    half *= np.maximum(np.nanquantile(needed, level, axis=1), 1.0)
    return np.minimum(middle - half, 0.0), np.maximum(middle + half, 0.0)


def standing_alone(origins: NDArray[np.int64], *, days: int) -> float:
    """How many spans of so many days the origins tell of as if they did not overlap."""
    return OVERLAPPING * (1 + float(origins[-1] - origins[0]) / days) if len(origins) else 0.0

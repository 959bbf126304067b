"""One forecast of many: each counts as it did before, at the origins whose days had passed by then."""

import numpy as np
from numpy.typing import NDArray

SHARP = 6.0
"""Half the error counts two to the power of this."""
FADES = 0.97
"""An origin counts so much of the one after it."""

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def combined(forecasts: Array, actual: Array, *, origins: Places) -> tuple[Array, Array]:
    """The weighted forecasts of every origin, and the weights of the last: (series, candidates).

    `forecasts` is (candidates, series, origins, days), `actual` (series, origins, days) with nan from the
    last origin on. What an origin weighs by was known at it.
    """
    seen = actual.shape[-1]
    missed = np.abs(forecasts[..., :seen] - actual).mean(axis=3)
    # each origin counts alike, whatever happened after it; only the last candidate may be missing
    missed /= np.maximum(missed[:-1].mean(axis=0), 1e-12)
    weights = np.empty(missed.shape)
    for place, origin in enumerate(origins):
        past = np.flatnonzero(origins + seen <= origin)
        weights[:, :, place] = _weights(missed[:, :, past], np.isfinite(forecasts[:, :, place, 0]))
    there = np.concatenate([forecasts[:-1], np.nan_to_num(forecasts[-1:])])
    whole = np.einsum("cnkh,cnk->nkh", there, weights)
    return whole, weights[:, :, -1].T


def _weights(missed: Array, there: NDArray[np.bool_]) -> Array:
    if not missed.shape[2]:
        return there / there.sum(axis=0)
    fading: Array = np.power(FADES, np.arange(missed.shape[2], dtype=np.float64)[::-1])
    known = np.isfinite(missed)
    total = (np.nan_to_num(missed) * fading).sum(axis=2)
    share = (known * fading).sum(axis=2)
    # what has not been seen for a third of the time does not count yet
    there = there & (share > fading.sum() / 3)
    mean = np.where(there, total / np.maximum(share, 1e-9), np.inf)
    least = np.maximum(mean.min(axis=0), 1e-12)
    found = np.where(there, (np.maximum(mean, 1e-12) / least) ** -SHARP, 0.0)
    return found / found.sum(axis=0)

"""Cost from what drives it: a price a unit, a volume, and what is fixed in steps (commitments, servers)."""

from itertools import pairwise
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ROUNDS = 20
TUNED = 1.345
"""Residuals beyond so many sigmas count less (Huber, 1964)."""
CONSISTENT = 1.4826

Array = NDArray[np.float64]


class Drivers(Struct, frozen=True):
    """What a unit costs, and what is paid whatever the volume from each step on."""

    price: float
    fixed: Array
    """A day, one for each step; the first is from the beginning."""
    price_error: float
    sigma: float
    """How far a day's cost lies from what its drivers say."""

    def cost(self, volume: Array, *, added: Array | None = None) -> Array:
        """What days of these volumes cost, with what is planned to be added to the fixed part by day."""
        return self.price * volume + self.fixed[-1] + (0.0 if added is None else added)

    def bounds(
        self, low: Array, high: Array, *, level: float = 0.8, added: Array | None = None
    ) -> tuple[Array, Array]:
        """The cost of the least and the most volume, each further off by what the drivers leave open."""
        z = NormalDist().inv_cdf((1 + level) / 2)
        least, most = self.cost(low, added=added), self.cost(high, added=added)
        return (
            least - z * np.hypot(self.sigma, self.price_error * low),
            most + z * np.hypot(self.sigma, self.price_error * high),
        )


def drivers(cost: Array, volume: Array, *, steps: tuple[int, ...] = ()) -> Drivers:
    """The drivers of daily costs, given on which days what is fixed changed; least squares after Huber."""
    days = np.arange(len(cost))
    cuts = [0, *sorted(steps), len(cost)]
    levels = [(days >= since) & (days < until) for since, until in pairwise(cuts)]
    design = np.column_stack([volume, *levels]).astype(np.float64)
    weights = np.ones(len(cost))
    found, sigma = np.zeros(design.shape[1]), 0.0
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        found = np.linalg.lstsq(design * root[:, None], cost * root, rcond=None)[0]
        off = cost - design @ found
        sigma = CONSISTENT * float(np.median(np.abs(off)))
        weights = np.minimum(1.0, TUNED * sigma / np.maximum(np.abs(off), 1e-12)) if sigma else weights
    spread = np.linalg.pinv((design * weights[:, None]).T @ design)
    fixed: Array = np.asarray(found[1:], np.float64)
    return Drivers(float(found[0]), fixed, float(sigma * np.sqrt(spread[0, 0])), sigma)

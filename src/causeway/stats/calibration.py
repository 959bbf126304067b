"""Whether a probability means what it says, so that of those given 0.8 eight in ten come true."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.proportion import wilson

Numbers = NDArray[np.float64]

BINS = 10
RESAMPLES = 1000
LEVEL = 0.95


class Bin(Struct, frozen=True):
    """Rows of about the same probability: what was said on average, and how many came true."""

    rows: int
    said: float
    came: float
    low: float
    """Lower end of the 95 % interval of `came` (Wilson, 1927)."""
    high: float


class Calibration(Struct, frozen=True):
    """How far probabilities lie from the shares that came true.

    `error` is the mean distance over bins of equal mass, weighted by their rows (Naeini et al., 2015,
    eq. 3); `by_chance` is what 95 of 100 perfectly calibrated models of this size stay below
    (consistency resampling, Broecker and Smith, 2007), so an error above it is no accident.
    """

    error: float
    by_chance: float
    brier: float
    """Mean squared distance of the probability from what came (Brier, 1950)."""
    bins: tuple[Bin, ...]
    rows: int

    @property
    def is_off(self) -> bool:
        """Whether the error is larger than chance explains."""
        return self.error > self.by_chance


def calibration_of(
    truth: Numbers, chance: Numbers, *, bins: int = BINS, resamples: int = RESAMPLES, seed: int = 0
) -> Calibration:
    """How well `chance` (rows,) of class 1 fits `truth` (rows,) of zeros and ones."""
    place = _equal_mass(chance, bins)
    generator = np.random.default_rng(seed)
    errors = [_error(generator.random(len(chance)) < chance, chance, place) for _ in range(resamples)]
    return Calibration(
        error=_error(truth, chance, place),
        by_chance=float(np.quantile(errors, LEVEL)),
        brier=float(np.mean((chance - truth) ** 2)),
        bins=tuple(_bin(truth[place == each], chance[place == each]) for each in range(place.max() + 1)),
        rows=len(truth),
    )


def _equal_mass(chance: Numbers, bins: int) -> NDArray[np.int64]:
    """The bin of each row: as many rows in each as ties allow, equal values always together."""
    edges = np.quantile(chance, np.linspace(0, 1, bins + 1)[1:-1])
    return np.unique(np.searchsorted(np.unique(edges), chance, side="left"), return_inverse=True)[1]


def _error(truth: NDArray[np.generic], chance: Numbers, place: NDArray[np.int64]) -> float:
    apart = np.bincount(place, truth.astype(np.float64) - chance)
    return float(np.abs(apart).sum() / len(chance))


def _bin(truth: Numbers, chance: Numbers) -> Bin:
    came = int(truth.sum())
    low, high = wilson(came, len(truth))
    return Bin(len(truth), float(chance.mean()), came / len(truth), low, high)

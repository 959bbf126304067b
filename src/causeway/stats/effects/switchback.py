"""The effect where blocks of time were treated by chance: a block is a unit, chance gives the interval."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.effect import Effect, unknown

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_BLOCKS = 4
"""Of each arm."""


class Blocks(Struct, frozen=True):
    """One mean for each block, without what came in while the change settled."""

    mean: Numbers
    treated: NDArray[np.bool_]
    stratum: Integers


def blocks_of(
    outcome: Numbers,
    block: Integers,
    treated: NDArray[np.bool_],
    *,
    washout: int = 0,
    stratum: Integers | None = None,
) -> Blocks:
    """The blocks of outcomes in the order of time; the first `washout` periods of each are dropped.

    `stratum` is what chance was balanced within, such as the hour of the day or the weekday.
    """
    _, at, counts = np.unique(block, return_inverse=True, return_counts=True)
    begins = np.concatenate(([0], np.cumsum(counts)[:-1]))
    place = np.arange(len(outcome)) - begins[at]
    kept = place >= washout
    if (np.diff(at) < 0).any() or np.bincount(at[kept], minlength=len(counts)).min() == 0:
        raise ValueError("blocks must follow each other in time and be longer than the washout")
    means = np.bincount(at[kept], outcome[kept]) / np.bincount(at[kept])
    strata = np.zeros(len(counts), np.int64) if stratum is None else stratum[begins]
    return Blocks(means, treated[begins], strata)


def switchback(blocks: Blocks, *, alpha: float = 0.05, draws: int = 2000, seed: int = 0) -> Effect:
    """The effect of a block, with the interval of all effects that chance could not be told from.

    Arms are drawn anew `draws` times within each stratum; an effect is kept where the studentised difference,
    once it is taken out, is not among the alpha most distant (Wu and Ding, 2021; Bojinov, Simchi-Levi and
    Zhao, 2023, for the design).
    """
    method = f"switchback, blocks as units, randomisation interval of {draws} draws"
    arms, n = blocks.treated.astype(np.float64), len(blocks.treated)
    y, z = _centred(blocks.mean, blocks.stratum), _centred(arms, blocks.stratum)
    if min(arms.sum(), n - arms.sum()) < LEAST_BLOCKS or not z.any():
        return unknown(method, alpha=alpha, units=n)
    drawn = _drawn(blocks, draws, np.random.default_rng(seed))
    # within a stratum every draw treats as many, so the mean to take out is that of the arms as they were
    test = _Test(y, z, np.vstack([z, drawn - (arms - z)]), n - 1 - len(np.unique(blocks.stratum)))
    low, high = (_end(test, side * test.error, alpha) for side in (-1, 1))
    return Effect(test.estimate, low, high, test.p(0.0), method, test.error, alpha, n)


class _Test:
    """The share of draws at least as far out as what was seen, for any effect that is taken out first."""

    def __init__(self, y: Numbers, z: Numbers, arms: Numbers, freedom: int) -> None:
        self._scale = float(z @ z)
        self._y, self._z = arms @ y / self._scale, arms @ z / self._scale
        # sums of the arm's square times the residual's, the residual being (y - t z) - slope arm, expand in t
        self._parts = _squares(arms, y, z, self._y, self._z)
        self._more = math.sqrt(len(y) / max(freedom, 1)) / self._scale
        self.estimate = float(self._y[0])
        one, both, other = (float(part[0]) for part in self._parts)
        self.error = (
            math.sqrt(max(one - 2 * self.estimate * both + self.estimate**2 * other, 1e-300)) * self._more
        )

    def p(self, effect: float) -> float:
        """Of this effect, two-sided; the standard error is robust to arms that spread differently."""
        one, both, other = self._parts
        errors = np.sqrt(np.maximum(one - 2 * effect * both + effect**2 * other, 1e-300)) * self._more
        far = np.abs(self._y - effect * self._z) / errors
        return float((far >= far[0] * (1 - 1e-9)).mean())


def _squares(
    far: Numbers, y: Numbers, z: Numbers, of_y: Numbers, of_z: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    square = far**2
    left_y, left_z = y - of_y[:, None] * far, z - of_z[:, None] * far
    return (square * left_y**2).sum(1), (square * left_y * left_z).sum(1), (square * left_z**2).sum(1)


def _end(test: _Test, error: float, alpha: float) -> float:
    """Where effects on one side of the estimate begin to be told from chance."""
    inside, outside = test.estimate, test.estimate + 2 * error
    for _ in range(12):
        if test.p(outside) <= alpha:
            break
        inside, outside = outside, outside + 2 * (outside - test.estimate)
    else:
        return math.copysign(math.inf, error)
    for _ in range(30):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if test.p(middle) <= alpha else (middle, outside)
    return outside


def _drawn(blocks: Blocks, draws: int, rng: np.random.Generator) -> Numbers:
    """Arms as chance could have given them, as many of each within a stratum."""
    drawn = np.empty((draws, len(blocks.treated)))
    for stratum in np.unique(blocks.stratum):
        here = np.flatnonzero(blocks.stratum == stratum)
        arms = np.broadcast_to(blocks.treated[here].astype(np.float64), (draws, len(here)))
        drawn[:, here] = rng.permuted(arms, axis=1)
    return drawn


def _centred(values: Numbers, stratum: Integers) -> Numbers:
    """Less the mean of each stratum."""
    _, at = np.unique(stratum, return_inverse=True)
    return values - (np.bincount(at, values) / np.bincount(at))[at]

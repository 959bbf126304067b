"""Whether one model is better than another on the same rows."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.chances import normal_sf

Numbers = NDArray[np.float64]


class Difference(Struct, frozen=True):
    """How much the first is above the second, and how likely chance alone sets them so far apart."""

    difference: float
    p: float
    """Two-sided."""
    method: str


def delong(truth: Numbers, first: Numbers, second: Numbers) -> Difference:
    """The difference of two ROC AUCs on the same rows (DeLong, DeLong and Clarke-Pearson, 1988, eq. 5).

    `truth` holds zeros and ones, at least two of each. Raises ValueError otherwise.
    """
    ones = truth == 1
    if ones.sum() < 2 or (~ones).sum() < 2:
        raise ValueError("two rows of each class are needed")
    placed = [_placements(answers[ones], answers[~ones]) for answers in (first, second)]
    difference = float(placed[0][0].mean() - placed[1][0].mean())
    variance = sum(
        float(np.var(placed[0][side] - placed[1][side], ddof=1)) / len(placed[0][side]) for side in (0, 1)
    )
    if variance <= 0:
        return Difference(difference, 1.0 if difference == 0 else 0.0, "DeLong")
    return Difference(difference, 2 * normal_sf(abs(difference) / math.sqrt(variance)), "DeLong")


def mcnemar(truth: Numbers, first: Numbers, second: Numbers) -> Difference:
    """The difference of two accuracies on the same rows (McNemar, 1947), with the exact binomial p."""
    right, other = first == truth, second == truth
    won, lost = int((right & ~other).sum()), int((other & ~right).sum())
    n, k = won + lost, min(won, lost)
    tail = sum(math.exp(_log_choose(n, i) - n * math.log(2)) for i in range(k + 1))
    return Difference((won - lost) / len(truth), min(1.0, 2 * tail), "McNemar, exact")


def _placements(ones: Numbers, zeros: Numbers) -> tuple[Numbers, Numbers]:
    """For each one the share of zeros below it, for each zero the share of ones above it; ties half."""
    low, high = np.sort(zeros), np.sort(ones)
    below = (np.searchsorted(low, ones, "left") + np.searchsorted(low, ones, "right")) / 2 / len(zeros)
    not_above = (np.searchsorted(high, zeros, "left") + np.searchsorted(high, zeros, "right")) / 2 / len(ones)
    return below, 1 - not_above


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

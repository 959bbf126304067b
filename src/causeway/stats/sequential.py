"""Intervals that hold at every look: confidence sequences for shares, bounded means and their differences.

Whoever looks after every request and stops when it suits them errs no more often than `alpha` says, over the
whole time (Ville, 1939). Everything is computed from counts and sums, which add.
"""

import math
from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.chances import chi_square_sf

Numbers = NDArray[np.float64]

BISECTIONS = 45
# bets on deviations of every size: from a handful of rows to a hundred million
_BETS: Numbers = 0.9 * 1.6 ** -np.arange(22.0)
_COSTS: Numbers = -np.log1p(-_BETS) - _BETS
"""psi_E of each bet: -log(1 - b) - b."""
_LOG_BETS = math.log(len(_BETS))


class Moments(Struct, frozen=True):
    """What is kept of values between 0 and 1; the moments of two streams add.

    `spread` is the sum of squared distances of each value to the mean of those before it.
    """

    rows: int = 0
    total: float = 0.0
    spread: float = 0.0

    @property
    def mean(self) -> float:
        """The mean so far; one half where there is nothing."""
        return self.total / self.rows if self.rows else 0.5

    def after(self, values: Numbers) -> "Moments":
        """The moments once these values came in, in this order."""
        if not len(values):
            return self
        before = self.total + np.concatenate(([0.0], np.cumsum(values)[:-1]))
        guesses = (before + 0.5) / (self.rows + np.arange(len(values)) + 1)
        return Moments(
            self.rows + len(values),
            self.total + float(values.sum()),
            self.spread + float(((values - guesses) ** 2).sum()),
        )

    def __add__(self, other: "Moments") -> "Moments":
        """Both streams together."""
        return Moments(self.rows + other.rows, self.total + other.total, self.spread + other.spread)


class Bounds(Struct, frozen=True):
    """Between what the truth lies at every look, but for the chance that was asked for."""

    low: float
    high: float


def share_bounds(hits: int, rows: int, *, alpha: float) -> Bounds:
    """The share behind independent hits: Beta(1/2, 1/2) mixture of likelihood ratios (Robbins, 1970).

    Those p with B(hits + 1/2, rows - hits + 1/2) / B(1/2, 1/2) < p^hits (1 - p)^(rows - hits) / alpha, the
    prior-posterior ratio of Waudby-Smith and Ramdas (2020); exact for every number of rows.
    """
    if not rows:
        return Bounds(0.0, 1.0)
    level = _log_beta(hits + 0.5, rows - hits + 0.5) - _log_beta(0.5, 0.5) + math.log(alpha)
    middle = hits / rows

    def inside(share: float) -> bool:
        return _log_likelihood(share, hits, rows) > level

    low = 0.0 if hits == 0 else _edge(0.0, middle, inside)
    high = 1.0 if hits == rows else _edge(1.0, middle, inside)
    return Bounds(low, high)


def mean_bounds(seen: Moments, *, alpha: float) -> Bounds:
    """The mean of independent values between 0 and 1, with no other assumption about them.

    A uniform mixture over 22 bets b of exp(b D - psi_E(b) V), with D the sum of deviations and V the `spread`
    (Fan et al., 2015; Howard, Ramdas, McAuliffe and Sekhon, 2021, theorem 4 and section 3.3), each side at
    alpha / 2.
    """
    if not seen.rows:
        return Bounds(0.0, 1.0)
    reach = _deviation(seen.spread, math.log(2 / alpha)) / seen.rows
    return Bounds(max(0.0, seen.mean - reach), min(1.0, seen.mean + reach))


def difference_of_shares(first: tuple[int, int], second: tuple[int, int], *, alpha: float) -> Bounds:
    """The first share less the second, each (hits, rows): both bounded at alpha / 2 (Bonferroni)."""
    one, other = share_bounds(*first, alpha=alpha / 2), share_bounds(*second, alpha=alpha / 2)
    return Bounds(one.low - other.high, one.high - other.low)


def difference_of_means(first: Moments, second: Moments, *, alpha: float) -> Bounds:
    """The first mean less the second: both bounded at alpha / 2 (Bonferroni)."""
    one, other = mean_bounds(first, alpha=alpha / 2), mean_bounds(second, alpha=alpha / 2)
    return Bounds(one.low - other.high, one.high - other.low)


def paired_difference(seen: Moments, *, alpha: float) -> Bounds:
    """The mean of differences between -1 and 1, whose moments are those of (1 + difference) / 2."""
    halved = mean_bounds(seen, alpha=alpha)
    return Bounds(2 * halved.low - 1, 2 * halved.high - 1)


def chi_square(first: int, second: int, share: float) -> float:
    """The p of two counts, the first expected to be this share (Pearson, 1900); for one look only."""
    rows = first + second
    if not rows or not 0 < share < 1:
        return 1.0
    distance = (first - rows * share) ** 2 / (rows * share * (1 - share))
    return chi_square_sf(distance, 1)


def _deviation(spread: float, level: float) -> float:
    """The sum of deviations at which the mixture reaches this level; it grows with the sum."""

    def short_of(deviation: float) -> bool:
        worth = _BETS * deviation - _COSTS * spread
        top = float(worth.max())
        return top + math.log(float(np.exp(worth - top).sum())) - _LOG_BETS < level

    high = 1.0
    while short_of(high):
        high *= 2
    low = 0.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if short_of(middle) else (low, middle)
    return high


def _edge(outside: float, within: float, inside: Callable[[float], bool]) -> float:
    """Where the interval ends between a share outside of it and one within."""
    for _ in range(BISECTIONS):
        middle = (outside + within) / 2
        outside, within = (outside, middle) if inside(middle) else (middle, within)
    return outside


def _log_likelihood(share: float, hits: int, rows: int) -> float:
    if not 0 < share < 1:
        return -math.inf
    return hits * math.log(share) + (rows - hits) * math.log1p(-share)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)

"""Whether an experiment may be believed: its split, its unit of analysis, its novelty, its many questions."""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.effect import Effect, unknown
from causeway.stats.effects.student import normal_quantile
from causeway.stats.sequential import chi_square

Numbers = NDArray[np.float64]
SPLIT_ALPHA = 0.001
"""A split so unlikely is no accident: something loses units of one arm."""
REPEATED = 1.01
"""Rows for each unit from which they are not the units: one in a hundred twice is a stray duplicate."""


class Split(Struct, frozen=True):
    """How the units came to be split, beside how they were meant to be."""

    control: int
    treated: int
    share: float
    """Of the units that were meant to be treated."""
    p: float
    """Of chance alone, for one look (chi-square)."""
    is_off: bool
    """Whether nothing may be concluded from it."""


def sample_ratio(control: int, treated: int, *, share: float) -> Split:
    """Whether as many were treated as were meant to be (Fabijan et al., 2019); share 0.5 is half and half."""
    p = chi_square(treated, control, share)
    return Split(control, treated, share, p, p < SPLIT_ALPHA)


class UnitCheck(Struct, frozen=True):
    """What would come of taking rows for randomised units."""

    rows: int
    units: int
    alike: float
    """Intraclass correlation, 0 to 1: how much rows of one unit resemble each other."""
    inflation: float
    """Times that the variance of a mean is larger than rows alone say (Kish, 1965)."""
    false_alarms: float
    """Share of tests of rows at 5 % that would find an effect where there is none."""
    is_wrong: bool
    """Whether rows must not be analysed: average each unit's rows first."""


def wrong_unit(values: Numbers, unit: NDArray[np.int64]) -> UnitCheck:
    """Whether rows are other than the units that were randomised: several rows belong to one unit."""
    _, at, counts = np.unique(unit, return_inverse=True, return_counts=True)
    rows, units = len(values), len(counts)
    means = np.bincount(at, values) / counts
    within = float(((values - means[at]) ** 2).sum())
    between = float((counts * (means - values.mean()) ** 2).sum())
    size = (rows - float((counts.astype(np.float64) ** 2).sum()) / rows) / max(units - 1, 1)
    alike = 0.0
    if rows > units > 1:
        one, other = between / (units - 1), within / (rows - units)
        alike = min(1.0, max(0.0, (one - other) / max(one + (size - 1) * other, 1e-300)))
    inflation = 1 + (float((counts.astype(np.float64) ** 2).sum()) / rows - 1) * alike
    alarms = math.erfc(normal_quantile(0.975) / math.sqrt(2 * inflation))
    return UnitCheck(rows, units, alike, inflation, alarms, rows > units * REPEATED)


def novelty(first: Effect, second: Effect, *, alpha: float = 0.05) -> Effect:
    """By how much the effect of the second half differs from that of the first, of other units.

    Where the interval leaves out nought the effect wears off or grows: only the second half may be carried on
    to a year. With units of both halves the same it is wider than it need be.
    """
    method = "second half less first half"
    if not (math.isfinite(first.estimate) and math.isfinite(second.estimate)):
        return unknown(method, alpha=alpha)
    apart, error = second.estimate - first.estimate, math.hypot(first.error, second.error)
    if not error > 0:
        return unknown(method, alpha=alpha, estimate=apart)
    reach = normal_quantile(1 - alpha / 2) * error
    p = math.erfc(abs(apart) / error / math.sqrt(2))
    return Effect(apart, apart - reach, apart + reach, p, method, error, alpha, first.units + second.units)


def holm(chances: Sequence[float]) -> NDArray[np.float64]:
    """The p of each of many questions, so that at 5 % not one is found false in 95 of 100 (Holm, 1979)."""
    p = np.asarray(chances, np.float64)
    order = np.argsort(p)
    found = np.empty_like(p)
    found[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return found

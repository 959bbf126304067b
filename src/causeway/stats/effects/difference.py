"""The difference between two arms: its estimate, its variance, and how many degrees of freedom that has.

Three kinds of measure: a number for each unit, a yes or no for each unit, a ratio of two sums.
"""

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.stats.effects.moments import ArmMoments, Stack, stacked
from causeway.stats.effects.student import normal_of_student, student_of_normal

Numbers = NDArray[np.float64]
LEAST_UNITS = 5
"""Of an arm: below, its spread is not known."""
LEAST_VALUES = 10
"""Of an arm, before looks at any time: so many must carry its sum, as a few orders among noughts do not."""
SURELY_ENOUGH_UNITS = 2000
"""Of an arm whose values are about nought, of which that cannot be told."""
SMALL_ARM = 0.4
"""Of all units: an arm below this share is the small one of two."""
LEAST_HITS = 2
"""Expected in each arm if there were no effect, and as many misses: below, chance is too far from normal."""


class Shares(Struct, frozen=True):
    """Both arms of a measure that is yes or no."""

    control: Stack
    treated: Stack
    left: Numbers
    """Of the variance, once adjusted for `x`."""


class Differences(Struct, frozen=True):
    """Treated less control, for many pairs of arms at once, in the unit of the measure."""

    estimate: Numbers
    variance: Numbers
    null: Numbers
    """The variance if there were no effect: what a test goes by."""
    freedom: Numbers
    units: Numbers
    known: NDArray[np.bool_]
    """Whether both arms have enough units for one look."""
    settled: NDArray[np.bool_]
    """Whether they have enough for an interval that holds at every look from here on."""
    shares: Shares | None = None

    @property
    def distance(self) -> Numbers:
        """From no effect, in standard errors, as a standard normal number."""
        t = np.where(self.null > 0, self.estimate / np.sqrt(_floor(self.null)), 0.0)
        return t if self.shares else normal_of_student(t, self.freedom)

    def reach(self, bound: Numbers) -> tuple[Numbers, Numbers]:
        """How far the interval goes below and above the estimate, so many standard errors to each side."""
        if self.shares:
            return _newcombe(self.shares, bound)
        far = np.sqrt(self.variance) * student_of_normal(bound, self.freedom)
        return far, far


def of_numbers(control: Stack, treated: Stack) -> Differences:
    """Adjusted for `x` with a slope for each arm (Deng et al., 2013; Lin, 2013); plain where `x` is constant.

    The variance is Lin's, with the arms' own residual variances and what the slopes' errors add to it;
    degrees of freedom are Welch's (1947).
    """
    units = control.n + treated.n
    middle = (control.n * control.x + treated.n * treated.x) / np.maximum(units, 1)
    one, other = _adjusted(control, middle), _adjusted(treated, middle)
    spread = (control.xx + treated.xx + _between(control, treated)) / np.maximum(units - 1, 1)
    slopes = (other.slope - one.slope) ** 2 * spread / np.maximum(units, 1)
    return _differing(control, treated, (one, other), slopes)


def of_shares(control: Stack, treated: Stack) -> Differences:
    """A measure that is yes or no, adjusted for `x` with one slope.

    The test goes by the pooled (score) variance, the interval is Newcombe's (1998, method 10), which hardly
    ever contradicts it: both stay honest where one arm is small and hits are rare, which the usual variance
    does not. The standard error is that of Agresti and Caffo (2000).
    """
    units = control.n + treated.n
    pooled = (control.n * control.y + treated.n * treated.y) / np.maximum(units, 1)
    each = 1 / np.maximum(control.n, 1) + 1 / np.maximum(treated.n, 1)
    slope = (control.xy + treated.xy) / _floor(control.xx + treated.xx)
    left = 1 - slope * (control.xy + treated.xy) / _floor(control.yy + treated.yy)
    shift = slope * (treated.x - control.x)
    one, other = _shrunk(control), _shrunk(treated)
    variance = one * (1 - one) / (control.n + 2) + other * (1 - other) / (treated.n + 2)
    estimate = treated.y - control.y - shift
    known = np.minimum(pooled, 1 - pooled) * np.minimum(control.n, treated.n) >= LEAST_HITS
    return Differences(
        estimate,
        variance * left,
        pooled * (1 - pooled) * each * left,
        np.full_like(estimate, np.inf),
        units,
        known,
        known,
        Shares(control, treated, left),
    )


def of_ratios(control: Stack, treated: Stack) -> Differences:
    """Of a sum of `y` to a sum of `x` over units, such as cost for each order, by the delta method.

    Each unit counts as (y - R x) / mean of x, with R its arm's ratio (Deng, Knoblich and Lu, 2018).
    """
    found = _differing(control, treated, (_ratio(control), _ratio(treated)), np.zeros_like(control.n))
    return structs.replace(found, known=found.known & (control.x > 0) & (treated.x > 0))


KINDS = {"number": of_numbers, "share": of_shares, "ratio": of_ratios}


def pair(control: ArmMoments, treated: ArmMoments, *, kind: str) -> Differences:
    """The difference of just two arms."""
    return KINDS[kind](stacked([control]), stacked([treated]))


class _Mean(Struct, frozen=True):
    """An arm's mean and what its variance is made of: that of a unit, times `share`."""

    mean: Numbers
    unit: Numbers
    share: Numbers
    slope: Numbers
    freedom: Numbers


def _differing(control: Stack, treated: Stack, means: tuple[_Mean, _Mean], more: Numbers) -> Differences:
    """The difference of two means; of much unequal arms the smaller one's units vary no less than all do.

    A small arm whose few large values have not come yet has both a low mean and a small variance, so that its
    own would find effects of chance.
    """
    one, other = means
    pooled = (one.unit * one.freedom + other.unit * other.freedom) / np.maximum(
        one.freedom + other.freedom, 1
    )
    parts: list[Numbers] = []
    for mean, n, beside in ((one, control.n, treated.n), (other, treated.n, control.n)):
        is_small = n < SMALL_ARM * (n + beside)
        parts.append(mean.share * np.where(is_small, np.maximum(mean.unit, pooled), mean.unit))
    freedom = (parts[0] + parts[1]) ** 2 / _floor(
        parts[0] ** 2 / np.maximum(one.freedom, 1) + parts[1] ** 2 / np.maximum(other.freedom, 1)
    )
    variance = parts[0] + parts[1] + more
    fewest = np.minimum(control.n, treated.n)
    known = (fewest >= LEAST_UNITS) & (variance > 0)
    carried = np.minimum(_carrying(control), _carrying(treated)) >= LEAST_VALUES
    return Differences(
        other.mean - one.mean,
        variance,
        variance,
        np.maximum(freedom, 1),
        control.n + treated.n,
        known,
        known & (carried | (fewest >= SURELY_ENOUGH_UNITS)),
    )


def _carrying(arms: Stack) -> Numbers:
    """How many equal values would have such a sum and such squares: the square of one over the other."""
    return arms.n * arms.y**2 / _floor(arms.y**2 + arms.yy / np.maximum(arms.n, 1))


def _adjusted(arms: Stack, middle: Numbers) -> _Mean:
    has_slope = arms.xx > 0
    slope = np.where(has_slope, arms.xy / _floor(arms.xx), 0.0)
    freedom = arms.n - 1 - has_slope
    unit = np.maximum(arms.yy - slope * arms.xy, 0) / np.maximum(freedom, 1)
    moved = np.where(has_slope, (arms.x - middle) ** 2 / _floor(arms.xx), 0.0)
    share = 1 / np.maximum(arms.n, 1) + moved
    return _Mean(arms.y - slope * (arms.x - middle), unit, share, slope, freedom)


def _ratio(arms: Stack) -> _Mean:
    below = _floor(arms.x)
    ratio, freedom = arms.y / below, arms.n - 1
    spread = np.maximum(arms.yy - 2 * ratio * arms.xy + ratio**2 * arms.xx, 0) / np.maximum(freedom, 1)
    return _Mean(ratio, spread / below**2, 1 / np.maximum(arms.n, 1), ratio, freedom)


def _between(one: Stack, other: Stack) -> Numbers:
    return one.n * other.n / np.maximum(one.n + other.n, 1) * (other.x - one.x) ** 2


def _newcombe(shares: Shares, bound: Numbers) -> tuple[Numbers, Numbers]:
    """By Wilson's (1927) limits of each arm."""
    one, other = shares.control, shares.treated
    low, high = _wilson(one, bound)
    other_low, other_high = _wilson(other, bound)
    below = np.hypot(other.y - other_low, high - one.y)
    above = np.hypot(other_high - other.y, one.y - low)
    scale = np.sqrt(shares.left)
    return below * scale, above * scale


def _wilson(arms: Stack, bound: Numbers) -> tuple[Numbers, Numbers]:
    n, wide = np.maximum(arms.n, 1), bound * bound
    middle = (arms.y + wide / (2 * n)) / (1 + wide / n)
    half = bound / (1 + wide / n) * np.sqrt(arms.y * (1 - arms.y) / n + wide / (4 * n * n))
    return middle - half, middle + half


def _shrunk(arms: Stack) -> Numbers:
    """One hit and one miss more."""
    return (arms.n * arms.y + 1) / (arms.n + 2)


def _floor(number: Numbers) -> Numbers:
    return np.maximum(number, 1e-300)

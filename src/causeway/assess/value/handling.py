"""What became of answers in the hands of whoever handles the cases: automation, and minutes saved."""

import math

import numpy as np
from msgspec import Struct

from causeway.assess.value.units import Bools, Values
from causeway.core.figure import Figure
from causeway.core.value import ACCEPT, DECISIONS
from causeway.stats.effects.checks import wrong_unit
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.moments import arm
from causeway.stats.effects.student import student_quantile
from causeway.stats.quality_form import Floats, Integers
from causeway.stats.sequential import share_bounds

LEAST_UNITS = 5
ALPHA = 0.05


class Period(Struct, frozen=True):
    """From when to when cases count, in microseconds."""

    since_us: float
    until_us: float


def automation(decisions: Values, minutes: Values, treated: Bools, *, within: Period) -> Figure | None:
    """The share of decided cases that nobody had to touch: accepted, and no minute spent on them.

    Cases of one unit are alike, so the interval goes by as many independent ones as they are worth.
    """
    cases = _of(decisions, treated, within)
    if not len(cases):
        return None
    untouched = decisions.value[cases] == DECISIONS.index(ACCEPT)
    untouched &= ~(_beside(decisions, cases, minutes) > 0)
    rows, hits = len(cases), int(untouched.sum())
    alike = wrong_unit(untouched.astype(np.float64), decisions.unit[cases]).inflation
    bounds = share_bounds(round(hits / alike), max(1, round(rows / alike)), alpha=ALPHA)
    how = f"{hits:,} of {rows:,} cases, a confidence sequence"
    return Figure(hits / rows, "of cases untouched", low=bounds.low, high=bounds.high, how=how)


def saved_hours(effect: Effect, *, cases: int) -> Figure | None:
    """The hours that so many fewer minutes a case are, of all cases that were treated."""
    if not effect.is_known:
        return None
    by = cases / 60
    return Figure(
        -effect.estimate * by, "hours", low=-effect.high * by, high=-effect.low * by, how=effect.method
    )


def since_baseline(values: Floats, unit: Integers, baseline: float) -> Effect | None:
    """By how much the mean of units differs from the baseline; None of fewer than five units."""
    _, at, counts = np.unique(unit, return_inverse=True, return_counts=True)
    if len(counts) < LEAST_UNITS:
        return None
    means = arm(np.bincount(at, values) / counts)
    error = math.sqrt(means.yy / (means.n - 1) / means.n)
    reach = student_quantile(1 - ALPHA / 2, means.n - 1) * error
    apart = means.y - baseline
    method = "mean of units less the baseline, Student's t"
    return Effect(apart, apart - reach, apart + reach, 1.0, method, error, ALPHA, means.n)


def cases_of(values: Values, treated: Bools, *, within: Period) -> Integers:
    """Which of the values are of treated units in this period."""
    return _of(values, treated, within)


def _of(values: Values, treated: Bools, within: Period) -> Integers:
    inside = (values.at_us >= within.since_us) & (values.at_us < within.until_us)
    return np.flatnonzero(inside & treated[values.unit])


def _beside(decisions: Values, cases: Integers, minutes: Values) -> Floats:
    """The minutes of each of these cases; NaN where nobody told."""
    if not len(minutes.unit):
        return np.full(len(cases), np.nan)
    keys = _named(minutes)
    order = np.argsort(keys)
    wanted = _named(decisions)[cases]
    at = np.minimum(np.searchsorted(keys[order], wanted), len(order) - 1)
    return np.where(keys[order][at] == wanted, minutes.value[order][at], np.nan)


def _named(values: Values) -> Integers:
    """A unit and a moment, to a tenth of a second, name a case."""
    return values.unit * (1 << 35) + np.round(values.at_us / 1e5).astype(np.int64)

"""How far the measure itself changed since its baseline, whatever changed it: all claims of it together."""

import math
from collections.abc import Iterator

import numpy as np

from causeway.assess.value.handling import ALPHA, since_baseline
from causeway.assess.value.panels import Panel
from causeway.assess.value.plan import STAGGERED, Plan
from causeway.assess.value.units import Units
from causeway.core.figure import Figure
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.interrupted import steps_of
from causeway.stats.effects.student import student_quantile
from causeway.stats.quality_form import Floats

LEAST_DAYS = 60
"""Of fewer days nobody can tell how long their errors last, and the interval would be too narrow."""


def change_of_units(units: Units, plan: Plan, baseline: Figure | None) -> Figure | None:
    """The mean of treated mature units less the baseline; None where one of the two is not known."""
    if baseline is None:
        return None
    mine = units.only(units.ready & units.treated)
    return _change(since_baseline(mine.value, np.arange(len(mine)), baseline.value), plan, baseline)


def change_of_panel(panel: Panel, plan: Plan, baseline: Figure | None) -> Figure | None:
    """The mean of what was treated less the baseline: by units of a roll-out, else by days that remember."""
    if baseline is None:
        return None
    mine, value = panel.treated, panel.value
    if plan.design == STAGGERED:
        return _change(since_baseline(value[mine], panel.unit[mine], baseline.value), plan, baseline)
    count = np.bincount(panel.period[mine])
    series = (np.bincount(panel.period[mine], value[mine]) / np.maximum(count, 1))[count > 0]
    return _change(_of_days(series, baseline.value), plan, baseline)


def _of_days(series: Floats, baseline: float) -> Effect | None:
    """The level of a series less the baseline, with errors that remember the day before."""
    if len(series) < LEAST_DAYS:
        return None
    level = steps_of(series[:, None], np.ones((len(series), 1)))
    apart, error = float(level.estimate[0]) - baseline, float(level.error[0])
    reach = student_quantile(1 - ALPHA / 2, float(level.freedom[0])) * error
    method = "mean of days less the baseline, errors with memory"
    return Effect(apart, apart - reach, apart + reach, 1.0, method, error, ALPHA, len(series))


def _change(seen: Effect | None, plan: Plan, baseline: Figure) -> Figure | None:
    if seen is None or not seen.is_known:
        return None
    low, high = _with_baseline(seen, baseline)
    how = "mean of units less the recorded baseline"
    return Figure(seen.estimate, plan.kpi or "the measure", low=low, high=high, how=how)


def _with_baseline(seen: Effect, baseline: Figure) -> Iterator[float]:
    """The interval with what the baseline's bounds add (Zou and Donner, 2008); without them it is exact."""
    above = 0.0 if baseline.high is None else baseline.high - baseline.value
    below = 0.0 if baseline.low is None else baseline.value - baseline.low
    yield seen.estimate - math.hypot(seen.estimate - seen.low, above)
    yield seen.estimate + math.hypot(seen.high - seen.estimate, below)

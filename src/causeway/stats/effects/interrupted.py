"""The effect of a start on one series of days: what changed beyond trend, week and a series beside it.

Generalised least squares with errors that remember the day before (Prais and Winsten, 1954). How much they
remember is estimated by restricted likelihood, which takes out most of the bias that a fitted trend leaves in
short series (Cheang and Reinsel, 2000).
"""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.checks import holm
from causeway.stats.effects.effect import Effect, unknown
from causeway.stats.effects.student import student_quantile, student_sf

Numbers = NDArray[np.float64]
WEEK_DAYS = 7
LEAST_DAYS = 14
"""On each side of the start."""
MEMORIES: Numbers = np.concatenate((np.arange(-0.5, 0.9, 0.05), np.arange(0.9, 0.985, 0.02)))
"""What is tried for the correlation of a day's error with the one before."""
PLACEBOS = 4


class Interrupted(Struct, frozen=True):
    """A series that was interrupted: its effect, and whether one is found where nothing happened."""

    effect: Effect
    memory: float
    """Correlation of a day's error with that of the day before."""
    placebos: tuple[Effect, ...]
    """Starts that never were, in the days before the real one."""

    @property
    def is_quiet(self) -> bool:
        """Whether there were placebos and none shows an effect (Holm at their alpha)."""
        known = [each for each in self.placebos if each.is_known]
        return bool(known) and bool((holm([each.p for each in known]) > known[0].alpha).all())


def interrupted(
    series: Numbers, start: int, *, control: Numbers | None = None, alpha: float = 0.05
) -> Interrupted:
    """The lasting step from day `start` on, in the unit of the series, with trend, weekdays and `control`.

    `control` is a series that the start cannot have changed. Days must follow each other without holes;
    raises ValueError where one is missing.
    """
    beside = [] if control is None else [control]
    if not all(np.isfinite(each).all() and len(each) == len(series) for each in (series, *beside)):
        raise ValueError("one finite value for each day is needed")
    effect, memory = _fit(series, start, control, alpha)
    placebos: list[Effect] = []
    for part in range(1, PLACEBOS + 1):
        at = start * part // (PLACEBOS + 1)
        if min(at, start - at) >= LEAST_DAYS:
            placebos.append(_fit(series[:start], at, None if control is None else control[:start], alpha)[0])
    return Interrupted(effect, memory, tuple(placebos))


class Steps(Struct, frozen=True):
    """The step of many series at once, each with what its interval needs."""

    estimate: Numbers
    error: Numbers
    freedom: Numbers
    memory: Numbers


def steps_of(series: Numbers, design: Numbers) -> Steps:
    """The last column's coefficient for each series (days by series), with errors of its own memory."""
    days, terms = design.shape
    best = np.full(series.shape[1], -np.inf)
    found = np.zeros((3, series.shape[1]))
    for memory in MEMORIES:
        q, r = np.linalg.qr(_whitened(design, memory))
        white = _whitened(series, memory)
        on = q.T @ white
        left = np.maximum((white**2).sum(0) - (on**2).sum(0), 1e-300)
        likely = (
            0.5 * math.log(1 - memory**2)
            - float(np.log(np.abs(np.diag(r))).sum())
            - (days - terms) / 2 * np.log(left)
        )
        better = likely > best
        best = np.where(better, likely, best)
        # the last column comes last in the triangle, so its coefficient needs no solving
        step = on[-1] / r[-1, -1]
        error = np.sqrt(left / (days - terms)) / abs(r[-1, -1])
        found = np.where(better, np.array([step, error, np.full_like(step, memory)]), found)
    memory = found[2]
    freedom = days * (1 - np.maximum(memory, 0)) / (1 + np.maximum(memory, 0)) - terms
    return Steps(found[0], found[1], np.maximum(freedom, 1.0), memory)


def design_of(days: int, start: int, control: Numbers | None = None) -> Numbers:
    """What a series is explained by: level, trend, weekdays, the series beside it, and last the step."""
    day = np.arange(days)
    weekdays = [(day % WEEK_DAYS == weekday).astype(np.float64) for weekday in range(1, WEEK_DAYS)]
    beside = [] if control is None else [control - control.mean()]
    return np.column_stack(
        [np.ones(days), day / days - 0.5, *weekdays, *beside, (day >= start).astype(np.float64)]
    )


def _fit(series: Numbers, start: int, control: Numbers | None, alpha: float) -> tuple[Effect, float]:
    method = "interrupted series, trend, weekdays and errors with memory"
    if min(start, len(series) - start) < LEAST_DAYS:
        return unknown(method, alpha=alpha, units=len(series)), math.nan
    steps = steps_of(series[:, None], design_of(len(series), start, control))
    estimate, error, freedom = (float(each[0]) for each in (steps.estimate, steps.error, steps.freedom))
    reach = student_quantile(1 - alpha / 2, freedom) * error
    p = 2 * student_sf(abs(estimate) / error, freedom) if error else 1.0
    effect = Effect(estimate, estimate - reach, estimate + reach, p, method, error, alpha, len(series))
    return effect, float(steps.memory[0])


def _whitened(values: Numbers, memory: float) -> Numbers:
    """Each day less what it remembers of the day before; the first keeps its weight (Prais and Winsten)."""
    white = values.copy()
    white[1:] -= memory * values[:-1]
    white[0] *= math.sqrt(1 - memory**2)
    return white

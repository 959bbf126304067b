"""The effect of a roll-out in steps: group-time effects beside units that were not yet treated.

Callaway and Sant'Anna (2021), without covariates, for a panel without holes. Each estimate is a sum of
outcomes with weights that only the dates of the roll-out decide, and so is its variance over units.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.checks import holm
from causeway.stats.effects.effect import Effect, unknown
from causeway.stats.effects.student import student_quantile, student_sf

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_FREEDOM = 3
MOST_DIRECTIONS = 3.0
"""Paths of a few units cannot show more."""


class AtEvent(Struct, frozen=True):
    """The effect so many periods after the start; before it, minus one and less, it should be nought."""

    periods: int
    effect: Effect


class Staggered(Struct, frozen=True):
    """A roll-out in steps: its effect, and what speaks for and against it."""

    effect: Effect
    """Mean over treated units and their periods that have a control."""
    events: tuple[AtEvent, ...]
    pretrend: Effect
    """By how much treated units drew away each period before they were treated."""
    placebo: Effect
    """The effect of a start that never was, half-way through what was seen before."""
    compared: float
    """Share of treated unit-periods that had a control; the rest are left out."""

    @property
    def is_parallel(self) -> bool:
        """Whether pre-trend and placebo are known and neither speaks against it (Holm at their alpha)."""
        against = holm([self.pretrend.p, self.placebo.p]) <= self.pretrend.alpha
        return self.pretrend.is_known and self.placebo.is_known and not against.any()


def staggered(outcome: Numbers, first: Integers, *, alpha: float = 0.05) -> Staggered:
    """The effect from outcomes (units by periods) and the period in which each unit was first treated.

    Units are what the roll-out decides on: teams, regions. Periods count from nought; a unit that is never
    treated has a `first` of minus one. Raises ValueError where shapes do not fit or an outcome is missing.
    """
    if outcome.shape[0] != len(first) or not np.isfinite(outcome).all():
        raise ValueError("one row of finite outcomes for each unit is needed")
    periods = outcome.shape[1]
    start = np.where((first < 0) | (first >= periods), periods, first)
    cohort = _cohorts(start)
    panel = _Panel(outcome, start, _residuals(outcome, cohort), len(start) - int(cohort.max()) - 1, alpha)
    pairs = [(g, t) for g in panel.groups for t in range(g, periods) if panel.has_control(g, t)]
    treated = float((periods - start).sum())
    sizes = {g: int((start == g).sum()) for g in panel.groups}
    return Staggered(
        panel.effect(
            [(g, t, g - 1, sizes[g]) for g, t in pairs], "group-time differences, not-yet-treated controls"
        ),
        tuple(_events(panel, sizes)),
        _pretrend(panel, sizes),
        _placebo(panel, sizes),
        sum(sizes[g] for g, _ in pairs) / treated if treated else 0.0,
    )


class _Panel(Struct, frozen=True):
    outcome: Numbers
    start: Integers
    residuals: Numbers
    freedom: int
    alpha: float

    @property
    def groups(self) -> list[int]:
        """The periods in which units were first treated and have one before."""
        return [int(g) for g in np.unique(self.start) if 0 < g < self.outcome.shape[1]]

    def has_control(self, group: int, period: int) -> bool:
        return bool((self.start > max(period, group)).any())

    def effect(self, parts: Sequence[tuple[int, int, int, float]], method: str) -> Effect:
        """The mean of differences in differences: a group, a period, the one compared with, a weight."""
        total = sum(abs(weight) for *_, weight in parts)
        if not total:
            return unknown(method, alpha=self.alpha)
        return self.linear([(g, t, base, weight / total) for g, t, base, weight in parts], method)

    def linear(self, parts: Sequence[tuple[int, int, int, float]], method: str) -> Effect:
        """The same as a sum."""
        weights = np.zeros_like(self.outcome)
        for group, period, base, weight in parts:
            treated, control = self.start == group, self.start > max(period, base, group)
            each = weight * (treated / treated.sum() - control / control.sum())
            weights[:, period] += each
            weights[:, base] -= each
        estimate = float((weights * self.outcome).sum())
        if self.freedom < LEAST_FREEDOM:
            return unknown(method, alpha=self.alpha, estimate=estimate, units=len(self.start))
        variance, freedom = _spread(weights @ self.residuals.T, self.freedom)
        error = math.sqrt(variance)
        reach = student_quantile(1 - self.alpha / 2, freedom) * error
        p = 2 * student_sf(abs(estimate) / error, freedom) if error else 1.0
        return Effect(
            estimate, estimate - reach, estimate + reach, p, method, error, self.alpha, len(self.start)
        )


def _spread(parts: Numbers, freedom: int) -> tuple[float, float]:
    """The variance of the estimate if all units spread alike, and its degrees of freedom (Satterthwaite).

    `parts` is each unit's weights on each unit's residual path. More degrees than units come of paths that
    point in several directions; the trace of the square is without bias (Bai and Saranadasa, 1996).
    """
    alike = parts @ parts.T / freedom
    once, twice = float(np.trace(alike)), float((alike**2).sum())
    square = freedom**2 / ((freedom - 1) * (freedom + 2)) * (twice - once**2 / freedom)
    return once, freedom * min(max(once**2 / max(square, 1e-300), 1.0), MOST_DIRECTIONS)


def _residuals(outcome: Numbers, at: Integers) -> Numbers:
    """How each unit's path differs from the mean path of those that started with it, or next to it."""
    sums = np.zeros((at.max() + 1, outcome.shape[1]))
    np.add.at(sums, at, outcome)
    return outcome - (sums / np.bincount(at)[:, None])[at]


def _cohorts(start: Integers) -> Integers:
    """Which units spread about one mean: those of one start; one that started alone goes with the next.

    Their effects differ, which makes the variance larger than it is, not smaller.
    """
    starts, at, counts = np.unique(start, return_inverse=True, return_counts=True)
    cohort = np.zeros(len(starts), np.int64)
    number, units = 0, 0
    for place, count in enumerate(counts):
        if units > 1:
            number, units = number + 1, 0
        cohort[place] = number
        units += int(count)
    if units == 1 and number:
        cohort[cohort == number] = number - 1
    return cohort[at]


def _events(panel: _Panel, sizes: dict[int, int]) -> list[AtEvent]:
    periods = panel.outcome.shape[1]
    found: list[AtEvent] = []
    for event in range(-periods, periods):
        parts = [
            (g, g + event, g - 1, float(sizes[g]))
            for g in panel.groups
            if event != -1 and 0 <= g + event < periods and panel.has_control(g, g + event)
        ]
        if parts:
            found.append(AtEvent(event, panel.effect(parts, f"{event} periods from the start")))
    return found


def _pretrend(panel: _Panel, sizes: dict[int, int]) -> Effect:
    """The slope of the effects before the start on their period, weighted by size (least squares)."""
    parts = [
        (g, t, g - 1, float(sizes[g])) for g in panel.groups for t in range(g - 1) if panel.has_control(g, g)
    ]
    scale = sum(weight * (t - base) ** 2 for _, t, base, weight in parts)
    method = "trend before the start, by period"
    if not scale:
        return unknown(method, alpha=panel.alpha)
    return panel.linear([(g, t, base, weight * (t - base) / scale) for g, t, base, weight in parts], method)


def _placebo(panel: _Panel, sizes: dict[int, int]) -> Effect:
    parts = [
        (g, t, g // 2 - 1, float(sizes[g]))
        for g in panel.groups
        if g // 2 >= 1 and panel.has_control(g, g)
        for t in range(g // 2, g)
    ]
    return panel.effect(parts, "a start that never was, before the real one")

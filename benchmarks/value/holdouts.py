"""Randomised holdouts of numbers: coverage, covariates, clusters, ratios, and the checks of an experiment."""

import numpy as np
from said import Line

from causeway.stats.effects.checks import holm, novelty, sample_ratio, wrong_unit
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.guardrail import HELD, non_inferior
from causeway.stats.effects.moments import Stack, arm_of_counts, stack_of_values
from causeway.stats.effects.randomised import Effects, at_any_look, at_one_look, once

Rng = np.random.Generator
DAYS = 30
SPARSE = 0.05
"""Of units that have a value other than nought."""


def numbers(*, is_small: bool) -> list[Line]:
    """Handling times, lognormal: 5 % less."""
    runs = 500 if is_small else 3000
    lines: list[Line] = []
    for spread, units in ((1.0, 200), (1.0, 2000), (1.5, 2000)) if not is_small else ((1.0, 200),):
        rng = np.random.default_rng(5)
        seen, truth = _lognormal(rng, runs, units=units, spread=spread, has_covariate=False)
        lines.append(_covered(f"lognormal, s = {spread}, {units} in each arm", seen, truth, least=0.935))
        adjusted, truth = _lognormal(rng, runs, units=units, spread=spread, has_covariate=True)
        name = f"lognormal, s = {spread}, {units} in each arm, adjusted"
        lines.append(_covered(name, adjusted, truth, least=0.935))
        narrower = float((adjusted.high - adjusted.low).mean() / (seen.high - seen.low).mean())
        lines.append(Line(f"{name}: width, of that without", narrower, runs))
    rng = np.random.default_rng(6)
    seen, truth = _ratios(rng, runs, units=500)
    return [*lines, _covered("ratio of two sums, 500 in each arm", seen, truth, least=0.935)]


def numbers_at_every_look(*, is_small: bool) -> list[Line]:
    """Lognormal, 100 a day for 30 days; `adjusted` for what was known before, `sparse` mostly nought."""
    runs = 120 if is_small else 1500
    lines: list[Line] = []
    for treated, what in (
        (50, "number"),
        (10, "number"),
        (2, "number"),
        (50, "adjusted"),
        (50, "ratio"),
        (10, "sparse"),
    ):
        for lift in (1.0, 1.3):
            rng = np.random.default_rng(7)
            arms = _days(rng, runs, 100 - treated, what, lift=1.0), _days(rng, runs, treated, what, lift=lift)
            kind = "ratio" if what == "ratio" else "number"
            seen = at_any_look(*arms, planned=100 * DAYS, alpha=0.05, kind=kind)
            truth = (lift - 1) * float(np.exp(0.5)) * (SPARSE if what == "sparse" else 1)
            missed = float(((seen.low > truth) | (seen.high < truth)).any(1).mean())
            effect = f"{lift - 1:.0%} more, missed" if truth else "no effect, found"
            line = Line(
                f"{what}, {treated}% treated, {effect} at any look",
                missed,
                runs,
                most=0.03 if truth else 0.025,
            )
            lines.append(line)
    return lines


def churn(*, is_small: bool) -> list[Line]:
    """5,000 in each arm; the treatment keeps a third of those at most risk."""
    runs = 300 if is_small else 3000
    lines: list[Line] = []
    for has_score in (False, True):
        rng = np.random.default_rng(8)
        seen, truth = _churned(rng, runs, has_score=has_score)
        what = "adjusted for the model's score" if has_score else "share of churned"
        lines.append(_covered(what, seen, truth, least=0.935))
        lines.append(Line(f"{what}: power", float(((seen.low > 0) | (seen.high < 0)).mean()), runs))
    return lines


def clustered(*, is_small: bool) -> list[Line]:
    """40 agents with 300 tickets each, no effect."""
    runs = 300 if is_small else 4000
    rng = np.random.default_rng(9)
    means = rng.normal(0, 0.3, (runs, 40)) + rng.normal(0, 1, (runs, 40)) / np.sqrt(300)
    seen = at_one_look(
        stack_of_values(means[:, :20]), stack_of_values(means[:, 20:]), alpha=0.05, kind="number"
    )
    tickets = np.abs(means[:, :20].mean(1) - means[:, 20:].mean(1)) / np.sqrt(1.09 * 2 / 6000) > 1.96
    unit = np.repeat(np.arange(40), 300)
    values = rng.normal(0, 0.3, 40)[unit] + rng.normal(0, 1, 12_000)
    check = wrong_unit(values, unit)
    return [
        Line("tickets as units, false positives", float(tickets.mean()), runs),
        Line("the same, as said by the check of one of them", check.false_alarms, 1),
        Line("refused", float(check.is_wrong), 1, least=1.0),
        Line("means of agents, false positives", _found(seen), runs, most=0.06),
    ]


def checks(*, is_small: bool) -> list[Line]:
    runs = 150 if is_small else 3000
    rng = np.random.default_rng(10)
    fair = [_is_off(rng, lost=0.0) for _ in range(runs)]
    lossy = [_is_off(rng, lost=0.05) for _ in range(runs)]
    steady = [_wears_off(rng, 0.0) for _ in range(runs)]
    fading = [_wears_off(rng, 0.06) for _ in range(runs)]
    at_margin = [_is_held(rng) for _ in range(runs)]
    family = [bool((holm(rng.random(8)) <= 0.05).any()) for _ in range(runs)]
    return [
        Line("split, fair, called off on any of 28 days", float(np.mean(fair)), runs, most=0.015),
        Line("split, a twentieth of one arm lost, called off by day 28", float(np.mean(lossy)), runs),
        Line("novelty, a steady effect", float(np.mean(steady)), runs, most=0.06),
        Line("novelty, 8 % at first and 2 % later", float(np.mean(fading)), runs),
        Line("guardrail, just at its margin, said to hold", float(np.mean(at_margin)), runs, most=0.03),
        Line("eight questions without an effect, any found", float(np.mean(family)), runs, most=0.06),
    ]


def _lognormal(
    rng: Rng, runs: int, *, units: int, spread: float, has_covariate: bool
) -> tuple[Effects, float]:
    lift = 0.95
    before = rng.normal(0, 1, (2, runs, units))
    y = np.exp(spread * (0.6 * before + 0.8 * rng.normal(0, 1, before.shape)))
    y[1] *= lift
    x = before if has_covariate else (None, None)
    arms = [stack_of_values(y[i], x[i]) for i in range(2)]
    truth = float((lift - 1) * np.exp(spread**2 / 2))
    return at_one_look(*arms, alpha=0.05, kind="number"), truth


def _ratios(rng: Rng, runs: int, *, units: int) -> tuple[Effects, float]:
    """Margin for each order: orders differ between customers, and so does what they bring."""
    orders = 1 + rng.poisson(2, (2, runs, units)).astype(np.float64)
    each = np.exp(rng.normal(0, 0.5, orders.shape))
    y = orders * each * np.array([1.0, 1.1])[:, None, None]
    arms = [stack_of_values(y[i], orders[i]) for i in range(2)]
    return at_one_look(*arms, alpha=0.05, kind="ratio"), float(0.1 * np.exp(0.125))


def _days(rng: Rng, runs: int, units: int, what: str, *, lift: float) -> Stack:
    before = rng.normal(0, 1, (runs, DAYS, units))
    y = lift * np.exp(0.6 * before + 0.8 * rng.normal(0, 1, before.shape))
    if what == "sparse":
        y *= rng.random(y.shape) < SPARSE
    if what == "ratio":
        orders = 1 + rng.poisson(2, y.shape).astype(np.float64)
        return stack_of_values(orders * y, orders).running()
    return stack_of_values(y, before if what == "adjusted" else None).running()


def _churned(rng: Rng, runs: int, *, has_score: bool) -> tuple[Effects, float]:
    units, kept = 5000, 0.2
    arms: list[Stack] = []
    for treated in (False, True):
        risk = rng.beta(1, 8, (runs, units))
        acted = risk * np.where((risk > 0.2) & treated, 1 - kept, 1.0)
        left = (rng.random(risk.shape) < acted).astype(np.float64)
        arms.append(stack_of_values(left, risk if has_score else None))
    # of Beta(1, 8) above 0.2: the integral of 8 r (1 - r)^7
    truth = -kept * (0.8**8 - 8 / 9 * 0.8**9)
    return at_one_look(*arms, alpha=0.05, kind="share"), truth


def _is_off(rng: Rng, *, lost: float) -> bool:
    control = rng.binomial(1000, 0.5, 28).cumsum()
    treated = np.arange(1, 29) * 1000 - control
    treated = rng.binomial(treated, 1 - lost) if lost else treated
    return any(sample_ratio(int(a), int(b), share=0.5).is_off for a, b in zip(control, treated, strict=True))


def _wears_off(rng: Rng, faded: float) -> bool:
    """Conversion of a fifth, 20,000 units in each arm and half."""
    halves = [
        once(
            arm_of_counts(int(rng.binomial(20_000, 0.2)), 20_000),
            arm_of_counts(int(rng.binomial(20_000, 0.2 * (1.08 - fade))), 20_000),
            binary=True,
        )
        for fade in (0.0, faded)
    ]
    return novelty(*halves).is_found


def _is_held(rng: Rng) -> bool:
    """Complaints of 5 %, really one point more, which is the margin."""
    effect: Effect = once(
        arm_of_counts(int(rng.binomial(5000, 0.05)), 5000),
        arm_of_counts(int(rng.binomial(5000, 0.06)), 5000),
        binary=True,
    )
    return non_inferior(effect, margin=0.01, higher_is_better=False) == HELD


def _covered(what: str, seen: Effects, truth: float, *, least: float) -> Line:
    covered = (seen.low <= truth) & (truth <= seen.high)
    bias = float((seen.estimate.mean() - truth) / seen.error.mean())
    return Line(
        f"{what}, covered (bias {bias:+.2f} standard errors)",
        float(covered.mean()),
        len(covered),
        least=least,
    )


def _found(seen: Effects) -> float:
    return float(((seen.low > 0) | (seen.high < 0)).mean())

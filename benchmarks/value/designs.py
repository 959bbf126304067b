"""Designs that do not randomise units: staggered roll-outs, switchbacks, interrupted series."""

from functools import cache

import numpy as np
from msgspec import Struct
from said import Line

from causeway.stats.effects.interrupted import design_of, interrupted, steps_of
from causeway.stats.effects.staggered import Staggered, staggered
from causeway.stats.effects.student import student_quantile
from causeway.stats.effects.switchback import Blocks, blocks_of, switchback

Rng = np.random.Generator
Numbers = np.ndarray


def roll_out(*, is_small: bool) -> list[Line]:
    """Teams with errors that last (0.5), a common path, and an effect that grows by 0.3 a period, or none."""
    lines: list[Line] = []
    plans = [Rollout(12, (8, 12, 16, -1), 24), Rollout(12, (8, 12, 16, 20), 24)]
    if not is_small:
        plans += [Rollout(30, (8, 12, 16, 20, -1), 24), Rollout(8, tuple(range(6, 22, 2)), 24)]
    for plan in plans:
        lines += _rolled_out(plan, 35 if is_small else 1000)
    return lines


class Rollout(Struct, frozen=True):
    """How many teams, which start when, and how many periods there are."""

    teams: int
    starts: tuple[int, ...]
    periods: int

    def made(self, rng: Rng, *, grows: float) -> tuple[Numbers, Numbers, Numbers]:
        """Outcomes, first treated periods, and the true effects."""
        first = rng.permutation(np.resize(np.array(self.starts), self.teams))
        outcome = _lasting(rng, (self.periods, self.teams), 0.5).T + rng.normal(0, 3, (self.teams, 1))
        outcome += rng.normal(0, 0.5, self.periods).cumsum()
        since = np.arange(self.periods) - first[:, None] + 1
        effect = np.where((first[:, None] >= 0) & (since > 0), grows * since, 0.0)
        return outcome + effect, first, effect


def _rolled_out(plan: Rollout, runs: int) -> list[Line]:
    rng = np.random.default_rng(11)
    seen: list[Staggered] = []
    truths: list[float] = []
    naive: list[float] = []
    for _ in range(runs):
        outcome, first, effect = plan.made(rng, grows=0.3)
        last = plan.periods if (first < 0).any() else int(first.max())
        compared = np.zeros(outcome.shape, bool)
        for team, start in enumerate(first):
            compared[team, start:last] = 0 <= start < last
        truths.append(float(effect[compared].mean()))
        seen.append(staggered(outcome, first))
        naive.append(_two_way(outcome, first) / float(effect[effect != 0].mean()) - 1)
    truth = np.array(truths)
    estimates = np.array([one.effect.estimate for one in seen])
    covered = [one.effect.low <= at <= one.effect.high for one, at in zip(seen, truths, strict=True)]
    none = [staggered(*plan.made(rng, grows=0.0)[:2]) for _ in range(runs)]
    unlike = [not one.is_parallel for one in none]
    dates = ", each its own start" if len(plan.starts) == plan.teams else ""
    what = f"{plan.teams} teams{'' if -1 in plan.starts else ', all treated at last'}{dates}: "
    bias = abs(float((estimates - truth).mean() / truth.mean()))
    return [
        Line(
            f"{what}bias, of the effect (two-way fixed effects: {np.mean(naive):+.0%})", bias, runs, most=0.03
        ),
        Line(f"{what}covered", float(np.mean(covered)), runs, least=0.93),
        Line(
            f"{what}no effect, found", float(np.mean([one.effect.is_found for one in none])), runs, most=0.07
        ),
        Line(f"{what}parallel, called not so", float(np.mean(unlike)), runs, most=0.07),
    ]


def _two_way(outcome: Numbers, first: Numbers) -> float:
    """What a regression on unit, period and treatment says."""
    treated = ((first[:, None] >= 0) & (np.arange(outcome.shape[1]) >= first[:, None])).astype(np.float64)
    far = treated - treated.mean(1, keepdims=True) - treated.mean(0) + treated.mean()
    return float((far * outcome).sum() / (far * treated).sum())


def switched(*, is_small: bool) -> list[Line]:
    """Blocks of six hours for two weeks; errors last (0.7), nights are quiet, an hour is carried over."""
    runs = 40 if is_small else 600
    rng = np.random.default_rng(12)
    covered, found, rows = [], [], []
    block = np.repeat(np.arange(56), 6)
    stratum = block % 4
    for _ in range(runs):
        # each part of the day is treated on seven days of fourteen
        arms = np.stack([rng.permutation([True, False] * 7) for _ in range(4)], axis=1).ravel()
        noise = _lasting(rng, (336, 1), 0.7)[:, 0] + 3 * np.sin(np.arange(336) * 2 * np.pi / 24)
        seen = switchback(_carried(noise, block, arms, stratum, effect=1.0), draws=500)
        none = switchback(_carried(noise, block, arms, stratum, effect=0.0), draws=500)
        covered.append(seen.low <= 1.0 <= seen.high)
        found.append(none.is_found)
        treated = arms[block]
        usual = noise.reshape(14, 24).mean(0)
        rows.append(abs(_t(noise - np.tile(usual, 14), treated)) > 1.96)
    return [
        Line("covered", float(np.mean(covered)), runs, least=0.935),
        Line("no effect, found", float(np.mean(found)), runs, most=0.06),
        Line("hours as units, no effect, found", float(np.mean(rows)), runs),
    ]


def series(*, is_small: bool) -> list[Line]:
    """A trend, a week, errors that last; nothing happens half-way, or a step does."""
    runs = 400 if is_small else 4000
    lines: list[Line] = []
    for days in (120,) if is_small else (120, 365):
        for memory in (0.0, 0.3, 0.6, 0.8):
            rng = np.random.default_rng(13)
            day = np.arange(days)
            usual = 0.02 * day + np.sin(day * 2 * np.pi / 7)
            values = _lasting(rng, (days, runs), memory) + usual[:, None]
            design = design_of(days, days // 2)
            seen = steps_of(values, design)
            reach = np.array([_quantile(round(float(one), 1)) for one in seen.freedom]) * seen.error
            ordinary = _ordinary(values, design)
            what = f"{days} days, memory {memory}, nothing happened, found (least squares: {ordinary:.0%})"
            lines.append(Line(what, float((np.abs(seen.estimate) > reach).mean()), runs, most=0.06))
    return [*lines, *_placebos(25 if is_small else 3000)]


def _placebos(runs: int) -> list[Line]:
    """One series after the other, with what is around the estimate."""
    rng = np.random.default_rng(14)
    quiet, covered, beside = [], [], []
    for _ in range(runs):
        common = _lasting(rng, (200, 1), 0.5)[:, 0]
        values = common + 0.5 * _lasting(rng, (200, 1), 0.3)[:, 0] + 2.0 * (np.arange(200) >= 120)
        seen = interrupted(values, 120)
        quiet.append(seen.is_quiet)
        covered.append(seen.effect.low <= 2.0 <= seen.effect.high)
        with_control = interrupted(values, 120, control=common)
        beside.append(
            (with_control.effect.high - with_control.effect.low) / (seen.effect.high - seen.effect.low)
        )
    return [
        Line("a step, covered", float(np.mean(covered)), runs, least=0.935),
        Line(
            "four placebos, none found, where nothing else happened", float(np.mean(quiet)), runs, least=0.93
        ),
        Line("width with a series beside it, of that without", float(np.median(beside)), runs),
    ]


def _carried(noise: Numbers, block: Numbers, arms: Numbers, stratum: Numbers, *, effect: float) -> Blocks:
    """The first hour of a block still has the effect of the block before."""
    acts = arms[block].astype(np.float64)
    starts = np.arange(len(block)) % 6 == 0
    acts[starts] = np.concatenate(([acts[0]], acts[:-1]))[starts]
    return blocks_of(noise + effect * acts, block, arms[block], washout=1, stratum=stratum)


def _t(values: Numbers, treated: Numbers) -> float:
    one, other = values[~treated], values[treated]
    return float((other.mean() - one.mean()) / np.sqrt(one.var() / len(one) + other.var() / len(other)))


def _ordinary(values: Numbers, design: Numbers) -> float:
    q, r = np.linalg.qr(design)
    left = values - q @ (q.T @ values)
    step = (q.T @ values)[-1] / r[-1, -1]
    error = np.sqrt((left**2).sum(0) / (len(values) - design.shape[1])) / abs(r[-1, -1])
    return float((np.abs(step) > 1.98 * error).mean())


def _lasting(rng: Rng, shape: tuple[int, int], memory: float) -> Numbers:
    """Errors along the first axis that remember the one before, of unit innovations."""
    errors = rng.normal(size=shape)
    errors[0] /= np.sqrt(1 - memory**2)
    for at in range(1, shape[0]):
        errors[at] += memory * errors[at - 1]
    return errors


@cache
def _quantile(freedom: float) -> float:
    return student_quantile(0.975, freedom)

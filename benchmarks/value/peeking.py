"""Yes-or-no measures that are looked at every day: false positives, misses, power."""

import numpy as np
from said import Line

from causeway.stats.effects.group_sequential import at_planned_looks, bounds
from causeway.stats.effects.moments import Stack, stack_of_counts
from causeway.stats.effects.randomised import Effects, at_any_look, at_one_look

SPLITS = (0.5, 0.1, 0.05, 0.01)
RATES = (0.05, 0.02, 0.01, 0.005)
DAILY = 2000
POWER_DAYS = 28
Z = 1.96


def streams(
    seed: int, runs: int, *, days: int, split: float, rate: float, lift: float = 0.0
) -> tuple[Stack, Stack]:
    """Control and treated, summed up to each day; `lift` is relative."""
    rng = np.random.default_rng(seed)
    treated = round(DAILY * split)
    control = DAILY - treated
    day = np.arange(1, days + 1)
    one = rng.binomial(control, rate, (runs, days)).cumsum(1)
    other = rng.binomial(treated, rate * (1 + lift), (runs, days)).cumsum(1)
    return stack_of_counts(one, control * day), stack_of_counts(other, treated * day)


def cases(*, is_small: bool) -> list[tuple[float, float, int]]:
    """Split, rate, days."""
    if is_small:
        return [(0.5, 0.05, 28), (0.1, 0.02, 28), (0.01, 0.005, 28), (0.01, 0.01, 90)]
    long = [(split, rate, 90) for split in SPLITS for rate in RATES]
    return [(0.5, 0.05, 28), (0.1, 0.02, 28), (0.01, 0.005, 28), *long, (0.5, 0.05, 180), (0.01, 0.02, 180)]


def no_effect(*, is_small: bool) -> list[Line]:
    runs = 600 if is_small else 4000
    lines: list[Line] = []
    for split, rate, days in cases(is_small=is_small):
        control, treated = streams(1, runs, days=days, split=split, rate=rate)
        seen = at_any_look(control, treated, planned=DAILY * days, alpha=0.05, kind="share")
        naive = np.abs(unpooled(control, treated)) > Z
        what = f"{split:.0%} treated, rate {rate:.1%}, {days} days (fixed z: {naive.any(1).mean():.0%})"
        lines.append(Line(what, float(found(seen).any(1).mean()), runs, most=0.025))
    return lines


def with_effect(*, is_small: bool) -> list[Line]:
    runs = 600 if is_small else 4000
    lines: list[Line] = []
    for split, rate, days in cases(is_small=is_small):
        for lift in (-0.5, 0.1, 0.5):
            control, treated = streams(2, runs, days=days, split=split, rate=rate, lift=lift)
            seen = at_any_look(control, treated, planned=DAILY * days, alpha=0.05, kind="share")
            missed = (seen.low > rate * lift) | (seen.high < rate * lift)
            what = f"{split:.0%} treated, rate {rate:.1%}, {days} days, {lift:+.0%}"
            lines.append(Line(what, float(missed.any(1).mean()), runs, most=0.03))
    return _worst(lines)


def power(*, is_small: bool) -> list[Line]:
    runs = 800 if is_small else 10_000
    lines: list[Line] = []
    for rate, split in ((0.05, 0.5), (0.02, 0.1), (0.01, 0.01)):
        end, planned, always, _ = _shares(runs, rate=rate, lift=0.0, split=split)
        what = f"no effect, {split:.0%} treated: "
        lines += [
            Line(what + "planned looks", planned, runs, most=0.06),
            Line(what + "any look", always, runs, most=0.025),
            Line(what + "end only", end, runs),
        ]
    end, planned, always, five = _shares(runs, rate=0.05, lift=0.1, split=0.5)
    lines += [
        Line("5 % and a tenth more: end only", end, runs),
        Line("5 % and a tenth more: planned looks", planned, runs, least=0.70),
        Line("5 % and a tenth more: any look", always, runs),
        Line(
            "5 % and a tenth more: any look, less the same tuned for 5,000 units",
            always - five,
            runs,
            least=0.05,
        ),
    ]
    end, planned, always, _ = _shares(runs, rate=0.02, lift=-0.2, split=0.5)
    for name, share in (("end only", end), ("planned looks", planned), ("any look", always)):
        lines.append(Line(f"2 % and a fifth less: {name}", share, runs))
    return lines + _claims(runs)


def _shares(runs: int, *, rate: float, lift: float, split: float) -> tuple[float, float, float, float]:
    """How often it is found: at the end only, at planned looks, at any look, and as gbstats tunes that."""
    control, treated = streams(3, runs, days=POWER_DAYS, split=split, rate=rate, lift=lift)
    end = at_one_look(_last(control), _last(treated), alpha=0.05, kind="share")
    seen = (
        end,
        _planned(control, treated),
        _always(control, treated),
        _always(control, treated, planned=5000),
    )
    one, two, three, four = (float(found(each).any(1).mean()) for each in seen)
    return one, two, three, four


def _planned(control: Stack, treated: Stack) -> Effects:
    fractions = tuple(day / POWER_DAYS for day in range(1, POWER_DAYS + 1))
    bound = np.array(bounds(fractions, alpha=0.05))
    return at_planned_looks(control, treated, bound=bound, alpha=0.05, kind="share")


def _always(control: Stack, treated: Stack, *, planned: float = DAILY * POWER_DAYS) -> Effects:
    return at_any_look(control, treated, planned=planned, alpha=0.05, kind="share")


def found(seen: Effects) -> np.ndarray:
    return (seen.low > 0) | (seen.high < 0)


def unpooled(control: Stack, treated: Stack) -> np.ndarray:
    """What is usually looked at."""
    variance = control.yy / control.n**2 + treated.yy / treated.n**2
    return np.where(variance > 0, (treated.y - control.y) / np.sqrt(np.maximum(variance, 1e-300)), 0.0)


def _claims(runs: int) -> list[Line]:
    """What was said of an effect of a tenth when it was first found, beside the truth."""
    truth = 0.05 * 0.1
    control, treated = streams(4, runs, days=POWER_DAYS, split=0.5, rate=0.05, lift=0.1)
    lines: list[Line] = []
    for name, seen in (
        ("planned looks", _planned(control, treated)),
        ("any look", _always(control, treated)),
    ):
        stopped = found(seen)
        those = np.flatnonzero(stopped.any(1))
        at = stopped[those].argmax(1)
        times = float((seen.estimate[those, at] / truth).mean())
        over = float((seen.low[those, at] > truth).sum() / runs)
        days = float(np.where(stopped.any(1), stopped.argmax(1) + 1, POWER_DAYS).mean())
        what = f"{name}: stops on day {days:.1f}, point {times:.2f} x the truth, lower bound above it"
        lines.append(Line(what, over, runs, most=0.025))
    return lines


def _worst(lines: list[Line]) -> list[Line]:
    """The five nearest to the bar, of all."""
    worst = sorted(lines, key=lambda line: -line.value)[:5]
    return [
        *worst,
        Line(f"mean of all {len(lines)}", float(np.mean([one.value for one in lines])), worst[0].runs),
    ]


def _last(stack: Stack) -> Stack:
    return Stack(*(getattr(stack, name)[:, -1:] for name in ("n", "y", "yy", "x", "xx", "xy")))

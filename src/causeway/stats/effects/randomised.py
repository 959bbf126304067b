"""The effect where chance decided who was treated: at any look, or at the one that was agreed on.

The interval that holds at every look is an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas, 2024), narrowest where as many units as were planned have come in.
"""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.difference import KINDS, Differences
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.moments import ArmMoments, Stack, stacked
from causeway.stats.effects.student import normal_quantile

Numbers = NDArray[np.float64]


class Effects(Struct, frozen=True):
    """Many effects at once, each field as in `Effect`."""

    estimate: Numbers
    low: Numbers
    high: Numbers
    p: Numbers
    error: Numbers


def randomised(
    control: ArmMoments,
    treated: ArmMoments,
    *,
    planned: float,
    alpha: float = 0.05,
    binary: bool = False,
    ratio: bool = False,
) -> Effect:
    """The effect with an interval that holds at every look, however often one looks and whenever one stops.

    `planned` is how many units both arms together shall have at the end; more may come. `binary` is for a
    measure of nought and one, `ratio` for the sum of y over the sum of x.
    """
    kind = kind_of(binary=binary, ratio=ratio)
    seen = at_any_look(stacked([control]), stacked([treated]), planned=planned, alpha=alpha, kind=kind)
    return _one(seen, f"anytime-valid confidence sequence, {_how(kind, control)}", control, treated, alpha)


def once(
    control: ArmMoments,
    treated: ArmMoments,
    *,
    alpha: float = 0.05,
    binary: bool = False,
    ratio: bool = False,
) -> Effect:
    """The effect with an interval for one look, at an end that was agreed on before."""
    kind = kind_of(binary=binary, ratio=ratio)
    seen = at_one_look(stacked([control]), stacked([treated]), alpha=alpha, kind=kind)
    return _one(seen, f"one look, {_how(kind, control)}", control, treated, alpha)


def at_any_look(control: Stack, treated: Stack, *, planned: float, alpha: float, kind: str) -> Effects:
    """Of many metrics and looks at once, each with its interval of the sequence; `kind` is one of `KINDS`."""
    found = KINDS[kind](control, treated)
    tuned = tuning(alpha) * found.units / planned
    bound = np.sqrt(2 * (tuned + 1) / _floor(tuned) * np.log(np.sqrt(tuned + 1) / alpha))
    z = found.distance
    with np.errstate(over="ignore"):
        p = np.minimum(1.0, np.sqrt(tuned + 1) * np.exp(-tuned * z * z / (2 * (tuned + 1))))
    return bounded(found, np.where(found.settled, bound, np.inf), p=p, alpha=alpha)


def at_one_look(control: Stack, treated: Stack, *, alpha: float, kind: str) -> Effects:
    """Of many metrics at once, for a single look at each."""
    found = KINDS[kind](control, treated)
    p = _two_sided(found.distance)
    return bounded(found, np.full_like(p, normal_quantile(1 - alpha / 2)), p=p, alpha=alpha)


def tuning(alpha: float) -> float:
    """The planned number times rho squared: with it the sequence is narrowest at the planned number."""
    level = -2 * math.log(alpha)
    return level + math.log(level + 1)


def bounded(found: Differences, bound: Numbers, *, p: Numbers, alpha: float) -> Effects:
    """The intervals so many standard errors wide to each side, as if normal; wider where freedom is small."""
    below, above = found.reach(np.where(np.isfinite(bound), bound, 0.0))
    low, high = found.estimate - below, found.estimate + above
    # the interval must never find what the test does not
    none = p > alpha
    low, high = np.where(none, np.minimum(low, 0), low), np.where(none, np.maximum(high, 0), high)
    known = found.known & np.isfinite(bound)
    return Effects(
        np.where(known, found.estimate, np.nan),
        np.where(known, low, -np.inf),
        np.where(known, high, np.inf),
        np.where(known, p, 1.0),
        np.sqrt(found.variance),
    )


_HOW = {
    "number": "difference of means",
    "share": "difference of shares, score test and Newcombe interval",
    "ratio": "difference of ratios, delta method",
}


def _how(kind: str, arm: ArmMoments) -> str:
    return _HOW[kind] + (", adjusted for what was known before" if arm.xx and kind != "ratio" else "")


def kind_of(*, binary: bool, ratio: bool) -> str:
    """Which of `KINDS` a measure is."""
    return "share" if binary else "ratio" if ratio else "number"


def _one(seen: Effects, method: str, control: ArmMoments, treated: ArmMoments, alpha: float) -> Effect:
    estimate, low, high, p, error = (
        float(field[0]) for field in (seen.estimate, seen.low, seen.high, seen.p, seen.error)
    )
    return Effect(estimate, low, high, p, method, error, alpha, control.n + treated.n)


def _two_sided(z: Numbers) -> Numbers:
    flat = [math.erfc(abs(one) / math.sqrt(2)) for one in np.ravel(z).tolist()]
    return np.array(flat).reshape(z.shape)


def _floor(number: Numbers) -> Numbers:
    return np.maximum(number, 1e-12)

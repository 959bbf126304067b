"""The effect where an end was agreed on, with looks before it.

Alpha is spent as O'Brien and Fleming's bounds would (Lan and DeMets, 1983). Bounds are found by recursive
numerical integration (Armitage, McPherson and Rowe, 1969; Jennison and Turnbull, 2000, chapter 19), for any
looks; intervals are repeated ones (Jennison and Turnbull, 1989).
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.effects.difference import KINDS
from causeway.stats.effects.effect import Effect, unknown
from causeway.stats.effects.moments import ArmMoments, Stack, stacked
from causeway.stats.effects.randomised import Effects, bounded, kind_of
from causeway.stats.effects.student import normal_quantile

Numbers = NDArray[np.float64]
FINENESS = 18
"""Jennison and Turnbull's r: bounds right to three places and more."""
NEVER = 38.0
"""Standard errors that nothing reaches: no chance may be spent at this look."""
_LEAST_SPENT = 1e-15
_LEAST_P, _MOST_P = 1e-9, 0.999
_TRIES, _NEAR = 12, 1e-3


def group_sequential(
    control: ArmMoments,
    treated: ArmMoments,
    *,
    planned: float,
    looks: Sequence[float] = (),
    is_last: bool = False,
    alpha: float = 0.05,
    binary: bool = False,
    ratio: bool = False,
) -> Effect:
    """The effect at a look, with an interval that holds at all looks together, and the p that goes with it.

    `planned` is how many units both arms have at the end, `looks` how many they had at each earlier look,
    `is_last` whether this is the end, even if fewer came than were planned.
    """
    kind = kind_of(binary=binary, ratio=ratio)
    one, other = stacked([control]), stacked([treated])
    found = KINDS[kind](one, other)
    fractions = (*(before / planned for before in looks), float(found.units[0]) / planned)
    method = f"group-sequential, look {len(fractions)}, O'Brien-Fleming spending (Lan-DeMets)"
    bound = bounds(fractions, alpha=alpha, is_last=is_last)[-1]
    if bound >= NEVER or not found.known[0]:
        return unknown(method, alpha=alpha, units=float(found.units[0]), estimate=float(found.estimate[0]))
    z = abs(float(found.distance[0]))
    seen = at_planned_looks(one, other, bound=np.array([bound]), alpha=alpha, kind=kind)
    return Effect(
        float(seen.estimate[0]),
        float(seen.low[0]),
        float(seen.high[0]),
        _repeated_p(z, fractions, alpha=alpha, is_last=is_last, is_out=z >= bound),
        method,
        float(seen.error[0]),
        alpha,
        control.n + treated.n,
    )


def at_planned_looks(control: Stack, treated: Stack, *, bound: Numbers, alpha: float, kind: str) -> Effects:
    """Of many streams and looks at once, each look with its bound from `bounds`; p is alpha or 1."""
    found = KINDS[kind](control, treated)
    p = np.where(np.abs(found.distance) >= bound, alpha, 1.0)
    return bounded(found, np.where(bound < NEVER, bound, np.inf), p=p, alpha=alpha)


def spent(fraction: float, *, alpha: float) -> float:
    """How much of alpha may be spent by this share of the information: 4 (1 - Phi(z_a/4 / sqrt t))."""
    if fraction >= 1:
        return alpha
    return 2 * math.erfc(normal_quantile(1 - alpha / 4) / math.sqrt(2 * fraction))


@lru_cache(maxsize=512)
def bounds(fractions: tuple[float, ...], *, alpha: float, is_last: bool = False) -> tuple[float, ...]:
    """How many standard errors from nought stop the test at each look; `fractions` of what is planned rise.

    `is_last` spends what is left at the last of them.
    """
    found: list[float] = []
    before, used = _Process(np.zeros(1), np.ones(1), 0.0), 0.0
    for look, fraction in enumerate(fractions):
        if fraction <= before.time:
            raise ValueError(f"look {look + 1} has no more units than the one before")
        may = alpha if is_last and look == len(fractions) - 1 else spent(fraction, alpha=alpha)
        bound = _bound(before, fraction, (may - used) / 2)
        found.append(bound)
        if bound < NEVER:
            used = may
        before = before.after(fraction, bound)
    return tuple(found)


class _Process(Struct, frozen=True):
    """Where the test stands after a look, if it goes on: points of the sum, their mass, the information."""

    points: Numbers
    mass: Numbers
    time: float

    def after(self, time: float, bound: float) -> "_Process":
        """The next look's, within its bound."""
        points, weights = _simpson(bound)
        points, weights = points * math.sqrt(time), weights * math.sqrt(time)
        step = time - self.time
        kernel = np.exp(-((points[:, None] - self.points) ** 2) / (2 * step)) / math.sqrt(2 * math.pi * step)
        return _Process(points, weights * (kernel @ self.mass), time)


def _bound(before: _Process, time: float, spend: float) -> float:
    """What is passed on one side with just this chance, by Newton's steps within a bracket."""
    if spend < _LEAST_SPENT:
        return NEVER
    root, wide = math.sqrt(time), math.sqrt(time - before.time)
    low, high, at = -1.0, NEVER, normal_quantile(1 - spend) + 0.2
    for _ in range(60):
        far = (at * root - before.points) / wide
        tails = np.array([math.erfc(one / math.sqrt(2)) for one in far.tolist()]) / 2
        over = float(tails @ before.mass) - spend
        low, high = (at, high) if over > 0 else (low, at)
        slope = float(np.exp(-far * far / 2) @ before.mass) * root / wide / math.sqrt(2 * math.pi)
        step = at + over / slope if slope > 0 else math.inf
        following = step if low < step < high else (low + high) / 2
        if abs(following - at) < 1e-10:
            break
        at = following
    return at


def _simpson(bound: float) -> tuple[Numbers, Numbers]:
    """Points between both bounds, dense where a standard normal number is likely, and Simpson's weights."""
    r = FINENESS
    i = np.arange(1, 6 * r)
    nodes = np.select(
        [i < r, i > 5 * r],
        [-3 - 4 * np.log(r / i), 3 + 4 * np.log(r / np.maximum(6 * r - i, 1))],
        -3 + 3 * (i - r) / (2 * r),
    )
    inside = nodes[np.abs(nodes) < bound]
    nodes = np.concatenate(([-bound], inside, [bound])) if bound < float(nodes[-1]) else nodes
    gaps = np.diff(nodes)
    points, weights = np.empty(2 * len(nodes) - 1), np.zeros(2 * len(nodes) - 1)
    points[::2], points[1::2] = nodes, (nodes[1:] + nodes[:-1]) / 2
    weights[1::2] = 4 * gaps / 6
    weights[:-1:2] += gaps / 6
    weights[2::2] += gaps / 6
    return points, weights


def _repeated_p(
    z: float, fractions: tuple[float, ...], *, alpha: float, is_last: bool, is_out: bool
) -> float:
    """The least alpha whose bound at this look is passed (Jennison and Turnbull, 2000, section 9.4)."""
    tried = alpha
    for _ in range(_TRIES):
        bound = bounds(fractions, alpha=tried, is_last=is_last)[-1]
        if abs(bound - z) < _NEAR:
            break
        # a bound grows with the normal quantile of its alpha, nearly in proportion
        within = normal_quantile(1 - tried / 2) * z / bound
        tried = min(max(math.erfc(within / math.sqrt(2)), _LEAST_P), _MOST_P)
    return min(tried, alpha) if is_out else max(tried, math.nextafter(alpha, 1))

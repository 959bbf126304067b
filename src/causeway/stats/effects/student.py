"""Chances and quantiles of Student's t, exact for one number and in closed form for many."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from causeway.stats.chances import normal_sf

Numbers = NDArray[np.float64]
_STEPS = 400
_LEAST = 1e-300


def student_sf(t: float, freedom: float) -> float:
    """The chance that Student's t of so many degrees of freedom is above `t`."""
    if math.isinf(freedom):
        return normal_sf(t)
    # so small a number has no square
    if not t * t:
        return 0.5
    tail = _beyond(t * t, freedom) / 2
    return tail if t > 0 else 1 - tail


@lru_cache(maxsize=512)
def student_quantile(share: float, freedom: float) -> float:
    """Below what this share of Student's t lies."""
    if share < 0.5:
        return -student_quantile(1 - share, freedom)
    if math.isinf(freedom):
        return normal_quantile(share)
    at = float(student_of_normal(np.array(normal_quantile(share)), np.array(freedom)))
    front = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    for _ in range(50):
        density = math.exp(front - (freedom + 1) / 2 * math.log1p(at * at / freedom))
        step = (student_sf(at, freedom) - (1 - share)) / density
        # the tail is convex: from beyond the quantile a step could go below nought
        at = max(at + step, at / 2)
        if abs(step) < 1e-13 * at:
            break
    return at


def normal_quantile(share: float) -> float:
    """Below what this share of standard normal numbers lies."""
    return NormalDist().inv_cdf(share)


def normal_of_student(t: Numbers, freedom: Numbers) -> Numbers:
    """The standard normal numbers as far out as these (Wallace, 1959)."""
    scale = (8 * freedom + 1) / (8 * freedom + 3)
    return np.sign(t) * scale * np.sqrt(freedom * np.log1p(t * t / freedom))


def student_of_normal(z: Numbers, freedom: Numbers) -> Numbers:
    """The same the other way round, exactly."""
    scaled = z * (8 * freedom + 3) / (8 * freedom + 1)
    return np.sign(z) * np.sqrt(freedom * np.expm1(np.minimum(scaled * scaled / freedom, 700)))


def _beyond(square: float, freedom: float) -> float:
    """The regularised incomplete beta function (Press et al., 6.4) of half the freedom and one half."""
    a, b, x, rest = freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(
        front - a * math.log1p(square / freedom) + b * (math.log(square) - math.log(freedom + square))
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """By Lentz's continued fraction."""
    c, d = 1.0, 1 / _far(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _far(1 + term * d)
            c = _far(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return found


def _far(number: float) -> float:
    return number if abs(number) > _LEAST else _LEAST

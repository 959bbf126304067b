"""How likely chance alone makes a number so large, and which of many tests still stand out."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

_ENOUGH = 1e-16
_STEPS = 10_000
_SURE = 0.05


def normal_sf(z: float) -> float:
    """The chance that a standard normal number is above `z`."""
    return math.erfc(z / math.sqrt(2)) / 2


def kolmogorov_sf(x: float) -> float:
    """The chance that Kolmogorov's statistic, sqrt(n) times the distance, is above `x`, in the limit."""
    if x < _SURE:
        return 1.0
    if x < 1.18:
        # the other series hardly converges here (Marsaglia, Tsang and Wang, 2003)
        first = math.exp(-((math.pi / x) ** 2) / 8)
        return 1 - math.sqrt(2 * math.pi) / x * sum(first ** ((2 * k - 1) ** 2) for k in range(1, 6))
    return 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 6))


def chi_square_sf(x: float, freedom: float) -> float:
    """The chance that a chi-square number of so many degrees of freedom is above `x`."""
    return upper_gamma(freedom / 2, x / 2)


@cache
def chi_square_quantile(share: float, freedom: int) -> float:
    """The number below which this share of chi-square numbers lies."""
    low, high = 0.0, freedom + 40 * math.sqrt(2 * freedom) + 40
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if chi_square_sf(middle, freedom) > 1 - share else (low, middle)
    return (low + high) / 2


def poisson_sf(count: int, expected: float) -> float:
    """The chance of so many or more where so many are expected."""
    return (
        1.0
        if count <= 0
        else 1 - upper_gamma(count, expected)
        if count < expected
        else _series(count, expected)
    )


def upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function (Press et al., Numerical Recipes, 6.2)."""
    if x <= 0:
        return 1.0
    return 1 - _series(a, x) if x < a + 1 else _fraction(a, x)


def held_false(chances: Sequence[float]) -> NDArray[np.float64]:
    """The least share of false ones at which each of these is found (Benjamini and Hochberg, 1995)."""
    p = np.asarray(chances, np.float64)
    if not len(p):
        return p
    order = np.argsort(p)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    least = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    found = np.empty_like(least)
    found[order] = least
    return found


def _series(a: float, x: float) -> float:
    if x <= 0:
        return 0.0
    term = total = 1 / a
    for step in range(1, _STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _ENOUGH:
            break
    return min(1.0, total * _front(a, x))


def _fraction(a: float, x: float) -> float:
    """By Lentz's continued fraction."""
    least = 1e-300
    b = x + 1 - a
    c, d = 1 / least, 1 / b
    found = d
    for step in range(1, _STEPS):
        numerator = -step * (step - a)
        b += 2
        d = numerator * d + b
        d = 1 / (d if abs(d) > least else least)
        c = b + numerator / c
        c = c if abs(c) > least else least
        found *= d * c
        if abs(d * c - 1) < _ENOUGH * 4:
            break
    return found * _front(a, x)


def _front(a: float, x: float) -> float:
    return math.exp(a * math.log(x) - x - math.lgamma(a))

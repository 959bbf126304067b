"""Net present value, payback and return of a row of months; the first is today, nothing discounted."""

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

MONTHS = 12
STEPS = 200
LEAST_RATE, MOST_RATE = -0.99, 1e6
"""A year's rate of return is looked for between these."""

Array = NDArray[np.float64]


class Return(Struct, frozen=True):
    """The rate a year at which the flows are worth nothing now; None, and why, where there is none."""

    rate: float | None
    why_not: str = ""


def monthly_rate(yearly: float) -> float:
    """What a rate a year is a month, compounded: (1 + R)^(1/12) - 1."""
    return float((1 + yearly) ** (1 / MONTHS) - 1)


def discounts(count: int, *, rate: float) -> Array:
    """What one unit of money of each month is worth in the first, at a rate a month."""
    return (1 + rate) ** -np.arange(count, dtype=np.float64)


def npv(flows: ArrayLike, *, rate: float) -> Array:
    """The sum of flows over (1 + rate)^month, along the last axis; `rate` is a month's."""
    money = np.asarray(flows, np.float64)
    return np.asarray(money @ discounts(money.shape[-1], rate=rate))


def payback(flows: ArrayLike, *, rate: float = 0.0) -> float | None:
    """After how many months the sum is nought for good, by straight line inside one; None: not within it.

    With a rate it is the discounted payback. Something that pays back and falls under again has not.
    """
    found = paybacks(np.asarray(flows, np.float64)[None], rate=rate)[0]
    return None if np.isnan(found) else float(found)


def paybacks(flows: Array, *, rate: float = 0.0) -> Array:
    """The payback of each row; nan where it is not within the horizon."""
    sums = np.cumsum(flows * discounts(flows.shape[1], rate=rate), axis=1)
    under = sums < 0
    count = flows.shape[1]
    last = np.where(under.any(axis=1), count - 1 - under[:, ::-1].argmax(axis=1), -1)
    rows = np.arange(len(flows))
    before, after = sums[rows, np.maximum(last, 0)], sums[rows, np.minimum(last + 1, count - 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = -before / (after - before)
    found = np.where(last < 0, 0.0, last + part)
    return np.where(last == count - 1, np.nan, found)


def irr(flows: ArrayLike) -> Return:
    """The internal rate of return a year of monthly flows, where their sign changes exactly once."""
    return _return(np.asarray(flows, np.float64), periods=MONTHS)


def yearly_irr(flows: ArrayLike) -> Return:
    """The internal rate of return of yearly flows, where their sign changes exactly once."""
    return _return(np.asarray(flows, np.float64), periods=1)


def benefit_cost(benefits: ArrayLike, costs: ArrayLike, *, rate: float) -> float | None:
    """What a unit of money spent brings, both at their worth now; None where nothing is spent."""
    spent = float(npv(costs, rate=rate))
    return float(npv(benefits, rate=rate)) / spent if spent > 0 else None


def break_even(brought_by_one: ArrayLike, costs: ArrayLike, *, rate: float) -> float | None:
    """The effect at which NPV is nought, from what a unit of effect brings by month, and the costs."""
    brought = float(npv(brought_by_one, rate=rate))
    return float(npv(costs, rate=rate)) / brought if brought > 0 else None


def _return(money: Array, *, periods: int) -> Return:
    signs = np.sign(money[money != 0])
    changes = int((signs[1:] != signs[:-1]).sum())
    if not changes:
        kind: Literal["paid", "earned"] = "earned" if len(signs) and signs[0] > 0 else "paid"
        return Return(None, f"there is no return: money is only {kind}")
    if changes > 1:
        return Return(None, f"no single return exists: the flows change their sign {changes} times")
    low, high = ((1 + rate) ** (1 / periods) - 1 for rate in (LEAST_RATE, MOST_RATE))
    sign = np.sign(_at(money, low))
    if sign == np.sign(_at(money, high)):
        return Return(None, f"it would lie outside {LEAST_RATE:.0%} to {MOST_RATE:.0%} a year")
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(_at(money, middle)) == sign else (low, middle)
    return Return(float((1 + (low + high) / 2) ** periods - 1))


def _at(money: Array, rate: float) -> float:
    """The value, scaled so that no power overflows: only its sign is asked."""
    powers = np.log1p(rate) * np.arange(len(money))
    return float(money @ np.exp(-powers + min(powers.min(), 0.0)))

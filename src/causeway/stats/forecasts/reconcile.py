"""Forecasts that add up: products to their total, days to their months, each moved as its size asks."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Coherent(Struct, frozen=True):
    """Days and months of each product (a row each) and of all together; every sum holds."""

    days: Array
    months: Array
    total_days: Array
    total_months: Array


def coherent(
    days: Array, months: Array, *, total_days: Array, total_months: Array, month_of: NDArray[np.int64]
) -> Coherent:
    """Four forecasts made apart, made to agree; `month_of` says in which month each day lies.

    The structural weights of products by days are products of both, so one step after the other is the same
    as both at once.
    """
    days, _ = by_month(days, months, month_of=month_of)
    wanted, _ = by_month(total_days, total_months, month_of=month_of)
    days, whole = reconciled(days, wanted)
    count = months.shape[-1]
    found = _summed(days, month_of, count)
    return Coherent(days, found, whole, _summed(whole, month_of, count))


def reconciled(products: Array, total: Array) -> tuple[Array, Array]:
    """Products (a row each) and total that agree column by column, of forecasts made apart.

    Weighted least squares with structural weights (Athanasopoulos et al., 2017): the variance of a figure is
    taken as the number of products in it, so of n products each takes 1/(2n) of what is amiss, and the total
    half of it. None is pushed below nought where it was not: what cannot be taken is left in the total.
    """
    apart = total - products.sum(axis=0)
    moved = products + apart / (2 * len(products))
    least = np.minimum(products, 0.0)
    found = np.maximum(moved, least)
    return found, found.sum(axis=0)


def by_month(days: Array, months: Array, *, month_of: NDArray[np.int64]) -> tuple[Array, Array]:
    """Days and months that agree, of forecasts made apart, by the same weights; `month_of` places days."""
    count = months.shape[-1]
    sizes = np.bincount(month_of, minlength=count)
    sums = _summed(days, month_of, count)
    share = (months - sums) / (2 * np.maximum(sizes, 1))
    found = np.maximum(days + share[..., month_of], np.minimum(days, 0.0))
    return found, _summed(found, month_of, count)


def _summed(days: Array, month_of: NDArray[np.int64], count: int) -> Array:
    return days @ (month_of[:, None] == np.arange(count)).astype(np.float64)

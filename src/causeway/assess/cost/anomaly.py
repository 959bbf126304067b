"""A day that costs what nobody could expect: told with the money, what drove it, and whom it concerns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from causeway.assess.cost.account import Cell
from causeway.assess.cost.cents import CENT
from causeway.core.metering import CostUnusual
from causeway.stats.forecasts.unusual import Split, split, unusual

LEAST_DAYS = 15
"""Fewer days tell nothing of what is usual."""
FLOOR = Decimal(1)
"""In the money of the product, where it has no budget to take a share of."""
FLOOR_SHARE = Decimal("0.01")
"""Of a month's budget."""
BEFORE_DAYS = 7

Array = NDArray[np.float64]


def unusual_cost(
    days: Mapping[date, Decimal],
    cells: Sequence[Cell],
    *,
    day: date,
    currency: str,
    budget: Decimal | None = None,
    owner: str = "",
) -> CostUnusual | None:
    """Whether the day is out of the ordinary, with what drove it; None where it is not, or nobody can say."""
    first = min(days, default=day)
    length = (day - first).days + 1
    if length < LEAST_DAYS:
        return None
    series = np.array([float(days.get(first + timedelta(number), Decimal(0))) for number in range(length)])
    floor = max(FLOOR_SHARE * budget, CENT) if budget else FLOOR
    seen = unusual(series, floor=float(floor), began=first)
    if not seen.is_unusual[-1]:
        return None
    parts, driver = _drove(cells, day)
    return CostUnusual(
        day=day,
        actual=_money(seen.actual[-1]),
        expected=_money(seen.expected[-1]),
        low=_money(seen.low[-1]),
        high=_money(seen.high[-1]),
        currency=currency,
        floor=floor,
        price=_money(parts.price),
        volume=_money(parts.volume),
        mix=_money(parts.mix),
        driver=driver,
        owner=owner,
    )


def _drove(cells: Iterable[Cell], day: date) -> tuple[Split, str]:
    """Why it changed against a usual day of the week before, and what changed most.

    Sorts of one unit are split together, so that mix is among what can be exchanged. What has no quantity
    counts as one of it: its change is one of price.
    """
    week = {day - timedelta(days=number) for number in range(1, BEFORE_DAYS + 1)}
    sums: dict[str, dict[str, Array]] = {}
    for each in cells:
        if each.day in week or each.day == day:
            place, share = (1, 1) if each.day == day else (0, BEFORE_DAYS)
            sort = sums.setdefault(each.unit, {}).setdefault(each.what or each.category, np.zeros((2, 2)))
            sort[place] += np.array([float(each.amount), float(each.quantity)]) / share
    found = [_split(np.array(list(sorts.values())), has_unit=bool(unit)) for unit, sorts in sums.items()]
    total = Split(
        sum(each.price for each in found), sum(each.volume for each in found), sum(each.mix for each in found)
    )
    changes = {name: abs(sort[1, 0] - sort[0, 0]) for sorts in sums.values() for name, sort in sorts.items()}
    return total, max(changes, key=lambda name: changes[name], default="")


def _split(sorts: Array, *, has_unit: bool) -> Split:
    """By sort, before and after: amount and quantity."""
    amount, quantity = sorts[:, :, 0], sorts[:, :, 1]
    volume = quantity if has_unit else (amount != 0).astype(np.float64)
    price = np.divide(amount, volume, out=np.zeros_like(amount), where=volume > 0)
    return split(price[:, 0], volume[:, 0], price_after=price[:, 1], volume_after=volume[:, 1])


def _money(amount: float) -> Decimal:
    return Decimal(str(round(float(amount), 2))).quantize(CENT)

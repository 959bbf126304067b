"""Days in whole cents: a month sums to the cent whichever way it is cut, into lines, days or products."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import TypeVar

K = TypeVar("K")

CENT = Decimal("0.01")
HALF = Decimal("0.005")
NOTHING = Decimal("0.00")
DAY_STEP = Decimal("1e-12")
"""A part of what is no whole cents is rounded to this; the last takes what is left."""
# a sum of bills is exact however many digits its parts have
PRECISION = 400

Days = Mapping[date, Decimal]


def daily_cents(amounts: Mapping[K, Days]) -> dict[K, dict[date, Decimal]]:
    """Each day of each line in whole cents; on every day all lines are their month so far, rounded.

    What rounding took from a line is owed to it on its later days of the month; a day without cost stays so,
    what is in whole cents already stays as it is, and no later day changes an earlier one.
    """
    found: dict[K, dict[date, Decimal]] = {line: {} for line in amounts}
    months: dict[tuple[int, int], set[date]] = {}
    for day in {day for days in amounts.values() for day in days}:
        months.setdefault((day.year, day.month), set()).add(day)
    with localcontext(Context(prec=PRECISION)):
        for days in months.values():
            _month(amounts, sorted(days), found)
    return found


def parts_of(amount: Decimal, parts: int) -> Sequence[Decimal]:
    """The amount in parts as even as they can be, in whole cents where it is; they add up to it exactly."""
    with localcontext(Context(prec=PRECISION)):
        step = CENT if amount == _floor(amount) else DAY_STEP
        so_far = [(amount * number / parts).quantize(step) for number in range(parts)]
        return tuple(after - before for before, after in zip(so_far, (*so_far[1:], amount), strict=True))


def _month(amounts: Mapping[K, Days], days: Sequence[date], found: dict[K, dict[date, Decimal]]) -> None:
    owed: dict[K, Decimal] = {}
    left = Decimal(0)
    for day in days:
        spent = {line: held[day] for line, held in amounts.items() if day in held}
        due = {line: owed.get(line, NOTHING) + amount for line, amount in spent.items()}
        whole = _floor(left + sum(spent.values(), NOTHING) + HALF)
        left += sum(spent.values(), NOTHING) - whole
        for line, cents in _shared(spent, due, whole).items():
            found[line][day] = cents
            owed[line] = due[line] - cents


def _shared(spent: Mapping[K, Decimal], due: Mapping[K, Decimal], whole: Decimal) -> dict[K, Decimal]:
    """So many cents in all, to whom most is due first; never against the sign of what was spent."""
    cents = {line: _sure(amount, due[line]) for line, amount in spent.items()}
    missing = int((whole - sum(cents.values(), NOTHING)) / CENT)
    step = CENT if missing > 0 else -CENT

    def turn(line: K) -> tuple[bool, Decimal]:
        """When it is asked: as they came where as much is due, and last what is whole cents by itself."""
        return due[line] == spent[line] == cents[line], (cents[line] - due[line]) * step

    order = sorted(cents, key=turn)
    while missing:
        for line in order:
            if missing and (spent[line] * step > 0 or cents[line] * step < 0):
                cents[line] += step
                missing -= 1 if step > 0 else -1
    return cents


def _sure(amount: Decimal, due: Decimal) -> Decimal:
    """The cents that are there without rounding up, of the sign of the amount."""
    if not amount:
        return NOTHING
    return max(_floor(due), NOTHING) if amount > 0 else min(_floor(due), NOTHING)


def _floor(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_FLOOR)

"""From an effect to money: what it is worth, how much of that is cash, and what may stand in a budget."""

from decimal import ROUND_HALF_UP, Context, Decimal

from msgspec import Struct

from causeway.assess.value.plan import HOURS, Plan
from causeway.core.figure import Figure

CENT = Decimal("0.01")
NOTHING = Decimal(0)
MINUTES_AN_HOUR = 60.0
# a float has no more digits before its point
_EXACT = Context(prec=400)


class Terms(Struct, frozen=True, omit_defaults=True):
    """What finance stands for."""

    unit_value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    """Between what one unit is worth, where that is not certain."""
    approved: bool = False
    cashable: float | None = None
    """Share of capacity whose budget line was cut; None where nobody said."""


class Money(Struct, frozen=True, omit_defaults=True):
    """The bridge from gross value to what is booked; every step is taken off the lower bound."""

    gross: Figure | None = None
    booked: Decimal | None = None
    not_cashable: Decimal = NOTHING
    overlap: Decimal = NOTHING
    haircut: Decimal = NOTHING


def units_gained(effect: Figure | None, plan: Plan, *, exposed: int) -> Figure | None:
    """What everything that was exposed gained: more is better here, whatever it is in the measure itself."""
    if effect is None or not plan.sign:
        return None
    ends = [None if end is None else end * plan.sign * exposed for end in (effect.low, effect.high)]
    low, high = ends if plan.sign > 0 else reversed(ends)
    how = f"the effect on each of {exposed:,} exposed {plan.counts}"
    return Figure(effect.value * plan.sign * exposed, plan.unit_of_measure, low=low, high=high, how=how)


def money_of(
    units: Figure | None,
    plan: Plan,
    terms: Terms,
    *,
    grade: str,
    disputed: bool = False,
    claimed_by_others: Decimal = NOTHING,
) -> Money:
    """What these units are worth, and what of it may be booked."""
    if units is None or terms.unit_value is None or not plan.currency:
        return Money()
    gross = _gross(units, plan, terms)
    if gross.low is None or not grade:
        return Money(gross)
    least = _least(gross)
    cash = cash_of(gross, plan, terms)
    overlap = min(max(cash, NOTHING), claimed_by_others)
    left = cash - overlap
    taken = _cents(float(left) * plan.haircuts.get(grade, 0) / 100) if left > 0 else NOTHING
    booked = left - taken
    if disputed or not terms.approved:
        booked = min(booked, NOTHING)
    return Money(gross, booked, least - cash, overlap, taken)


def cash_of(gross: Figure, plan: Plan, terms: Terms) -> Decimal:
    """What of the lower bound is cash; nothing where there is no bound."""
    least = _least(gross)
    return least if plan.family != HOURS else _cents(float(least) * (terms.cashable or 0.0))


def _least(gross: Figure) -> Decimal:
    """The lower bound; as long as it may be nothing, nothing of it stands in a budget."""
    if gross.low is None or gross.low <= 0 <= (gross.high or 0):
        return NOTHING
    return _cents(gross.low)


def hours_of(units: Figure | None, plan: Plan) -> Figure | None:
    """The hours that these units are, where the measure is time."""
    if units is None or plan.family != HOURS:
        return None
    return scaled(units, 1 / MINUTES_AN_HOUR if is_minutes(plan.unit_of_measure) else 1.0, "hours")


def is_minutes(unit: str) -> bool:
    """Whether a measure in this unit counts minutes."""
    return unit.strip().lower().startswith("min")


def scaled(figure: Figure, by: float, unit: str) -> Figure:
    """The figure in another unit; `by` is positive."""
    low = None if figure.low is None else figure.low * by
    high = None if figure.high is None else figure.high * by
    return Figure(figure.value * by, unit, low=low, high=high, how=figure.how)


def _gross(units: Figure, plan: Plan, terms: Terms) -> Figure:
    value = float(terms.unit_value or 0)
    # who says one bound alone says that the value itself is the other
    ends = [value if each is None else float(each) for each in (terms.low, terms.high)]
    low = high = None
    if units.low is not None and units.high is not None:
        corners = [units_end * end for units_end in (units.low, units.high) for end in ends]
        low, high = min(corners), max(corners)
    how = "units times unit value"
    if ends[0] < ends[1]:
        how += ", both at their worst and at their best"
    return Figure(units.value * value, plan.currency, low=low, high=high, how=how)


def _cents(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(CENT, ROUND_HALF_UP, _EXACT)

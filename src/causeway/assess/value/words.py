"""The claim in words: what it brought, between what, how sure, and what would show it wrong."""

from collections.abc import Sequence
from datetime import date, timedelta

from causeway.assess.value.plan import BY_CHANCE, INTERRUPTED, Plan
from causeway.core.figure import Figure, many, plain
from causeway.core.ids import counted
from causeway.core.value import WORDING


def claim(
    product: str,
    plan: Plan,
    units: Figure,
    *,
    grade: str,
    since: date,
    until: date,
    disputed: bool,
    has_baseline: bool,
    lapses: Sequence[str] = (),
) -> str:
    """One sentence with the interval, and what is lacking."""
    gained, verb = (units, "more") if units.value >= 0 else (_turned(units), "fewer")
    what = plan.unit_of_measure or plan.kpi or "units of the measure"
    span = _span(gained)
    said = f"From {since} to {until} {product} {WORDING[grade]} {span} {verb} {many(what)}"
    said += f" (grade {grade})." if units.low is not None else f" (grade {grade}, declared)."
    if units.low is not None and units.high is not None and units.low <= 0 <= units.high:
        said = (
            f"From {since} to {until} nothing is proven of {product}: between {_ends(units)} "
            f"{many(what)} more, which may be none (grade {grade})."
        )
    if disputed:
        said = f"Disputed, because a guardrail is breached: {said[0].lower()}{said[1:]}"
    said += _of_chance(plan, lapses)
    return said if has_baseline else f"{said} No baseline was recorded before launch."


def _of_chance(plan: Plan, lapses: Sequence[str]) -> str:
    """What the words of a lower grade do not say where chance assigned: that it did, and what lapsed."""
    if plan.design not in BY_CHANCE or not lapses:
        return ""
    more = f" (and {counted(len(lapses) - 1, 'other lapse')})" if len(lapses) > 1 else ""
    first = lapses[0].rstrip(".")
    return f" Chance assigned, so no trends are assumed; less than grade A, because: {first}{more}."


def _span(units: Figure) -> str:
    if units.low is None or units.high is None:
        return plain(units.value)
    return f"{plain(units.low)} to {plain(units.high)} (95 %)"


def _ends(units: Figure) -> str:
    low, high = units.low or 0.0, units.high or 0.0
    return f"{plain(low)} and {plain(high)}"


def _turned(units: Figure) -> Figure:
    low = None if units.high is None else -units.high
    high = None if units.low is None else -units.low
    return Figure(-units.value, units.unit, low=low, high=high, how=units.how)


def falsifies(plan: Plan, *, until: date) -> tuple[str, ...]:
    """What would show the claim to be wrong, each in a sentence."""
    later = until + timedelta(days=28)
    if plan.design in BY_CHANCE:
        return (
            f"By {later} the interval of all units together includes zero.",
            "The holdout is not as large as it was meant to be.",
            "Units that begin later show an effect that is smaller beyond chance.",
        )
    if plan.design == INTERRUPTED:
        return (
            "The same break shows in a series that the product does not touch.",
            "Something else began that day.",
        )
    return (
        "Those who began later differed from the others before they began.",
        "The effect shows before the start.",
    )


def not_yet(plan: Plan, *, treated: int, control: int, pending: int, told: int) -> str:
    """Why nothing can be said yet."""
    if not treated and not control and not pending:
        return "Nothing was asked of it in this period, so nothing can be said of what it brought."
    if not told:
        return "No outcome with the business measure has come, so nothing can be said of what it brought."
    waiting = f"; {counted(pending, 'unit')} wait for theirs" if pending else ""
    if not control:
        held = "there is no holdout" if not plan.control_share else "no unit of the holdout is mature"
        held = held[0].upper() + held[1:]
        return f"{held} to compare with, so nothing can be said of what it brought{waiting}."
    return f"{treated:,} mature units with it and {control:,} without are too few to say anything{waiting}."

"""A claim put together: effect, grade, what it gained, money, and everything that it rests on."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.assess.value.grade import Evidence, grade_of, is_disputed
from causeway.assess.value.money import Money, Terms, cash_of, hours_of, money_of, units_gained
from causeway.assess.value.overlap import NOTHING, Claim, counted_twice
from causeway.assess.value.plan import BY_CHANCE, HOURS, Plan
from causeway.assess.value.words import claim, falsifies
from causeway.core.figure import Figure
from causeway.core.value import WORDING
from causeway.core.worth import Assumption, Benefit, Guardrail, PartEffect

Week = tuple[date, float, float | None, float | None]


class Found(Struct, frozen=True, omit_defaults=True):
    """What was found in the period, before it is graded and turned into money."""

    product: str
    since: date
    until: date
    plan: Plan
    evidence: Evidence
    effect: Figure | None = None
    """Treated less control, in the measure's own unit."""
    why_not: str = ""
    """Why there is no effect yet."""
    observed: Figure | None = None
    """How far the measure itself changed since its baseline, in its own unit."""
    exposed: int = 0
    arms: dict[str, int] = {}
    pending: float = 0.0
    later: Figure | None = None
    guardrails: tuple[Guardrail, ...] = ()
    by_part: tuple[PartEffect, ...] = ()
    weeks: tuple[Week, ...] = ()
    hours: Figure | None = None
    automation: Figure | None = None
    baseline: Figure | None = None
    terms: Terms = Terms()
    assumptions: tuple[Assumption, ...] = ()
    others: tuple[Claim, ...] = ()
    changes: tuple[str, ...] = ()
    facts: tuple[int, ...] = ()


def benefit_of(found: Found) -> Benefit:
    """The benefit that these findings are."""
    grade, lapses = grade_of(found.evidence)
    stopped = found.evidence.split_is_off
    effect = None if stopped else found.effect
    units = units_gained(effect, found.plan, exposed=found.exposed)
    disputed = is_disputed(found.guardrails)
    ceiling = _ceiling(found)
    money = _money(found, units, grade=grade, disputed=disputed, ceiling=ceiling)
    said = grade if units or stopped else ""
    return Benefit(
        product=found.product,
        since=found.since,
        until=found.until,
        kpi=found.plan.kpi,
        family=found.plan.family,
        design=found.plan.design,
        grade=said,
        wording=WORDING[said] if said else "",
        sentence=_sentence(found, units, grade=grade, disputed=disputed, lapses=lapses),
        effect=effect,
        units=units,
        exposed=found.exposed,
        arms=found.arms,
        money=money.gross,
        booked=money.booked,
        not_cashable=money.not_cashable,
        overlap=money.overlap,
        haircut=money.haircut,
        currency=found.plan.currency,
        pending=found.pending,
        hours=hours_of(units, found.plan) or found.hours,
        automation=found.automation,
        baseline=found.baseline,
        lapses=(*(lapses if said else ()), *_not_booked(found, ceiling)),
        falsifies=falsifies(found.plan, until=found.until) if units else (),
        guardrails=found.guardrails,
        assumptions=found.assumptions,
        changes=found.changes,
        weeks=found.weeks,
        later=found.later,
        observed=found.observed,
        ceiling=ceiling,
        disputed=disputed,
        by_part=() if stopped else found.by_part,
        facts=found.facts,
    )


def _money(
    found: Found, units: Figure | None, *, grade: str, disputed: bool, ceiling: Decimal | None
) -> Money:
    """In money, less what another product of the same measure may claim as well."""
    alone = money_of(units, found.plan, found.terms, grade=grade)
    twice = counted_twice(
        cash_of(alone.gross, found.plan, found.terms) if alone.gross else NOTHING,
        found.others,
        design=found.plan.design,
        observed=ceiling,
        currency=found.plan.currency,
    )
    return money_of(units, found.plan, found.terms, grade=grade, disputed=disputed, claimed_by_others=twice)


def _ceiling(found: Found) -> Decimal | None:
    """What the measure changed by for certain, in money: no more can all products have brought together."""
    changed = units_gained(found.observed, found.plan, exposed=found.exposed)
    gross = money_of(changed, found.plan, found.terms, grade="").gross
    return None if gross is None else max(NOTHING, cash_of(gross, found.plan, found.terms))


def _sentence(
    found: Found, units: Figure | None, *, grade: str, disputed: bool, lapses: Sequence[str]
) -> str:
    if found.evidence.split_is_off:
        return f"Nothing may be concluded of {found.product}. {lapses[0]}"
    if units is None and found.effect is not None:
        return (
            f"{found.product} has an effect on {found.plan.kpi or 'its measure'}, and nobody said whether "
            "more of it is better: write [kpi] baseline and target."
        )
    if units is None:
        return found.why_not
    return claim(
        found.product,
        found.plan,
        units,
        grade=grade,
        since=found.since,
        until=found.until,
        disputed=disputed,
        has_baseline=found.baseline is not None,
        lapses=lapses,
    )


def _not_booked(found: Found, ceiling: Decimal | None) -> tuple[str, ...]:
    """Why money is not booked, where that is for want of somebody's word."""
    said: list[str] = []
    terms, plan = found.terms, found.plan
    if terms.unit_value is None:
        said.append("Nobody said what one unit is worth, so it is no money.")
    elif not terms.approved:
        said.append("Nobody of finance approved what one unit is worth, so nothing is booked.")
    if plan.family == HOURS and terms.cashable is None:
        said.append("Hours are capacity until finance says what became of them, so none is booked as cash.")
    if found.others:
        names = ", ".join(sorted({each.product for each in found.others}))
        said.append(f"{names} claims the same measure over the same days.{_shared(found, ceiling)}")
    return tuple(said)


def _shared(found: Found, ceiling: Decimal | None) -> str:
    """What follows for the own claim where others claim the same."""
    if found.plan.design in BY_CHANCE:
        return ""
    if ceiling is None:
        return " How far it changed since its baseline is not known, so what they booked is taken off."
    changed = f"{ceiling:,} {found.plan.currency}"
    return f" Since its baseline it changed by {changed} at least, and the portfolio's sums book no more."

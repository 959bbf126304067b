"""What a product brought over a period, with its interval, grade and money, from what is on record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from msgspec import Struct, structs

from causeway.actions.decide import product_state
from causeway.actions.measure.by_part import members_of
from causeway.actions.measure.handled import handling_of
from causeway.actions.measure.looks import last_look, looks_of
from causeway.actions.measure.panel import benefit_of_panel, benefit_of_table
from causeway.actions.measure.plans import Planned, changes_of, plans_of, registered
from causeway.actions.measure.rows import Names, asked_of, expect_whole, imported_of, values_of
from causeway.actions.measure.terms import (
    assumptions_of,
    baseline_of,
    claims_of,
    currency_of,
    facts_of,
    terms_of,
)
from causeway.actions.routes import promise
from causeway.actions.workspace import Workspace
from causeway.assess.value.arms import Compared, compared, figure_of, guarded
from causeway.assess.value.before_after import before_after
from causeway.assess.value.by_part import by_part
from causeway.assess.value.claim import Found, benefit_of
from causeway.assess.value.grade import Evidence
from causeway.assess.value.money import MINUTES_AN_HOUR, is_minutes
from causeway.assess.value.observed import change_of_units
from causeway.assess.value.outcome_panels import panel_of_outcomes
from causeway.assess.value.overlap import others_on
from causeway.assess.value.panels import Holes, guarded_panel
from causeway.assess.value.plan import (
    BY_CHANCE,
    DECLARED,
    GROUP_SEQUENTIAL,
    HOURS,
    OF_PANELS,
    ROWS,
    Plan,
    names_of,
    plan_of,
)
from causeway.assess.value.units import Bools, Exposures, Units, Values, first_of, together
from causeway.assess.value.words import not_yet
from causeway.core.figure import Figure
from causeway.core.ids import check_product_name
from causeway.core.manifest import GuardrailPart
from causeway.core.value import DECISION, KPI, MINUTES
from causeway.core.worth import Benefit, Guardrail, PartEffect
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.guardrail import UNKNOWN
from causeway.views.benefit import OnRecord, fold
from causeway.views.product import ProductState

DAY = timedelta(days=1)


class Read(Struct, frozen=True, eq=False):
    """What the records hold of a period."""

    seen: Exposures
    values: dict[str, Values]
    """By measure."""
    start: datetime
    began: datetime
    """The first exposure of the design, also where the period is a later one."""
    now: datetime
    members: Mapping[str, Bools] = {}
    """Of each part of the units for every one whether it is in it."""


def benefit(
    work: Workspace,
    product: str,
    *,
    since: date | None = None,
    until: date | None = None,
    table: str = "",
    look: bool = False,
) -> Benefit:
    """What the product brought from `since` up to and including `until`; all of it until today by default.

    A design that is measured from a table takes the one with the digest `table`, or the last one. Of a
    group-sequential design the last look that is on record is told, unless this is a new `look`.
    """
    check_product_name(product)
    # what has not come yet brought nothing: no claim is of days after today
    until = min(until, work.clock.now().date()) if until else None
    known, state = fold(work.ledger.read(product)), product_state(work, product)
    plan = _plan(work, state)
    table = table or _last_table(known, plan)
    if table:
        return benefit_of_table(work, product, plan, known, table, since=since, until=until)
    read = _read(work, product, plan, known, since=since, until=until)
    if plan.design in OF_PANELS:
        return _by_outcomes(work, product, plan, known, read, since=since, until=until)
    found = _found(work, product, plan, known, read, since=since, until=until, look=look)
    return benefit_of(found)


def _by_outcomes(
    work: Workspace,
    product: str,
    plan: Plan,
    known: OnRecord,
    read: Read,
    *,
    since: date | None,
    until: date | None,
) -> Benefit:
    """By a design of time, from outcomes of entities; nothing yet where these make no panel."""
    try:
        panel = panel_of_outcomes(read.seen, read.values[KPI], plan, live_since=known.live_since)
        rails = tuple(_guarded(read, part, plan, known) for part in plan.guardrails)
        return benefit_of_panel(work, product, plan, known, panel, rails=rails, since=since, until=until)
    except Holes as error:
        first, last = since or read.start.date(), until or read.now.date()
        why = f"{error.message[0].upper()}{error.message[1:]}."
        evidence = Evidence(design=plan.design)
        return benefit_of(Found(product, first, last, plan, evidence, why_not=why))


def _guarded(read: Read, part: GuardrailPart, plan: Plan, known: OnRecord) -> Guardrail:
    """Whether this guardrail held, by the same design on outcomes of its own."""
    try:
        panel = panel_of_outcomes(read.seen, read.values[part.name], plan, live_since=known.live_since)
    except Holes as error:
        return Guardrail(part.name, UNKNOWN, why=error.message)
    return guarded_panel(panel, part, plan)


def benefits(
    work: Workspace, product: str, days: Sequence[date], *, since: date | None = None
) -> tuple[Benefit, ...]:
    """The same up to and including each of these days; records are read once for all of them."""
    check_product_name(product)
    known, state = fold(work.ledger.read(product)), product_state(work, product)
    plan = _plan(work, state)
    if not days or plan.design in OF_PANELS:
        return tuple(benefit(work, product, since=since, until=day) for day in days)
    read = _read(work, product, plan, known, since=since, until=max(days))
    found: list[Benefit] = []
    for day in days:
        seen = read.seen.only(read.seen.at_us < _us(_midnight(day) + DAY))
        until_then = structs.replace(read, seen=seen)
        found.append(benefit_of(_found(work, product, plan, known, until_then, since=since, until=day)))
    return tuple(found)


def _plan(work: Workspace, state: ProductState) -> Plan:
    """The plan that was promised; one that compares nothing where nothing was."""
    return plan_of(promise(work, state)) if state.manifest else Plan()


def _last_table(known: OnRecord, plan: Plan) -> str:
    """The table that this design was last measured on; empty for a design that goes by records."""
    tables = [each.fact.table for each in known.measured if each.fact.design == plan.design]
    return next((each for each in reversed(tables) if each), "") if plan.design in OF_PANELS else ""


def _read(
    work: Workspace, product: str, plan: Plan, known: OnRecord, *, since: date | None, until: date | None
) -> Read:
    """The exposures of the period, from the day of the first unit without an answer, and all values."""
    expect_whole(work, product)
    names, now = Names(), work.clock.now()
    earliest = _midnight(plan.start) if plan.start else None
    asked = asked_of(work, product, plan, names, since=earliest)
    imported = None
    if known.imported:
        # two experiments are two comparisons: the one that came last counts
        last = known.imported[-1].experiment
        imported = imported_of(work, product, names, experiment=last, since=earliest)
    wanted = (KPI, DECISION, *names_of(plan))
    values = {each: values_of(work, product, asked, names, measure=each) for each in wanted}
    seen = structs.replace(imported, units=len(names)) if imported else asked.exposures(names)
    start = earliest or _start(seen, plans_of(work, known), now)
    after = seen.at_us[seen.at_us >= _us(start)]
    began = datetime.fromtimestamp(float(after.min()) / 1e6, UTC) if len(after) else now
    start = max(start, _midnight(since)) if since else start
    end = _midnight(until) + DAY if until and until < now.date() else now
    mine = (seen.at_us >= _us(start)) & (seen.at_us < max(_us(end), _us(start) + 1))
    members = members_of(work, product, plan.slices, asked, names) if plan.design in BY_CHANCE else {}
    return Read(seen.only(mine), values, start, began, now, members)


def _start(seen: Exposures, plans: Sequence[Planned], now: datetime) -> datetime:
    """When both arms began: the day of the first unit without an answer, from when there was to be one."""
    held = seen.at_us[seen.control]
    at = held if len(held) else seen.at_us
    first = datetime.fromtimestamp(float(at.min()) / 1e6, UTC) if len(at) else now
    day = _midnight(first.date())
    promised = next((each.at for each in plans if each.plan.control_share), day)
    # whoever was answered that morning could not have been held out
    return promised if day < promised <= first else day


def _found(
    work: Workspace,
    product: str,
    plan: Plan,
    known: OnRecord,
    read: Read,
    *,
    since: date | None,
    until: date | None,
    look: bool = False,
) -> Found:
    plans = plans_of(work, known)
    changes = tuple(map(str, changes_of(plans, known, since=read.began)))
    plan = structs.replace(
        plan, currency=currency_of(plan, known), control_share=_share(plan, known, plans, read)
    )
    values, plan = _measured_by(plan, read)
    units = _units(read, values, plan)
    seen = compared(units, plan, looks=looks_of(known, plan), is_last=_is_last(plan, read.now))
    guardrails = tuple(
        guarded(_units(read, read.values[part.name], _plain(plan)), part, plan) for part in plan.guardrails
    )
    on_record = registered(plans, since=read.began)
    evidence = _evidence(seen, units, plan, known, rails=guardrails, changes=changes, on_record=on_record)
    told = len(values.unit)
    compared_with = baseline_of(plan, known)
    if plan.design == DECLARED:
        effect = before_after(units, plan, compared_with)
        evidence = structs.replace(evidence, compared=effect is not None and effect.low is not None)
    else:
        effect = _by_chance(seen, plan, known, told=told, look=look)
    handled = handling_of(read.seen, read.values, plan, known, units=_of_minutes(read, plan))
    first, last = since or read.start.date(), until or read.now.date()
    terms = terms_of(plan, known)
    return Found(
        product=product,
        since=first,
        until=last,
        plan=plan,
        evidence=evidence,
        effect=effect,
        why_not=_why_not(plan, seen, len(units) - int(units.mature.sum()), told, look=look),
        # minutes are of cases, and the baseline is that of the measure
        observed=change_of_units(units, plan, compared_with if values is read.values[KPI] else None),
        exposed=_exposed(units, plan),
        arms={"treated": seen.treated, "control": seen.control},
        pending=_pending(units, plan),
        later=_figure(seen.later, plan),
        guardrails=guardrails,
        by_part=_by_part(read, units, plan) if told else (),
        weeks=seen.weeks if told else (),
        hours=handled.hours,
        automation=handled.automation,
        baseline=compared_with,
        terms=terms,
        assumptions=assumptions_of(work, plan, known, terms),
        others=others_on(plan.kpi, claims_of(work, product), since=first, until=last),
        changes=changes,
        facts=facts_of(known),
    )


def _by_part(read: Read, units: Units, plan: Plan) -> tuple[PartEffect, ...]:
    present = np.unique(read.seen.unit)
    return by_part(units, {name: each[present] for name, each in read.members.items()}, plan)


def _by_chance(seen: Compared, plan: Plan, known: OnRecord, *, told: int, look: bool) -> Figure | None:
    """The effect that the arms show; of registered looks that of the one that counts."""
    effect = _figure(seen.effect, plan) if told else None
    return last_look(known, plan, new=effect if look else None) if plan.design == GROUP_SEQUENTIAL else effect


def _figure(effect: Effect | None, plan: Plan) -> Figure | None:
    """The effect with its interval; None as long as there is none."""
    return figure_of(effect, plan.kpi or "the measure") if effect and effect.is_known else None


def _why_not(plan: Plan, seen: Compared, waiting: int, told: int, *, look: bool) -> str:
    if plan.design == GROUP_SEQUENTIAL and not look and seen.effect.is_known:
        return "No look was taken yet: causeway measure takes one, and each counts."
    return not_yet(plan, treated=seen.treated, control=seen.control, pending=waiting, told=told)


def _evidence(
    seen: Compared,
    units: Units,
    plan: Plan,
    known: OnRecord,
    *,
    rails: tuple[Guardrail, ...],
    changes: tuple[str, ...],
    on_record: bool,
) -> Evidence:
    planned = bool(plan.control_share)
    return Evidence(
        design=plan.design,
        days=seen.days,
        registered=on_record,
        split_is_off=planned and bool(len(units)) and seen.split.is_off,
        split_p=seen.split.p if planned else None,
        lasting=seen.lasting,
        missing=seen.missing,
        lost=seen.lost,
        crossed=units.crossed / len(units) if len(units) else 0.0,
        guardrails=rails,
        changes=changes,
        has_unit=bool(plan.unit) or bool(known.imported),
        has_end=plan.end is not None,
        has_plan=plan.planned is not None,
    )


def _share(plan: Plan, known: OnRecord, plans: Sequence[Planned], read: Read) -> float:
    """How large the control was meant to be, when each row was asked about."""
    if known.imported:
        return known.imported[-1].control_share
    shares = {each.plan.control_share for each in plans}
    if len(shares) < 2 or not len(read.seen):
        return plan.control_share
    begins = np.array([_us(each.at) for each in plans])
    place = np.maximum(np.searchsorted(begins, first_of(read.seen), side="right") - 1, 0)
    return float(np.array([each.plan.control_share for each in plans])[place].mean())


def _measured_by(plan: Plan, read: Read) -> tuple[Values, Plan]:
    """The values of the measure; of hours also the minutes that cases took, fewer of which are better."""
    values, minutes = read.values[KPI], read.values[MINUTES]
    if plan.family != HOURS or len(values.unit) or not len(minutes.unit):
        return values, plan
    if not is_minutes(plan.unit_of_measure):
        minutes = structs.replace(minutes, value=minutes.value / MINUTES_AN_HOUR)
    return minutes, structs.replace(plan, more=False)


def _units(read: Read, values: Values, plan: Plan) -> Units:
    return together(read.seen, values, plan, now_us=_us(read.now))


def _of_minutes(read: Read, plan: Plan) -> Units | None:
    minutes = read.values[MINUTES]
    return _units(read, minutes, structs.replace(_plain(plan), counts=ROWS)) if len(minutes.unit) else None


def _plain(plan: Plan) -> Plan:
    """The plan for a measure that is not the business measure: means, neither capped nor adjusted."""
    return structs.replace(plan, per="mean", cap=None, covariate="")


def _exposed(units: Units, plan: Plan) -> int:
    """How many units, or rows of units, were treated and are mature."""
    mine = units.treated & units.mature
    return int(units.mature_rows[mine].sum()) if plan.counts == ROWS else int(mine.sum())


def _pending(units: Units, plan: Plan) -> float:
    """The share of what was asked about whose outcome is not final."""
    if not len(units):
        return 0.0
    if plan.counts == ROWS:
        return 1 - float(units.mature_rows.sum()) / float(units.rows.sum())
    return 1 - float(units.mature.mean())


def _is_last(plan: Plan, now: datetime) -> bool:
    """Whether the registered end has come, with the outcomes of the last unit."""
    if plan.end is None:
        return False
    return now - timedelta(days=plan.horizon_days + plan.lag_days) - DAY >= _midnight(plan.end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _us(at: datetime) -> float:
    return at.timestamp() * 1e6

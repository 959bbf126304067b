"""`causeway measure --from FILE`: a table of units and periods, kept and measured by its design."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from msgspec import structs

from causeway.actions.label import number_told
from causeway.actions.measure.plans import changes_of, plans_of, registered
from causeway.actions.measure.terms import (
    assumptions_of,
    baseline_of,
    claims_of,
    currency_of,
    facts_of,
    terms_of,
)
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.value.claim import Found, benefit_of
from causeway.assess.value.grade import Evidence
from causeway.assess.value.observed import change_of_panel
from causeway.assess.value.overlap import others_on
from causeway.assess.value.panels import Panel, estimated, guarded_panel, places
from causeway.assess.value.plan import OF_PANELS, Plan
from causeway.assess.value.units import Bools
from causeway.core.errors import UsageError
from causeway.core.manifest import GuardrailPart
from causeway.core.worth import Benefit, Guardrail
from causeway.stats.effects.guardrail import UNKNOWN
from causeway.stats.quality_form import Floats
from causeway.views.benefit import OnRecord

MAX_TABLE_BYTES = 64 << 20
COLUMNS = ("period", "value", "treated", "unit", "first_treated", "assigned", "beside")

Texts = Mapping[str, Sequence[str | None]]


def kept_table(work: Workspace, file: Path, plan: Plan) -> str:
    """The digest of the table, which is kept so that the measurement can be done again."""
    if plan.design not in OF_PANELS:
        raise UsageError(
            f"[kpi] design is {plan.design}, which is not measured from a table",
            where="causeway.toml",
            hint=f"one of {', '.join(OF_PANELS)}; a holdout is measured from the records",
        )
    if file.is_file() and file.stat().st_size > MAX_TABLE_BYTES:
        raise UsageError(
            f"{file.name} is larger than {MAX_TABLE_BYTES >> 20} MB",
            where=str(file),
            hint="bring a row for each unit and period, not for each case",
        )
    rails = [part.name for part in plan.guardrails]
    texts = registry.segment_files().read_texts(file, list(dict.fromkeys([*COLUMNS, *rails])))
    for name in (each for each in rails if each in texts):
        _told(texts[name], name, str(file))
    _expect_past(panel_of(texts, str(file)), work.clock.now().date(), str(file))
    into = io.StringIO(newline="")
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow(texts)
    writer.writerows(zip(*texts.values(), strict=True))
    return work.artifacts.put(into.getvalue().encode())


def _expect_past(panel: Panel, today: date, where: str) -> None:
    """Refuses days that have not come yet: what they brought, nobody can have measured."""
    last = max((day for day in map(_day, panel.periods) if day is not None), default=today)
    if last > today + timedelta(days=1):
        raise UsageError(f"{last} has not come yet", where=where, hint="bring what was measured until today")


def benefit_of_table(
    work: Workspace,
    product: str,
    plan: Plan,
    known: OnRecord,
    table: str,
    *,
    since: date | None,
    until: date | None,
) -> Benefit:
    """What the product brought, by the design that the table with this digest was made for."""
    rows = [*csv.reader(io.StringIO(work.artifacts.get(table).decode(), newline=""))]
    names, columns = rows[0], zip(*rows[1:], strict=True)
    texts, where = dict(zip(names, columns, strict=True)), f"table {table[7:19]}"
    panel = panel_of(texts, where)
    rails = tuple(_guarded(texts.get(part.name), panel, part, plan, where=where) for part in plan.guardrails)
    return benefit_of_panel(work, product, plan, known, panel, rails=rails, since=since, until=until)


def _guarded(
    texts: Sequence[str | None] | None, panel: Panel, part: GuardrailPart, plan: Plan, *, where: str
) -> Guardrail:
    """Whether this guardrail held, where the table has a column of its name."""
    if texts is None:
        return Guardrail(part.name, UNKNOWN, why="no column")
    told = _told(texts, part.name, where)
    if None in told:
        return Guardrail(
            part.name, UNKNOWN, why=f"row {told.index(None) + 1} of the table has no value of it"
        )
    return guarded_panel(structs.replace(panel, value=np.array(told, np.float64), beside=None), part, plan)


def benefit_of_panel(
    work: Workspace,
    product: str,
    plan: Plan,
    known: OnRecord,
    panel: Panel,
    *,
    rails: tuple[Guardrail, ...],
    since: date | None,
    until: date | None,
) -> Benefit:
    """What the product brought, by the plan's design on this panel, and whether its guardrails held."""
    first, last = _span(panel, work)
    seen = estimated(panel, plan)
    share = _share_within(panel, since, until)
    if share is None:
        # of periods that are no days nobody can take a part
        since = until = None
    plans, began = plans_of(work, known), datetime.combine(first, time(), UTC)
    since, until = since or first, until or last
    plan = structs.replace(plan, currency=currency_of(plan, known))
    # who began before anything was promised had no plan that could change
    start = max([began, *(each.at for each in plans[:1])])
    changes = tuple(map(str, changes_of(plans, known, since=start)))
    terms, compared_with = terms_of(plan, known), baseline_of(plan, known)
    return benefit_of(
        Found(
            product=product,
            since=since,
            until=until,
            plan=plan,
            evidence=Evidence(
                design=plan.design,
                parallel=seen.parallel,
                guardrails=rails,
                changes=changes,
                registered=registered(plans, since=start),
            ),
            effect=None if share == 0 else seen.figure(plan.kpi or "the measure"),
            why_not=(
                "Nobody was treated in these days."
                if share == 0
                else f"{seen.treated:,} treated and {seen.control:,} others are too few to say anything."
            ),
            exposed=seen.exposed if share is None else round(seen.exposed * share),
            arms={"treated": seen.treated, "control": seen.control},
            baseline=compared_with,
            guardrails=rails,
            observed=change_of_panel(panel, plan, compared_with),
            terms=terms,
            assumptions=assumptions_of(work, plan, known, terms),
            others=others_on(plan.kpi, claims_of(work, product), since=since, until=until),
            changes=changes,
            facts=facts_of(known),
        )
    )


def panel_of(texts: Texts, where: str) -> Panel:
    """The table as its design needs it; refused where it lacks what says who was treated when."""
    if "treated" not in texts and "first_treated" not in texts:
        raise UsageError(
            "the table does not say who was treated when",
            where=where,
            hint="a column treated (0 or 1), or first_treated with the first period, empty for never",
        )
    rows = len(texts["period"])
    if not rows:
        raise UsageError("the table has no rows", where=where, hint="a row for each unit and period")
    period, periods = places(_filled(texts["period"], "period", where))
    whom = texts.get("unit") or texts.get("assigned")
    unit, units = places(_filled(whom, "unit", where) if whom else ["all"] * rows)
    assigned = texts.get("assigned")
    return Panel(
        unit=unit,
        period=period,
        value=_numbers(texts["value"], "value", where),
        treated=_treated(texts, period, periods, where),
        units=units,
        periods=periods,
        assigned=places(_filled(assigned, "assigned", where))[0] if assigned else None,
        beside=_numbers(texts["beside"], "beside", where) if "beside" in texts else None,
    )


def _treated(texts: Texts, period: np.ndarray, periods: Sequence[str], where: str) -> Bools:
    if "treated" in texts:
        return _numbers(texts["treated"], "treated", where) != 0
    place = {name: at for at, name in enumerate(periods)}
    firsts: list[int] = []
    for row, said in enumerate(texts["first_treated"], start=1):
        name = (said or "").strip()
        if name and name not in place:
            raise UsageError(
                f"row {row}: {name!r} is no period of the table", where=where, hint="leave it empty for never"
            )
        firsts.append(place[name] if name else len(periods))
    return period >= np.array(firsts)


def _filled(texts: Sequence[str | None], column: str, where: str) -> list[str]:
    for row, text in enumerate(texts, start=1):
        if not (text or "").strip():
            raise UsageError(f"row {row} has no {column}", where=where, hint="every row needs one")
    return [(text or "").strip() for text in texts]


def _numbers(texts: Sequence[str | None], column: str, where: str) -> Floats:
    found = _told(texts, column, where)
    if None in found:
        raise UsageError(
            f"row {found.index(None) + 1} has no {column}", where=where, hint="every row needs one"
        )
    return np.array(found, np.float64)


def _told(texts: Sequence[str | None], column: str, where: str) -> list[float | None]:
    return [number_told(text, column, row, Path(where)) for row, text in enumerate(texts, start=1)]


def _share_within(panel: Panel, since: date | None, until: date | None) -> float | None:
    """The share of what was treated that lies in these days; None where the periods are no days."""
    days = [_day(name) for name in panel.periods]
    if None in days or not panel.treated.any():
        return None
    known = np.array([day.toordinal() for day in days if day is not None])[panel.period[panel.treated]]
    least, most = (since or date.min).toordinal(), (until or date.max).toordinal()
    return float(((known >= least) & (known <= most)).mean())


def _span(panel: Panel, work: Workspace) -> tuple[date, date]:
    """The first and the last treated day, where periods are days; else today."""
    days = [_day(panel.periods[at]) for at in np.unique(panel.period[panel.treated]).tolist()]
    known = [day for day in days if day is not None]
    today = work.clock.now().date()
    return (min(known), max(known)) if known else (today, today)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name[:10])
    except ValueError:
        return None

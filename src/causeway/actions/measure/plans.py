"""The plan of a product and how it changed: every manifest that was its promise, as the ledger has them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from causeway.actions.workspace import Workspace
from causeway.assess.value.plan import Plan, changed_terms, plan_of
from causeway.core.errors import CausewayError
from causeway.core.manifest_text import read_manifest
from causeway.core.value import KPI, UnitValueApproved
from causeway.views.benefit import OnRecord, Promised


class Planned(Struct, frozen=True):
    """The plan from some moment on."""

    plan: Plan
    at: datetime
    seq: int


class Change(Struct, frozen=True):
    """Something that was changed after the start."""

    on: date
    what: str

    def __str__(self) -> str:
        return f"{self.what} changed on {self.on}"


def plans_of(work: Workspace, known: OnRecord) -> list[Planned]:
    """Every plan that was promised, oldest first; a manifest that cannot be read any more is left out."""
    plans = [_plan(work, each) for each in known.promised]
    return [each for each in plans if each is not None]


def changes_of(plans: Sequence[Planned], known: OnRecord, *, since: datetime) -> tuple[Change, ...]:
    """What was changed after this moment: terms of the plan, the unit value, and the baseline."""
    changes: list[Change] = []
    before = _at(plans, since)
    for each in plans:
        if each.at <= since or before is None:
            before = before if before is not None else each.plan
            continue
        changes += [Change(each.at.date(), words) for words in changed_terms(before, each.plan)]
        before = each.plan
    return (*changes, *_values_changed(known, before, since=since))


def registered(plans: Sequence[Planned], *, since: datetime) -> bool:
    """Whether the measure, its unit and its horizon were promised before this moment."""
    plan = _at(plans, since)
    return plan is not None and bool(plan.kpi and plan.design) and plan.more is not None


def _plan(work: Workspace, promised: Promised) -> Planned | None:
    try:
        manifest = read_manifest(work.artifacts.get(promised.manifest), where=promised.manifest)
        return Planned(plan_of(manifest), promised.at, promised.seq)
    except CausewayError:
        # also one that compared by the wrong unit: nothing was measured by it
        return None


def _at(plans: Sequence[Planned], moment: datetime) -> Plan | None:
    return next((each.plan for each in reversed(plans) if each.at <= moment), None)


def _values_changed(known: OnRecord, plan: Plan | None, *, since: datetime) -> list[Change]:
    """Approvals that say another value than was known at the start; the first may say what was declared."""
    changes: list[Change] = []
    approved: UnitValueApproved | None = None
    for each in known.unit_values:
        declared = plan.unit_value if plan else None
        is_other = declared not in (None, each.fact.value)
        if approved is not None:
            is_other = _worth(each.fact) != _worth(approved)
        if each.at > since and is_other:
            changes.append(Change(each.at.date(), "the unit value"))
        approved = each.fact
    recorded = [each for each in known.baselines if each.measure == KPI]
    for earlier, later in pairwise(recorded):
        if later.at > since and later.value != earlier.value:
            changes.append(Change(later.at.date(), "the recorded baseline"))
    return [*changes, *_imports_changed(known)]


def _worth(fact: UnitValueApproved) -> tuple[Decimal, Decimal | None, Decimal | None, str]:
    """What decides how much is booked: the bounds do, too."""
    return fact.value, fact.low, fact.high, fact.currency


def _imports_changed(known: OnRecord) -> list[Change]:
    """Logs of exposures that say another experiment, control or share than the one before."""
    terms = [(each.experiment, each.control, each.control_share) for each in known.imported]
    days = [at.date() for at in known.imported_at]
    return [
        Change(day, "the imported experiment, its control or its share")
        for (before, after), day in zip(pairwise(terms), days[1:], strict=True)
        if before != after
    ]

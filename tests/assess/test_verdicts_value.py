"""What was measured, approved, budgeted and billed answers its checks; a person's word stands besides."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from causeway.assess.catalogue import catalogue
from causeway.assess.cost.reconcile import of_lines
from causeway.assess.evidence import Attestation, Facts
from causeway.assess.readiness import answer
from causeway.assess.verdict import How
from causeway.core.manifest import BudgetPart, KpiPart, Manifest, ProductPart
from causeway.core.metering import BudgetJudged
from causeway.core.value import BaselineRecorded, UnitValueApproved, ValueMeasured
from causeway.core.worth import SpentLine
from causeway.views.benefit import Baseline, Measurement, OnRecord, Valued

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROMISE = Manifest(
    product=ProductPart(name="churn", owner="dana"),
    kpi=KpiPart(name="churn", unit="subscriber kept", design="randomised"),
    budget=BudgetPart(run_per_month=Decimal(900), currency="EUR", approver="Petra", enforce="refuse"),
)
FOUND = ValueMeasured(
    kpi="churn",
    family="conversion",
    design="randomised",
    grade="A",
    since=date(2026, 3, 1),
    until=date(2026, 5, 1),
    effect=-0.07,
    low=-0.1,
    high=-0.04,
    treated=9605,
    control=2395,
    booked=Decimal("57501.34"),
    currency="EUR",
    automation=0.7,
)
APPROVED = UnitValueApproved("churn", Decimal(180), "EUR", "subscriber kept", "M. Lind", "study")
RECORDED = BaselineRecorded("kpi", "churn", 0.3, "churn", source="report 12", who="Ada")
REACHED = BudgetJudged("2026-05", "reached", Decimal(900), Decimal(900), "EUR", refuses=True)


def measured(days=0, **changes):
    fact = structs.replace(FOUND, **changes)
    return Facts(at=AT, value=OnRecord(measured=(Measurement(fact, AT - timedelta(days=days), 4),)))


def approved(actor="M. Lind", **changes):
    return Facts(
        at=AT, value=OnRecord(unit_values=(Valued(structs.replace(APPROVED, **changes), AT, 3, actor),))
    )


def noted(measure="kpi", *, after=False):
    kept = Baseline(measure, 0.3, AT, 2, after, RECORDED)
    return Facts(at=AT, value=OnRecord(baselines=(kept,)))


def billed(metered, amount):
    line = SpentLine("compute", "direct", Decimal(metered), Decimal(amount))
    return Facts(at=AT, reconciled=of_lines([line, SpentLine("people", "direct", None, Decimal(7))]))


def budget(**changes):
    return structs.replace(PROMISE, budget=structs.replace(PROMISE.budget, **changes))


NOTHING = Facts(at=AT, value=OnRecord())
YES, WORD, BLANK = (1.0, How.VERIFIED), (0.5, How.ATTESTED), (0.0, How.NONE)
ANSWERS = [
    ("VAL-2", PROMISE, noted(), YES),
    ("VAL-2", PROMISE, noted(after=True), BLANK),
    ("VAL-2", PROMISE, noted("minutes"), BLANK),
    ("VAL-3", PROMISE, measured(), YES),
    ("VAL-3", PROMISE, measured(grade="D", lapses=("The arms are off.",)), BLANK),
    ("VAL-3", PROMISE, measured(design="declared", grade="D"), BLANK),
    ("VAL-3", PROMISE, measured(days=400), BLANK),
    ("VAL-3", PROMISE, measured(kpi="another"), BLANK),
    ("VAL-3", None, NOTHING, BLANK),
    ("VAL-4", PROMISE, measured(grade="D"), YES),
    ("VAL-4", PROMISE, measured(low=None, high=None), BLANK),
    ("VAL-4", PROMISE, Facts(at=AT), BLANK),
    ("VAL-6", PROMISE, approved(), YES),
    ("VAL-6", PROMISE, approved("ops"), WORD),
    ("VAL-6", PROMISE, approved("dana", approver="Dana"), BLANK),
    ("VAL-6", PROMISE, approved(kpi="another"), BLANK),
    ("VAL-7", PROMISE, measured(), YES),
    ("VAL-7", PROMISE, measured(automation=0.2), BLANK),
    ("VAL-7", PROMISE, measured(automation=None), BLANK),
    ("VAL-7", PROMISE, Facts(at=AT, value=OnRecord(decisions=9)), BLANK),
    ("CST-4", PROMISE, structs.replace(NOTHING, budgets=(REACHED,)), YES),
    ("CST-4", PROMISE, NOTHING, WORD),
    ("CST-4", budget(enforce="tell"), structs.replace(NOTHING, budgets=(REACHED,)), BLANK),
    ("CST-4", budget(run_per_month=None), NOTHING, BLANK),
    ("CST-5", PROMISE, billed("95", "100"), YES),
    ("CST-5", PROMISE, billed("80", "100"), BLANK),
    ("CST-5", PROMISE, NOTHING, BLANK),
]
CHECKS = {check.id: check for check in catalogue()}


@pytest.mark.parametrize(("check", "promise", "facts", "expected"), ANSWERS)
def test_a_check_is_answered_from_what_is_on_record(check, promise, facts, expected):
    found = answer(CHECKS[check], promise, facts)
    assert (found.grade, found.how) == expected
    assert found.evidence if found.grade else found.why
    assert bool(found.remedy.words) == (found.grade < 1)


@pytest.mark.parametrize("check", ["VAL-3", "VAL-4", "VAL-6", "VAL-7", "CST-4", "CST-5"])
def test_what_a_person_attested_still_stands(check):
    word = Attestation(check, "Ada", AT, AT + timedelta(days=9))
    facts = structs.replace(measured(grade="D", low=None, automation=0.1), attestations=(word,))
    assert answer(CHECKS[check], budget(run_per_month=None), facts).grade == 0.5

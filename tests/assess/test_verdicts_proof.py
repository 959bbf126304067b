"""What was proven apart from a release: each check with evidence for it, against it, and without."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from causeway.assess.catalogue import catalogue
from causeway.assess.evidence import Facts, Permission, Personal
from causeway.assess.forecast import forecast
from causeway.assess.rates import bundled_rates
from causeway.assess.readiness import answer
from causeway.assess.running_cost import Measured
from causeway.assess.verdict import How
from causeway.core.events import BaselineMeasured, DependenciesScanned, EndpointProbed, OwnTestsRan
from causeway.core.manifest import BudgetPart, DataPart, KpiPart, Manifest, ProductPart
from causeway.core.proofs import Review
from causeway.core.release import Evaluation, Field, Model, Parity, Release, Signature
from causeway.views.proofs import Baseline, Probed, Scanned, SuiteRan

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=40)
THIS = "sha256:" + "a" * 64
PROMISE = Manifest(
    product=ProductPart(name="churn", owner="dana"),
    kpi=KpiPart(name="churn", query="select 1"),
    budget=BudgetPart(
        currency="EUR",
        predictions_per_month=60_000,
        day_rate=Decimal(600),
        upkeep_days=2.0,
        tools_per_month=Decimal(0),
    ),
    data=(DataPart(name="customers", path="a.csv", owner="lee"),),
)
RELEASE = Release(
    product="churn",
    task="binary",
    target="left",
    signature=Signature((Field("plan", "text"),), ()),
    model=Model("model.onnx", "matrix", "scikit-learn", "LogisticRegression"),
    evaluation=Evaluation("auc", 0.8, 0.7, 0.9, 0.5, "always no", 400, "five folds"),
    parity=Parity(100, 100, 1e-7, 0, 1e-5),
    files={},
    inputs={"source": THIS, "environment": THIS},
)
PROBE = EndpointProbed("r1", 401, True, True, 60, 60, 60, refused=422, watched=7, told=7)
REVIEW = Review("c" * 40, "dana", ("kim",), clean=True)
SCAN = DependenciesScanned(THIS, THIS, "pip-audit", 10, 10)
TESTS = OwnTestsRan(THIS, 4, 0)
COLUMN = Personal("customers", "email", "e-mail addresses", "personal", "contract")
BASELINE = Baseline(BaselineMeasured(THIS, 0.04, {"customers": THIS}), AT, after_launch=False)
MADE = Facts(at=AT, release=RELEASE, source=THIS, ci="tests.yml", models_in_bill=1, base_models=())
MEASURED = Measured(60, 0.001, 0.001, 0.002, 300.0, "a probe")


def made(**more: object) -> Facts:
    return structs.replace(MADE, **more)


def probed(at: datetime = AT, **changes: object) -> Facts:
    return made(probed=Probed(structs.replace(PROBE, **changes), at))


def reviewed(**changes: object) -> Facts:
    return made(review=structs.replace(REVIEW, **changes))


def suite(**changes: object) -> Facts:
    return made(tested=SuiteRan(structs.replace(TESTS, **changes), AT))


def scanned(at: datetime = AT, **changes: object) -> Facts:
    return made(scanned=Scanned(structs.replace(SCAN, **changes), at))


def permitted(state: str, owner: str = "lee") -> Facts:
    return made(permissions=(Permission("customers", owner, state, AT + timedelta(days=3)),))


def priced(promise: Manifest = PROMISE, measured: Measured | None = MEASURED) -> Facts:
    seen = forecast([], promise, rates=bundled_rates(), measured=measured, today=AT.date(), runnable=True)
    return made(forecast=seen)


def budget(**changes: object) -> Manifest:
    return structs.replace(PROMISE, budget=structs.replace(PROMISE.budget, **changes))


NOTHING, NO_QUERY = Facts(at=AT), structs.replace(PROMISE, kpi=KpiPart())
YES, WORD, NO, BLANK = (1.0, How.VERIFIED), (0.5, How.ATTESTED), (0.0, How.VERIFIED), (0.0, How.NONE)
ANSWERS = [
    ("VAL-2", PROMISE, made(baseline=BASELINE), YES),
    ("VAL-2", PROMISE, made(baseline=structs.replace(BASELINE, after_launch=True)), NO),
    ("VAL-2", PROMISE, MADE, BLANK),
    ("VAL-2", NO_QUERY, made(baseline=BASELINE), BLANK),
    ("CST-1", PROMISE, probed(), YES),
    ("CST-1", PROMISE, probed(tagged=50), NO),
    ("CST-1", PROMISE, probed(answered=0, tagged=0), NO),
    ("CST-1", PROMISE, probed(LONG_AGO), BLANK),
    ("CST-1", PROMISE, MADE, BLANK),
    ("CST-2", PROMISE, priced(), YES),
    ("CST-2", PROMISE, priced(measured=None), BLANK),
    ("CST-2", PROMISE, priced(budget(predictions_per_month=None)), BLANK),
    ("CST-2", PROMISE, MADE, BLANK),
    ("CST-3", PROMISE, priced(), YES),
    ("CST-3", PROMISE, priced(budget(day_rate=None)), BLANK),
    ("CST-3", PROMISE, priced(budget(currency="XAU")), BLANK),
    ("CST-3", PROMISE, priced(measured=None), BLANK),
    ("CST-3", None, NOTHING, BLANK),
    ("DAT-3", PROMISE, permitted("active"), YES),
    ("DAT-3", PROMISE, permitted("expired"), NO),
    ("DAT-3", PROMISE, permitted("none"), NO),
    ("DAT-3", PROMISE, permitted("", owner=""), WORD),
    ("DAT-3", PROMISE, MADE, BLANK),
    ("DAT-9", PROMISE, made(personal=()), YES),
    ("DAT-9", PROMISE, made(personal=(COLUMN,)), YES),
    ("DAT-9", PROMISE, made(personal=(structs.replace(COLUMN, classified=""),)), NO),
    ("DAT-9", PROMISE, made(personal=(structs.replace(COLUMN, basis=""),)), BLANK),
    ("DAT-9", PROMISE, MADE, BLANK),
    ("MOD-2", PROMISE, reviewed(), YES),
    ("MOD-2", PROMISE, reviewed(clean=False, first_change="train.py"), NO),
    ("MOD-2", PROMISE, structs.replace(reviewed(), source="other"), NO),
    ("MOD-2", PROMISE, reviewed(approvers=()), BLANK),
    ("MOD-2", PROMISE, MADE, BLANK),
    ("MOD-2", PROMISE, NOTHING, BLANK),
    ("MOD-10", PROMISE, MADE, YES),
    ("MOD-10", PROMISE, made(base_models=("bert-base",)), BLANK),
    ("MOD-10", PROMISE, made(base_models=None), BLANK),
    ("MOD-10", PROMISE, made(models_in_bill=2), BLANK),
    ("MOD-10", PROMISE, NOTHING, BLANK),
    ("PIP-2", PROMISE, suite(), YES),
    ("PIP-2", PROMISE, suite(failed=1), NO),
    ("PIP-2", PROMISE, suite(passed=0), NO),
    ("PIP-2", PROMISE, suite(source="other"), BLANK),
    ("PIP-2", PROMISE, structs.replace(suite(), ci=""), BLANK),
    ("PIP-2", PROMISE, MADE, BLANK),
    ("PIP-2", PROMISE, NOTHING, BLANK),
    ("MON-2", PROMISE, probed(), YES),
    ("MON-2", PROMISE, probed(told=6), NO),
    ("MON-2", PROMISE, probed(watched=0, told=0), BLANK),
    ("MON-2", PROMISE, probed(LONG_AGO), BLANK),
    ("MON-2", PROMISE, NOTHING, BLANK),
    ("GOV-3", PROMISE, scanned(), YES),
    ("GOV-3", PROMISE, scanned(weak={"a==1": ("X-1",)}), NO),
    ("GOV-3", PROMISE, scanned(covered=9), BLANK),
    ("GOV-3", PROMISE, scanned(LONG_AGO), BLANK),
    ("GOV-3", PROMISE, NOTHING, BLANK),
]
CHECKS = {check.id: check for check in catalogue()}


@pytest.mark.parametrize(("check", "promise", "facts", "expected"), ANSWERS)
def test_a_check_is_answered_from_what_was_proven(check, promise, facts, expected):
    found = answer(CHECKS[check], promise, facts)

    assert (found.grade, found.how) == expected
    assert found.evidence if found.grade else found.why
    assert bool(found.remedy.words) == (found.grade < 1)


def test_a_year_costs_what_its_parts_cost_and_says_which_are_not_known():
    year = priced().forecast.year

    assert [line.what for line in year.lines] == [
        "servers",
        "storage",
        "people",
        "tools",
        "what is left to do",
    ]
    assert year.total.low <= year.total.value <= year.total.high
    assert year.total.value == pytest.approx(sum(line.cost.value for line in year.lines), abs=0.05)
    assert priced(budget(upkeep_days=None), None).forecast.year.missing == (
        "budget.upkeep_days",
        "seconds of a prediction, measured",
    )

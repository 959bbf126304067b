"""A grant beside a forecast: until when, for how much, and what is not paid for."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from causeway.assess.cost.cadence import trainings_a_month
from causeway.assess.cost.funding import judge
from causeway.assess.forecast import forecast
from causeway.assess.rates import bundled_rates
from causeway.assess.running_cost import Measured, Trained
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.manifest import BudgetPart, Manifest, ProductPart, TriggerPart

TODAY = date(2026, 11, 23)
QUICK = Measured(1000, median=0.004, mean=0.005, p95=0.02, record_bytes=500, source="a test")
GRANT = BudgetPart(
    run_per_month=Decimal(200), currency="USD", until=date(2027, 12, 31), approver="finance",
    build=Decimal(1000),
    predictions_per_month=60_000_000, tools_per_month=Decimal(10),
)  # fmt: skip
WEEKLY = TriggerPart(on="schedule:0 3 * * 1", do="retrain")


def expected(budget=GRANT, *, triggers=(), measured=QUICK, trained=None, findings=()):
    manifest = Manifest(ProductPart("churn"), budget=budget, triggers=triggers)
    return forecast(
        findings,
        manifest,
        rates=bundled_rates(),
        measured=measured,
        today=TODAY,
        runnable=False,
        trained=trained,
    )


def funded(budget=GRANT, **options):
    return expected(budget, **options).funding


def test_a_grant_says_until_when_for_how_many_and_by_whom():
    found = funded()
    # by hand: one server at 0.085 x 730 h, 360 GB of records at 0.023, tools
    assert found.run.value == pytest.approx(730 * 0.085 + 360 * 0.023 + 10, abs=0.01)
    assert found.is_funded
    assert found.until == GRANT.until
    assert found.words.startswith("until 2027-12-31, for up to ")
    assert "by finance; forecast at" in found.words
    assert found.notes == ("the dearest case, 342 USD a month, is above the run line",)
    assert found.volume.low < 60_000_000 < found.volume.value < found.volume.high


@pytest.mark.parametrize("case", ["low", "value", "high"])
def test_the_volume_is_the_most_that_the_line_pays_for(case):
    found = funded()
    of = {"low": "high", "value": "value", "high": "low"}[case]
    most = getattr(found.volume, case)

    def cost(volume):
        return getattr(funded(structs.replace(GRANT, predictions_per_month=volume)).run, of)

    assert cost(int(most)) <= 200 < cost(int(most * 1.11))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"run_per_month": None}, "no run line"),
        ({"approver": ""}, "nobody is named who granted it"),
        ({"until": None}, "no last day"),
        ({"until": date(2026, 1, 31)}, "the grant ended on 2026-01-31"),
        ({"run_per_month": Decimal(40)}, "used up on 2027-06-"),
    ],
)
def test_each_lapse_stops_production_and_nothing_before(change, says):
    found = funded(structs.replace(GRANT, **change))
    assert not found.is_funded
    assert says in found.words
    for stage in ("production", "scaled"):
        (finding,) = judge(found, stage=stage)
        assert (finding.code, finding.severity) == ("RUN-UNFUNDED", Severity.BLOCKER)
        assert says in finding.title
    assert (
        judge(found, stage="pilot") == judge(found, stage="sandbox") == judge(funded(), stage="scaled") == ()
    )


def test_money_is_used_up_in_proportion():
    half = funded(structs.replace(GRANT, run_per_month=Decimal(str(funded().run.value)) / 2))
    assert (half.until - TODAY).days == (GRANT.until - TODAY).days // 2
    assert half.is_short


def test_what_cannot_be_compared_is_said_and_stops_nothing():
    found = funded(structs.replace(GRANT, currency="CHF", tools_per_month=None))
    assert found.is_funded
    assert (found.run, found.volume) == (None, None)
    assert "cannot be compared" in found.words


def test_people_and_building_are_beside_it():
    plan = structs.replace(GRANT, day_rate=Decimal(640), upkeep_days=2.5)
    findings = [Finding("SKEW", Severity.FIX, "t", Remedy("w"))]
    found = funded(plan, findings=findings)
    assert found.is_funded
    assert "people, 1,600 USD a month, are not paid of it" in found.notes
    assert any("what is left to build is forecast at" in note for note in found.notes)
    assert found.build.low > 640


def test_without_a_manifest_or_a_measurement_less_is_said():
    bare = forecast([], None, rates=bundled_rates(), measured=None, today=TODAY, runnable=False).funding
    assert bare.lapses == ("there is no manifest",)
    assert funded(measured=None).volume is None


def test_retraining_costs_as_often_as_it_is_scheduled_and_as_long_as_it_took():
    cost = expected(triggers=(WEEKLY,), trained=Trained(7200.0, 50_000_000)).cost
    lines = {line.what: line.cost for line in cost.lines}
    assert lines["retraining"].value == pytest.approx(52 / 12 * 2 * 0.085, rel=0.02)
    assert lines["retraining"].low < lines["retraining"].value < lines["retraining"].high
    assert lines["releases"].value == pytest.approx(0.05 * 53 * 0.023, rel=0.02)
    assert "retraining" not in cost.not_counted
    assert "retraining, scheduled and not measured yet" in expected(triggers=(WEEKLY,)).cost.not_counted
    once = expected(trained=Trained(7200.0, 50_000_000)).cost
    assert "retraining" in once.not_counted
    assert [line.what for line in once.lines] == ["servers", "storage", "releases"]


@pytest.mark.parametrize(
    ("on", "cooldown", "a_month"),
    [
        ("schedule:0 3 * * 1", 24.0, 52 / 12),
        ("schedule:@monthly", 24.0, 1.0),
        ("schedule:*/5 * * * *", 24.0, 730 / 24),
        ("schedule:0 0 29 2 *", 0.0, 0.0),
        ("drift", 24.0, None),
    ],
)
def test_how_often_a_schedule_trains(on, cooldown, a_month):
    found = trainings_a_month(
        Manifest(ProductPart("a"), triggers=(TriggerPart(on=on, do="retrain", cooldown_hours=cooldown),))
    )
    assert found == (None if a_month is None else pytest.approx(a_month, rel=0.01))

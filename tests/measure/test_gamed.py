"""What somebody does after having looked costs a grade, and nothing counts twice."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from simulated import PLAN, START, customers, labelled, predicted, product

from causeway.actions.measure.benefit import benefit
from causeway.actions.measure.exposures import Experiment, import_exposures
from causeway.actions.measure.measure import measure
from causeway.actions.measure.received import Sent, receive
from causeway.actions.measure.record import approve_value, record_baseline
from causeway.assess.value.money import Terms, money_of
from causeway.assess.value.plan import Plan
from causeway.core.errors import Refused, UsageError
from causeway.core.figure import Figure
from causeway.core.value import BaselineRecorded


def told(work, *, number=1200, effect=-0.15):
    names, at, held = customers(number)
    rng = np.random.default_rng(3)
    left = rng.random(number) < 0.35 + np.where(held, 0.0, effect)
    ids = predicted(work, names, at, held)
    labelled(work, ids, left)
    return names, at, held, ids, left


def approved(work, folder, value="180", **bounds):
    ends = {name: Decimal(each) for name, each in bounds.items()}
    return approve_value(work, folder, Decimal(value), approver="M. Lind", source="study", **ends)


def rewritten(folder, before, after):
    manifest = folder / "causeway.toml"
    assert before in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(before, after))


def test_another_bound_of_the_unit_value_is_a_change(folder):
    work = product(folder)
    told(work)
    approved(work, folder, low="100", high="200")
    before = benefit(work, "churn")
    approved(work, folder, low="180", high="200")
    after = benefit(work, "churn")
    assert after.booked > before.booked > 0
    assert (before.grade, after.grade) == ("A", "B")
    assert "the unit value" in after.changes[0]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('currency = "EUR"', 'currency = "GBP"', "the currency"),
        ('"0, 10, 30, 60"', '"0, 0, 0, 0"', "what a grade takes off"),
        ("washout = 0", "washout = 3", "the washout"),
    ],
)
def test_terms_that_move_the_money_are_terms(folder, before, after, what):
    work = product(folder, value='haircuts = "0, 10, 30, 60"\nwashout = 0')
    told(work)
    measure(work, folder)
    rewritten(folder, before, after)
    found = measure(work, folder).benefit
    assert (found.grade, [each.split(" changed")[0] for each in found.changes]) == ("B", [what])


@pytest.mark.parametrize(
    ("value", "bounds"), [("1e400", {}), ("1e40", {}), ("180", {"low": "-5"}), ("180", {"high": "1e40"})]
)
def test_a_unit_value_that_nobody_can_reckon_with_is_refused(folder, value, bounds):
    work = product(folder)
    with pytest.raises(UsageError, match="no amount"):
        approved(work, folder, value, **bounds)


def test_a_value_that_came_by_both_ways_counts_once(folder):
    work = product(folder, value='per = "sum"')
    *_, ids, left = told(work)
    before = benefit(work, "churn")
    sent = [Sent(name="kpi", value=float(v), prediction=i) for i, v in zip(ids, left, strict=True)]
    receive(work, "churn", sent, channel="post")
    assert benefit(work, "churn").effect == before.effect


def test_the_look_at_one_measure_says_nothing_of_another(folder):
    plan = PLAN.replace('"randomised"', '"group-sequential"')
    work = product(folder, plan=plan, value="end = 2026-09-30")
    told(work)
    assert measure(work, folder).benefit.effect.high < 0
    rewritten(folder, "subscribers who cancel", "complaints")
    assert "at the look of" not in measure(work, folder).benefit.effect.how


def test_a_baseline_that_comes_after_the_first_measurement_is_none_of_before(folder):
    work = product(folder, live=False)
    told(work)
    measure(work, folder)
    record_baseline(work, folder, 0.5, source="found later", who="Ada")
    assert benefit(work, "churn").baseline is None


def exposures(work, folder, rows, experiment, share):
    file = folder / "exposures.csv"
    lines = [f"{unit},{at},{experiment},{arm}" for unit, at, arm in rows]
    file.write_text("\n".join(["user_id,timestamp,experiment_id,variation_id", *lines]))
    import_exposures(work, "churn", file, Experiment(experiment, "0", share))


def test_another_share_for_the_same_log_is_a_change_and_another_experiment_is_not_mixed_in(folder):
    work = product(folder)
    names, at, held, *_ = told(work)
    days = [datetime.fromtimestamp(int(each) / 1e6, UTC).isoformat() for each in at]
    rows = list(zip(names, days, np.where(held, "0", "1"), strict=True))
    exposures(work, folder, rows, "autumn", 0.5)
    assert benefit(work, "churn").grade == "D"
    exposures(work, folder, [*rows, ("X", START.isoformat(), "1")], "autumn", 0.2)
    again = benefit(work, "churn")
    assert (again.grade, len(again.changes)) == ("B", 1)
    exposures(
        work, folder, [(name, day, "01"[at % 2]) for at, (name, day, _) in enumerate(rows)], "other", 0.5
    )
    last = benefit(work, "churn")
    assert last.arms == {"treated": 600, "control": 600}
    assert len(last.changes) == 2


@pytest.mark.parametrize("bounds", [{"low": Decimal(100)}, {"high": Decimal(250)}])
def test_one_bound_alone_leaves_the_value_between_the_bounds(bounds):
    plan = Plan(more=True, currency="EUR")
    terms = Terms(Decimal(180), **bounds, approved=True)
    gross = money_of(Figure(11.0, "x", low=10.0, high=12.0), plan, terms, grade="A").gross
    assert gross.low == 10.0 * float(bounds.get("low", 180))
    assert gross.high == 12.0 * float(bounds.get("high", 180))


@pytest.mark.parametrize(
    ("name", "value", "at", "what"),
    [
        ("kpi", 1.0, "0001-01-01T00:00:00+14:00", "the year 1"),
        ("kpi", 1.0, "2099-01-01T00:00:00+00:00", "not come yet"),
        ("minutes", -5.0, "2026-03-05T00:00:00+00:00", "-5 minutes"),
    ],
)
def test_what_cannot_have_come_about_is_refused(folder, name, value, at, what):
    work = product(folder)
    with pytest.raises(UsageError, match=what):
        receive(work, "churn", [Sent(name, value, unit="C1", at=datetime.fromisoformat(at))], channel="post")


def test_nobody_was_assigned_tomorrow(folder):
    work = product(folder)
    rows = [("a", "2099-01-01", "0"), ("b", "2099-01-01", "1")]
    with pytest.raises(UsageError, match="not come yet"):
        exposures(work, folder, rows, "autumn", 0.5)


def test_rows_that_were_taken_out_of_a_segment_are_missed(folder):
    work = product(folder)
    told(work, number=400)
    file = next(work.state.glob("segments/churn/outcomes/*/*.parquet"))
    pl.read_parquet(file).head(200).write_parquet(file)
    with pytest.raises(Refused, match="not what was sealed"):
        benefit(work, "churn")


def test_a_baseline_from_before_the_measure_had_a_name_is_of_that_measure(folder):
    work = product(folder, live=False)
    fact = BaselineRecorded("kpi", "kpi", 0.3, "subscriber")
    work.ledger.append("churn", [fact], actor="a1", at=START)
    assert benefit(work, "churn").baseline.unit == "subscribers who cancel"

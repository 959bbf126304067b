import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import shipyard
from causeway.actions.bill.forecast import forecast
from causeway.actions.bill.unusual import unusual_day
from causeway.assess.cost.outlook import Costs, outlooks
from causeway.assess.cost.words import sentence
from causeway.cli.main import main
from causeway.core.costs import CostEntered
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import ProductDeclared
from causeway.core.metering import CostForecast

UNTIL = date(2026, 5, 3)


def series(*, days=120, level=10.0, seed=1):
    noise = np.random.default_rng(seed).normal(0, 0.4, days)
    return {
        UNTIL - timedelta(days=days - 1 - at): Decimal(str(round(level + (at % 7 == 0) + each, 2)))
        for at, each in enumerate(noise)
    }


def test_days_months_and_products_add_up():
    every = [Costs("churn", series(level=10)), Costs("fraud", series(level=30, days=60, seed=2))]
    churn, fraud, whole = outlooks(every, "EUR", until=UNTIL, horizon=40)
    assert (churn.product, fraud.product, whole.product) == ("churn", "fraud", "")
    for one, two, both in zip(churn.daily, fraud.daily, whole.daily, strict=True):
        assert both.cost == pytest.approx(one.cost + two.cost, abs=2e-4)
        assert one.low <= one.cost <= one.high
    for each in (churn, fraud, whole):
        assert each.total.value == pytest.approx(sum(day.cost for day in each.daily), abs=0.02)
        assert each.total.low < each.total.value < each.total.high
        assert sum(month.cost.value for month in each.months) == pytest.approx(
            each.total.value + each.months[0].so_far, abs=0.05
        )
        assert each.peak.value <= each.peak.high
    assert [(month.month, month.days, month.whole) for month in churn.months] == [
        ("2026-05", 28, True),
        ("2026-06", 12, False),
    ]
    assert churn.total.value == pytest.approx(40 * 10.14, rel=0.05)


SHAPES = {
    "steady": lambda rng, days: rng.gamma(2, 10, days),
    "rare": lambda rng, days: (rng.random(days) < 0.1) * rng.gamma(2, 50, days),
    "nothing": lambda _, days: np.zeros(days),
    "falling": lambda _, days: np.linspace(100, 0, days),
}


@settings(max_examples=8, deadline=None)
@given(
    shapes=st.lists(st.tuples(st.sampled_from([*SHAPES]), st.integers(1, 100)), min_size=1, max_size=3),
    seed=st.integers(0, 99),
    horizon=st.integers(1, 60),
)
def test_figures_of_whatever_costs_hold_together(shapes, seed, horizon):
    rng = np.random.default_rng(seed)
    every = [
        Costs(
            f"p{place}",
            {
                UNTIL - timedelta(days=back): Decimal(str(round(float(amount), 2)))
                for back, amount in enumerate(SHAPES[shape](rng, days))
            },
        )
        for place, (shape, days) in enumerate(shapes)
    ]
    *products, whole = outlooks(every, "EUR", until=UNTIL, horizon=horizon)
    for each in (*products, whole):
        figures = [each.total, each.peak, *(month.cost for month in each.months)]
        assert all(0 <= figure.low <= figure.value <= figure.high for figure in figures)
        assert all(0 <= day.low <= day.cost <= day.high for day in each.daily)
        assert each.peak.value >= max(day.cost for day in each.daily) - 0.01
        days = sum(day.cost for day in each.daily)
        months = sum(month.cost.value for month in each.months) - each.months[0].so_far
        assert (days, months) == pytest.approx((each.total.value, each.total.value), abs=0.04)
    if products:
        assert whole.total.value == pytest.approx(sum(each.total.value for each in products), abs=0.03)


def test_what_earlier_forecasts_said_stands_beside_what_came():
    days = series(days=90)
    made = CostForecast(UNTIL - timedelta(days=28), 28, "EUR", 300.0, 270.0, 320.0, 0.8, 12.0, 14.0)
    (found,) = outlooks([Costs("churn", days, made=((made, 9),))], "EUR", until=UNTIL, horizon=28)
    (past,) = found.past
    actual = float(sum(amount for day, amount in days.items() if day > made.until))
    assert (past.actual, past.held, past.fact) == (pytest.approx(actual), True, 9)
    assert past.off == pytest.approx(300 / actual - 1)
    assert found.record.startswith("earlier forecasts were off by +")


def test_days_whose_bill_has_not_come_are_not_taken_for_cheap_ones():
    days = {day: amount for day, amount in series().items() if day <= UNTIL - timedelta(days=5)}
    late = Costs("churn", days, UNTIL - timedelta(days=5))
    (found,) = outlooks([late], "EUR", until=UNTIL, horizon=28)
    assert found.total.value == pytest.approx(28 * 10.14, rel=0.05)


def test_no_day_is_no_forecast():
    assert outlooks([Costs("churn", {})], "EUR", until=UNTIL, horizon=7) == ()


@pytest.fixture
def work(folder):
    shipyard.poc(folder, more='owner = "dana"\n[budget]\nrun_per_month = 400\ncurrency = "EUR"\n')
    work = shipyard.workspace(folder)
    digest = work.artifacts.put((folder / "causeway.toml").read_bytes())
    work.ledger.append("churn", [ProductDeclared(digest, "pilot")], actor="a1", at=shipyard.NOON)
    yield work
    work.ledger.close()


def entered(work, days):
    facts = [CostEntered("licences", amount, "EUR", day, day, "seats") for day, amount in days.items()]
    work.ledger.append("churn", facts, actor="a1", at=shipyard.NOON)


def test_a_forecast_is_an_event_and_once_a_day_is_enough(work):
    entered(work, series())
    made = forecast(work, product="churn")
    assert (made.status, made.until, made.budgets) == ("forecast", UNTIL, {"churn": Decimal(400)})
    assert "people" in made.not_counted
    facts = [each.fact for each in work.ledger.read("churn") if isinstance(each.fact, CostForecast)]
    assert [(each.until, each.days, len(each.daily)) for each in facts] == [(UNTIL, 28, 28)]
    assert facts[0].total == made.outlooks[0].total.value
    assert forecast(work).status == "already_forecast"
    assert forecast(work, write=False, days=7).status == "forecast"
    assert len([each for each in work.ledger.read("churn") if isinstance(each.fact, CostForecast)]) == 1


def test_a_forecast_of_nothing_says_so_and_bad_input_is_named(work):
    assert forecast(work).without == ("churn",)
    with pytest.raises(NotFound, match="no product nobody"):
        forecast(work, product="nobody")
    with pytest.raises(UsageError, match="0 days"):
        forecast(work, days=0)


def test_a_day_that_nobody_could_expect_is_told_with_what_drove_it(work):
    days = series()
    entered(work, days)
    assert unusual_day(work, "churn") is None
    entered(work, {UNTIL: Decimal(50)})
    odd = unusual_day(work, "churn")
    assert (odd.day, odd.currency, odd.owner, odd.driver) == (UNTIL, "EUR", "dana", "seats")
    assert odd.actual == days[UNTIL] + 50
    assert odd.price + odd.volume + odd.mix == pytest.approx(Decimal(50), abs=Decimal(2))
    assert "more than expected" in sentence(odd)


def test_a_change_of_less_than_the_floor_is_not_told(work):
    days = {day: amount / 100 for day, amount in series().items()}
    days[UNTIL] = Decimal("0.60")
    entered(work, days)
    assert unusual_day(work, "churn") is None


def test_the_commands_speak_within_eighty_columns_and_as_json(work, folder):
    entered(work, {**series(), datetime.now(UTC).date(): Decimal(5)})
    work.ledger.append("fraud", [ProductDeclared("sha256:0", "pilot")], actor="a1", at=shipyard.NOON)
    for words in (["show", "churn"], ["show"], ["forecast", "churn", "--daily"], ["budget", "churn"]):
        said = CliRunner().invoke(main, ["bill", *words, "--folder", str(folder)])
        assert said.exit_code == 0, said.output
        assert all(len(line) <= 80 for line in said.stdout.splitlines()), said.stdout
        answer = json.loads(
            CliRunner().invoke(main, ["bill", *words, "--folder", str(folder), "--json"]).stdout
        )
        assert answer["ok"] is True
    bad = CliRunner().invoke(main, ["bill", "show", "--since", "2026-06-01", "--until", "2026-05-01"])
    assert bad.exit_code != 0
    shipyard.poc(folder, more='[budget]\nrun_per_month = 1\ncurrency = "EUR"\n')
    spent = CliRunner().invoke(main, ["bill", "budget", "churn", "--folder", str(folder)])
    assert (spent.exit_code, "reached" in spent.stdout) == (1, True), spent.output
    shipyard.poc(folder)
    none = CliRunner().invoke(main, ["bill", "budget", "churn", "--folder", str(folder)])
    assert (none.exit_code, "nobody said what churn may cost" in none.stderr) == (2, True)

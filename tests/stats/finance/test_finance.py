"""Money later against money now, beside textbooks and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from causeway.stats.finance.closed_form import closed_form
from causeway.stats.finance.information import decide, decide_normal, more_evidence, more_evidence_drawn
from causeway.stats.finance.scenarios import Case, Uncertain, certain, estimated, simulate
from causeway.stats.finance.sensitivity import rank_correlation, tornado
from causeway.stats.finance.worth_now import (
    benefit_cost,
    break_even,
    irr,
    monthly_rate,
    npv,
    payback,
    yearly_irr,
)

SHORT = [-1000, 500, 400, 300, 100]
LONG = [-1000, 100, 300, 400, 600]
"""Projects S and L of Brigham and Ehrhardt, Financial Management, at 10 % a year."""


def test_the_textbook_to_the_cent():
    assert round(float(npv(SHORT, rate=0.1)), 2) == 78.82
    assert round(float(npv(LONG, rate=0.1)), 2) == 49.18
    assert round(100 * yearly_irr(SHORT).rate, 2) == 14.49
    assert round(100 * yearly_irr(LONG).rate, 2) == 11.79
    assert [round(payback(each), 2) for each in (SHORT, LONG)] == [2.33, 3.33]
    assert [round(payback(each, rate=0.1), 2) for each in (SHORT, LONG)] == [2.95, 3.88]


def test_a_month_is_the_twelfth_root_of_a_year():
    assert (1 + monthly_rate(0.08)) ** 12 == pytest.approx(1.08, abs=1e-15)
    assert monthly_rate(0.08) == pytest.approx(0.00643403, abs=5e-9)
    flows = [-100.0, *[0.0] * 11, 121.0]
    assert irr(flows).rate == pytest.approx(0.21, abs=1e-9)
    assert float(npv(flows, rate=monthly_rate(0.21))) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("flows", "why"),
    [
        ([-1.6, 10, -10], "change their sign 2 times"),
        ([-5, -1], "only paid"),
        ([5, 1], "only earned"),
        ([0, 0], "no return"),
        ([-1000, 1e-9], "outside"),
    ],
)
def test_there_is_no_return_where_none_is_defined(flows, why):
    found = yearly_irr(flows)
    assert found.rate is None
    assert why in found.why_not


@given(st.floats(-0.5, 3), st.floats(10, 1e6), st.integers(1, 60))
def test_at_its_rate_of_return_a_project_is_worth_nothing(rate, spent, months):
    earned = spent / sum((1 + rate) ** -(month / 12) for month in range(1, months + 1))
    assert irr([-spent, *[earned] * months]).rate == pytest.approx(rate, rel=1e-6, abs=1e-8)


def test_payback_is_never_nought_where_it_is_not_within():
    assert payback([-100, 10, 10]) is None
    assert payback([-100, 60, 60], rate=0.2) is None
    assert payback([-100, 60, 60]) == pytest.approx(1 + 40 / 60)
    assert payback([-100, 150, -100, 60]) == pytest.approx(2 + 50 / 60)
    assert payback([-100, 150, -100]) is None
    assert payback([10, 10]) == 0.0


def test_benefits_over_costs_and_the_effect_that_just_pays():
    assert benefit_cost([0, 120], [50, 50], rate=0.0) == pytest.approx(1.2)
    assert benefit_cost([1], [0], rate=0.0) is None
    assert break_even([0, 1000, 1000], [100, 10, 10], rate=0.0) == pytest.approx(0.06)
    assert break_even([0, 0], [1, 1], rate=0.0) is None


def case(**changed):
    months = 36
    base = {
        "effect": estimated(0.02, 0.008, 0.032),
        "volume": np.full(months, 1000.0),
        "running": np.full(months, 500.0),
        "build": certain(12_000.0),
        "unit_value": certain(50.0),
        "rate": monthly_rate(0.08),
    }
    return Case(**base | changed)


def test_a_straight_line_is_within_two_percent_of_its_closed_form():
    exact, drawn = closed_form(case()), simulate(case())
    annuity = (1 - 1.08**-3) / (1 - 1.08 ** (-1 / 12))
    assert exact.slope == pytest.approx(50_000 * annuity, rel=1e-12)
    assert exact.fixed == pytest.approx(-12_000 - 500 * annuity, rel=1e-12)
    scale = exact.npv.p90 - exact.npv.p10
    for name in ("p10", "p50", "p90"):
        assert getattr(drawn.npv, name) == pytest.approx(getattr(exact.npv, name), abs=0.02 * scale)
    assert drawn.pays == pytest.approx(exact.pays, abs=0.02)
    assert closed_form(case(unit_value=Uncertain(40, 50, 60))) is None
    assert closed_form(case(effect=certain(0.02), build=Uncertain(1e4, 2e4, 4e4))).slope == pytest.approx(-1)
    assert closed_form(case(effect=certain(0.02), decay_a_year=Uncertain(0, 0.1, 0.2))) is None


def test_the_same_seed_draws_the_same_and_the_fan_opens():
    one, other = simulate(case()), simulate(case())
    assert np.array_equal(one.values, other.values)
    assert not np.array_equal(one.values, simulate(case(), seed=8).values)
    width = one.fan.p90 - one.fan.p10
    assert np.all(np.diff(width) > 0)
    assert one.payback[0] < one.payback[1]
    assert one.payback[2] is None
    assert 0.5 < one.pays_back < 0.9


def test_being_wrong_about_the_effect_does_not_average_out():
    found = simulate(case())
    per_month = 1000 * 50 * (0.032 - 0.008) / 3.92
    assert found.values.std() == pytest.approx(
        per_month * npv(np.ones(36), rate=monthly_rate(0.08)), rel=0.05
    )


def test_adoption_and_decay_take_what_they_should():
    still = simulate(case(effect=certain(0.02)), scenarios=1).values[0]
    slow = simulate(case(effect=certain(0.02), adopted_after=certain(12)), scenarios=1).values[0]
    fading = simulate(case(effect=certain(0.02), decay_a_year=certain(0.3)), scenarios=1).values[0]
    discounts = (1.08) ** -(np.arange(36) / 12)
    adopted = np.minimum(np.arange(1, 37) / 12, 1)
    assert still - slow == pytest.approx(1000 * (discounts * (1 - adopted)).sum())
    assert still - fading == pytest.approx(1000 * (discounts * (1 - 0.7 ** (np.arange(36) / 12))).sum())


def test_the_tornado_ranks_what_the_value_hangs_on():
    uncertain = case(unit_value=Uncertain(49, 50, 51), run_factor=Uncertain(0.8, 1.0, 1.5))
    bars = tornado(uncertain, simulate(uncertain))
    assert [bar.number for bar in bars] == ["effect", "run_factor", "unit_value"]
    assert bars[0].at_p10 < bars[0].at_p90
    assert bars[0].rank_correlation > 0.9
    assert bars[1].rank_correlation < 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=5, max_size=40))
def test_rank_correlation_is_that_of_scipy(pairs):
    one, other = (np.array(each, float) for each in zip(*pairs, strict=True))
    wanted = stats.spearmanr(one, other).statistic if one.std() and other.std() else 0.0
    assert rank_correlation(one, other) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("mean", [-3000.0, 500.0, 8000.0])
def test_knowing_more_is_worth_what_deciding_now_is_to_lose(mean):
    effect = np.random.default_rng(4).normal(size=200_000)
    values = mean + 5000 * effect
    exact = decide_normal(mean, 5000)
    assert decide(values).loss == pytest.approx(exact.loss, rel=0.04, abs=10)
    assert decide(values).goes_on == exact.goes_on == (mean > 0)
    # a test as large as what was measured: error 1 beside a prior sd of 1 leaves half of the variance
    twice = more_evidence(mean, 5000, units_now=100, units_more=100, cost=100)
    assert more_evidence_drawn(effect, values, error=1.0).value == pytest.approx(
        twice.value, rel=0.05, abs=25
    )
    assert twice.value < exact.loss
    assert twice.net == pytest.approx(twice.value - 100)
    assert more_evidence(mean, 5000, units_now=1, units_more=1e12).value == pytest.approx(
        exact.loss, rel=1e-5
    )


def test_what_is_sure_needs_no_more_evidence():
    assert decide(np.full(10, 5.0)).loss == 0
    assert decide_normal(-5, 0).loss == 0
    found = more_evidence(5000, 100, units_now=10, units_more=10, cost=1)
    assert not found.is_worth_it

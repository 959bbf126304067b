"""Sums that hold, days out of the ordinary, what drives a cost, and how far forecasts were off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.stats.forecasts.drivers import drivers
from causeway.stats.forecasts.reconcile import by_month, coherent, reconciled
from causeway.stats.forecasts.record import record
from causeway.stats.forecasts.unusual import split, unusual

MONTH_OF = np.repeat([0, 1], [12, 16])


def made_apart(products=4, seed=1):
    rng = np.random.default_rng(seed)
    days = rng.lognormal(3, 1, (products, 28))
    months = np.stack([days[:, month == MONTH_OF].sum(axis=1) for month in (0, 1)], axis=1)
    return (
        days,
        months * rng.normal(1, 0.1, months.shape),
        days.sum(axis=0) * rng.normal(1, 0.05, 28),
        months.sum(axis=0) * 1.03,
    )


def test_it_is_the_weighted_least_squares_of_the_textbook():
    days, _, total_days, _ = made_apart()
    summing = np.vstack([np.ones(4), np.eye(4)])
    weight = np.diag(1 / summing.sum(axis=1))
    base = np.vstack([total_days, days])
    wanted = summing @ np.linalg.solve(summing.T @ weight @ summing, summing.T @ weight @ base)
    products, total = reconciled(days, total_days)
    assert products == pytest.approx(wanted[1:], rel=1e-12)
    assert total == pytest.approx(wanted[0], rel=1e-12)


def test_products_days_and_months_all_agree():
    days, months, total_days, total_months = made_apart()
    found = coherent(days, months, total_days=total_days, total_months=total_months, month_of=MONTH_OF)
    for month in (0, 1):
        assert np.abs(found.days[:, month == MONTH_OF].sum(axis=1) - found.months[:, month]).max() < 1e-10
    assert np.abs(found.days.sum(axis=0) - found.total_days).max() < 1e-10
    assert np.abs(found.months.sum(axis=0) - found.total_months).max() < 1e-10


def test_both_ways_at_once_is_one_after_the_other():
    days, months, total_days, total_months = made_apart()
    over_products = np.vstack([np.ones(4), np.eye(4)])
    over_time = np.vstack([MONTH_OF == 0, MONTH_OF == 1, np.eye(28)]).astype(float)
    summing = np.kron(over_products, over_time)
    base = np.vstack(
        [np.concatenate([total_months, total_days]), np.hstack([months, days])],
    ).ravel()
    weight = 1 / summing.sum(axis=1)
    wanted = np.linalg.solve((summing.T * weight) @ summing, (summing.T * weight) @ base).reshape(4, 28)
    found = coherent(days, months, total_days=total_days, total_months=total_months, month_of=MONTH_OF)
    assert found.days == pytest.approx(wanted, rel=1e-9)


@given(st.integers(1, 8), st.integers(0, 10_000), st.floats(-500, 500))
def test_nothing_is_pushed_below_nought(products, seed, amiss):
    days = np.random.default_rng(seed).exponential(10, (products, 28))
    found, total = reconciled(days, days.sum(axis=0) + amiss)
    assert np.all(found >= 0)
    assert np.abs(found.sum(axis=0) - total).max() < 1e-10
    back, sums = by_month(days, np.full((products, 2), 100.0 + amiss), month_of=MONTH_OF)
    assert np.all(back >= 0)
    assert np.abs(back.sum(axis=1) - sums.sum(axis=1)).max() < 1e-9


def quiet(count=60, days=200, seed=2):
    rng = np.random.default_rng(seed)
    return 100 * (1 + 0.2 * np.sin(2 * np.pi * np.arange(days) / 7)) * rng.normal(1, 0.05, (count, days))


def test_a_dear_day_is_told_and_an_ordinary_one_is_not():
    series = quiet()
    assert unusual(series, floor=10.0).is_unusual.sum() == 0
    assert unusual(series, floor=0.0, share=0.0).is_unusual.mean() <= 0.05
    series[:, -1] *= 1.8
    found = unusual(series, floor=10.0)
    assert found.is_unusual.all()
    assert found.residual == pytest.approx(series[:, -1] * 0.8 / 1.8, rel=0.3)
    series[:, -1] *= 0.2 / 1.8
    assert unusual(series, floor=10.0).is_unusual.all()


@pytest.mark.parametrize(("floor", "share"), [(200.0, 0.2), (10.0, 2.0)])
def test_less_money_than_the_floor_is_not_told(floor, share):
    series = quiet()
    series[:, -1] *= 1.8
    assert not unusual(series, floor=floor, share=share).is_unusual.any()


amounts = st.lists(st.floats(0, 1e4), min_size=3, max_size=3).map(np.array)


@given(amounts, amounts, amounts, amounts)
def test_price_volume_and_mix_add_up_to_the_change(price, volume, later, after):
    found = split(price, volume, price_after=later, volume_after=after)
    change = float((later * after).sum() - (price * volume).sum())
    assert found.change == pytest.approx(change, rel=1e-9, abs=1e-6)


def test_each_cause_alone_is_named():
    price, volume = np.array([2.0, 10.0]), np.array([100.0, 10.0])
    assert split(price, volume, price_after=price, volume_after=2 * volume).volume == pytest.approx(300)
    dearer = split(price, volume, price_after=1.1 * price, volume_after=volume)
    assert (dearer.price, dearer.volume, dearer.mix) == pytest.approx((30, 0, 0))
    moved = split(price, volume, price_after=price, volume_after=np.array([90.0, 20.0]))
    assert (moved.price, moved.volume, moved.mix) == pytest.approx((0, 0, 80))


def test_how_far_off_forecasts_were():
    found = record(
        np.array([104.0, 93.0, 5.0]),
        np.array([100.0, 100.0, 0.0]),
        low=np.array([90.0, 90.0, 1.0]),
        high=np.array([110.0, 95.0, 9.0]),
    )
    assert found.off[:2] == pytest.approx([0.04, -0.07])
    assert found.held.tolist() == [True, False, False]
    assert found.words() == "earlier forecasts were off by +4 %, -7 %"
    assert found.mean_off == pytest.approx(0.055)
    none = np.zeros(0)
    assert "none" in record(none, none, low=none, high=none).words().replace("no earlier", "none")


def test_drivers_are_a_price_and_steps_whatever_a_few_days_say():
    rng = np.random.default_rng(5)
    volume = rng.uniform(1000, 5000, 200)
    fixed = np.where(np.arange(200) < 120, 50.0, 80.0)
    cost = 0.03 * volume + fixed + rng.normal(0, 2, 200)
    cost[::40] += 500
    found = drivers(cost, volume, steps=(120,))
    assert found.price == pytest.approx(0.03, rel=0.02)
    assert found.fixed == pytest.approx([50, 80], abs=1.5)
    planned = np.array([0.0, 40.0])
    assert found.cost(np.array([2000.0, 2000.0]), added=planned) == pytest.approx([140, 180], rel=0.02)
    low, high = found.bounds(np.array([1500.0]), np.array([2500.0]))
    assert low[0] < 125
    assert high[0] > 155

"""Forecasts of series whose truth is known."""

from datetime import date, timedelta

import numpy as np
import pytest

from causeway.stats.forecasts.forecast import forecast
from causeway.stats.forecasts.month_days import charged, days_of_month
from causeway.stats.forecasts.spans import months, peak, total
from causeway.stats.forecasts.weighing import combined

WEEK = np.array([1.0, 1.1, 1.05, 1.0, 0.95, 0.5, 0.4])
DAYS = 400


def week_of(days, *, level=100.0, growth=0.0):
    time = np.arange(days)
    return level * np.exp(growth * time) * WEEK[time % 7]


def simulated(count, days, seed=3):
    rng = np.random.default_rng(seed)
    noise = np.exp(0.08 * rng.standard_normal((count, days)))
    steps = np.exp(
        np.cumsum((rng.random((count, days)) < 1 / 200) * rng.normal(0, 0.2, (count, days)), axis=1)
    )
    return rng.lognormal(3, 1, (count, 1)) * week_of(days, level=1.0) * steps * noise


@pytest.fixture(scope="module")
def tried():
    series = simulated(120, DAYS + 28)
    return forecast(series[:, :DAYS], 28), series[:, DAYS:]


@pytest.mark.parametrize("growth", [0.0, 0.001, -0.002])
def test_a_week_that_repeats_is_forecast_as_it_comes(growth):
    series = week_of(DAYS + 28, growth=growth)
    assert forecast(series[:DAYS], 28).point[0] == pytest.approx(series[DAYS:], rel=0.025)


def test_a_spike_moves_nothing_and_a_step_moves_all():
    series = week_of(DAYS) * np.random.default_rng(1).normal(1, 0.03, DAYS)
    spiked, stepped = series.copy(), series.copy()
    spiked[-10] *= 20
    stepped[-40:] *= 2
    assert forecast(spiked, 28).point[0] == pytest.approx(forecast(series, 28).point[0], rel=0.05)
    assert total(forecast(stepped, 28)).point == pytest.approx(
        2 * total(forecast(series, 28)).point, rel=0.05
    )


def test_intervals_hold_as_often_as_they_say(tried):
    ahead, actual = tried
    assert 0.75 <= np.mean((ahead.low <= actual) & (actual <= ahead.high)) <= 0.9
    for span, came in ((total(ahead), actual.sum(axis=1)), (peak(ahead), actual.max(axis=1))):
        assert 0.7 <= np.mean((span.low <= came) & (came <= span.high)) <= 0.95


def test_it_is_better_than_the_week_before(tried):
    ahead, actual = tried
    series = simulated(120, DAYS + 28)
    naive = np.tile(series[:, DAYS - 7 : DAYS], (1, 4))
    assert np.abs(ahead.point - actual).mean() < 0.8 * np.abs(naive - actual).mean()


def test_a_series_is_forecast_the_same_alone_and_among_others():
    series = simulated(5, 200)
    series[3, :90] = np.nan
    together = forecast(series, 14)
    for row in range(5):
        alone = forecast(series[row], 14)
        for name in ("point", "low", "high"):
            assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[row], rel=1e-9)
        assert peak(alone).high[0] == pytest.approx(peak(together).high[row], rel=1e-9)
        assert alone.how() == together.how(row)


def test_what_is_not_known_yet_weighs_nothing():
    forecasts = np.array([[[[1.0]] * 6], [[[2.0]] * 6]]).reshape(2, 1, 6, 1)
    actual = np.array([1.0, 1.0, 1.0, 2.0, 2.0, np.nan]).reshape(1, 6, 1)
    whole, weights = combined(forecasts, actual, origins=np.arange(10, 16))
    assert whole[0, 0, 0] == 1.5
    assert whole[0, 3, 0] == pytest.approx(1.0, abs=1e-6)
    assert weights.sum() == pytest.approx(1.0)


def test_days_that_are_missing_are_filled_and_zeros_stay_zeros():
    gaps = week_of(DAYS)
    whole = forecast(gaps, 7).point[0]
    gaps[[50, 200, 201, -3]] = np.nan
    assert forecast(gaps, 7).point[0] == pytest.approx(whole, rel=0.02)
    none = forecast(np.zeros(100), 7)
    assert np.all(none.point < 1e-9)
    assert np.all(none.high < 1e-9)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "a guess: 1 days are known"),
        (9, "a guess: 9 days"),
        (20, "from the scatter of 20 days, tried on none"),
        (40, "too few to stand alone"),
        (300, "80% interval, as far off as 33 earlier forecasts were, of 300 days"),
    ],
)
def test_a_short_history_says_so_and_is_wide(days, words):
    ahead = forecast(simulated(1, days), 28)
    assert words in ahead.how()
    assert np.all(ahead.low <= ahead.point)
    assert np.all(ahead.point <= ahead.high)
    if days < 14:
        assert np.all(ahead.high - ahead.low > 0.4 * ahead.point)


def test_nothing_known_is_nothing_said():
    series = np.full((2, 60), np.nan)
    series[1] = 5.0
    ahead = forecast(series, 3)
    assert np.isnan(ahead.point[0]).all()
    assert ahead.point[1] == pytest.approx(5.0)
    assert np.isnan(total(ahead).high[0])


def test_costs_never_fall_below_nought_and_credits_may(tried):
    assert np.all(tried[0].low >= 0)
    booked = np.random.default_rng(1).normal(0, 5, 200)
    assert forecast(booked, 7).low.min() < 0


def test_months_add_up_to_the_total_and_begin_with_what_was_spent():
    ahead = forecast(simulated(2, 300), 60)
    found = months(ahead, date(2026, 10, 20), so_far=np.array([100.0, 7.0]))
    assert [(each.first, each.days) for each in found] == [
        (date(2026, 10, 1), 12),
        (date(2026, 11, 1), 30),
        (date(2026, 12, 1), 18),
    ]
    points = sum(each.cost.point for each in found)
    assert points == pytest.approx(total(ahead).point + np.array([100.0, 7.0]), rel=1e-12)
    assert all(np.all(each.cost.low <= each.cost.point) for each in found)
    assert all(np.all(each.cost.point <= each.cost.high) for each in found)


def test_further_days_are_less_sure_beyond_what_could_be_looked_back_on():
    ahead = forecast(simulated(1, 120), 300)
    width = (ahead.high - ahead.low)[0] / ahead.point[0]
    assert width[290:297].mean() > 1.5 * width[:7].mean()


def with_fee(series, began, *, fee=300.0, day=1):
    days = days_of_month(began, series.shape[-1])
    return series + fee * (days == day)


@pytest.mark.parametrize("fee", [300.0, -60.0])
def test_what_is_charged_on_one_day_of_each_month_comes_again_there(fee):
    began = date(2025, 1, 1)
    plain = 100 * np.random.default_rng(2).normal(1, 0.04, (3, DAYS + 28))
    series = with_fee(plain, began, fee=fee, day=20)
    known, actual = series[:, :DAYS], series[:, DAYS:]
    ahead = forecast(known, 28, began=began)
    on = days_of_month(began, DAYS + 28)[DAYS:] == 20
    assert ahead.point[:, on] == pytest.approx(actual[:, on], rel=0.2)
    assert ahead.point[:, ~on] == pytest.approx(actual[:, ~on], rel=0.2)
    assert np.abs(forecast(known, 28).point[:, on] - actual[:, on]).min() > 0.7 * abs(fee)
    assert forecast(series[1, 40:DAYS], 28, began=began + timedelta(40)).point[0] == pytest.approx(
        ahead.point[1], rel=0.1
    )


def test_a_fee_is_known_after_three_months_and_forgotten_when_it_stops():
    began = date(2025, 1, 1)
    series = with_fee(100 * np.random.default_rng(2).normal(1, 0.04, (1, 400)), began)
    day = days_of_month(began, 400)
    known = np.flatnonzero(charged(series, day)[0])
    assert [began + timedelta(int(each)) for each in known[:2]] == [date(2025, 4, 1), date(2025, 5, 1)]
    assert set(day[known]) == {1}
    series[0, 243:] = 100
    assert not charged(series, day)[0, 243:].any()
    assert not charged(simulated(20, 400), day).any(axis=1).mean() > 0.1


def test_rare_days_of_cost_are_in_the_total_though_no_single_day_is_likely():
    rng = np.random.default_rng(6)
    series = np.where(rng.random((60, DAYS + 28)) < 0.15, rng.lognormal(3, 0.6, (60, DAYS + 28)), 0.0)
    ahead = forecast(series[:, :DAYS], 28)
    assert total(ahead).point.mean() == pytest.approx(series[:, DAYS:].sum(axis=1).mean(), rel=0.25)


@pytest.mark.parametrize(("days", "ahead", "level"), [(0, 7, 0.8), (50, 0, 0.8), (50, 7, 1.0)])
def test_nothing_to_go_by_is_refused(days, ahead, level):
    with pytest.raises(ValueError, match="needs days"):
        forecast(np.ones(days), ahead, level=level)


def test_a_year_of_a_calm_series_is_not_as_unsure_as_that_of_a_random_walk():
    rng = np.random.default_rng(8)
    calm = 100 * rng.normal(1, 0.1, 500)
    walk = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 500)))
    widths = [
        (total(each).high - total(each).low) / total(each).point
        for each in (forecast(calm, 300), forecast(walk, 300))
    ]
    assert widths[0] < 0.6
    assert widths[1] > 2 * widths[0]

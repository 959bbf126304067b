"""Delays of outcomes: those still to come neither count as known nor as never."""

import numpy as np
import pytest

from causeway.stats.delays import Waiting, arrival_of, delays_of, merged_delays

RNG = np.random.default_rng(4)
DAY = 86_400.0


def waiting(*, hours, join, median_days, per_hour=50, now_hours=None):
    made = []
    for hour in range(hours):
        age = ((now_hours or hours) - hour) * 3600.0
        delay = RNG.lognormal(np.log(median_days * DAY), 0.6, per_hour)
        comes = RNG.random(per_hour) < join
        made.append(Waiting(age, per_hour, delays_of(delay[comes & (delay <= age)])))
    return made


def test_the_share_that_comes_is_right_while_half_of_it_is_still_to_come():
    arrival = arrival_of(waiting(hours=30 * 24, join=0.6, median_days=7))
    naive = sum(each.delays.counts.sum() for each in waiting(hours=30 * 24, join=0.6, median_days=7)) / (
        30 * 24 * 50
    )
    assert naive < 0.5
    assert arrival.join_rate == pytest.approx(0.6, abs=0.03)
    assert arrival.quantile(0.5) == pytest.approx(7 * DAY, rel=0.2)
    assert arrival.after(7 * DAY) == pytest.approx(0.3, abs=0.05)
    assert arrival.low[-1] < arrival.join_rate


def test_delays_add_up_and_those_before_the_prediction_are_told():
    first, second = delays_of(np.array([-5.0, 0.0, 30.0])), delays_of(np.array([30.0, 1e12]))
    both = merged_delays([first, second])
    assert both.before == 1
    assert both.counts.sum() == 5
    assert (both.places == delays_of(np.array([-5.0, 0.0, 30.0, 30.0, 1e12])).places).all()


def test_without_outcomes_nothing_is_known_of_delays():
    arrival = arrival_of([Waiting(DAY, 100, delays_of(np.empty(0)))])
    assert arrival.join_rate == 0
    assert np.isnan(arrival.quantile(0.95))
    assert arrival_of([]).join_rate == 0

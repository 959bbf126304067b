"""Sequences of means against the integral that they invert, and against chance."""

import math

import numpy as np
import pytest

from causeway.stats.mean_sequence import BEST_AT, Sums, added, between_days, mean_sequence


def sums(values):
    return Sums(len(values), float(np.mean(values)), float(((values - np.mean(values)) ** 2).sum()))


def test_sums_add_whatever_is_added_to_what():
    values = np.random.default_rng(1).exponential(3, 500)
    parts = np.split(values, [3, 4, 200])
    together, whole = added(map(sums, parts)), sums(values)
    assert (together.mean, together.spread) == pytest.approx((whole.mean, whole.spread))
    assert whole.variance == pytest.approx(values.var(ddof=1))


@pytest.mark.parametrize("rows", [200, 1000, 30_000])
def test_at_its_end_the_mixture_of_likelihoods_is_one_by_alpha(rows):
    alpha, spread = 0.01, 4.0
    seen = Sums(rows, 0.0, spread * (rows - 1))
    level = -2 * math.log(alpha)
    scale = math.sqrt((level + math.log(level + 1)) / BEST_AT)
    total = mean_sequence(seen, alpha=alpha).high * rows / math.sqrt(spread)
    bets, step = np.linspace(-12 * scale, 12 * scale, 400_001, retstep=True)
    weights = np.exp(-((bets / scale) ** 2) / 2) / (scale * math.sqrt(2 * math.pi))
    mixture = float((np.exp(bets * total - bets**2 * rows / 2) * weights).sum() * step)
    assert mixture == pytest.approx(1 / alpha, rel=1e-4)


def test_it_holds_at_all_looks_together():
    rng, out = np.random.default_rng(3), 0
    for _ in range(200):
        parts = [sums(rng.exponential(2.0, 100)) for _ in range(40)]
        looks = (mean_sequence(added(parts[:each]), alpha=0.05) for each in range(2, 41))
        out += any(not each.low <= 2.0 <= each.high for each in looks)
    assert out <= 10


def test_few_values_say_nothing():
    assert mean_sequence(Sums(199, 1.0, 1.0), alpha=0.05) is None


def test_days_that_differ_are_seen_and_weekdays_are_not_counted():
    rng = np.random.default_rng(5)
    weekly = [(day, sums(rng.normal(5 * (day % 7 < 5), 1, 100))) for day in range(35)]
    lucky = [(day, sums(rng.normal(rng.normal(0, 0.3), 1, 100))) for day in range(35)]
    assert between_days(weekly) < 2.5
    assert between_days(lucky) > 3
    assert between_days(weekly[:3]) == 4.0
    assert between_days([]) == 1.0

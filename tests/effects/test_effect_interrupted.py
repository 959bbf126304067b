"""Interrupted series, beside statsmodels and the likelihood written out."""

import math

import numpy as np
import pytest

from causeway.stats.effects.interrupted import MEMORIES, design_of, interrupted

DAYS = 100
NOISE = np.cos(2.9 * np.arange(DAYS) ** 2)
LASTING = np.array([sum(0.6**k * NOISE[t - k] for k in range(t + 1)) for t in range(DAYS)])
SERIES = 0.03 * np.arange(DAYS) + LASTING + 1.5 * (np.arange(DAYS) >= 60)


def test_the_step_is_that_of_generalised_least_squares():
    # the reference is statsmodels, GLS with a covariance of 0.5 to the power of the lag
    seen = interrupted(SERIES, 60)
    assert seen.memory == pytest.approx(0.5)
    assert seen.effect.estimate == pytest.approx(1.614492019540512)
    assert seen.effect.error == pytest.approx(0.5170627613485184)


def test_the_memory_is_the_most_likely_by_restricted_likelihood():
    design = design_of(DAYS, 60)
    lags = np.abs(np.subtract.outer(np.arange(DAYS), np.arange(DAYS)))

    def likely(memory: float) -> float:
        spread = memory ** lags.astype(float) if memory else np.eye(DAYS)
        spread = spread / (1 - memory**2)
        inverse = np.linalg.inv(spread)
        known = design.T @ inverse @ design
        left = SERIES - design @ np.linalg.solve(known, design.T @ inverse @ SERIES)
        sizes = np.linalg.slogdet(spread)[1] + np.linalg.slogdet(known)[1]
        return float(-sizes / 2 - (DAYS - design.shape[1]) / 2 * math.log(left @ inverse @ left))

    tried = [round(float(one), 10) for one in MEMORIES[17:24]]
    assert max(tried, key=likely) == pytest.approx(interrupted(SERIES, 60).memory)


def test_a_series_beside_it_narrows_the_interval():
    rng = np.random.default_rng(2)
    common = rng.normal(size=200).cumsum() * 0.3
    series = common + rng.normal(0, 0.2, 200) + (np.arange(200) >= 120)
    alone, beside = interrupted(series, 120), interrupted(series, 120, control=common)
    assert beside.effect.low < 1 < beside.effect.high
    assert beside.effect.high - beside.effect.low < 0.5 * (alone.effect.high - alone.effect.low)


def test_a_change_before_the_start_shows_in_the_placebos():
    rng = np.random.default_rng(3)
    series = rng.normal(0, 0.3, 200) + 3.0 * (np.arange(200) >= 72)
    assert not interrupted(series, 120).is_quiet
    assert interrupted(series - 3.0 * (np.arange(200) >= 72), 120).is_quiet


def test_less_than_two_weeks_say_nothing():
    seen = interrupted(SERIES, 10)
    assert not seen.effect.is_known
    assert not seen.is_quiet
    assert interrupted(SERIES, 20).placebos == ()


def test_a_missing_day_is_refused():
    with pytest.raises(ValueError, match="each day"):
        interrupted(np.where(np.arange(DAYS) == 4, np.nan, SERIES), 60)

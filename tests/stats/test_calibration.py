"""Calibration is told from chance at the promised rate; the rest is scikit-learn's and scipy's."""

import itertools

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk
from sklearn.metrics import brier_score_loss

from causeway.stats.calibration import calibration_of
from causeway.stats.proportion import ratio_interval, wilson

RNG = np.random.default_rng(5)


def calibrated(rows, rng=RNG):
    chance = rng.beta(1.5, 3, rows)
    return (rng.random(rows) < chance).astype(float), chance


def test_brier_is_scikit_learns_and_the_error_that_of_a_plain_loop():
    truth, chance = calibrated(1000)
    seen = calibration_of(truth, chance)
    assert seen.brier == pytest.approx(brier_score_loss(truth, chance))
    edges = np.quantile(chance, np.linspace(0, 1, 11))
    apart = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (chance > low) & (chance <= high) if low > edges[0] else chance <= high
        apart += abs(truth[inside].mean() - chance[inside].mean()) * inside.sum() / len(truth)
    assert seen.error == pytest.approx(apart)
    assert sum(each.rows for each in seen.bins) == seen.rows == 1000


def test_a_calibrated_model_is_called_off_in_about_one_of_twenty():
    rng = np.random.default_rng(1)
    off = [calibration_of(*calibrated(400, rng), resamples=200, seed=i).is_off for i in range(300)]
    assert 0.02 <= np.mean(off) <= 0.09


def test_overconfidence_is_seen():
    truth, chance = calibrated(2000)
    bold = chance**2 / (chance**2 + (1 - chance) ** 2)
    assert calibration_of(truth, bold).is_off
    assert calibration_of(truth, bold).error > 3 * calibration_of(truth, chance).error


def test_one_probability_for_all_is_one_bin():
    truth = np.array([0.0, 1.0, 0.0, 0.0])
    seen = calibration_of(truth, np.full(4, 0.25))
    assert [(each.rows, each.said, each.came) for each in seen.bins] == [(4, 0.25, 0.25)]
    assert seen.error == pytest.approx(0)


@pytest.mark.parametrize(("hits", "rows"), [(0, 5), (5, 5), (1, 7), (30, 100), (999, 1000)])
def test_the_interval_of_a_share_is_scipys(hits, rows):
    theirs = binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits, rows) == pytest.approx((theirs.low, theirs.high))


def test_without_rows_nothing_is_known_of_a_share():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("counts", [(10, 100, 20, 90), (1, 9, 8, 9), (50, 50, 3, 70)])
def test_the_interval_of_a_ratio_is_scipys(counts):
    theirs = relative_risk(*counts).confidence_interval(0.95)
    assert ratio_interval(*counts) == pytest.approx((theirs.low, theirs.high))


def test_nothing_is_known_of_a_ratio_to_nought():
    assert ratio_interval(0, 10, 3, 10) == (0.0, float("inf"))

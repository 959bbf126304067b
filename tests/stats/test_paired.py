"""Paired comparisons hold their level in simulations, and are scipy's where scipy has them."""

import numpy as np
import pytest
from scipy.stats import binomtest, kstest
from sklearn.metrics import roc_auc_score

from causeway.stats.paired import delong, mcnemar
from causeway.stats.quality import score_of


def scores(rng, rows, *, strength, other):
    truth = (rng.random(rows) < 0.4).astype(float)
    shared = rng.normal(size=rows)
    first = strength * truth + shared + rng.normal(size=rows)
    return truth, np.round(first, 1), np.round(other * truth + shared + rng.normal(size=rows), 1)


def test_delong_is_level_where_both_are_equally_good():
    rng = np.random.default_rng(3)
    values = [delong(*scores(rng, 200, strength=1.0, other=1.0)).p for _ in range(600)]
    assert kstest(values, "uniform").pvalue > 0.001


def test_delongs_difference_is_that_of_the_areas_and_its_spread_that_of_the_bootstrap():
    rng = np.random.default_rng(4)
    truth, first, second = scores(rng, 800, strength=1.2, other=0.8)
    seen = delong(truth, first, second)
    assert seen.difference == pytest.approx(roc_auc_score(truth, first) - roc_auc_score(truth, second))
    drawn = score_of("roc_auc", truth, first, second)
    assert (seen.p < 0.05) == (drawn.gain_low > 0)


def test_the_same_answers_do_not_differ():
    truth, first, _ = scores(np.random.default_rng(5), 50, strength=1.0, other=1.0)
    assert delong(truth, first, first).p == 1.0


def test_delong_needs_both_classes():
    with pytest.raises(ValueError, match="each class"):
        delong(np.array([0.0, 0.0, 1.0]), np.arange(3.0), np.arange(3.0))


def test_mcnemar_is_the_exact_binomial_test():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, 300).astype(float)
    first = np.where(rng.random(300) < 0.8, truth, 9)
    second = np.where(rng.random(300) < 0.7, truth, 9)
    won = int(((first == truth) & (second != truth)).sum())
    lost = int(((second == truth) & (first != truth)).sum())
    seen = mcnemar(truth, first, second)
    assert seen.p == pytest.approx(binomtest(min(won, lost), won + lost).pvalue)
    assert seen.difference == pytest.approx((won - lost) / 300)

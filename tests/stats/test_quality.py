"""Metrics equal scikit-learn's, intervals scipy's; without skill there is no gain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from causeway.stats.quality import (
    METRICS,
    score_of,
    trivial_class,
    trivial_probabilities,
    trivial_probability,
    trivial_value,
)

RNG = np.random.default_rng(11)
THEIRS = {
    "accuracy": metrics.accuracy_score,
    "f1": lambda y, a, **k: metrics.f1_score(y, a, zero_division=0, **k),
    "macro_f1": lambda y, a, **k: metrics.f1_score(y, a, average="macro", **k),
    "roc_auc": metrics.roc_auc_score,
    "log_loss": lambda y, a, **k: metrics.log_loss(y, a, labels=range(max(2, a.ndim and a.shape[-1])), **k),
    "mae": metrics.mean_absolute_error,
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
}


def labels(rows, classes=2):
    truth = RNG.integers(0, classes, rows).astype(float)
    truth[:classes] = np.arange(classes)
    return truth, np.where(RNG.random(rows) < 0.6, truth, RNG.integers(0, classes, rows))


def case(metric, rows=80):
    if metric == "macro_f1":
        return labels(rows, 4)
    if metric == "log_loss":
        truth, _ = labels(rows, 3)
        return truth, RNG.dirichlet(np.ones(3), rows)
    truth, answers = labels(rows)
    if metric == "roc_auc":
        return truth, np.round(0.3 * truth + RNG.random(rows), 1)
    if METRICS[metric].answers == "value":
        truth = RNG.normal(size=rows)
        return truth, truth + RNG.normal(size=rows)
    return truth, answers


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_metrics_are_scikit_learns_with_and_without_weights(metric):
    for _ in range(5):
        truth, answers = case(metric)
        weights = RNG.integers(1, 5, len(truth)).astype(float)
        assert METRICS[metric].of(truth, answers) == pytest.approx(THEIRS[metric](truth, answers), rel=1e-12)
        ours = METRICS[metric].weighted(truth, answers)(weights)
        assert ours == pytest.approx(THEIRS[metric](truth, answers, sample_weight=weights), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_area_counts_pairs_and_ties_half(cells):
    truth = np.array([float(one) for one, _ in cells])
    answers = np.array([float(value) for _, value in cells])
    ones, zeros = answers[truth == 1], answers[truth == 0]
    area = METRICS["roc_auc"].of(truth, answers)
    if not len(ones) or not len(zeros):
        assert np.isnan(area)
        return
    assert area == pytest.approx(stats.mannwhitneyu(ones, zeros).statistic / (len(ones) * len(zeros)))
    assert METRICS["roc_auc"].of(truth, -answers) == pytest.approx(1 - area)


def test_log_loss_takes_the_probability_of_one_alone_and_survives_certainty():
    truth, answers = case("roc_auc")
    probability = np.clip(answers, 0, 1)
    both = np.column_stack([1 - probability, probability])
    assert METRICS["log_loss"].of(truth, probability) == METRICS["log_loss"].of(truth, both)
    assert np.isfinite(METRICS["log_loss"].of(np.array([1.0]), np.array([0.0])))


def test_the_interval_is_the_percentile_bootstraps():
    truth, answers = case("mae", 60)
    ours = score_of("mae", truth, answers, np.zeros(60), count=4000)
    theirs = stats.bootstrap(
        (np.abs(truth - answers),), np.mean, method="percentile", n_resamples=4000, random_state=1
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.03)


def test_the_gain_is_paired_and_positive_when_better():
    truth = RNG.normal(size=400)
    near = truth + RNG.normal(scale=0.1, size=400)
    score = score_of("mae", truth, near, trivial_value(truth))
    assert score.gain == pytest.approx(score.baseline - score.value)
    assert 0 < score.gain_low < score.gain < score.gain_high
    same = score_of("mae", truth, near, near)
    assert (same.gain, same.gain_low, same.gain_high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "log_loss"])
def test_a_coin_has_no_skill(metric):
    hits = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        truth = (generator.random(150) < 0.3).astype(float)
        coin = generator.random(150)
        answers = (coin < 0.3).astype(float) if metric == "accuracy" else coin
        trivial = trivial_class(truth) if metric == "accuracy" else trivial_probability(truth)
        hits += score_of(metric, truth, answers, trivial, count=200).gain_low > 0
    assert hits <= 4


def test_the_same_seed_gives_the_same_score():
    truth, answers = case("f1")
    assert score_of("f1", truth, answers, truth * 0) == score_of("f1", truth, answers, truth * 0)


def test_trivial_answers_know_only_the_rows_outside_the_fold():
    truth = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    folds = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    assert trivial_class(truth, folds).tolist() == [1, 1, 1, 0, 0]
    assert trivial_class(truth).tolist() == [0] * 5
    assert trivial_probability(truth).tolist() == [0.4] * 5
    assert trivial_value(np.array([1.0, 2.0, 9.0])).tolist() == [2.0] * 3
    assert trivial_probabilities(truth, 2, folds=folds).tolist() == [[0, 1]] * 3 + [[1, 0]] * 2


def test_resamples_without_a_class_leave_the_area_undefined_not_wrong():
    truth = np.array([0.0, 0.0, 0.0, 1.0])
    score = score_of("roc_auc", truth, np.arange(4.0), np.zeros(4))
    assert (score.value, score.low, score.high) == (1.0, 1.0, 1.0)
    lone = score_of("roc_auc", np.zeros(3), np.arange(3.0), np.zeros(3))
    assert np.isnan([lone.value, lone.low, lone.gain_low]).all()


def test_the_trivial_answer_to_many_rows_is_quick():
    truth = (RNG.random(13_000) < 0.2).astype(float)
    score = score_of("roc_auc", truth, truth + RNG.normal(size=13_000), trivial_probability(truth))
    assert score.baseline == 0.5
    assert score.gain_low > 0.2


def test_copies_of_a_row_make_no_interval_narrower():
    truth = RNG.normal(size=100)
    answers, groups = truth + RNG.normal(size=100), np.repeat(np.arange(100), 5)
    own = score_of("mae", truth, answers, truth * 0)
    five = [np.repeat(each, 5) for each in (truth, answers, truth * 0)]
    together = score_of("mae", *five, groups=groups)
    assert (together.low, together.high) == pytest.approx((own.low, own.high))
    alone = score_of("mae", *five)
    assert alone.high - alone.low < 0.6 * (own.high - own.low)

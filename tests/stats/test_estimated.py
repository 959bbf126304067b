"""Estimates without outcomes: near the truth where only the mix of rows changed, blind where more did."""

import numpy as np
import pytest

from causeway.stats.binned import binned, merged_scores
from causeway.stats.binned_metrics import brier, roc_auc
from causeway.stats.estimated import calibrator_of, estimate_of, halves, miscalibration
from causeway.stats.estimated_errors import error_model, errors_expected, expected_of
from causeway.stats.estimated_weights import weighted_calibrator, weighted_metric, weights_of
from causeway.stats.quality import METRICS


def world(generator, rows, *, shift=0.0, spread=1.0, concept=0.0):
    x = generator.normal(size=(rows, 3))
    x[:, 0] = spread * x[:, 0] + shift
    truth = 1 / (1 + np.exp(1 - (1.4 - concept) * x[:, 0] - 0.6 * x[:, 1]))
    # the model is too sure of itself
    scores = 1 / (1 + np.exp(1.5 * (0.8 - 1.4 * x[:, 0] - 0.6 * x[:, 1])))
    return x, scores, (generator.random(rows) < truth).astype(float)


def errors_of(estimate, *, draws=6, rows=5000, seed=1, **change):
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        x, scores, truth = world(generator, rows, **change)
        found.append(abs(estimate(x, scores) - METRICS["roc_auc"].of(truth, scores)))
    return float(np.mean(found))


def by_scores(calibrator):
    return lambda _, s: estimate_of("roc_auc", binned(s, np.full(len(s), np.nan)), calibrator).value


def by_weights(x, scores, truth):
    return lambda z, _: weighted_metric("roc_auc", truth, scores, weights_of(x, z)).value


@pytest.fixture(scope="module")
def known():
    return world(np.random.default_rng(0), 20_000)


@pytest.mark.parametrize("change", [{}, {"shift": 1.0}, {"spread": 0.5}, {"shift": -1.0, "spread": 0.7}])
def test_scores_made_honest_tell_the_area_under_covariate_shift(known, change):
    _, scores, truth = known
    calibrator = calibrator_of(binned(scores, truth))
    constant = METRICS["roc_auc"].of(truth, scores)
    ours = errors_of(
        lambda _, s: estimate_of("roc_auc", binned(s, np.full(len(s), np.nan)), calibrator).value, **change
    )
    assert ours < 0.012
    if "spread" in change:
        assert ours < errors_of(lambda *_: constant, **change) / 3


def test_no_estimate_knows_of_a_changed_relation(known):
    x, scores, truth = known
    calibrator = calibrator_of(binned(scores, truth))
    constant = METRICS["roc_auc"].of(truth, scores)
    nothing = errors_of(lambda *_: constant, concept=0.8)
    ours = errors_of(
        lambda _, s: estimate_of("roc_auc", binned(s, np.full(len(s), np.nan)), calibrator).value, concept=0.8
    )
    weighed = errors_of(
        lambda z, _: weighted_metric("roc_auc", truth, scores, weights_of(x, z)).value, concept=0.8, draws=2
    )
    assert min(ours, weighed) > 0.8 * nothing > 0.04


def test_the_interval_of_the_estimate_holds_what_comes(known):
    _, scores, truth = known
    calibrator = calibrator_of(binned(scores, truth))
    generator = np.random.default_rng(2)
    for metric, of in (("roc_auc", roc_auc), ("brier", brier)):
        held = 0
        for _ in range(100):
            _, s, t = world(generator, 1000)
            seen = binned(s, t)
            estimate = estimate_of(metric, seen, calibrator)
            held += estimate.low <= of(seen).value <= estimate.high
        assert 88 <= held <= 100


def test_a_confidence_tells_how_many_labels_are_right():
    generator = np.random.default_rng(3)
    sure = generator.beta(4, 2, 20_000)
    calibrator = calibrator_of(binned(sure, (generator.random(20_000) < sure**1.5).astype(float)))
    later = generator.beta(2, 2, 5000)
    estimate = estimate_of("confidence", binned(later, np.full(5000, np.nan)), calibrator)
    assert estimate.value == pytest.approx(float((later**1.5).mean()), abs=0.015)


def test_rows_beyond_the_reference_are_counted_and_too_few_are_none():
    generator = np.random.default_rng(4)
    scores = generator.uniform(0.2, 0.6, 2000)
    calibrator = calibrator_of(binned(scores, (generator.random(2000) < scores).astype(float)))
    new = binned(np.r_[np.full(30, 0.9), np.full(70, 0.4)], np.full(100, np.nan))
    assert estimate_of("roc_auc", new, calibrator).beyond == pytest.approx(0.3)
    assert calibrator_of(binned(scores[:100], np.ones(100))) is None
    assert estimate_of("roc_auc", binned(np.empty(0), np.empty(0)), calibrator) is None


def test_halves_add_up_and_tell_scores_that_promise_nothing():
    generator = np.random.default_rng(5)
    scores = generator.random(6000)
    bins = binned(scores, (generator.random(6000) < np.abs(2 * scores - 1)).astype(float))
    first, second = halves(bins)
    assert (merged_scores([first, second]).counts == bins.counts).all()
    error, by_chance = miscalibration(second, calibrator_of(first))
    assert error > 2 * by_chance


def test_weights_make_known_rows_look_like_new_ones_and_tell_when_few_decide(known):
    x, scores, truth = known
    generator = np.random.default_rng(6)
    new, _, _ = world(generator, 5000, shift=1.0, spread=0.7)
    weights = weights_of(x, new)
    assert weights.values.mean() == pytest.approx(1.0)
    assert float(weights.values @ x[:, 0] / len(x)) == pytest.approx(new[:, 0].mean(), abs=0.05)
    assert weights.enough
    far, _, _ = world(generator, 5000, shift=6.0, spread=0.2)
    assert not weights_of(x[:2000], far).enough
    for change in ({"spread": 0.5}, {"shift": 1.0, "spread": 0.7}):
        ours = errors_of(
            lambda z, _: weighted_metric("roc_auc", truth, scores, weights_of(x, z)).value, draws=3, **change
        )
        assert ours < 0.015
    calibrator = weighted_calibrator(scores, truth, weights)
    assert calibrator.of(np.array([0.5]))[0] == pytest.approx(0.5, abs=0.12)


def test_missing_columns_and_constant_ones_are_weighed_too():
    generator = np.random.default_rng(7)
    x = np.column_stack(
        [generator.normal(size=3000), np.ones(3000), np.where(generator.random(3000) < 0.2, np.nan, 1.0)]
    )
    new = x.copy()
    new[:, 2] = np.where(generator.random(3000) < 0.6, np.nan, 1.0)
    weights = weights_of(x, new)
    assert weights.values[np.isnan(x[:, 2])].mean() > 2 * weights.values[~np.isnan(x[:, 2])].mean()


def numbers(generator, rows, *, shift=0.0, worse=1.0):
    x = generator.normal(size=(rows, 3))
    x[:, 0] += shift
    spread = worse * np.exp(0.4 * x[:, 0] + 0.3 * np.abs(x[:, 1]))
    answers = 2 * x[:, 0] + x[:, 1]
    return x, answers, answers + spread * generator.normal(size=rows)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_errors_of_numbers_are_told_under_covariate_shift(shift):
    generator = np.random.default_rng(8)
    x, answers, truth = numbers(generator, 10_000)
    model = error_model(answers, x, answers - truth, names="abc")
    constant = float(np.sqrt(np.mean((answers - truth) ** 2)))
    ours, nothing = [], []
    for _ in range(5):
        z, given, came = numbers(generator, 4000, shift=shift)
        real = float(np.sqrt(np.mean((given - came) ** 2)))
        seen = expected_of(model, given, z, np.ones(4000, bool))
        ours.append(abs(np.sqrt(seen.squared / seen.rows) - real))
        nothing.append(abs(constant - real))
    assert np.mean(ours) < 0.08 * real
    if shift:
        assert np.mean(ours) < np.mean(nothing) / 3


def test_rows_outside_of_what_was_learnt_are_counted_and_missing_numbers_answered():
    generator = np.random.default_rng(9)
    x, answers, truth = numbers(generator, 2000)
    x[::7, 2] = np.nan
    model = error_model(answers, x, answers - truth, names="abc")
    far = x[:50].copy()
    far[:10, 1] = 40.0
    seen = expected_of(model, answers[:50], far, np.arange(50) < 20)
    assert seen.beyond == 10
    assert (seen.rows, seen.known_rows) == (50, 20)
    assert np.isfinite(errors_expected(model, answers, x)).all()
    assert error_model(answers[:100], x[:100], answers[:100], names="abc") is None
    assert error_model(answers, x, np.zeros(2000), names="abc") is None

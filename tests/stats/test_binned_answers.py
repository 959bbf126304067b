"""Labels and numbers from sums are scikit-learn's, and intervals hold the truth as often as they say."""

import numpy as np
import pytest
from sklearn import metrics

from causeway.stats.binned import binned
from causeway.stats.binned_answers import UNKNOWN_YET, counted, merged_labels, merged_numbers, summed
from causeway.stats.binned_metrics import (
    accuracy,
    bias,
    brier,
    confusion_of,
    ece,
    log_loss,
    macro_f1,
    mae,
    metric_of,
    r2,
    rmse,
    roc_auc,
    two_class,
)
from causeway.stats.quality_form import QualityWindow, QualityWindows, read_windows, write_windows

RNG = np.random.default_rng(8)


def labelled(rows, classes=4):
    came = RNG.choice(classes, rows, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
    return np.where(RNG.random(rows) < 0.7, came, RNG.integers(0, classes, rows)), came


def test_labels_from_counts_are_scikit_learns():
    said, came = labelled(5000)
    counts = counted("abcd", said, came)
    assert accuracy(counts).value == pytest.approx(metrics.accuracy_score(came, said))
    assert macro_f1(counts).value == pytest.approx(metrics.f1_score(came, said, average="macro"))
    parts = merged_labels([counted("abcd", said[:40], came[:40]), counted("abcd", said[40:], came[40:])])
    assert (parts.counts == counts.counts).all()


def test_a_label_nobody_knew_and_one_that_is_not_known_yet_are_kept_apart():
    counts = counted("ab", np.array([0, 1, 1, -1]), np.array([0, -1, UNKNOWN_YET, 1]))
    assert (counts.rows, counts.known) == (4, 3)
    assert accuracy(counts).value == pytest.approx(1 / 3)
    wider = merged_labels([counts, counted("bc", np.array([1]), np.array([1]))])
    assert wider.classes == ("a", "b", "c")
    assert (wider.rows, accuracy(wider).value) == (5, 0.5)


def test_two_classes_have_the_last_as_yes():
    said, came = labelled(400, classes=2)
    seen = confusion_of(counted(("no", "yes"), said, came))
    assert two_class("f1", seen).value == pytest.approx(metrics.f1_score(came, said))
    assert two_class("recall", seen).value == pytest.approx(metrics.recall_score(came, said))


@pytest.mark.parametrize("far", [0.0, 1e6])
def test_numbers_from_sums_are_scikit_learns_in_parts_and_far_from_nought(far):
    truth = far + RNG.normal(50, 10, 3000)
    answers = truth + RNG.normal(1, 4, 3000)
    whole = summed(answers, truth)
    parts = merged_numbers([summed(answers[i::4], truth[i::4]) for i in range(4)])
    for sums in (whole, parts):
        assert rmse(sums).value == pytest.approx(metrics.root_mean_squared_error(truth, answers))
        assert mae(sums).value == pytest.approx(metrics.mean_absolute_error(truth, answers))
        assert r2(sums).value == pytest.approx(metrics.r2_score(truth, answers), abs=1e-7)
        assert bias(sums).value == pytest.approx((answers - truth).mean())
    assert (r2(parts).low, r2(parts).high) == pytest.approx((r2(whole).low, r2(whole).high), abs=1e-6)
    pending = summed(np.array([1.0, 2.0, np.nan]), np.array([np.nan, 3.0, 1.0]))
    assert (pending.known, pending.unknown) == (1, 1)


def test_windows_come_back_as_they_were_written():
    scores = binned(RNG.random(100), (RNG.random(100) < 0.4).astype(float))
    window = QualityWindow(0, 1, "r", "live", scores=scores, numbers=summed(np.ones(2), np.zeros(2)))
    back = read_windows(write_windows(QualityWindows((window,)))).windows[0]
    assert metric_of(back, "roc_auc") == metric_of(window, "roc_auc")
    assert metric_of(back, "rmse") == metric_of(window, "rmse")
    assert metric_of(back, "macro_f1") is None
    with pytest.raises(ValueError, match=r"."):
        read_windows(b"nothing of ours")


def scores_of(rows, generator):
    signal = generator.normal(size=rows)
    chance = 1 / (1 + np.exp(1.0 - signal))
    return chance, (generator.random(rows) < chance).astype(float)


def covered(of, truth, draw, *, count=400, seed=1):
    generator = np.random.default_rng(seed)
    found = [of(draw(generator)) for _ in range(count)]
    return np.mean([each.low <= truth <= each.high for each in found])


@pytest.mark.parametrize("of", [roc_auc, log_loss, brier])
def test_intervals_of_scores_hold_the_truth(of):
    truth = of(binned(*scores_of(1_000_000, np.random.default_rng(0)))).value
    for rows in (100, 500):
        assert 0.92 <= covered(of, truth, lambda g, n=rows: binned(*scores_of(n, g))) <= 0.985


def test_intervals_of_calibration_hold_at_least_as_often_and_a_calibrated_model_is_rarely_called_off():
    def off(generator, rows=1000):
        chance, truth = scores_of(rows, generator)
        return binned(np.clip(chance + 0.06, 0, 1), truth)

    assert covered(ece, ece(off(np.random.default_rng(0), 1_000_000)).value, off, count=300) >= 0.94
    generator = np.random.default_rng(3)
    alarms = [(e := ece(binned(*scores_of(1000, generator)))).value > e.by_chance for _ in range(400)]
    assert np.mean(alarms) <= 0.08


def numbers_of(rows, generator):
    truth = generator.gamma(2.0, 10.0, rows)
    return summed(truth + generator.standard_t(8, rows) * (1 + truth / 10), truth)


@pytest.mark.parametrize("of", [rmse, mae, bias, r2])
def test_intervals_of_numbers_hold_the_truth(of):
    truth = of(numbers_of(2_000_000, np.random.default_rng(0))).value
    assert 0.90 <= covered(of, truth, lambda g: numbers_of(500, g)) <= 0.985


def test_the_interval_of_macro_f1_holds_the_truth():
    def draw(generator, rows=300):
        came = generator.choice(3, rows, p=[0.6, 0.3, 0.1])
        said = np.where(generator.random(rows) < 0.65, came, generator.integers(0, 3, rows))
        return counted("abc", said, came)

    truth = macro_f1(draw(np.random.default_rng(0), 2_000_000)).value
    assert 0.92 <= covered(macro_f1, truth, draw) <= 0.98

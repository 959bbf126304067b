"""Binned scores say what the rows say: metrics as scikit-learn's, and parts add up to the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from causeway.stats.binned import MOST_BINS, binned, edges_of, merged_scores, places_of
from causeway.stats.binned_metrics import brier, confusion_at, ece, log_loss, roc_auc, two_class

RNG = np.random.default_rng(5)


def drawn(kind, rows):
    if kind == "hardly any":
        chance = np.exp(RNG.normal(-9, 1.2, rows)).clip(0, 1)
    elif kind == "rare":
        chance = np.exp(RNG.normal(-7, 1.2, rows)).clip(0, 1)
    elif kind == "narrow":
        chance = RNG.normal(0.3, 0.004, rows)
    elif kind == "few values":
        chance = RNG.integers(0, 21, rows) / 20
    else:
        chance = 1 / (1 + np.exp(-RNG.normal(-1, 1.5, rows)))
    truth = (RNG.random(rows) < chance).astype(float)
    truth[:2] = 0, 1
    return np.clip(chance**0.9, 0, 1), truth


@pytest.mark.parametrize("kind", ["plain", "rare", "hardly any", "narrow", "few values"])
def test_metrics_of_bins_are_scikit_learns(kind):
    scores, truth = drawn(kind, 200_000)
    bins = binned(scores, truth)
    assert len(bins.places) <= MOST_BINS
    assert roc_auc(bins).value == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-5)
    assert log_loss(bins).value == pytest.approx(metrics.log_loss(truth, scores), abs=1e-9)
    assert brier(bins).value == pytest.approx(metrics.brier_score_loss(truth, scores), abs=1e-9)
    for count in (10, 20):
        came, said = calibration_curve(truth, scores, n_bins=count)
        place = np.searchsorted(np.linspace(0, 1, count + 1)[1:-1], scores)
        rows = np.bincount(place, minlength=count)
        theirs = np.abs(came - said) @ rows[rows > 0] / len(scores)
        assert ece(bins, count=count).value == pytest.approx(theirs, abs=1e-9)
    for at in (0.01, 0.3, 0.5, 0.75):
        seen, said = confusion_at(bins, at), scores >= at
        assert seen.true_positive + seen.false_positive == said.sum()
        for name in ("f1", "precision", "recall", "accuracy"):
            theirs = getattr(metrics, f"{name}_score")
            if said.any() or name in ("recall", "accuracy"):
                assert two_class(name, seen).value == pytest.approx(theirs(truth, said), abs=1e-12)
    near = confusion_at(bins, 0.30123)
    assert near.true_positive + near.false_positive == pytest.approx(
        (scores >= 0.30123).sum(), abs=int(bins.counts.sum(axis=0).max())
    )


scored = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, float("nan")])), max_size=60)


@settings(max_examples=150, deadline=None)
@given(scored, scored, scored)
def test_parts_add_up_in_any_order(first, second, third):
    split = [np.array(each, float).reshape(-1, 2) for each in (first, second, third)]
    whole = np.concatenate(split)
    wanted = binned(whole[:, 0], whole[:, 1])
    one, two, three = (binned(each[:, 0], each[:, 1]) for each in split)
    for made in (
        merged_scores([one, two, three]),
        merged_scores([three, merged_scores([two, one])]),
        merged_scores([merged_scores([one, two]), three]),
    ):
        assert made.parts == wanted.parts
        assert made.places.tolist() == wanted.places.tolist()
        assert (made.counts == wanted.counts).all()
        assert (made.slots == wanted.slots).all()
        assert made.losses == pytest.approx(wanted.losses)


@pytest.mark.parametrize("kind", ["plain", "rare", "narrow"])
def test_many_parts_are_as_one(kind):
    scores, truth = drawn(kind, 30_000)
    parts = [binned(scores[i::13], truth[i::13]) for i in range(13)]
    made, wanted = merged_scores([merged_scores(parts[:5]), merged_scores(parts[5:])]), binned(scores, truth)
    assert made.parts == wanted.parts
    assert (made.counts == wanted.counts).all()
    assert (made.places == wanted.places).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=50), st.integers(1, 16))
def test_a_larger_score_is_never_in_a_lower_bin(scores, parts):
    ordered = np.sort(np.array(scores))
    assert (np.diff(places_of(ordered, parts)) >= 0).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_a_score_lies_between_the_edges_of_its_bin(scores):
    values = np.unique(np.array(scores))
    low, high = edges_of(bins := binned(values, np.zeros(len(values))))
    place = np.searchsorted(bins.places, places_of(values, bins.parts))
    assert (low[place] <= values).all()
    assert (values <= high[place]).all()


def test_what_is_no_score_is_left_out_and_nothing_is_nothing():
    bins = binned(np.array([0.2, np.nan, 1.5, -1.0]), np.array([1.0, 1.0, np.nan, 0.0]))
    assert (bins.rows, bins.known) == (3, 2)
    assert binned(np.empty(0), np.empty(0)).rows == 0
    assert np.isnan(roc_auc(binned(np.array([0.2]), np.array([1.0]))).value)

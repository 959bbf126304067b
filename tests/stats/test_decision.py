"""The threshold is Elkan's where probabilities hold, else the best of the rows, and never flatters."""

import numpy as np
import pytest

from causeway.stats.decision import Worth, break_even, threshold_of

CALLS = Worth(true_positive=60.0, false_positive=-12.5, true_negative=0.0, false_negative=0.0)


def rows(count, seed=0):
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 4, count)
    return (rng.random(count) < chance).astype(float), chance, rng.integers(0, 5, count).astype(float)


def mean_worth(truth, acted, worth):
    cells = {(1, True): worth.true_positive, (1, False): worth.false_negative}
    cells |= {(0, True): worth.false_positive, (0, False): worth.true_negative}
    return np.mean([cells[int(t), bool(a)] for t, a in zip(truth, acted, strict=True)])


def test_break_even_is_where_both_are_worth_the_same():
    at = break_even(CALLS)
    assert at == pytest.approx(12.5 / 72.5)
    assert at * 60 - (1 - at) * 12.5 == pytest.approx(0)


def test_calibrated_rows_act_from_the_break_even():
    truth, chance, folds = rows(3000)
    seen = threshold_of(truth, chance, folds, worth=CALLS, calibrated=True)
    assert seen.at == break_even(CALLS)
    assert seen.value == pytest.approx(mean_worth(truth, chance >= seen.at, CALLS))
    assert seen.at_half == pytest.approx(mean_worth(truth, chance >= 0.5, CALLS))
    assert seen.low < seen.value < seen.high
    assert seen.gain_low > 0


def test_the_best_threshold_of_the_rows_is_that_of_trying_them_all():
    truth, chance, folds = rows(400)
    skewed = chance**3
    seen = threshold_of(truth, skewed, folds, worth=CALLS, calibrated=False)
    tried = [mean_worth(truth, skewed >= at, CALLS) for at in [*np.unique(skewed), 2.0]]
    assert mean_worth(truth, skewed >= seen.at, CALLS) == pytest.approx(max(tried))


def test_a_threshold_chosen_by_the_rows_is_valued_on_other_rows():
    """Where probabilities know nothing, choosing on the same rows would seem to gain."""
    gains = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = (rng.random(120) < 0.5).astype(float)
        even = Worth(1.0, -1.0, 0.0, 0.0)
        seen = threshold_of(
            truth, rng.random(120), rng.integers(0, 4, 120).astype(float), worth=even, calibrated=False
        )
        gains.append(seen.value - seen.without)
    assert np.mean(gains) <= 0


def test_where_ones_are_worth_no_action_there_is_no_threshold():
    truth, chance, folds = rows(50)
    with pytest.raises(ValueError, match="worth more"):
        threshold_of(truth, chance, folds, worth=Worth(0.0, -1.0, 0.0, 0.0), calibrated=True)

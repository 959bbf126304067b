"""Switchbacks, beside all arrangements that chance could have made."""

from itertools import combinations

import numpy as np
import pytest

from causeway.stats.effects.switchback import Blocks, blocks_of, switchback

MEANS = np.array([1.0, 1.4, 0.2, 2.9, 3.1, 2.2, 4.0, 2.5, 3.3, 2.4])
IS_TREATED = np.array([0, 0, 0, 1, 1, 0, 1, 0, 1, 1], bool)


def distance(values: np.ndarray, treated: np.ndarray) -> float:
    """The studentised difference, by least squares with errors robust to unequal spread (HC1)."""
    arm = treated - treated.mean()
    slope = arm @ (values - values.mean()) / (arm @ arm)
    left = values - values.mean() - slope * arm
    return abs(slope) / np.sqrt((arm**2 * left**2).sum()) * (arm @ arm)


def test_the_interval_is_that_of_all_arrangements():
    seen = switchback(Blocks(MEANS, IS_TREATED, np.zeros(10, int)), draws=4000)
    every = [np.isin(np.arange(10), chosen).astype(float) for chosen in combinations(range(10), 5)]
    for effect, is_inside in ((seen.low - 0.2, False), (seen.low + 0.2, True), (seen.high + 0.2, False)):
        values = MEANS - effect * IS_TREATED
        real = distance(values, IS_TREATED.astype(float))
        p = np.mean([distance(values, arms) >= real * (1 - 1e-9) for arms in every])
        assert (p > 0.05) == is_inside
    assert seen.estimate == pytest.approx(MEANS[IS_TREATED].mean() - MEANS[~IS_TREATED].mean())


def test_the_same_seed_says_the_same():
    blocks = Blocks(MEANS, IS_TREATED, np.zeros(10, int))
    assert switchback(blocks, seed=3) == switchback(blocks, seed=3)


def test_what_comes_in_while_the_change_settles_is_dropped():
    outcome = np.array([99.0, 1.0, 3.0, 99.0, 5.0, 7.0])
    block = np.array([0, 0, 0, 1, 1, 1])
    seen = blocks_of(outcome, block, block == 1, washout=1)
    assert seen.mean.tolist() == [2.0, 6.0]
    with pytest.raises(ValueError, match="longer than the washout"):
        blocks_of(outcome, block, block == 1, washout=3)


def test_strata_take_out_what_they_explain():
    hour = np.tile(np.arange(4), 6)
    treated = np.tile([True, False, False, True, False, True, True, False], 3)
    rng = np.random.default_rng(1)
    values = 100.0 * hour + rng.normal(0, 1, 24) + 2 * treated
    seen = switchback(Blocks(values, treated, hour))
    assert seen.low < 2 < seen.high
    assert seen.high - seen.low < 4


def test_few_blocks_say_nothing():
    assert not switchback(Blocks(MEANS[:6], IS_TREATED[:6], np.zeros(6, int))).is_known

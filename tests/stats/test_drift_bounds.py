"""What is certain of drift over several windows: beside all rows of them, and never more than the truth."""

import numpy as np
import pytest
from scipy import stats

from causeway.stats.drift_bounds import Chance, certain_drift
from causeway.stats.profile import number_profile, text_profile

CHANCE = Chance(0.01, tests=60)
NAMES = tuple(f"k{i}" for i in range(500))


def numbers(rng, rows, by=0.0):
    return np.round(rng.normal(by, 1, rows), 1)


def test_the_effect_over_windows_is_that_of_all_their_rows():
    rng = np.random.default_rng(1)
    before = rng.integers(0, 30, 3000).astype(float)
    windows = [rng.integers(0, 30 + i, 100 + 40 * i).astype(float) for i in range(5)]
    reference = number_profile(before)
    found = certain_drift(
        [reference] * 5, [number_profile(w) for w in windows], horizons=(1, 3), chance=CHANCE
    )
    for at in range(5):
        alone = stats.ks_2samp(before, windows[at]).statistic
        assert found[0].effect[at] == pytest.approx(alone)
        lately = np.concatenate(windows[max(0, at - 2) : at + 1])
        assert found[1].effect[at] == pytest.approx(stats.ks_2samp(before, lately).statistic)


def test_each_window_is_held_against_its_own_reference():
    rng = np.random.default_rng(2)
    seasons = [0.0, 2.0, 4.0]
    references = [number_profile(numbers(rng, 20_000, each)) for each in seasons]
    windows = [
        number_profile(numbers(rng, rows, each))
        for rows, each in zip((5000, 1000, 200), seasons, strict=True)
    ]
    (found,) = certain_drift(references, windows, horizons=(3,), chance=CHANCE)
    assert found.effect.max() < 0.05
    (against_one,) = certain_drift([references[0]] * 3, windows, horizons=(3,), chance=CHANCE)
    assert against_one.low.max() > 0.05


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("by", [0.0, 0.1, 0.4])
def test_the_bound_is_below_the_truth(by, strict):
    rng = np.random.default_rng(3)
    truth = 2 * stats.norm.cdf(by / 2) - 1
    chance = Chance(0.01, tests=60, strict=strict)
    for _ in range(12):
        reference = number_profile(rng.normal(0, 1, 3000))
        windows = [number_profile(rng.normal(by, 1, 300)) for _ in range(24)]
        for each in certain_drift([reference] * 24, windows, horizons=(1, 6, 24), chance=chance):
            assert each.low.max() <= truth + 0.01
    wide = certain_drift([reference] * 24, windows, horizons=(24,), chance=chance)[0]
    assert by < 0.4 or wide.low[-1] > truth - 0.1


@pytest.mark.parametrize("kinds", [3, 30, 500])
def test_the_bound_of_texts_is_below_the_truth_and_rises_with_the_rows(kinds):
    rng = np.random.default_rng(kinds)
    moved = 0.3
    reference = text_profile(rng.integers(0, kinds, 20_000), NAMES[:kinds])

    def window(share):
        codes = rng.integers(0, kinds, 1000)
        return text_profile(np.where(rng.random(1000) < share, 0, codes), NAMES[:kinds])

    still = certain_drift([reference] * 24, [window(0.0) for _ in range(24)], horizons=(1, 24), chance=CHANCE)
    assert max(each.low.max() for each in still) == 0
    one, many = certain_drift(
        [reference] * 24, [window(moved) for _ in range(24)], horizons=(1, 24), chance=CHANCE
    )
    truth = moved * (1 - 1 / kinds)
    assert 0 < one.low.max() <= truth
    assert one.low.max() < many.low[-1] <= truth + 0.01


def test_missing_rows_count_and_empty_windows_do_not():
    rng = np.random.default_rng(4)
    reference = number_profile(rng.random(10_000))
    holes = number_profile(np.where(rng.random(5000) < 0.3, np.nan, rng.random(5000)))
    nothing = number_profile(np.zeros(0))
    (found,) = certain_drift([reference] * 3, [nothing, holes, nothing], horizons=(1,), chance=CHANCE)
    assert found.low[1] == pytest.approx(0.3 - 0.06, abs=0.03)
    assert (found.effect[0], found.low[2]) == (0, 0)


def test_many_windows_are_judged_in_blocks_alike(monkeypatch):
    rng = np.random.default_rng(5)
    reference = number_profile(rng.normal(size=2000))
    windows = [number_profile(rng.normal(0.3, 1, 50)) for _ in range(40)]
    whole = certain_drift([reference] * 40, windows, horizons=(1, 6), chance=CHANCE)
    monkeypatch.setattr("causeway.stats.drift_bounds._BLOCK", 7)
    parts = certain_drift([reference] * 40, windows, horizons=(1, 6), chance=CHANCE)
    for one, other in zip(whole, parts, strict=True):
        assert one.effect == pytest.approx(other.effect)
        assert one.low == pytest.approx(other.low)

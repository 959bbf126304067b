"""The drift of a column by its profiles, beside scipy over all rows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import spatial, stats

from causeway.stats.drift import difference
from causeway.stats.drift_shares import homogeneity, psi
from causeway.stats.profile import merged, number_profile, text_profile
from causeway.stats.profile_form import TextProfile

RNG = np.random.default_rng(1)
LEAST = {"integers": 200.0}
SHAPES = {
    "normal": (RNG.normal(50, 10, 20_000), RNG.normal(52, 10, 1000)),
    "heavy tail": (RNG.lognormal(0, 2, 20_000), RNG.lognormal(0.2, 2, 1000)),
    "below zero": (-RNG.exponential(5, 20_000), -RNG.exponential(4, 1000)),
    "integers": (RNG.poisson(300, 20_000).astype(float), RNG.poisson(310, 1000).astype(float)),
}


def numbers(values, shift=0.0):
    """As sealing makes them, in parts."""
    parts = np.array_split(np.asarray(values, float), 3)
    return merged(
        number_profile(np.concatenate(parts[:2]), shift=shift), number_profile(parts[2], shift=shift)
    )


def texts(values):
    known = sorted(set(values))
    places = {name: place for place, name in enumerate(known)}
    return text_profile(np.array([places[value] for value in values], np.int64), known)


def labels(codes):
    return [f"k{code}" for code in codes]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_distance_of_numbers_is_that_of_all_rows_within_what_is_said(shape):
    before, now = SHAPES[shape]
    found = difference(*(numbers(each, shift=LEAST.get(shape, 0.0)) for each in (before, now)))
    exact = stats.ks_2samp(before, now, method="asymp")
    assert found.effect <= exact.statistic + 1e-12 <= found.effect + found.within + 2e-12
    assert found.within < 0.04
    # of a smaller distance the chance is larger
    assert exact.pvalue * 0.5 <= found.p
    assert found.wasserstein == pytest.approx(
        stats.wasserstein_distance(before, now) / before.std(), rel=0.02
    )
    assert (found.mean, found.reference_mean) == pytest.approx((now.mean(), before.mean()))


def test_where_all_values_are_counted_nothing_is_hidden():
    before, now = RNG.integers(0, 12, 5000) / 4, RNG.integers(1, 13, 700) / 4
    found = difference(numbers(before), numbers(now))
    exact = stats.ks_2samp(before, now)
    assert (found.effect, found.within) == (pytest.approx(exact.statistic), 0.0)
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(before, now) / before.std())
    assert (found.reference_distinct, found.distinct) == (12, 12)


def test_of_bins_counted_from_another_number_only_what_is_certain_is_said():
    before, now = SHAPES["normal"]
    found = difference(numbers(before, shift=20.0), numbers(now, shift=-3.0))
    exact = stats.ks_2samp(before, now).statistic
    assert found.effect <= exact <= found.effect + found.within
    assert found.effect > exact / 3
    same = difference(numbers(before[:9000], shift=20.0), numbers(before[9000:], shift=-3.0))
    assert same.effect < 0.01


@settings(max_examples=40, deadline=None)
@given(*[st.lists(st.integers(0, 400), min_size=1, max_size=60)] * 2)
def test_the_bounds_of_the_distance_hold_for_any_numbers(before, now):
    before, now = np.sort(before) / 7.0, np.sort(now) / 7.0
    below = [np.searchsorted(each, np.r_[before, now], "right") / len(each) for each in (before, now)]
    exact = np.abs(below[0] - below[1]).max()
    for shift in (0.0, 11.0):
        found = difference(number_profile(before), number_profile(now, shift=shift))
        assert found.effect - 1e-9 <= exact <= found.effect + found.within + 1e-9


def test_homogeneity_is_scipys_where_enough_rows_are_expected():
    before, now = np.array([500.0, 300, 200, 90]), np.array([60.0, 20, 30, 12])
    expected = stats.chi2_contingency(np.array([before, now]), correction=False)
    assert homogeneity(before, now) == pytest.approx(expected.pvalue)
    # groups of few count as one
    rare = homogeneity(np.r_[before, 3, 4, 2], np.r_[now, 1, 0, 0])
    assert rare == pytest.approx(
        stats.chi2_contingency(np.array([np.r_[before, 9], np.r_[now, 1]])).pvalue, abs=0.1
    )


@pytest.mark.parametrize("kinds", [2, 8, 25, 100, 1000])
def test_where_nothing_changed_the_chances_of_texts_are_even_and_their_effect_is_none(kinds):
    rng = np.random.default_rng(kinds)
    weights = 1 / (np.arange(kinds) + 3)
    found = []
    reference = texts(labels(rng.choice(kinds, 20_000, p=weights / weights.sum())))
    for _ in range(150):
        window = texts(labels(rng.choice(kinds, 1000, p=weights / weights.sum())))
        found.append(difference(reference, window))
    chances = np.array([each.p for each in found])
    assert np.mean(chances < 0.05) < 0.11
    assert np.mean(chances < 0.5) > 0.3
    assert max(each.effect for each in found) < 0.05
    assert np.mean([each.effect for each in found]) < 0.01


def test_the_effect_of_texts_is_their_total_variation_less_what_chance_adds():
    before = labels(RNG.choice(3, 20_000, p=[0.5, 0.3, 0.2]))
    now = labels(RNG.choice(3, 20_000, p=[0.3, 0.3, 0.4]))
    found = difference(texts(before), texts(now))
    assert found.effect == pytest.approx(0.2, abs=0.015)
    assert found.moved[0].name in {"k0", "k2"}
    shares = [[each.count(name) / 20_000 for name in ("k0", "k1", "k2")] for each in (before, now)]
    assert found.divergence == pytest.approx(spatial.distance.jensenshannon(*shares, base=2), abs=1e-6)


def test_of_texts_too_many_to_name_a_change_is_seen_by_their_groups():
    weights = np.ones(1500)
    before = texts(labels(RNG.choice(1500, 30_000, p=weights / weights.sum())))
    weights[7] = 300
    now = texts(labels(RNG.choice(1500, 2000, p=weights / weights.sum())))
    assert before.slack > 0
    found = difference(before, now)
    assert 0.1 < found.effect < 300 / 1800
    assert found.p < 1e-20
    assert found.reference_distinct is None
    earlier = TextProfile(before.count, 0, before.counts)
    assert difference(earlier, now).kind == "uncounted"


def test_the_stability_index_stays_below_what_chance_allows_in_99_of_100_windows():
    rng = np.random.default_rng(4)
    reference = numbers(rng.normal(size=20_000))
    above = [
        found.psi > found.psi_by_chance
        for found in (difference(reference, number_profile(rng.normal(size=1000))) for _ in range(300))
    ]
    assert np.mean(above) < 0.03
    found = difference(reference, number_profile(rng.normal(size=1000)))
    expected = (1 / 20_000 + 1 / 1000) * stats.chi2.ppf(0.99, 9)
    assert found.psi_by_chance == pytest.approx(expected)


def test_the_stability_index_is_its_formula():
    before, now = np.array([9999.5, 19999.5]), np.array([4999.5, 4999.5])
    p, q = np.array([1, 2]) / 3, np.array([0.5, 0.5])
    assert psi(before, now) == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_a_column_that_was_constant_and_now_varies_is_seen_where_the_index_of_tenths_is_blind():
    rng = np.random.default_rng(5)
    reference = number_profile(np.full(5000, 7.0))
    few = difference(reference, number_profile(np.where(rng.random(1000) < 0.01, 8.0, 7.0)))
    assert 0 < few.varies.seen < 0.03
    assert few.varies.p < 1e-4
    assert few.psi > 0
    # all in the same bin as before: that they vary is certain nevertheless
    near = difference(reference, number_profile(7 + rng.random(1000) * 1e-4))
    assert near.varies.seen >= 0.064
    assert near.varies.p < 1e-20
    word = difference(texts(["a"] * 5000), texts(["a"] * 990 + ["b"] * 10))
    assert word.varies.seen == pytest.approx(0.01)
    assert difference(reference, number_profile(np.full(100, 7.0))).varies.p == 1.0


def test_numbers_beyond_the_range_are_counted_and_are_no_surprise_where_rows_are_few():
    rng = np.random.default_rng(6)
    reference = numbers(rng.random(5000))
    found = difference(reference, number_profile(np.r_[rng.random(900), 2 + rng.random(100)]))
    assert found.strange.seen == pytest.approx(0.1, abs=0.002)
    assert found.strange.p < 1e-20
    chances = [
        difference(numbers(rng.random(500)), number_profile(rng.random(300))).strange.p for _ in range(200)
    ]
    assert np.mean(np.array(chances) < 0.05) < 0.06


@pytest.mark.parametrize("exponent", [1.3, 2.0])
def test_new_texts_are_no_surprise_where_the_reference_has_many_rare_ones(exponent):
    rng = np.random.default_rng(7)
    chances = []
    for _ in range(300):
        codes = np.minimum(rng.zipf(exponent, 600), 250)
        chances.append(difference(texts(labels(codes[:400])), texts(labels(codes[400:]))).strange.p)
    assert np.mean(np.array(chances) < 0.05) < 0.06


def test_a_new_text_in_many_rows_is_a_surprise():
    reference = texts(["a"] * 500 + ["b"] * 500)
    found = difference(reference, texts(["a"] * 180 + ["c"] * 20))
    assert (found.strange.seen, found.strange.reference) == (0.1, 0.0)
    assert found.strange.p < 1e-9


def test_missing_rows_are_compared_as_shares():
    rng = np.random.default_rng(8)
    holes = [np.where(rng.random(2000) < share, np.nan, rng.random(2000)) for share in (0.02, 0.02, 0.12)]
    same, more = (difference(number_profile(holes[0]), number_profile(each)).missing for each in holes[1:])
    assert same.p > 0.001
    assert more.effect == pytest.approx(0.1, abs=0.02)
    table = [[np.isnan(each).sum(), 2000 - np.isnan(each).sum()] for each in (holes[0], holes[2])]
    assert more.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_numbers_that_became_texts_and_columns_without_rows_are_named():
    some = number_profile(RNG.random(100))
    assert difference(some, texts(["a"] * 9)).kind == "type"
    gone = difference(some, number_profile(np.full(50, math.nan)))
    assert (gone.kind, gone.missing.seen) == ("empty", 1.0)
    assert gone.missing.p < 1e-20


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.floats(), max_size=30)] * 2, st.sampled_from([0.0, 3.5]))
def test_any_numbers_have_a_difference_between_0_and_1(before, now, shift):
    found = difference(number_profile(np.array(before)), number_profile(np.array(now), shift=shift))
    assert 0 <= found.effect <= found.effect + found.within <= 1 + 1e-9
    assert 0 <= found.p <= 1
    assert found.wasserstein is None or found.wasserstein >= 0
    assert all(0 <= each.p <= 1 for each in (found.missing, found.strange, found.varies))
    assert found.psi >= 0
    assert 0 <= found.divergence <= 1 + 1e-9


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=1, max_size=30)] * 2)
def test_any_texts_have_a_difference_between_0_and_1(before, now):
    found = difference(texts(before), texts(now))
    assert 0 <= found.effect <= 1
    assert all(0 <= each <= 1 for each in (found.p, found.strange.p, found.varies.p, found.strange.seen))
    same = difference(texts(before), texts(before))
    assert (same.effect, same.p) == (0, pytest.approx(1))

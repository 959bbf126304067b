"""Profiles of columns, beside numpy over all rows."""

from collections import Counter
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.stats.profile import (
    bounds,
    distance,
    edges,
    merged,
    merged_profiles,
    number_profile,
    profile_of,
    quantile,
    text_profile,
)
from causeway.stats.profile_form import (
    HOUR_US,
    TEXTS_COUNTED,
    VALUES_COUNTED,
    Coded,
    read_profile,
    write_profile,
)

SHAPES = {
    "normal": lambda rng, n: rng.normal(50, 10, n),
    "heavy tail": lambda rng, n: rng.lognormal(0, 3, n),
    "far from zero": lambda rng, n: 2_000_000_000 + rng.random(n),
    "below zero": lambda rng, n: -rng.exponential(5, n),
    "integers": lambda rng, n: rng.integers(0, 5000, n).astype(float),
    "few values": lambda rng, n: rng.integers(0, 7, n).astype(float),
}
LEAST = {"far from zero": 2_000_000_000.0}
numbers = st.lists(st.one_of(st.floats(allow_subnormal=False), st.sampled_from([0.0, 1.0, 2.0])), max_size=40)


def texts(values):
    names = tuple(dict.fromkeys(value for value in values if value is not None))
    places = {name: place for place, name in enumerate(names)}
    return text_profile(np.array([places.get(value, -1) for value in values], np.int64), names)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [500, 60_000])
def test_quantiles_lie_within_a_64th_of_the_distance_from_the_shift(shape, rows):
    values = SHAPES[shape](np.random.default_rng(7), rows)
    shift = LEAST.get(shape, 0.0)
    profile = reduce(merged, (number_profile(part, shift=shift) for part in np.array_split(values, 7)))
    for share in (0.01, 0.25, 0.5, 0.9, 0.999):
        exact = np.quantile(values, share, method="lower")
        assert abs(quantile(profile, share) - exact) <= abs(exact - shift) / 64 + 2.0**-32
    assert profile.mean == pytest.approx(values.mean(), rel=1e-12)
    assert profile.spread == pytest.approx(((values - values.mean()) ** 2).sum(), rel=1e-7)
    assert (profile.minimum, profile.maximum) == (values.min(), values.max())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_distance_of_two_profiles_is_that_of_their_rows_but_for_one_bin(shape):
    rng = np.random.default_rng(11)
    left, right = SHAPES[shape](rng, 20_000), SHAPES[shape](rng, 20_000) * (1 if shape in LEAST else 1.2)
    shift = LEAST.get(shape, 0.0)
    one, other = (number_profile(values, shift=shift) for values in (left, right))
    everything = np.sort(np.r_[left, right])
    exact = np.abs(
        np.searchsorted(np.sort(left), everything, side="right") / len(left)
        - np.searchsorted(np.sort(right), everything, side="right") / len(right)
    ).max()
    widest = max(max(one.counts) / one.count, max(other.counts) / other.count)
    assert exact - widest <= distance(one, other) <= exact + 1e-12
    if shape == "few values":
        assert distance(one, other) == pytest.approx(exact)


@given(numbers, numbers, numbers)
def test_numbers_are_merged_alike_in_any_order(first, second, third):
    parts = [number_profile(np.array(each)) for each in (first, second, third)]
    left = merged(merged(parts[0], parts[1]), parts[2])
    right = merged(parts[0], merged(parts[1], parts[2]))
    whole = number_profile(np.array([*first, *second, *third]))
    for made in (left, right):
        assert (made.count, made.missing, made.bins, made.counts) == (
            whole.count,
            whole.missing,
            whole.bins,
            whole.counts,
        )
        assert (made.minimum, made.maximum) == (whole.minimum, whole.maximum)
        assert (made.values, made.value_counts) == (whole.values, whole.value_counts)


@given(st.lists(st.lists(st.sampled_from([None, "a", "b", "c"]), max_size=9), min_size=3, max_size=3))
def test_few_texts_are_counted_exactly_whatever_the_order(parts):
    made = [texts(part) for part in parts]
    whole = Counter(value for part in parts for value in part if value is not None)
    for profile in (merged(merged(*made[:2]), made[2]), merged(made[0], merged(*made[1:]))):
        assert profile.counts == whole
        assert (profile.slack, profile.missing) == (0, sum(part.count(None) for part in parts))


def test_of_many_texts_no_count_is_too_high_or_too_low_by_more_than_is_said():
    rng = np.random.default_rng(3)
    parts = [[f"t{i}" for i in rng.zipf(1.3, 3000) % 5000] for _ in range(40)]
    whole = Counter(value for part in parts for value in part)
    made = [texts(part) for part in parts]
    pairs = [merged(one, other) for one, other in zip(made[::2], made[1::2], strict=True)]
    for profile in (reduce(merged, made), reduce(merged, made[::-1]), reduce(merged, pairs)):
        assert len(profile.counts) <= TEXTS_COUNTED
        assert profile.count == sum(whole.values())
        assert profile.slack <= profile.count / (TEXTS_COUNTED + 1)
        for name, count in whole.items():
            assert count - profile.slack <= profile.counts.get(name, 0) <= count


@given(
    st.lists(st.integers(0, 99), max_size=300),
    st.lists(st.integers(0, 400).map(str), min_size=1, max_size=600),
)
def test_the_bound_holds_where_many_numbers_meet_texts(numbers, words):
    many = number_profile(np.array([*range(VALUES_COUNTED + 1), *[7] * 300, *numbers], dtype=float))
    whole = Counter(words) + Counter(map(str, [*range(VALUES_COUNTED + 1), *[7] * 300, *numbers]))
    for profile in (merged(many, texts(words)), merged(merged(texts(words), many), texts([]))):
        assert profile.count == sum(whole.values())
        for name, count in whole.items():
            assert count - profile.slack <= profile.counts.get(name, 0) <= count


@given(st.integers(-6145, 6145), st.sampled_from([0.0, -3.5, 1e6]))
def test_bins_lie_side_by_side(place, shift):
    low, high = bounds(place, 0.0)
    assert low < high
    if place > 0:
        assert high - low <= low / 64
        middle = (low + high) / 2 + shift
        if low < middle - shift < high and place <= 6144:
            assert number_profile(np.array([middle]), shift=shift).bins == (place,)


def test_windows_are_by_hour_release_and_arm_and_come_back_from_their_bytes():
    rng = np.random.default_rng(5)
    rows = 5000
    at = rng.integers(0, 3 * HOUR_US, rows).astype(float)
    arrays = {
        "at": at,
        "release": Coded(rng.integers(0, 2, rows), ("r1", "r2")),
        "arm": Coded(np.zeros(rows, np.int64), ("champion",)),
        "in_x": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        "in_c": Coded(rng.integers(-1, 3, rows), ("a", "b", "c")),
    }
    profile = profile_of(arrays, shifts={"r2": {"in_x": -4.0}}, columns=["in_x", "in_c"])
    assert read_profile(write_profile(profile)) == profile
    assert [(w.hour, w.release) for w in profile.windows] == [(h, r) for h in range(3) for r in ("r1", "r2")]
    assert sum(w.rows for w in profile.windows) == rows
    for window in profile.windows:
        mine = (at // HOUR_US == window.hour) & (arrays["release"].codes == int(window.release == "r2"))
        assert window.rows == mine.sum()
        assert window.columns["in_x"].missing == np.isnan(arrays["in_x"][mine]).sum()
        assert window.columns["in_x"].shift == (-4.0 if window.release == "r2" else 0.0)
        assert window.columns["in_c"].counts.get("b", 0) == (arrays["in_c"].codes[mine] == 1).sum()
    half = arrays["at"] < HOUR_US * 1.5
    parts = [
        profile_of(
            {n: Coded(c.codes[m], c.names) if isinstance(c, Coded) else c[m] for n, c in arrays.items()},
            shifts={"r2": {"in_x": -4.0}},
            columns=["in_x", "in_c"],
        )
        for m in (half, ~half)
    ]
    again = merged_profiles(parts)
    for one, other in zip(again.windows, profile.windows, strict=True):
        assert (one.rows, one.columns["in_c"].counts) == (other.rows, other.columns["in_c"].counts)
        assert one.columns["in_x"].counts == other.columns["in_x"].counts


def test_a_column_that_was_numbers_once_and_texts_once_counts_as_texts():
    both = merged(number_profile(np.array([1.0, 2.0, 2.0])), texts(["x", None]))
    assert (both.count, both.missing, both.counts) == (4, 1, {"1": 1, "2": 2, "x": 1})


def test_numbers_among_texts_are_named_as_texts_name_them():
    numbers = number_profile(np.array([1234567.0, 1234567.0, 2.5]))
    texts = text_profile(np.array([0, 1]), ("1234567", "x"))
    assert merged(numbers, texts).counts == {"1234567": 3, "2.5": 1, "x": 1}


@given(st.lists(st.integers(-6145, 6145), min_size=1), st.sampled_from([0.0, -3.5, 1e6]))
def test_the_edges_of_many_bins_are_those_of_each(places, shift):
    low, high = edges(np.array(places), shift)
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [bounds(place, shift) for place in places]

"""Relations of columns, beside scipy's rank correlations over the rows."""

import numpy as np
import pytest
from scipy import stats

from causeway.stats.profile import profile_of
from causeway.stats.profile_form import HOUR_US, Coded
from causeway.stats.relations import (
    PAIRS,
    SAMPLED,
    merged_relations,
    pairs_of,
    relation_changes,
    relations_of,
    sample_of,
)


def correlated(rng, rows, rho):
    one = rng.normal(size=rows)
    return {
        "a": one,
        "b": rho * one + np.sqrt(1 - rho**2) * rng.normal(size=rows),
        "c": rng.normal(size=rows),
    }


def test_each_pair_is_scipys_rank_correlation_of_the_sample():
    rng = np.random.default_rng(1)
    columns = correlated(rng, 5000, 0.6)
    columns["few"] = np.round(columns["a"])
    names = ("x", "y", "z")
    columns["text"] = Coded(rng.integers(0, 3, 5000), names)
    sample = {name: sample_of(each) for name, each in columns.items()}
    found = relations_of(sample)
    plain = {name: each.codes if isinstance(each, Coded) else each for name, each in sample.items()}
    for (one, other), total, rows in zip(found.pairs, found.sums, found.rows, strict=True):
        assert rows == SAMPLED
        if "text" not in (one, other):
            assert total / rows / 100 == pytest.approx(stats.spearmanr(plain[one], plain[other])[0], abs=1e-4)


def test_rows_without_a_value_are_left_out_of_their_pairs():
    rng = np.random.default_rng(2)
    columns = {name: each[:SAMPLED] for name, each in correlated(rng, 600, 0.5).items()}
    columns["a"] = np.where(rng.random(SAMPLED) < 0.3, np.nan, columns["a"])
    found = relations_of(columns)
    expected = stats.spearmanr(columns["a"], columns["b"], nan_policy="omit")[0]
    assert found.sums[0] / found.rows[0] / 100 == pytest.approx(expected, abs=0.01)
    assert found.rows == (np.isfinite(columns["a"]).sum(), np.isfinite(columns["a"]).sum(), SAMPLED)


def test_constant_columns_and_few_rows_say_nothing():
    rng = np.random.default_rng(3)
    assert relations_of({"a": rng.random(19), "b": rng.random(19)}) is None
    assert relations_of({"a": np.ones(90), "b": rng.random(90)}).rows == (0,)


def test_they_add_up_in_any_order_also_where_columns_are_lacking():
    rng = np.random.default_rng(4)
    parts = [relations_of(correlated(rng, 100, 0.3)) for _ in range(3)]
    lacking = relations_of({name: rng.random(60) for name in ("a", "c")})
    one = merged_relations([merged_relations([*parts, None]), lacking])
    other = merged_relations([lacking, parts[2], merged_relations(parts[:2])])
    assert one == other
    assert dict(zip(one.pairs, one.rows, strict=True)) == {("a", "b"): 300, ("a", "c"): 360, ("b", "c"): 300}


@pytest.mark.parametrize(
    "other",
    [
        lambda _one, noise: noise,
        lambda one, noise: np.abs(one) * np.sign(noise),
        lambda one, noise: 0.7 * one + 0.7 * noise,
    ],
    ids=["nothing", "the worst case", "much"],
)
def test_where_nothing_changed_chances_are_not_too_small(other):
    rng = np.random.default_rng(5)

    def window():
        one = rng.normal(size=SAMPLED)
        return relations_of({"a": one, "b": other(one, rng.normal(size=SAMPLED))})

    chances = []
    for _ in range(300):
        reference = merged_relations([window() for _ in range(4)])
        chances.append(relation_changes(reference, window())[0].p)
    assert np.mean(np.array(chances) < 0.05) < 0.09
    assert np.mean(np.array(chances) < 0.001) < 0.01


def test_a_relation_that_turns_is_seen_where_each_column_stays_as_it_was():
    rng = np.random.default_rng(6)
    reference = merged_relations([relations_of(correlated(rng, SAMPLED, 0.7)) for _ in range(20)])
    found = {
        (each.first, each.second): each
        for each in relation_changes(reference, relations_of(correlated(rng, SAMPLED, -0.2)))
    }
    assert found["a", "b"].effect > 0.7
    assert found["a", "b"].p < 1e-12
    assert found["a", "c"].p > 0.001


def test_of_many_columns_as_many_pairs_are_kept_as_their_names_choose():
    names = tuple(f"c{i}" for i in range(200))
    assert len(pairs_of(names)) == PAIRS
    rng = np.random.default_rng(7)
    found = relations_of({name: rng.random(64) for name in names})
    assert (found.pairs, set(found.rows)) == (pairs_of(names), {64})


def test_a_window_keeps_its_relations_whatever_the_order_of_its_rows():
    rng = np.random.default_rng(8)
    rows = 1000
    hours = np.arange(rows) % 2
    one = rng.normal(size=rows) + 5 * hours
    arrays = {
        "at": (hours * HOUR_US).astype(float),
        "release": Coded(np.zeros(rows, np.int64), ("r",)),
        "arm": Coded(np.zeros(rows, np.int64), ("champion",)),
        "in_a": one,
        "in_b": rng.normal(size=rows) + 5 * hours,
    }
    windows = profile_of(arrays, shifts={}, columns=("in_a", "in_b")).windows
    # both follow the hour, but within an hour nothing ties them
    assert all(abs(each.relations.sums[0] / each.relations.rows[0]) < 15 for each in windows)
    assert stats.spearmanr(arrays["in_a"], arrays["in_b"])[0] > 0.5

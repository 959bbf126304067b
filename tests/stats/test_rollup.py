"""Blocks of days: any span of them is what its hours make."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import TextProfile, Window
from causeway.stats.relations import relations_of
from causeway.stats.rollup import LENGTHS, blocks_of, merged_block, parts_of

RNG = np.random.default_rng(1)
NAMES = tuple(f"n{i}" for i in range(400))
RELEASES = ("one", "other")


def hour(at, release="one", arm="champion", *, without=""):
    values = {"in_a": RNG.normal(size=30), "in_b": RNG.random(30), "in_few": RNG.integers(0, 5, 30) * 1.0}
    values["in_b"][RNG.random(30) < 0.2] = np.nan
    columns = {name: number_profile(each) for name, each in values.items()}
    columns["in_c"] = text_profile(RNG.integers(-1, 400, 30), NAMES)
    columns["in_kind"] = text_profile(RNG.integers(-1, 3, 30), NAMES)
    columns.pop(without, None)
    return Window(at, release, arm, 30, columns, relations_of(values))


HOURS = [
    hour(
        1500 + i,
        RELEASES[i % 5 == 4],
        "shadow" if i % 11 == 3 else "champion",
        without="in_b" * (i % 13 == 0),
    )
    for i in range(0, 260, 3)
]


def same(found, whole):
    """That both are of the same rows, whatever was merged with what first."""
    names = [(each.release, each.arm) for each in whole]
    assert [(each.release, each.arm) for each in found] == names
    for one, other in zip(found, whole, strict=True):
        assert (one.hour, one.rows, one.relations) == (other.hour, other.rows, None)
        assert set(one.columns) == set(other.columns)
        for name, profile in other.columns.items():
            same_column(one.columns[name], profile)


def same_column(one, other):
    assert (one.count, one.missing) == (other.count, other.missing)
    if isinstance(other, TextProfile):
        assert one.groups == other.groups
        assert bool(one.slack) == bool(other.slack)
        for text in one.counts.keys() | other.counts.keys():
            apart = one.counts.get(text, 0) - other.counts.get(text, 0)
            assert -one.slack <= apart <= other.slack
        return
    assert (one.shift, one.bins, one.counts) == (other.shift, other.bins, other.counts)
    assert (one.values, one.value_counts) == (other.values, other.value_counts)
    assert (one.minimum, one.maximum) == (other.minimum, other.maximum)
    assert (one.mean, one.spread) == pytest.approx((other.mean, other.spread))


@given(st.integers(-500, 30_000), st.integers(0, 9000))
def test_blocks_lie_side_by_side_and_are_few(since, days):
    blocks = blocks_of(since, since + days)
    starts = [since + sum(length for _, length in blocks[:at]) for at in range(len(blocks))]
    assert [start for start, _ in blocks] == starts
    assert sum(length for _, length in blocks) == days
    assert all(start % length == 0 for start, length in blocks)
    assert len(blocks) <= 4 * 7 + days // LENGTHS[-1]


@pytest.mark.parametrize("block", [(64, 64), (72, 8), (5, 1)])
def test_a_block_is_made_of_those_below(block):
    day, length = block
    below = parts_of(block)
    assert [one for one, _ in below] == list(range(day, day + length, max(1, length // 8)))[: len(below)]
    assert sum(each for _, each in below) == (length if length > 1 else 0)


@given(st.lists(st.integers(0, len(HOURS)), max_size=6), st.lists(st.integers(0, len(HOURS)), max_size=3))
def test_whatever_is_merged_with_what_first_the_rows_are_the_same(cuts, coarser):
    ends = sorted({0, *cuts, *coarser, len(HOURS)})
    small = [merged_block(HOURS[one:other], day=1) for one, other in pairwise(ends)]
    outer = [at for at, end in enumerate(ends) if end in {0, *coarser, len(HOURS)}]
    large = [
        merged_block([window for part in small[one:other] for window in part], day=1)
        for one, other in pairwise(outer)
    ]
    same(merged_block([each for part in large for each in part], day=1), merged_block(HOURS, day=1))


def test_no_rows_are_no_window():
    assert merged_block([], day=1) == ()
    assert blocks_of(5, 5) == []

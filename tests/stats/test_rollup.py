"""Blocks of hours: any span of them is what its hours make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import Window
from causeway.stats.relations import relations_of
from causeway.stats.rollup import LENGTHS, blocks_of, joined, rolled_up, span_of

RNG = np.random.default_rng(1)
NAMES = tuple(f"n{i}" for i in range(400))


def hour(at):
    values = {"in_a": RNG.normal(size=30), "in_b": RNG.random(30)}
    columns = {name: number_profile(each) for name, each in values.items()}
    columns["in_c"] = text_profile(RNG.integers(-1, 400, 30), NAMES)
    return Window(at, "r", "champion", 30, columns, relations_of(values))


HOURS = [hour(1500 + i) for i in range(260) if i % 7]


@given(st.integers(0, 20_000), st.integers(0, 9000))
def test_blocks_lie_side_by_side_and_are_few(since, hours):
    blocks = blocks_of(since, since + hours)
    assert [start for start, _ in blocks] == [
        since + sum(length for _, length in blocks[:at]) for at in range(len(blocks))
    ]
    assert sum(length for _, length in blocks) == hours
    assert all(start % length == 0 for start, length in blocks)
    assert len(blocks) <= 2 * (23 + 7 + 7) + hours // LENGTHS[-1] + 1


@pytest.mark.parametrize(
    ("since", "until"), [(1500, 1760), (1503, 1751), (1530, 1560), (1560, 1570), (0, 1536)]
)
def test_a_span_is_what_its_hours_make(since, until):
    found = span_of(rolled_up(HOURS).get, since, until)
    whole = joined([each for each in HOURS if since <= each.hour < until], hour=since)
    assert (found.hour, found.rows, found.relations) == (since, whole.rows, whole.relations)
    for name in ("in_a", "in_b"):
        one, other = found.columns[name], whole.columns[name]
        assert (one.bins, one.counts, one.missing) == (other.bins, other.counts, other.missing)
        assert (one.mean, one.spread) == pytest.approx((other.mean, other.spread))
    one, other = found.columns["in_c"], whole.columns["in_c"]
    assert (one.count, one.missing) == (other.count, other.missing)
    if one.slack and other.slack:
        assert one.groups == other.groups


def test_two_windows_of_one_hour_are_one_and_no_rows_are_nothing():
    twice = rolled_up([HOURS[0], hour(HOURS[0].hour)])
    assert twice[HOURS[0].hour, 1].rows == 60
    assert span_of(twice.get, 0, 24) is None

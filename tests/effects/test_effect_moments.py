"""What is kept of arms: it merges, and it keeps its digits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.stats.effects.moments import (
    ArmMoments,
    arm,
    arm_of_counts,
    arm_of_sums,
    by_unit,
    stack_of_values,
    stacked,
)

NAMES = ("n", "y", "yy", "x", "xx", "xy")


def fields(moments: ArmMoments) -> list[float]:
    return [getattr(moments, name) for name in NAMES]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.floats(-1e7, 1e7))
def test_two_cohorts_merge_to_the_whole_however_far_from_nought(first, second, far):
    place = np.arange(first + second, dtype=float)
    y, x = far + np.sin(place), np.cos(place)
    merged = arm(y[:first], x[:first]) + arm(y[first:], x[first:])
    assert fields(merged) == pytest.approx(fields(arm(y, x)), rel=1e-6, abs=1e-6)


def test_a_large_arm_is_taken_in_pieces():
    y, x = np.sin(np.arange(100_000.0)) + 1e6, np.cos(np.arange(100_000.0))
    assert fields(arm(y, x)) == pytest.approx(
        [1e5, y.mean(), y.var() * 1e5, x.mean(), x.var() * 1e5, np.cov(x, y, ddof=0)[0, 1] * 1e5], abs=1e-4
    )


def test_plain_sums_of_a_database_say_the_same():
    y, x = np.sin(np.arange(90.0)) + 3, np.cos(np.arange(90.0))
    sums = arm_of_sums(90, y.sum(), (y * y).sum(), x=x.sum(), xx=(x * x).sum(), xy=(x * y).sum())
    assert fields(sums) == pytest.approx(fields(arm(y, x)), abs=1e-9)
    assert arm_of_sums(0, 0, 0) == ArmMoments() == arm(np.array([]))


def test_yes_and_no_are_counts():
    y = np.array([1.0, 0, 0, 1, 0])
    assert fields(arm_of_counts(2, 5)) == pytest.approx(fields(arm(y)))
    assert arm_of_counts(0, 0) == ArmMoments()


def test_looks_are_the_running_sums_of_days():
    y = np.sin(np.arange(60.0)).reshape(6, 10) + 1e5
    x = np.cos(np.arange(60.0)).reshape(6, 10)
    looks = stack_of_values(y, x).running()
    for day in range(6):
        whole = arm(y[: day + 1].ravel(), x[: day + 1].ravel())
        assert fields(looks.at(day)) == pytest.approx(fields(whole), rel=1e-9, abs=1e-6)
    assert fields(stacked([looks.at(2)]).at(0)) == fields(looks.at(2))


def test_no_value_is_above_the_cap():
    assert arm(np.array([1.0, 2.0, 300.0]), cap=3.0).y == 2.0


def test_each_agent_counts_once():
    assert by_unit(np.array([1.0, 3.0, 10.0]), np.array([7, 7, 3])).tolist() == [10.0, 2.0]

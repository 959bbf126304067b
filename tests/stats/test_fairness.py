"""Groups are compared by who is chosen; the intervals cover the truth."""

import numpy as np
import pytest

from causeway.stats.fairness import fairness_of


def drawn(rng, shares, rows=300):
    group = rng.integers(0, len(shares), rows)
    chosen = rng.random(rows) < np.array(shares)[group]
    return {str(each): group == each for each in range(len(shares))}, chosen


def test_the_ratio_is_that_of_the_least_to_the_most_chosen():
    members = {"a": np.array([1, 1, 1, 1, 0, 0]) > 0, "b": np.array([0, 0, 0, 0, 1, 1]) > 0}
    chosen = np.array([1, 0, 0, 0, 1, 0]) > 0
    truth = np.array([1, 1, 0, 0, 1, 0]) > 0
    seen = fairness_of(members, truth=truth, chosen=chosen)
    assert (seen.least, seen.most, seen.ratio) == ("a", "b", 0.5)
    assert [(each.name, each.rightly.share, each.wrongly.share) for each in seen.groups] == [
        ("a", 0.5, 0.0),
        ("b", 1.0, 0.0),
    ]


def test_the_interval_covers_the_true_ratio_in_95_of_100():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        members, chosen = drawn(rng, (0.2, 0.4))
        seen = fairness_of(members, truth=chosen, chosen=chosen)
        inside += seen.low <= 0.5 <= seen.high
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.parametrize("groups", [1, 2])
def test_nothing_is_said_of_one_group_or_where_nobody_is_chosen(groups):
    members = {str(each): np.arange(6) % groups == each for each in range(groups)}
    nobody = np.zeros(6) > 0
    assert fairness_of(members, truth=nobody, chosen=nobody) is None

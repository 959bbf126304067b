"""Planned looks, beside published bounds and what simulated streams do."""

import numpy as np
import pytest
from scipy import stats

from causeway.stats.effects.group_sequential import NEVER, bounds, group_sequential, spent
from causeway.stats.effects.moments import arm_of_counts


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        # Lan and DeMets' spending like O'Brien and Fleming's, two-sided 5 %: Jennison and Turnbull; gsDesign
        (2, (2.963, 1.969)),
        (3, (3.710, 2.511, 1.993)),
        (4, (4.333, 2.963, 2.359, 2.014)),
        (5, (4.877, 3.357, 2.680, 2.290, 2.031)),
    ],
)
def test_the_bounds_are_the_published_ones(looks, published):
    found = bounds(tuple((look + 1) / looks for look in range(looks)), alpha=0.05)
    assert tuple(round(one, 3) for one in found) == published


def test_unequal_looks_spend_what_they_may():
    fractions = (0.3, 0.45, 1.0)
    found = np.array(bounds(fractions, alpha=0.05))
    correlated = np.sqrt(np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions))
    for upto in (2, 3):
        inside = stats.multivariate_normal(cov=correlated[:upto, :upto], seed=1).cdf(
            found[:upto], lower_limit=-found[:upto]
        )
        assert 1 - inside == pytest.approx(spent(fractions[upto - 1], alpha=0.05), abs=2e-5)


def test_daily_looks_err_in_one_of_twenty():
    days = 28
    found = np.array(bounds(tuple((day + 1) / days for day in range(days)), alpha=0.05))
    walks = np.random.default_rng(6).normal(size=(20_000, days)).cumsum(1) / np.sqrt(np.arange(1, days + 1))
    assert (np.abs(walks) > found).any(1).mean() == pytest.approx(0.05, abs=0.005)
    assert found[0] == NEVER


def test_an_early_end_spends_what_is_left():
    early = bounds((0.3, 0.6), alpha=0.05, is_last=True)[-1]
    assert early == pytest.approx(1.97, abs=0.02)
    assert early < bounds((0.3, 0.6), alpha=0.05)[-1]
    late = bounds((0.5, 1.2), alpha=0.05)
    assert late[-1] == pytest.approx(1.97, abs=0.03)
    assert bounds((0.5, 1.0, 1.2), alpha=0.05)[-1] == NEVER


def test_the_interval_and_the_p_agree_on_what_is_found():
    for hits in range(500, 660, 12):
        seen = group_sequential(
            arm_of_counts(500, 10_000),
            arm_of_counts(hits, 10_000),
            planned=40_000,
            looks=(10_000,),
            binary=True,
        )
        assert seen.is_found == (seen.p <= 0.05)
        assert seen.low <= seen.estimate <= seen.high


def test_a_look_without_new_units_is_refused():
    with pytest.raises(ValueError, match="look 2 has no more units"):
        bounds((0.5, 0.5), alpha=0.05)

"""What must hold before an effect is believed."""

import numpy as np
import pytest
from scipy import stats

from causeway.stats.effects.checks import holm, novelty, sample_ratio, wrong_unit
from causeway.stats.effects.effect import Effect, unknown
from causeway.stats.effects.guardrail import non_inferior


def effect(low: float, high: float) -> Effect:
    return Effect((low + high) / 2, low, high, 0.5, "", error=(high - low) / 3.92, units=100)


def test_the_split_is_pearsons_test():
    seen = sample_ratio(9000, 1100, share=0.1)
    assert seen.p == pytest.approx(stats.chisquare([9000, 1100], [9090, 1010]).pvalue)
    assert not seen.is_off
    assert sample_ratio(9000, 1150, share=0.1).is_off


def test_tickets_of_agents_are_not_the_units():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(40), 300)
    seen = wrong_unit(rng.normal(0, 0.3, 40)[unit] + rng.normal(0, 1, 12_000), unit)
    assert (seen.rows, seen.units, seen.is_wrong) == (12_000, 40, True)
    assert seen.alike == pytest.approx(0.09 / 1.09, rel=0.4)
    assert seen.false_alarms == pytest.approx(0.669, abs=0.08)


def test_one_row_for_each_unit_is_right():
    seen = wrong_unit(np.arange(50.0), np.arange(50))
    assert (seen.inflation, seen.is_wrong) == (1.0, False)
    assert seen.false_alarms == pytest.approx(0.05)


def test_rows_that_are_not_alike_inflate_nothing_and_are_refused_all_the_same():
    seen = wrong_unit(np.random.default_rng(2).normal(size=3000), np.repeat(np.arange(1000), 3))
    assert seen.inflation == pytest.approx(1.0, abs=0.1)
    assert seen.is_wrong


def test_an_effect_that_fades_is_new():
    assert novelty(effect(4, 8), effect(0, 2)).is_found
    assert not novelty(effect(4, 8), effect(3, 8)).is_found
    assert not novelty(effect(4, 8), unknown("", alpha=0.05)).is_known


def test_holm_is_that_of_statsmodels():
    # by multipletests of statsmodels
    assert holm([0.01, 0.04, 0.03, 0.005, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.5])


@pytest.mark.parametrize(
    ("low", "high", "is_better_high", "verdict"),
    [
        (-0.5, 0.9, False, "held"),
        (-0.5, 1.1, False, "unknown"),
        (1.1, 2.0, False, "breached"),
        (-0.9, 5.0, True, "held"),
        (-3.0, -1.5, True, "breached"),
        (-np.inf, np.inf, True, "unknown"),
    ],
)
def test_a_guardrail_holds_within_its_margin(low, high, is_better_high, verdict):
    assert non_inferior(effect(low, high), margin=1.0, higher_is_better=is_better_high) == verdict

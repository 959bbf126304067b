"""Roll-outs in steps, beside what the package csdid said of the same panel."""

import numpy as np
import pytest

from causeway.stats.effects.staggered import staggered

PLACE = np.arange(120).reshape(12, 10)
FIRST = np.repeat([4, 6, 8, -1], 3)
SINCE = np.arange(10) - FIRST[:, None] + 1
GROWING = np.where((FIRST[:, None] >= 0) & (SINCE > 0), 0.5 * SINCE, 0.0)
OUTCOME = np.cos(2.9 * PLACE * PLACE) + 0.1 * np.arange(10) + GROWING


def test_the_effects_are_those_of_callaway_and_santanna():
    # ATTgt(control_group=["notyettreated"]).fit(est_method="reg"), groups 5, 7 and 9, from their period on
    by_group = {
        4: (-0.7188036461181273, -0.511553664205899, 0.9964577547197647, 0.335810321138318,
            1.6902216609945997, 1.697750855637207),
        6: (0.7294899395605121, 1.1167137383501866, 1.4099425421709075, 2.3842855813354173),
        8: (2.036251368933881, 1.1680459791320854),
    }  # fmt: skip
    seen = staggered(OUTCOME, FIRST)
    assert seen.effect.estimate == pytest.approx(np.mean([one for each in by_group.values() for one in each]))
    assert seen.compared == 1
    for event in seen.events:
        if event.periods >= 0:
            those = [each[event.periods] for each in by_group.values() if event.periods < len(each)]
            assert event.effect.estimate == pytest.approx(np.mean(those))


def test_a_growing_effect_without_noise_is_found_exactly():
    paths = np.arange(12.0)[:, None] + np.sin(np.arange(10)) + GROWING
    seen = staggered(paths, FIRST)
    assert seen.effect.estimate == pytest.approx(GROWING[GROWING > 0].mean())
    assert seen.pretrend.estimate == pytest.approx(0)
    assert seen.placebo.estimate == pytest.approx(0)


def test_once_all_are_treated_nothing_is_compared():
    first = np.repeat([4, 6, 8], 4)
    since = np.arange(10) - first[:, None] + 1
    effect = np.where(since > 0, 1.0 * since, 0.0)
    seen = staggered(np.arange(12.0)[:, None] + effect, first)
    assert seen.effect.estimate == pytest.approx(effect[(since > 0) & (np.arange(10) < 8)].mean())
    assert seen.compared == pytest.approx((4 * 4 + 4 * 2) / (4 * (6 + 4 + 2)))


def test_units_that_were_drifting_apart_are_not_parallel():
    rng = np.random.default_rng(3)
    paths = rng.normal(0, 0.3, (12, 10)) + (FIRST >= 0)[:, None] * 0.5 * np.arange(10)
    seen = staggered(paths, FIRST)
    assert seen.pretrend.estimate == pytest.approx(0.5, abs=0.2)
    assert not seen.is_parallel


def test_too_few_units_leave_the_interval_open():
    seen = staggered(OUTCOME[:3], np.array([4, 6, -1]))
    assert not seen.effect.is_known
    assert np.isfinite(seen.effect.estimate)


def test_a_hole_is_refused():
    with pytest.raises(ValueError, match="finite outcomes"):
        staggered(np.where(PLACE == 3, np.nan, OUTCOME), FIRST)

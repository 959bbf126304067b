"""Of decays: what is worse than usual is found, what differs from window to window is not."""

import numpy as np
import pytest

from causeway.assess.quality_promise import QualityRules
from causeway.assess.quality_usual import Spell, fall_of, scatter_of
from causeway.stats.quality_form import HOUR_US

RULES = QualityRules()
DAY_US = 24 * HOUR_US
MEASURED = Spell(0, 0, 0.8, 0.01, 2000)


def spells(values, *, error=0.01, days=1, first=0, release="a", rows=2000):
    return [
        Spell(first + i * days * DAY_US, first + (i + 1) * days * DAY_US, value, error, rows, release)
        for i, value in enumerate(values)
    ]


def fall(own, before=(), measured=MEASURED, *, sign=1.0):
    return fall_of(own, before, measured, sign=sign, tolerance=0.02, rules=RULES)


def noise(rows, *, sd=0.01, seed=0):
    return np.random.default_rng(seed).normal(0, sd, rows)


def test_steady_windows_have_not_fallen_however_long_one_looks():
    alarms = [fall(spells(0.8 + noise(count, seed=seed))) for seed in range(10) for count in range(2, 120, 9)]
    assert not any(alarms)


def test_a_fall_that_lasts_is_found_and_names_what_it_is_beside():
    own = spells([*(0.8 + noise(20)), 0.70, 0.71])
    found = fall(own)
    assert found.windows == 2
    assert found.reference == pytest.approx(0.8, abs=0.01)
    assert not fall(own[:-1])
    # of errors more is worse
    errors = [Spell(each.since_us, each.until_us, 1 - each.value, 0.01, 2000) for each in own]
    assert fall(errors, measured=Spell(0, 0, 0.2, 0.01, 2000), sign=-1.0)


def test_what_differs_from_window_to_window_anyway_is_no_fall():
    own = spells([*(0.8 + noise(20, sd=0.05)), 0.74, 0.72, 0.76])
    assert scatter_of(own) > 0.03**2
    assert not fall(own)
    assert fall(spells([*(0.8 + noise(20)), 0.74, 0.72, 0.76]))


def test_a_release_is_held_against_what_the_product_did_before_it():
    before = spells(0.9 + noise(30), release="a")
    own = spells(0.8 + noise(6), first=30 * DAY_US, release="b")
    found = fall(own, before)
    assert found.since_us < before[-1].until_us
    assert found.reference == pytest.approx(0.9, abs=0.01)
    assert not fall(own)


def test_what_was_so_in_the_same_season_is_spared_unless_it_never_was_well_again():
    days = np.arange(760)
    summer = (days % 365 > 150) & (days % 365 < 240)
    own = spells(np.where(summer, 0.72, 0.8) + noise(760))
    assert not fall(own[:170]).spared
    assert fall(own[: 170 + 365]).spared
    lost = spells(np.where(days > 150, 0.72, 0.8) + noise(760))
    assert not fall(lost[: 170 + 365]).spared


def test_weekends_that_are_always_worse_are_no_fall():
    weekend = np.arange(61) % 7 >= 5
    own = spells(np.where(weekend, 0.7, 0.8) + noise(61))
    told = [fall(own[:days]) for days in range(14, 61)]
    assert not any(each and not each.spared for each in told)
    worse = spells(np.where(weekend, 0.7, 0.8) + noise(61) - np.where(np.arange(61) > 50, 0.1, 0))
    assert not fall(worse[:54]).spared

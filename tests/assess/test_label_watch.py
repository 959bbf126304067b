"""Outcomes that stop coming are told as such, not as a change of quality."""

import numpy as np
import pytest

from causeway.assess.label_watch import labels_of, maturity_of
from causeway.assess.quality_promise import QualityPromise, QualityRules
from causeway.stats.delays import delays_of
from causeway.stats.quality_form import HOUR_US, QualityWindow

DAY_US = 24 * HOUR_US


def days(count, *, now_days, join=0.5, mean_days=1.0, lost_from_days=None, rows=400, seed=2, before=0):
    generator = np.random.default_rng(seed)
    made = []
    for hour in range(0, count * 24, 6):
        delay = generator.lognormal(np.log(mean_days * 24), 0.5, rows // 4)
        known_at = hour + 6 + delay
        comes = (generator.random(rows // 4) < join) & (known_at <= now_days * 24)
        if lost_from_days is not None:
            comes &= known_at < lost_from_days * 24
        seconds = delay[comes] * 3600
        seconds[:before] = -60.0
        made.append(
            QualityWindow(
                hour * HOUR_US,
                (hour + 6) * HOUR_US,
                "r",
                "champion",
                answered=rows // 4,
                labelled=int(comes.sum()),
                delays=delays_of(seconds),
            )
        )
    return made


def told(windows, *, now_days, delay_hours=None):
    promise = QualityPromise("r", "binary", "roc_auc", 0.8, delay_hours=delay_hours)
    now_us = int(now_days * DAY_US)
    maturity = maturity_of(windows, promise=promise, now_us=now_us)
    sights = labels_of(windows, maturity, now_us=now_us, rules=QualityRules())
    return {each.about: each for each in sights}, maturity


def test_the_delay_is_learnt_while_outcomes_are_still_to_come():
    seen, maturity = told(days(20, now_days=20), now_days=20)
    assert maturity.hours == pytest.approx(24 * np.exp(0.5 * 1.645), rel=0.25)
    assert seen["delay"].verdict == "ok"
    assert seen["join rate"].verdict == "ok"
    assert seen["join rate"].value == pytest.approx(0.5, abs=0.06)
    assert seen["join rate"].reference == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_an_outage_is_told_with_its_day_before_anything_is_mature(seed):
    windows = days(20, now_days=20, lost_from_days=17, seed=seed)
    seen, _ = told(windows, now_days=20)
    assert seen["join rate"].verdict == "warn"
    assert "stopped coming" in seen["join rate"].why
    assert 14 <= seen["join rate"].since.timestamp() / 86_400 <= 18
    assert told(days(20, now_days=20, seed=seed), now_days=20)[0]["join rate"].verdict == "ok"


def test_slow_outcomes_are_no_outage():
    seen, _ = told(days(20, now_days=20, mean_days=6, join=0.9), now_days=20)
    assert seen["join rate"].verdict in ("ok", "not-enough-data")


def test_a_declared_delay_that_is_too_short_is_told():
    seen, maturity = told(days(20, now_days=20), now_days=20, delay_hours=12.0)
    assert maturity.hours == 12.0
    assert seen["delay"].verdict == "note"
    assert "declared" in seen["delay"].why


def test_outcomes_before_their_prediction_are_told():
    seen, _ = told(days(10, now_days=12, before=5), now_days=12)
    assert "before their prediction" in seen["delay"].why


def test_without_outcomes_there_is_not_enough_data():
    seen, maturity = told(days(3, now_days=3, join=0.0), now_days=3)
    assert maturity.hours is None
    assert {each.verdict for each in seen.values()} == {"not-enough-data"}

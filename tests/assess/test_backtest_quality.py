"""What a back-test says of quality: how often wrong without a change, how late with one planted."""

from datetime import timedelta

import numpy as np
import pytest
from msgspec import structs

import shipyard
from causeway.assess.backtest_quality import quality_tests
from causeway.assess.label_watch import at
from causeway.assess.watch_facts import Facts, Going
from causeway.core.manifest import EvaluationPart, Manifest, ProductPart
from causeway.stats.binned import binned
from causeway.stats.binned_answers import counted, summed
from causeway.stats.binned_metrics import metric_of
from causeway.stats.delays import delays_of
from causeway.stats.planted_quality import spoilt
from causeway.stats.quality_form import HOUR_US, QualityWindow

DAY_US = 24 * HOUR_US
DAYS, ROWS = 21, 300


def day(number, seed=0):
    generator = np.random.default_rng([seed, number])
    scores = 1 / (1 + np.exp(-generator.normal(0, 1.6, ROWS)))
    truth = (generator.random(ROWS) < scores).astype(float)
    return QualityWindow(
        number * DAY_US,
        (number + 1) * DAY_US,
        shipyard.RELEASE.digest,
        "champion",
        answered=ROWS,
        labelled=ROWS,
        scores=binned(scores, truth),
        labels=counted(("No", "Yes"), (scores > 0.5).astype(int), truth.astype(int)),
        delays=delays_of(np.full(ROWS, 3600.0)),
    )


def facts(windows):
    area = metric_of(windows[0], "roc_auc")
    evaluation = structs.replace(
        shipyard.RELEASE.evaluation,
        metric="roc_auc",
        value=area.value,
        low=area.low,
        high=area.high,
        rows=ROWS,
    )
    release = structs.replace(shipyard.RELEASE, evaluation=evaluation)
    now = at(windows[-1].until_us) + timedelta(days=1)
    manifest = Manifest(ProductPart(name="churn"), evaluation=EvaluationPart(outcome_days=1))
    return Facts("churn", now, manifest, Going(release.digest, at(0), release), quality=tuple(windows[1:]))


def test_outcomes_and_estimates_are_tried_on_each_day_and_a_lost_relation_is_found():
    tried = quality_tests(facts([day(number) for number in range(DAYS)]), quiet=lambda _: True)
    quality, estimate = tried
    assert (quality.watches, quality.looks, quality.false) == ("quality", DAYS - 1 - 3, 0)
    assert (estimate.watches, estimate.false) == ("estimate", 0)
    assert "past windows it was" in estimate.how
    small, large = quality.planted
    assert (small.what, large.what) == (
        "20% of outcomes unrelated to the answers",
        "50% of outcomes unrelated to the answers",
    )
    assert large.found == large.places > 2
    # a day to have outcomes, and a second one that is worse
    assert large.windows <= 4
    assert small.found <= large.found


def test_days_of_an_alarm_and_histories_without_outcomes_tell_nothing():
    windows = [day(number) for number in range(6)]
    quiet = quality_tests(facts(windows), quiet=lambda _: False)
    assert [each.looks for each in quiet] == [0]
    assert quality_tests(facts(windows[:3]), quiet=lambda _: True) == ()


def test_a_relation_is_spoilt_by_the_share_that_is_asked_for():
    window = day(1)
    half = metric_of(spoilt(window, 0.5), "roc_auc").value
    assert half == pytest.approx(0.5 + (metric_of(window, "roc_auc").value - 0.5) / 2, abs=0.01)
    assert metric_of(spoilt(window, 1.0), "accuracy").value < 0.55
    truth = np.linspace(1, 9, 50)
    numbers = structs.replace(window, scores=None, labels=None, numbers=summed(truth + 1, truth))
    assert metric_of(spoilt(numbers, 0.5), "rmse").value == pytest.approx(1.5)

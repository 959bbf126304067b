"""Volume, freshness and columns, from facts alone; and no alarm over 200 looks without change."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from causeway.assess.drift import Moment
from causeway.assess.watch_facts import Compared, Facts, Going
from causeway.assess.watch_supply import columns, freshness, volume
from causeway.core.manifest import Manifest, MonitorPart, ProductPart
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, WARN
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import Window

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
FIRST = int(BEGIN.timestamp() // 3600)


def facts(counts, *, since=0.0, monitors=()):
    """What is known at the end of the last of these hours, or so many later."""
    known = tuple(
        Window(FIRST + at, "sha256:1", "champion", int(count), {}) for at, count in enumerate(counts) if count
    )
    now = BEGIN + timedelta(hours=len(counts) + since)
    last = datetime.fromtimestamp((known[-1].hour + 1) * 3600, UTC) if known else None
    manifest = Manifest(ProductPart(name="churn"), monitors=monitors)
    return Facts("churn", now, manifest, Going("sha256:1", BEGIN), hours=known, last_at=last)


def verdict(judge, *of, **more):
    (sight,) = judge(facts(*of, **more))
    return sight.verdict


def dispersed(rng, hours):
    day = 1 + 0.8 * np.sin(2 * np.pi * hours / 24)
    return rng.negative_binomial(4, 4 / (4 + 300 * day * np.where(hours // 24 % 7 < 5, 1, 0.3)))


def office(rng, hours):
    return np.where(
        (hours // 24 % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18), rng.poisson(90, len(hours)), 0
    )


def batch(rng, hours):
    late = rng.integers(0, 2, len(hours) // 24 + 2)[hours // 24]
    return np.where((hours // 24 % 7 < 5) & (hours % 24 == 2 + late), 1000, 0)


@pytest.mark.parametrize("traffic", [dispersed, office, batch])
@pytest.mark.parametrize("known", [6 * 24, 30 * 24])
def test_traffic_that_does_not_change_warns_nobody(traffic, known):
    counts = traffic(np.random.default_rng(7), np.arange(known + 224))
    looks = range(known, known + 200, 3)
    found = [verdict(judge, counts[:end]) for end in looks for judge in (volume, freshness)]
    assert found.count(WARN) == 0


def test_silence_is_an_alarm_and_so_is_much_less():
    counts = np.random.default_rng(1).poisson(100, 30 * 24)
    assert verdict(volume, counts) == OK
    silent = np.r_[counts[:-1], 0]
    (sight,) = volume(facts(silent))
    assert (sight.verdict, sight.value) == (WARN, 0)
    assert sight.why.startswith("nothing came in the last hour, 1")
    assert verdict(volume, np.r_[counts[:-1], 30]) == OK, "one hour alone"
    assert verdict(volume, np.r_[counts[:-2], 30, 30]) == WARN
    assert verdict(volume, np.r_[counts[:-1], 900]) == NOTE


def test_too_little_to_tell_is_said():
    assert verdict(volume, [100] * 30) == NOT_ENOUGH_DATA
    assert verdict(volume, ([1] + [0] * 11) * 60) == NOT_ENOUGH_DATA
    assert verdict(freshness, [100] * 5) == NOT_ENOUGH_DATA
    assert freshness(facts([])) == ()


def test_the_manifest_may_say_how_much_and_how_late():
    steady = [100] * 24 * 10
    few = (MonitorPart("few", "volume", threshold=0.9),)
    assert verdict(volume, [*steady[:-1], 85], monitors=few) == WARN
    late = (MonitorPart("late", "freshness", threshold=1.5),)
    assert [verdict(freshness, steady, since=hours, monitors=late) for hours in (1.0, 2.0)] == [OK, WARN]


def test_rows_that_are_late_where_they_never_were():
    steady = [100] * 24 * 10
    assert [verdict(freshness, steady, since=hours) for hours in (1.0, 21.0)] == [OK, WARN]


def test_columns_come_and_go_and_change_their_type():
    number, text = number_profile(np.arange(300.0)), text_profile(np.zeros(300, np.int64), ("a",))
    before = {"in_a": number, "in_b": number, "in_c": number}
    now = {"in_a": number, "in_b": text, "in_d": number}
    moment = Moment(BEGIN, BEGIN + timedelta(hours=1), 300, now, before, 3000)
    known = Facts(
        "churn", BEGIN, Manifest(ProductPart(name="churn")), Going("sha256:1", BEGIN), (Compared(moment, ""),)
    )
    assert {(each.about, each.verdict) for each in columns(known)} == {("b", WARN), ("c", WARN), ("d", NOTE)}

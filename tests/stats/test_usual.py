"""What is usual at an hour, of counts that scatter as counts do."""

import numpy as np
import pytest

from causeway.stats.cadence import longest_usual
from causeway.stats.usual import usual

MONDAY = 4 * 24
"""The first Monday of 1970."""


def season(hours):
    return 300 * (1 + 0.8 * np.sin(2 * np.pi * hours / 24)) * np.where(hours // 24 % 7 < 5, 1, 0.3)


def dispersed(days, seed=1):
    return (
        np.random.default_rng(seed).negative_binomial(4, 4 / (4 + season(np.arange(days * 24)))).astype(float)
    )


def seen(counts, hours=1):
    return usual(counts, last=MONDAY + len(counts) - 1, hours=hours)


def test_over_dispersed_counts_are_usual_and_their_absence_is_not():
    counts = dispersed(40)
    looks = [seen(counts[:end], hours) for end in range(33 * 24, 40 * 24, 5) for hours in (1, 6, 24)]
    assert sum(each.is_few or each.is_many for each in looks) <= 1
    counts[-10:] = 0
    assert seen(counts, 6).is_few


def test_what_goes_on_now_does_not_become_usual():
    counts = np.random.default_rng(2).poisson(200, 29 * 24).astype(float)
    for lasting in (1, 6, 24):
        less = counts.copy()
        less[-lasting:] /= 4
        assert seen(less).is_few
    assert seen(np.r_[counts[:-1], 3000.0]).is_many


def test_a_first_weekend_is_beside_no_workday():
    hours = np.arange(6 * 24)
    counts = np.where((hours // 24 < 5) & (hours % 24 > 7), 100.0, 0.0)
    assert seen(counts[: 5 * 24 + 12]) is None
    assert seen(counts[: 2 * 24]) is None
    assert seen(counts[:0]) is None


def test_few_rows_are_judged_by_longer_spans():
    counts = np.random.default_rng(3).poisson(3, 35 * 24).astype(float)
    counts[-24:] = 0
    assert not seen(counts, 1).is_few
    assert seen(counts, 24).is_few


def active(days, is_active):
    return [MONDAY + hour for hour in range(days * 24) if is_active(hour // 24, hour % 24)]


OFFICE = (lambda day, hour: day % 7 < 5 and 8 <= hour < 18), "office"
BATCH = (lambda _, hour: hour == 2), "batch"


@pytest.mark.parametrize("known", [9, 40])
@pytest.mark.parametrize("kind", [OFFICE[0], BATCH[0]], ids=[OFFICE[1], BATCH[1]])
def test_nights_weekends_and_batches_are_no_silence(kind, known):
    hours = active(known + 7, kind)
    for now in range(MONDAY + known * 24, MONDAY + (known + 7) * 24, 3):
        before = [hour for hour in hours if hour <= now]
        assert now - before[-1] <= longest_usual(before, now)


def test_a_silence_is_unusual_soonest_where_there_never_was_one():
    office = active(40, OFFICE[0])
    monday = MONDAY + 42 * 24
    assert monday - office[-1] <= longest_usual(office, monday)
    # noon, and nobody came to work
    assert monday + 12 - office[-1] > longest_usual(office, monday + 12)
    batch = active(40, BATCH[0])
    assert batch[-1] + 24 - batch[-1] <= longest_usual(batch, batch[-1] + 24)
    assert batch[-1] + 24 + 12 - batch[-1] > longest_usual(batch, batch[-1] + 24 + 12)
    always = active(40, lambda _day, _hour: True)
    assert longest_usual(always, always[-1] + 3) < 4


def test_one_outage_before_widens_nothing():
    always = active(40, lambda _day, _hour: True)
    outage = [hour for hour in always if not MONDAY + 800 < hour < MONDAY + 830]
    assert longest_usual(outage, always[-1] + 3) < 4

"""Schedules: five fields, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from causeway.core.cron import read_cron

NOW = datetime(2026, 11, 23, 17, 5, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("line", "last", "following"),
    [
        ("0 4 * * *", (2026, 11, 23, 4, 0), (2026, 11, 24, 4, 0)),
        ("*/15 * * * *", (2026, 11, 23, 17, 0), (2026, 11, 23, 17, 15)),
        ("5 17 * * mon", (2026, 11, 23, 17, 5), (2026, 11, 30, 17, 5)),
        ("30 2 * * 7", (2026, 11, 22, 2, 30), (2026, 11, 29, 2, 30)),
        ("0 0 1,15 * *", (2026, 11, 15, 0, 0), (2026, 12, 1, 0, 0)),
        ("0 0 29 feb *", (2024, 2, 29, 0, 0), (2028, 2, 29, 0, 0)),
        ("10-20/5 8-9 * * 1-5", (2026, 11, 23, 9, 20), (2026, 11, 24, 8, 10)),
        # where both days are restricted, either is enough
        ("0 12 1 * fri", (2026, 11, 20, 12, 0), (2026, 11, 27, 12, 0)),
        ("@daily", (2026, 11, 23, 0, 0), (2026, 11, 24, 0, 0)),
    ],
)
def test_the_moments_before_and_after(line, last, following):
    cron = read_cron(line)
    assert cron.last(NOW) == datetime(*last, tzinfo=UTC)
    assert cron.next(NOW) == datetime(*following, tzinfo=UTC)


def test_a_change_to_summer_time_neither_skips_nor_doubles_it():
    cron, zone = read_cron("30 2 * * *"), timezone(timedelta(hours=2))
    moments = [cron.next(datetime(2026, 3, day, 2, 30, tzinfo=UTC)) for day in (27, 28, 29)]
    assert [moment.day for moment in moments] == [28, 29, 30]
    # a clock in another zone is the same clock
    assert cron.next(datetime(2026, 3, 29, 5, tzinfo=zone)) == datetime(2026, 3, 30, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 4 * *", "4 fields"),
        ("60 4 * * *", "'60' is no minute"),
        ("0 4 * * moon", "'moon' is no day of the week"),
        ("0 0 31 feb *", "no such day"),
        ("5-1 * * * *", "'5-1' is no minute"),
        ("*/0 * * * *", "is no minute"),
        ("0 4 * * -1", "is no day of the week"),
    ],
)
def test_what_is_no_schedule_says_why(line, why):
    with pytest.raises(ValueError, match=why):
        read_cron(line)

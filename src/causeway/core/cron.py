"""Schedules as cron writes them: five fields, in UTC.

In UTC no hour is missing and none comes twice, so a change to summer time moves a schedule by an hour on
the wall clock and never skips or doubles it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

SHORT = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
LOOK_BACK_DAYS = 8 * 366
"""Far enough for 29 February across a century that is no leap year."""
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?", re.ASCII)


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    # both 0 and 7 are Sunday
    _Field("day of the week", 0, 7, _DAYS),
)


class Cron(Struct, frozen=True):
    """The moments that a cron line names."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Whether a day of the month or of the week is enough: where the line restricts both."""

    def last(self, now: datetime) -> datetime | None:
        """The latest of its moments that is not after `now`; None where there is none."""
        return self._nearest(now.astimezone(UTC), forward=False)

    def next(self, now: datetime) -> datetime | None:
        """The first of its moments after `now`; None where there is none."""
        return self._nearest(now.astimezone(UTC), forward=True)

    def _nearest(self, now: datetime, *, forward: bool) -> datetime | None:
        step = 1 if forward else -1
        whole = now.replace(second=0, microsecond=0)
        times = [(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]
        for away in range(LOOK_BACK_DAYS):
            day = whole + timedelta(days=step * away)
            if not self._on(day):
                continue
            for hour, minute in times[::step]:
                moment = day.replace(hour=hour, minute=minute)
                if (moment > now) if forward else (moment <= now):
                    return moment
        return None

    def _on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (of_month or of_week) if self.either_day else (of_month and of_week)


def read_cron(line: str) -> Cron:
    """The schedule that this line means; raises ValueError with the field that cannot be."""
    words = SHORT.get(line.strip().lower(), line).split()
    if len(words) != len(_FIELDS):
        raise ValueError(f"it has {len(words)} fields, not {len(_FIELDS)}")
    sets = [_values(word.lower(), field) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = sets
    either = not words[2].startswith("*") and not words[4].startswith("*")
    found = Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
    if found.next(datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise ValueError("there is no such day")
    return found


def _values(word: str, field: _Field) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f"{part!r} is no {field.name}")
        star, first, last, step = match.groups()
        low = field.low if star else _number(first, field)
        high = field.high if star or (step and not last) else _number(last or first, field)
        if low > high or step == "0":
            raise ValueError(f"{part!r} is no {field.name}")
        found.update(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _number(word: str, field: _Field) -> int:
    number = field.names.get(word, int(word) if word.isdigit() else -1)
    if not field.low <= number <= field.high:
        raise ValueError(f"{word!r} is no {field.name} ({field.low} to {field.high})")
    return number

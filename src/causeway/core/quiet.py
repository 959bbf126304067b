"""Hours in which nothing is to happen, by the clock on a wall somewhere."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

_FORM = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?: (\S+))?")


class Quiet(Struct, frozen=True):
    """From one time of the day to another, perhaps of the next day, in a time zone."""

    since: time
    until: time
    zone: str

    def ends(self, now: datetime) -> datetime | None:
        """When the quiet that holds now is over, in UTC; None where it is not quiet.

        A day on which clocks change has its own length: the quiet ends when the clock on the wall says so.
        """
        here = now.astimezone(ZoneInfo(self.zone))
        at = here.time().replace(fold=0)
        tonight = self.since <= at if self.until <= self.since else self.since <= at < self.until
        if not tonight and not (self.until <= self.since and at < self.until):
            return None
        day = here.date() + timedelta(days=1 if tonight and self.until <= self.since else 0)
        return datetime.combine(day, self.until, ZoneInfo(self.zone)).astimezone(UTC)


def read_quiet(words: str) -> Quiet | None:
    """The hours that these words name, None of no words; raises ValueError for others."""
    if not words:
        return None
    match = _FORM.fullmatch(words.strip())
    if match is None:
        raise ValueError(f"{words!r} names no hours")
    zone = match[3] or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {zone!r}") from None
    return Quiet(time.fromisoformat(match[1]), time.fromisoformat(match[2]), zone)

"""How the rows of a table are cut into windows, by time or by their order, and which are the reference."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.errors import UsageError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SECOND = 1_000_000
MINUTE, HOUR, DAY, WEEK = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND, 604_800 * SECOND
_UNITS = {"s": SECOND, "min": MINUTE, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_WORDS = ((WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
_USUAL = (DAY, 6 * HOUR, HOUR, 10 * MINUTE, MINUTE, 10 * SECOND, SECOND)
_WIDE = (DAY, WEEK, 4 * WEEK, 52 * WEEK)
LEAST_WINDOWS = 12
MOST_WINDOWS = 400
TIMES = 10
"""The reference has so many times a window, where there is as much."""
LEAST_BLOCK = 100
SEVERAL_DAYS = 2 * DAY
MOST_REFERENCE = 0.75
WEEKS, DAYS = 4, 7
"""From so many of them in the reference on, the same hours of the week, or of the day, are compared."""
_MONDAY = 4 * DAY
"""1970 began on a Thursday."""


class Spans(Struct, frozen=True):
    """Windows of one length, counted from 0; of time (in microseconds) or of rows."""

    start: int
    length: int
    count: int
    timed: bool
    reference: int = 0
    """So many of the first are the reference."""

    def ordinals(self, at: Floats | None, first: int, rows: int) -> Integers:
        """The window of each row; -1 where its time is not known."""
        if at is None or not self.timed:
            return (np.arange(first, first + rows) - self.start) // self.length
        found = np.where(np.isfinite(at), (at - self.start) // self.length, -1)
        return np.clip(found, -1, self.count - 1).astype(np.int64)

    def since(self, ordinal: int) -> datetime:
        """When the window begins; of rows, so many days after 1970."""
        return datetime.fromtimestamp(self.since_us(ordinal) / 1e6, UTC)

    def since_us(self, ordinal: int) -> int:
        """The same in microseconds."""
        return self.start + ordinal * self.length if self.timed else ordinal * DAY

    def rows(self, ordinal: int) -> tuple[int, int]:
        """The first and the last row of the window, counted from 1."""
        return ordinal * self.length + 1, (ordinal + 1) * self.length

    @property
    def hours(self) -> int:
        """Over how many hours quality is measured: those of a window, or a day where there are several."""
        least = 24 if not self.timed or self.length * self.count >= SEVERAL_DAYS else 1
        return max(least, self.length // HOUR) if self.timed else least

    @property
    def words(self) -> str:
        """How long a window is."""
        if not self.timed:
            return f"{self.length:,} rows"
        unit, word = next((each for each in _WORDS if self.length % each[0] == 0), (SECOND, "second"))
        number = self.length // unit
        return f"{number} {word}s" if number > 1 else f"1 {word}"

    def phase(self, ordinal: int) -> int:
        """Windows of the same phase are of the same hours of the week, or of the day; else all have one."""
        whole = self.reference * self.length
        for period, least in ((WEEK, WEEKS * WEEK), (DAY, DAYS * DAY)):
            if self.timed and self.length < period and period % self.length == 0 and whole >= least:
                return ordinal % (period // self.length)
        return 0


def window_of(text: str) -> tuple[int, bool]:
    """How long windows were asked to be, and whether that is a time: `1d`, `6h`, `30min`, or `500` rows."""
    found = re.fullmatch(r"\s*(\d+)\s*(s|min|m|h|d|w|rows?)?\s*", text)
    if not found or not int(found[1]):
        raise UsageError(f"{text!r} is no window", hint="write 1d, 6h, 30min, 2w, or a number of rows")
    unit = _UNITS.get(found[2] or "")
    return (int(found[1]) * unit, True) if unit else (int(found[1]), False)


def timed(first: float, last: float, *, asked: int = 0) -> Spans:
    """Windows over this range of time, the first quarter of them the reference."""
    length = asked or _usual(last - first)
    # weeks begin on Mondays, days at midnight in UTC
    offset = _MONDAY if length % WEEK == 0 else 0
    start = int((first - offset) // length) * length + offset
    count = int((last - start) // length) + 1
    reference = _first_part(count)
    weeks = WEEKS * WEEK // length
    if WEEK % length == 0 and length < WEEK and weeks <= MOST_REFERENCE * count:
        # so long that the hours of a week can be told apart
        reference = max(reference, weeks)
    return Spans(start, length, count, timed=True, reference=reference)


def in_order(rows: int, *, asked: int = 0) -> Spans:
    """Windows of so many rows in the order in which they stand, the first quarter of them the reference."""
    length = asked or max(LEAST_BLOCK, math.ceil(rows / 4 / TIMES))
    # less than half a window is left over to the one before
    count = max(1, (rows + length // 2) // length)
    return Spans(0, length, count, timed=False, reference=_first_part(count))


def whole(rows: int, *, first: float | None = None, last: float | None = None) -> Spans:
    """All rows as one window."""
    if first is None or last is None:
        return Spans(0, max(1, rows), 1, timed=False)
    return Spans(int(first), int(last - first) + 1, 1, timed=True)


def _usual(span: float) -> int:
    if span >= LEAST_WINDOWS * DAY:
        return next((each for each in _WIDE if span / each <= MOST_WINDOWS), _WIDE[-1])
    return next((each for each in _USUAL if span >= LEAST_WINDOWS * each), _USUAL[-1])


def _first_part(count: int) -> int:
    return max(math.ceil(count / 4), min(TIMES, count - 1))


def said_of(spans: Spans, *, seasonal: Mapping[int, int] | None = None) -> str:
    """What the reference is, where it is the first part of the rows."""
    part = "quarter" if spans.reference <= math.ceil(spans.count / 4) else "part"
    if not spans.timed:
        return f"the first {part} of the rows"
    began = spans.since(spans.reference)
    until = f"{began:%Y-%m-%d}" if spans.length >= DAY else f"{began:%Y-%m-%d %H:%M}"
    same = ", each the same hours of the week or day" if seasonal and len(seasonal) > 1 else ""
    return f"the first {part} of the time, before {until}{same}"

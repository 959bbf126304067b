"""One monitor over its last windows: what a page or a report draws."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.core.watching import OK

HOUR = timedelta(hours=1)


class Point(Struct, frozen=True, omit_defaults=True):
    """One window of a line: a number with its interval; no number where there was too little to say."""

    since: datetime
    until: datetime
    rows: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = OK
    threshold: float | None = None
    """Of this window, where it is another in each."""
    reference: float | None = None
    """The same."""


class Series(Struct, frozen=True, omit_defaults=True):
    """One monitor over its last windows, oldest first, and what the last look said of it."""

    watches: str
    about: str
    unit: str
    points: tuple[Point, ...]
    monitor: str = ""
    verdict: str = ""
    """Of the last look; empty where it is only shown, and nobody judges it."""
    why: str = ""
    period: str = ""
    """What one window is."""
    method: str = ""
    threshold: float | None = None
    reference: float | None = None
    importance: float | None = None
    beside: tuple[Point, ...] = ()
    """A second line, drawn dashed."""
    beside_is: str = ""
    """What that line is."""
    note: str = ""
    """What else is to be known of it, in one sentence."""

    @property
    def last(self) -> Point | None:
        """The last window in which there was a number."""
        return next((each for each in reversed(self.points) if each.value is not None), None)

    @property
    def weight(self) -> float:
        """Effect times importance, by which features are ranked; what nobody measured counts in full."""
        share = 1.0 if self.importance is None else self.importance
        return abs(self.last.value or 0.0) * share if self.last else 0.0


def spans(spans: Sequence[timedelta]) -> str:
    """From the shortest to the longest in words."""
    least, most = min(spans, default=HOUR), max(spans, default=HOUR)
    return f"windows of {_said(least)}" if least == most else f"windows of {_said(least)} to {_said(most)}"


def _said(span: timedelta) -> str:
    hours = span / HOUR
    return f"{hours / 24:.3g} days" if hours >= 48 else f"{hours:.3g} h"

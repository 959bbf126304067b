"""How much was asked: predictions by day, and how many units are exposed a month as things go now."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from causeway.core.events import SegmentSealed
from causeway.core.worth import Benefit

PREDICTIONS = "predictions"
LATELY_DAYS = 28
MONTH_DAYS = 365.25 / 12


def predictions_by_day(segments: Iterable[SegmentSealed]) -> dict[date, float]:
    """Rows of predictions; those of a segment of many days even over its days."""
    found: dict[date, float] = {}
    for segment in segments:
        if segment.stream != PREDICTIONS or segment.first_at is None or segment.last_at is None:
            continue
        first, last = segment.first_at.date(), segment.last_at.date()
        days = (last - first).days + 1
        for at in range(days):
            day = first + timedelta(days=at)
            found[day] = found.get(day, 0.0) + segment.rows / days
    return found


def between(by_day: Mapping[date, float], since: date, until: date) -> int:
    """Predictions from `since` up to and including `until`."""
    return round(sum(rows for day, rows in by_day.items() if since <= day <= until))


def exposed_a_month(by_day: Mapping[date, float], benefit: Benefit) -> float:
    """Units exposed a month at the pace of the last four weeks, those among them that are not mature yet."""
    every = between(by_day, benefit.since, benefit.until)
    if not every:
        return 0.0
    lately = between(by_day, benefit.until - timedelta(days=LATELY_DAYS - 1), benefit.until)
    of_one = benefit.exposed / (1 - min(benefit.pending, 0.99)) / every
    return of_one * lately * MONTH_DAYS / LATELY_DAYS

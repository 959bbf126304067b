"""What the service did lately: rows, time to answer, requests that failed, and what the answers brought."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from causeway.assess.service_facts import Asked
from causeway.assess.watch_facts import Facts
from causeway.assess.watch_line import HOUR, Point, Series, spans
from causeway.assess.watch_service import P99, USUAL, alike, rows_by_hour
from causeway.core.watching import NOT_ENOUGH_DATA
from causeway.stats.profile import quantile
from causeway.stats.profile_form import NumberProfile
from causeway.stats.profile_many import merged_columns
from causeway.stats.proportion import Z, wilson

MOST_POINTS = 32
HOURS = 72
"""So many hours are drawn of what comes by the hour."""
MEDIAN = 0.5
DAY = timedelta(days=1)


def service_series(facts: Facts) -> Iterator[Series]:
    """Rows, latency, requests and errors by the hour, the business measure by the day."""
    yield from _volume(facts)
    yield from _latency(facts)
    yield from _requests(facts)
    yield from _kpi(facts)


def _volume(facts: Facts) -> Iterator[Series]:
    """The rows of each hour in three days, beside what is usual then; and of each day."""
    rows = rows_by_hour(facts)
    if not rows:
        return
    end = max(max(rows) + 1, min(int(facts.now.timestamp() // 3600), max(rows) + HOURS))
    hours = range(max(min(rows), end - HOURS), end)
    points: list[Point] = []
    for hour in hours:
        before = sorted(alike(rows, hour))
        usual = float(before[len(before) // 2]) if len(before) >= USUAL else None
        came, since = rows.get(hour, 0), _time(hour)
        points.append(Point(since, since + HOUR, came, came, reference=usual))
    method = "beside the median of the same hours before"
    yield Series("volume", "", "rows", tuple(points), period="hours", method=method)
    days: dict[int, int] = {}
    for hour, count in rows.items():
        days[hour // 24] = days.get(hour // 24, 0) + count
    whole = range(max(min(days), max(days) - MOST_POINTS + 1), max(days) + 1)
    if len(whole) > 3:
        daily = tuple(
            Point(_time(day * 24), _time(day * 24 + 24), days.get(day, 0), days.get(day, 0)) for day in whole
        )
        yield Series("volume", "by day", "rows", daily, period="days")


def _latency(facts: Facts) -> Iterator[Series]:
    """How long 99 of 100 answers took, and half of them, in each window."""
    slow: list[Point] = []
    half: list[Point] = []
    for moment in (each.moment for each in facts.windows):
        first, end = moment.since.timestamp() // 3600, moment.until.timestamp() // 3600
        found = [
            each.columns["latency_us"]
            for each in facts.hours
            if first <= each.hour < end
            and each.release == facts.going.release
            and "latency_us" in each.columns
        ]
        times = merged_columns(found) if found else None
        if isinstance(times, NumberProfile) and times.count:
            for line, share in ((slow, P99), (half, MEDIAN)):
                took = quantile(times, share) / 1000
                line.append(Point(moment.since, moment.until, times.count, round(took, 3)))
    limit = facts.monitor("latency").threshold
    yield Series(
        "latency",
        "",
        "ms",
        tuple(slow),
        period=spans([each.until - each.since for each in slow]),
        method="the 99th percentile of all answers of the window",
        threshold=limit if limit is not None else facts.manifest.serving.latency_ms,
        beside=tuple(half),
        beside_is="the median",
    )


def _requests(facts: Facts) -> Iterator[Series]:
    """The requests of each hour, and the share of them that failed."""
    hours: dict[int, list[Asked]] = {}
    for each in facts.service.asked if facts.service else ():
        hours.setdefault(int(each.since // 3600), []).append(each)
    if not hours:
        return
    last = max(hours)
    came: list[Point] = []
    failed: list[Point] = []
    for hour in range(max(min(hours), last - HOURS + 1), last + 1):
        requests = sum(each.requests for each in hours.get(hour, ()))
        bad = sum(each.failed for each in hours.get(hour, ()))
        since, until = _time(hour), _time(hour + 1)
        came.append(Point(since, until, requests, requests))
        failed.append(
            Point(since, until, requests, bad / requests, *wilson(bad, requests))
            if requests
            else Point(since, until, 0, verdict=NOT_ENOUGH_DATA)
        )
    promised = facts.manifest.serving.availability
    yield Series(
        "errors",
        "",
        "share",
        tuple(failed),
        period="hours",
        method="requests that the server failed, of all; Wilson",
        threshold=None if promised is None else 1 - promised,
    )
    yield Series("throughput", "", "requests", tuple(came), period="hours")


def _kpi(facts: Facts) -> Iterator[Series]:
    """The business measure of what was answered on each day."""
    points: list[Point] = []
    for each in (facts.kpi.days if facts.kpi else ())[-MOST_POINTS:]:
        since = datetime.fromtimestamp(each.day * 86_400, UTC)
        sums = each.sums
        if sums.rows < 2:
            points.append(Point(since, since + DAY, sums.rows, verdict=NOT_ENOUGH_DATA))
            continue
        half = Z * (sums.variance / sums.rows) ** 0.5
        points.append(Point(since, since + DAY, sums.rows, sums.mean, sums.mean - half, sums.mean + half))
    declared = facts.manifest.kpi
    yield Series(
        "kpi",
        "",
        declared.unit,
        tuple(points),
        period="days",
        method="mean and 95 % interval of each day",
        reference=declared.target,
        note="Values of the last days may still come." if points else "",
    )


def _time(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)

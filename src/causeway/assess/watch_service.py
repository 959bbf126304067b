"""Whether rows come as they use to, and are answered in time."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

from causeway.assess.watch_facts import Facts
from causeway.core.ids import counted
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, WARN, Sight
from causeway.stats.profile import quantile
from causeway.stats.profile_form import NumberProfile

WEEK, DAY = 168, 24
USUAL = 4
"""So many hours alike say what is usual."""
LEAST_USUAL = 20
QUARTER = 0.25
TIMES_LONGER = 3
LEAST_QUIET = timedelta(hours=2)
LEAST_HOURS = 24
P99 = 0.99


def volume(facts: Facts) -> tuple[Sight, ...]:
    """The rows of the last whole hour beside the same hours before."""
    rows = rows_by_hour(facts)
    last = int(facts.now.timestamp() // 3600) - 1
    part = facts.monitor("volume")
    before = alike(rows, last)
    if len(before) < USUAL:
        return (_volume(facts, NOT_ENOUGH_DATA, rows.get(last, 0), f"{len(before)} hours alike are known"),)
    least, usual = min(before), sorted(before)[len(before) // 2]
    floor = part.threshold * usual if part.threshold is not None else QUARTER * least
    now = rows.get(last, 0)
    said = f"{counted(now, 'row')} in the last hour, {usual:,} is usual then ({least:,} to {max(before):,})"
    few = now < floor and (least >= LEAST_USUAL or part.threshold is not None)
    many = now > max(before) / QUARTER
    verdict = WARN if few else NOTE if many else OK
    return (_volume(facts, verdict, now, said, usual=usual, floor=floor),)


def _volume(
    facts: Facts, verdict: str, now: int, why: str, *, usual: float | None = None, floor: float | None = None
) -> Sight:
    hour = facts.now.replace(minute=0, second=0, microsecond=0)
    return Sight(
        monitor=facts.monitor("volume").name,
        watches="volume",
        verdict=verdict,
        since=hour - timedelta(hours=1),
        until=hour,
        why=why,
        value=now,
        threshold=floor,
        reference=usual,
        unit="rows",
        rows=now,
        method="beside the least of the same hours of the week, or of the day, in four weeks",
    )


def rows_by_hour(facts: Facts) -> Mapping[int, int]:
    """The rows that came, by hours since 1970."""
    rows: dict[int, int] = {}
    for each in facts.hours:
        rows[each.hour] = rows.get(each.hour, 0) + each.rows
    return rows


def alike(rows: Mapping[int, int], hour: int) -> list[int]:
    """The rows of the same hours of the week in four weeks; of the day where fewer are known."""
    first = min(rows, default=hour)
    weeks = [rows.get(hour - by * WEEK, 0) for by in range(1, 5) if hour - by * WEEK >= first]
    if len(weeks) >= USUAL:
        return weeks
    return [rows.get(hour - by * DAY, 0) for by in range(1, 29) if hour - by * DAY >= first]


def freshness(facts: Facts) -> tuple[Sight, ...]:
    """How long ago the last row came, beside the longest silence before."""
    quiet, part = facts.quiet_for, facts.monitor("freshness")
    if quiet is None or facts.last_at is None:
        return ()
    hours = sorted(rows_by_hour(facts))
    longest = max((b - a for a, b in pairwise(hours)), default=0)
    most = (
        timedelta(hours=part.threshold)
        if part.threshold is not None
        else max(LEAST_QUIET, TIMES_LONGER * timedelta(hours=longest))
    )
    enough = len(hours) >= LEAST_HOURS or part.threshold is not None
    verdict = (WARN if quiet > most else OK) if enough else NOT_ENOUGH_DATA
    said = f"the last row came {_hours(quiet)} ago"
    why = f"{said}; the longest silence before was {longest} h" if enough else f"{said}; few hours are known"
    return (
        Sight(
            monitor=part.name,
            watches="freshness",
            verdict=verdict,
            since=facts.last_at,
            until=facts.now,
            why=why,
            value=round(quiet / timedelta(hours=1), 2),
            threshold=round(most / timedelta(hours=1), 2),
            unit="hours",
            method="three times the longest silence, two hours at least",
        ),
    )


def _hours(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours >= 2 * DAY:
        return f"{hours / DAY:.0f} days"
    return f"{hours:.1f} h" if hours >= 1 else f"{span / timedelta(minutes=1):.0f} min"


def latency(facts: Facts) -> tuple[Sight, ...]:
    """How long answers took in the last window, where the manifest says how long they may."""
    part = facts.monitor("latency")
    limit = part.threshold if part.threshold is not None else facts.manifest.serving.latency_ms
    if limit is None or not facts.windows:
        return ()
    moment = facts.windows[-1].moment
    first = int(moment.since.timestamp() // 3600)
    found = [
        each.columns["latency_us"]
        for each in facts.hours
        if each.hour >= first and "latency_us" in each.columns
    ]
    times = [each for each in found if isinstance(each, NumberProfile) and each.count]
    if not times:
        return ()
    slow = max(quantile(each, P99) for each in times) / 1000
    verdict = WARN if slow > limit else OK
    return (
        Sight(
            monitor=part.name,
            watches="latency",
            verdict=verdict,
            since=moment.since,
            until=moment.until,
            why=f"99 of 100 answers took {slow:,.3g} ms at most ({limit:g} ms promised)",
            value=round(slow, 3),
            threshold=limit,
            unit="ms",
            rows=sum(each.count for each in times),
            method="the 99th percentile of the worst hour",
            breach=True,
        ),
    )

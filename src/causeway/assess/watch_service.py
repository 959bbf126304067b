"""How many rows come by the hour, and how long the slowest hour took."""

from collections.abc import Mapping

from causeway.assess.watch_facts import Facts
from causeway.core.watching import OK, WARN, Sight
from causeway.stats.profile import quantile
from causeway.stats.profile_form import NumberProfile

WEEK, DAY = 168, 24
USUAL = 4
"""So many hours alike say what is usual."""
P99 = 0.99


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


def latency(facts: Facts) -> tuple[Sight, ...]:
    """How long answers took in the worst hour of the last window, where a monitor says how long they may."""
    part = facts.monitor("latency")
    limit = part.threshold
    if limit is None and facts.is_watched("latency"):
        limit = facts.manifest.serving.latency_ms
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
        ),
    )

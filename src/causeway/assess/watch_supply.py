"""Whether rows come as they use to: how many, how late, of which columns."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from causeway.assess.watch_facts import IN, Facts, bare
from causeway.assess.watch_service import rows_by_hour
from causeway.core.ids import counted
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, WARN, Sight
from causeway.stats.cadence import longest_usual
from causeway.stats.drift import difference
from causeway.stats.usual import COUNTED, Usual, usual

SPANS = (1, 6, 24)
READ = 36 * 24
LEAST_HOURS = 24
DAY = 24
METHOD = (
    "median of the same hours in four weeks; unusual is what neither their scatter nor their tail explains"
)


def volume(facts: Facts) -> tuple[Sight, ...]:
    """The rows of the last hour, or of 6 or 24 where fewer come, beside the same hours before."""
    rows = rows_by_hour(facts)
    last = int(facts.now.timestamp() // 3600) - 1
    first = max(min(rows, default=last), last - READ)
    counts = np.array([rows.get(hour, 0) for hour in range(first, last + 1)], np.float64)
    part = facts.monitor("volume")
    seen = {span: found for span in SPANS if (found := usual(counts, last=last, hours=span))}
    judged = {span: found for span, found in seen.items() if found.expected >= COUNTED}
    if not judged:
        return (_volume(facts, NOT_ENOUGH_DATA, 1, rows.get(last, 0), _unknown(len(seen), len(rows))),)
    if part.threshold is not None:
        span = min(judged)
        verdict = WARN if judged[span].rows < part.threshold * judged[span].expected else OK
        return (
            _volume_seen(facts, verdict, span, judged[span], floor=part.threshold * judged[span].expected),
        )
    few = next(
        (span for span, found in judged.items() if found.is_few and _lasts(counts, last, span, found)), 0
    )
    span = few or min(judged)
    verdict = WARN if few else NOTE if judged[span].is_many else OK
    return (_volume_seen(facts, verdict, span, judged[span], floor=judged[span].least),)


def _lasts(
    counts: "np.ndarray[tuple[int], np.dtype[np.float64]]", last: int, span: int, found: Usual
) -> bool:
    """Whether it is no accident of the hour: silence, or an hour ago it was unusual too."""
    if span == 1 and not found.rows:
        return True
    before = usual(counts[:-1], last=last - 1, hours=span)
    return before is not None and before.is_few


def _unknown(spans: int, hours: int) -> str:
    if not spans:
        return f"{counted(hours, 'hour')} with rows are known; four hours alike tell what is usual"
    return f"fewer than {COUNTED:.0f} rows a day are usual, too few to tell"


def _volume_seen(facts: Facts, verdict: str, span: int, found: Usual, *, floor: float) -> Sight:
    came = "nothing came" if not found.rows else f"{counted(round(found.rows), 'row')} came"
    lately = "the last hour" if span == 1 else f"the last {span} hours"
    why = f"{came} in {lately}, {found.expected:,.0f} are usual then"
    return _volume(facts, verdict, span, round(found.rows), why, expected=found.expected, floor=floor)


def _volume(
    facts: Facts,
    verdict: str,
    span: int,
    rows: int,
    why: str,
    *,
    expected: float | None = None,
    floor: float | None = None,
) -> Sight:
    hour = facts.now.replace(minute=0, second=0, microsecond=0)
    return Sight(
        monitor=facts.monitor("volume").name,
        watches="volume",
        verdict=verdict,
        since=hour - timedelta(hours=span),
        until=hour,
        why=why,
        value=rows,
        threshold=None if floor is None else round(floor, 1),
        reference=expected,
        unit="rows",
        rows=rows,
        method=METHOD,
    )


def freshness(facts: Facts) -> tuple[Sight, ...]:
    """How long ago the last row came, beside the silences of the same hours."""
    quiet, part = facts.quiet_for, facts.monitor("freshness")
    hours = sorted(rows_by_hour(facts))
    if quiet is None or facts.last_at is None or not hours:
        return ()
    now = int(facts.now.timestamp() // 3600)
    enough = len(hours) >= LEAST_HOURS or now - hours[0] >= 7 * DAY
    most = part.threshold if part.threshold is not None else longest_usual(hours, now)
    late = quiet > timedelta(hours=most)
    verdict = WARN if late else OK
    said = f"the last row came {_hours(quiet)} ago"
    why = f"{said}; {most:,.1f} h are nothing unusual at this hour"
    if part.threshold is None and not enough:
        verdict, why = NOT_ENOUGH_DATA, f"{said}; few hours are known"
    return (
        Sight(
            monitor=part.name,
            watches="freshness",
            verdict=verdict,
            since=facts.last_at,
            until=facts.now,
            why=why,
            value=round(quiet / timedelta(hours=1), 2),
            threshold=round(most, 2),
            unit="hours",
            method="silences at the same hours of the week, widened where that would have been wrong before",
        ),
    )


def _hours(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours >= 2 * DAY:
        return f"{hours / DAY:.0f} days"
    return f"{hours:.1f} h" if hours >= 1 else f"{span / timedelta(minutes=1):.0f} min"


def columns(facts: Facts) -> tuple[Sight, ...]:
    """Columns that come, go or change their type, beside the rows of before."""
    if not facts.windows:
        return ()
    moment = facts.windows[-1].moment
    profile = facts.going.profile
    trained = {*profile.columns, *(f"{IN}{name}" for name in profile.left_out)} if profile else set[str]()
    before = {name for name, each in moment.reference.items() if name.startswith(IN) and each.count}
    now = {name for name, each in moment.columns.items() if name.startswith(IN) and each.count}
    said = [
        (name, NOTE, f"{bare(name)} comes, which never came before")
        for name in sorted(now - before - trained)
    ]
    if not trained:
        said += [
            (name, WARN, f"{bare(name)} came before, and comes no more") for name in sorted(before - now)
        ]
        changed = [
            name
            for name in sorted(now & before)
            if difference(moment.reference[name], moment.columns[name]).kind == "type"
        ]
        said += [(name, WARN, f"{bare(name)} comes as another kind of value than before") for name in changed]
    return tuple(_column(facts, moment.since, moment.until, each, rows=moment.rows) for each in said)


def _column(facts: Facts, since: datetime, until: datetime, said: Sequence[str], *, rows: int) -> Sight:
    name, verdict, why = said
    return Sight(
        monitor=facts.monitor("schema", about=bare(name)).name,
        watches="schema",
        verdict=verdict,
        since=since.astimezone(UTC),
        until=until,
        why=why,
        about=bare(name),
        rows=rows,
        lasting=True,
        importance=facts.going.importance.get(name),
    )

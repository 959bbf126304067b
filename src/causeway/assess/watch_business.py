"""The business measure as it comes, held against the worst that is acceptable, at every look."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from causeway.assess.service_facts import Kpi, KpiDay
from causeway.assess.watch_facts import Facts
from causeway.core.ids import counted
from causeway.core.manifest import KpiPart
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, OK, WARN, Sight
from causeway.stats.mean_sequence import LEAST_ROWS, Sums, added, between_days, mean_sequence
from causeway.stats.sequential import Bounds, share_bounds

ALPHA = 0.001
"""Of the sequence that begins at each day."""
WEEK, MOST_DAYS = 7, 56
MORE_IS_BETTER = ("hours", "margin")
METHOD = "a confidence sequence from each day on over whole weeks (alpha 0.001), days allowed to differ"


class _Span(Struct, frozen=True):
    """Some days together, and between what the mean lies."""

    first: int
    last: int
    sums: Sums
    bounds: Bounds


def kpi(facts: Facts) -> tuple[Sight, ...]:
    """The mean of the values that predictions brought, and what the declared query measured."""
    if facts.kpi is None:
        return ()
    part = facts.monitor("kpi")
    declared = facts.manifest.kpi
    worst = part.threshold if part.threshold is not None else declared.baseline
    more = more_is_better(declared)
    if worst is None or more is None:
        lacking = "no worst value ([[monitors]] threshold, or baseline)" if worst is None else "no target"
        why = f"the manifest's [kpi] has {lacking} that it could be held against"
        return (_sight(facts, NOT_ENOUGH_DATA, (facts.now, facts.now), why),)
    sights: list[Sight] = []
    if facts.kpi.days:
        sights.append(_of_predictions(facts, facts.kpi, worst, more=more))
    if facts.kpi.measured:
        sights.append(_of_query(facts, facts.kpi.measured, worst, more=more))
    return tuple(sights)


def more_is_better(declared: KpiPart) -> bool | None:
    """Whether the target lies above the baseline; else as the family says; None where nobody knows."""
    if declared.target is not None and declared.baseline is not None and declared.target != declared.baseline:
        return declared.target > declared.baseline
    return True if declared.family in MORE_IS_BETTER else None


def _of_predictions(facts: Facts, known: Kpi, worst: float, *, more: bool) -> Sight:
    today = facts.now.timestamp() / 86_400
    ripe = [each for each in known.days if _is_mature(each, known.mature_days, today)]
    waiting = [each for each in known.days if each not in ripe]
    open_ = sum(each.predictions - each.sums.rows for each in waiting)
    later = f"; {counted(open_, 'prediction')} of later days wait for theirs" if open_ else ""
    if known.mature_days is None or not ripe:
        why = f"nobody knows yet how long values take ([evaluation] outcome_days says it){later}"
        return _sight(facts, NOT_ENOUGH_DATA, (facts.going.since, facts.now), why, worst=worst)
    spans = _spans(ripe, shares=facts.manifest.kpi.family == "conversion")
    if not spans:
        rows = added(each.sums for each in ripe).rows
        why = (
            f"{counted(rows, 'value')} came; {LEAST_ROWS} are needed, of whole weeks once there is one{later}"
        )
        return _sight(facts, NOT_ENOUGH_DATA, (_date(ripe[0].day), facts.now), why, worst=worst, rows=rows)
    broken = [each for each in spans if (each.bounds.high < worst if more else each.bounds.low > worst)]
    chosen = broken[0] if broken else spans[0]
    verdict = OK
    if broken:
        # a baseline is of the time before; only who names a limit wants something done
        verdict = ACT if facts.monitor("kpi").threshold is not None else WARN
    name, unit = facts.manifest.kpi.name or "the business measure", facts.manifest.kpi.unit
    worse = "below" if more else "above"
    said = f"{name} was {chosen.sums.mean:,.4g} {unit}".rstrip()
    held = (
        f"certainly {worse} the {worst:g} that is acceptable"
        if broken
        else f"{worst:g} is the worst acceptable"
    )
    days = chosen.last - chosen.first + 1
    between = f"{chosen.bounds.low:,.4g} to {chosen.bounds.high:,.4g}"
    why = f"{said} on average over {counted(days, 'day')} ({between}), {held}{later}"
    period = _date(chosen.first), _date(chosen.last + 1)
    return _sight(facts, verdict, period, why, worst=worst, rows=chosen.sums.rows, span=chosen)


def _is_mature(day: KpiDay, days: float | None, today: float) -> bool:
    return days is not None and day.day + 1 + days <= today


def _spans(days: Sequence[KpiDay], *, shares: bool) -> list[_Span]:
    """From each day to the last, in whole weeks, shortest first; all of them where there is no week yet."""
    last = days[-1].day
    inflated = between_days([(each.day, each.sums) for each in days])
    begins = [last - WEEK * weeks + 1 for weeks in range(1, MOST_DAYS // WEEK + 1)]
    if last - days[0].day + 1 < WEEK:
        begins = [days[0].day]
    found: list[_Span] = []
    for first in begins:
        sums = added(each.sums for each in days if each.day >= first)
        bounds = _bounds(sums, inflated, shares=shares)
        if bounds is not None and first >= days[0].day:
            found.append(_Span(first, last, sums, bounds))
    return found


def _bounds(sums: Sums, inflated: float, *, shares: bool) -> Bounds | None:
    if shares and sums.rows >= LEAST_ROWS:
        rows = round(sums.rows / inflated)
        return share_bounds(round(sums.mean * rows), rows, alpha=ALPHA)
    return mean_sequence(sums, alpha=ALPHA, inflated=inflated)


def _of_query(facts: Facts, measured: Sequence[tuple[datetime, float]], worst: float, *, more: bool) -> Sight:
    """Single numbers have no interval: two in a row must be worse than acceptable."""
    lately = measured[-2:]
    bad = [value < worst if more else value > worst for _, value in lately]
    verdict = WARN if len(bad) > 1 and all(bad) else OK
    at, value = lately[-1]
    why = f"the declared query said {value:,.4g} on {at:%Y-%m-%d}, {worst:g} is the worst acceptable"
    if len(lately) > 1:
        why += f"; {lately[0][1]:,.4g} before"
    return _sight(facts, verdict, (lately[0][0], at), why, worst=worst, value=value)


def _sight(
    facts: Facts,
    verdict: str,
    period: tuple[datetime, datetime],
    why: str,
    *,
    worst: float | None = None,
    rows: int = 0,
    value: float | None = None,
    span: _Span | None = None,
) -> Sight:
    return Sight(
        monitor=facts.monitor("kpi").name,
        watches="kpi",
        verdict=verdict,
        since=min(period[0], facts.now),
        until=min(period[1], facts.now),
        why=why,
        about="query" if value is not None else "",
        value=span.sums.mean if span else value,
        low=span.bounds.low if span else None,
        high=span.bounds.high if span else None,
        threshold=worst,
        reference=facts.manifest.kpi.target,
        unit=facts.manifest.kpi.unit,
        rows=rows,
        method="two measurements in a row" if value is not None else METHOD,
        breach=True,
    )


def _date(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)

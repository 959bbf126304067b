"""What will be: months so far, the fan ahead, the cost until the end of the year, what hangs on what."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from causeway.actions.bill.spent import parts
from causeway.actions.measure.benefit import benefits
from causeway.actions.workspace import Workspace
from causeway.assess.worth.amounts import month_ends, share
from causeway.assess.worth.lasting import Terms
from causeway.assess.worth.outlook import Ahead, Running, ahead, without_fan
from causeway.assess.worth.page import Gathered
from causeway.assess.worth.parts import Month
from causeway.assess.worth.volume import exposed_a_month
from causeway.core.events import Event
from causeway.core.figure import Figure
from causeway.core.metering import CostForecast
from causeway.core.worth import SpentPart
from causeway.stats.forecasts.forecast import forecast
from causeway.stats.forecasts.record import record
from causeway.stats.forecasts.spans import peak, total

NOTHING = Decimal(0)
MOST_MONTHS = 24
"""Looks back at the claim; of a longer life every so many months."""
PEAK_DAYS = 28
HISTORY_DAYS = 730
MONTH_DAYS = 365.25 / 12
ONCE = "build"

Array = NDArray[np.float64]


def outlook(
    work: Workspace,
    gathered: Gathered,
    *,
    events: Sequence[Event],
    by_day: Mapping[date, float],
    began: date,
) -> Gathered:
    """The same with everything that looks ahead or back by months."""
    if gathered.spent is None or not gathered.spent.lines:
        line = without_fan((), gathered.case, gathered.case.currency) if gathered.case else None
        return structs.replace(gathered, line=line)
    until = gathered.until
    spent_parts = parts(work, gathered.product, began, until)
    months = _months(work, gathered, spent_parts, began=began)
    # what today costs is not all there yet
    over = min(until, work.clock.now().date() - timedelta(days=1))
    daily = _daily(spent_parts, max(began, over - timedelta(days=HISTORY_DAYS - 1)), over)
    running = _running(daily)
    found = _ahead(gathered, months, running, by_day)
    currency = gathered.spent.currency
    line = found.line if found else without_fan(months, gathered.case, currency)
    return structs.replace(
        gathered,
        months=months,
        line=line,
        ranked=found.ranked if found else (),
        running=running.figure(currency) if running else None,
        year_end=_year_end(daily, spent_parts, over, currency),
        peak=_peak(daily, currency),
        forecasts_before=_earlier(events, spent_parts, until),
    )


def _ahead(
    gathered: Gathered, months: tuple[Month, ...], running: Running | None, by_day: Mapping[date, float]
) -> Ahead | None:
    brought, spent = gathered.benefit, gathered.spent
    if brought is None or spent is None or running is None or brought.currency != spent.currency:
        return None
    budget = gathered.manifest.budget if gathered.manifest else None
    return ahead(
        brought,
        months,
        running,
        volume=exposed_a_month(by_day, brought),
        case=gathered.case,
        terms=Terms(budget.until, budget.discount_rate) if budget else None,
    )


def _months(
    work: Workspace, gathered: Gathered, spent_parts: Sequence[SpentPart], *, began: date
) -> tuple[Month, ...]:
    """What had been booked and spent by the end of each month; booked as is known now."""
    ends = month_ends(began, gathered.until)
    every = -(-len(ends) // MOST_MONTHS)
    seen = sorted({*ends[::-1][::every]})
    booked = _booked(work, gathered, seen, began=began)
    found: list[Month] = []
    for day in seen:
        spent = sum((_cost(each) for each in spent_parts if each.day <= day), NOTHING)
        found.append(Month(day, booked.get(day, NOTHING), spent))
    return tuple(found)


def _booked(work: Workspace, gathered: Gathered, days: Sequence[date], *, began: date) -> dict[date, Decimal]:
    """What of the exposures up to each day is booked, as is known now; none where no sum with cost exists."""
    mine, spent = gathered.benefit, gathered.spent
    if mine is None or spent is None or mine.booked is None or mine.currency != spent.currency:
        return {}
    before = [day for day in days if day < gathered.until or gathered.since > began]
    found = dict(zip(before, benefits(work, gathered.product, before, since=began), strict=True))
    told = {day: each.booked or NOTHING for day, each in found.items()}
    return {gathered.until: mine.booked, **told}


def _cost(part: SpentPart) -> Decimal:
    known = part.billed if part.billed is not None else part.metered
    return known if known is not None else NOTHING


def _daily(spent_parts: Sequence[SpentPart], began: date, until: date) -> Array:
    """What running cost each day, from the first that cost anything; what was for building it left out."""
    days = np.zeros(max((until - began).days + 1, 0))
    for part in spent_parts:
        if part.category != ONCE and began <= part.day <= until:
            days[(part.day - began).days] += float(_cost(part))
    some = np.flatnonzero(days)
    return days[some[0] :] if len(some) else days[:0]


def _running(daily: Array) -> Running | None:
    if not len(daily):
        return None
    ahead_ = forecast(daily, PEAK_DAYS)
    span = total(ahead_)
    point, low, high = float(span.point[0]), float(span.low[0]), float(span.high[0])
    if point <= 0:
        return Running(0.0, how="nothing a day lately")
    how = f"as forecast ({ahead_.how()})"
    return Running(point * MONTH_DAYS / PEAK_DAYS, low / point, high / point, how)


def _year_end(daily: Array, spent_parts: Sequence[SpentPart], until: date, currency: str) -> Figure | None:
    last = date(until.year, 12, 31)
    left = (last - until).days
    so_far = float(
        sum(
            (_cost(each) for each in spent_parts if each.day.year == until.year and each.day <= until),
            NOTHING,
        )
    )
    if not left:
        return Figure(so_far, currency, how=f"spent in {until.year}, which is over")
    if not len(daily):
        return None
    ahead_ = forecast(daily, left)
    span = total(ahead_)
    low, point, high = (so_far + float(each[0]) for each in (span.low, span.point, span.high))
    how = f"{until.year}: spent so far and {left} days of forecast; {ahead_.how()}"
    return Figure(point, currency, low=low, high=high, how=how)


def _peak(daily: Array, currency: str) -> Figure | None:
    if not len(daily):
        return None
    ahead_ = forecast(daily, PEAK_DAYS)
    span = peak(ahead_)
    return Figure(
        float(span.point[0]),
        currency,
        "day",
        float(span.low[0]),
        float(span.high[0]),
        f"the highest day itself is forecast, not the days' bounds; {share(span.level)} interval",
    )


def _earlier(events: Sequence[Event], spent_parts: Sequence[SpentPart], until: date) -> tuple[str, ...]:
    """How far forecasts were off that somebody was told, and whose days are over."""
    told = [event.fact for event in events if isinstance(event.fact, CostForecast)]
    over = [each for each in told if each.until + timedelta(days=each.days) <= until]
    if not over:
        return ()
    actual = [
        float(sum((_cost(part) for part in spent_parts if _within(part.day, each)), NOTHING)) for each in over
    ]
    ends = (np.array([getattr(each, name) for each in over]) for name in ("total", "low", "high"))
    point, low, high = ends
    return (record(point, np.array(actual), low=low, high=high).words(),)


def _within(day: date, told: CostForecast) -> bool:
    return told.until < day <= told.until + timedelta(days=told.days)

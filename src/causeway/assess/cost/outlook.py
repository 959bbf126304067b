"""What products will cost: by day and month, the dearest day, all with intervals, and totals that add up."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.figure import Figure
from causeway.core.metering import CostForecast
from causeway.stats.forecasts.forecast import LEVEL, Forecast, forecast
from causeway.stats.forecasts.reconcile import reconciled
from causeway.stats.forecasts.record import record
from causeway.stats.forecasts.spans import Span, months, peak, total

Array = NDArray[np.float64]
ALL = ""
"""The product of the total."""
METHOD = "weekly theta, damped trend and others weighed by what they missed; intervals from earlier misses"


class DayAhead(Struct, frozen=True):
    """One day to come."""

    day: date
    cost: float
    low: float
    high: float


class MonthAhead(Struct, frozen=True):
    """A calendar month: what it cost so far, and the rest as it is forecast."""

    month: str
    """Such as `2026-11`."""
    cost: Figure
    so_far: float
    days: int
    """How many of its days are forecast."""
    whole: bool
    """Whether all of its days are known or forecast."""


class Past(Struct, frozen=True):
    """A forecast that was made and whose days are over, beside what came."""

    until: date
    days: int
    forecast: float
    low: float
    high: float
    actual: float
    off: float | None
    """Forecast less actual, of the actual."""
    held: bool
    fact: int


class Outlook(Struct, frozen=True):
    """What one product will cost, or all of one currency together."""

    product: str
    currency: str
    until: date
    """The last day that is known."""
    known_days: int
    total: Figure
    peak: Figure
    """The dearest single day."""
    daily: tuple[DayAhead, ...]
    months: tuple[MonthAhead, ...]
    record: str
    """How far earlier forecasts were off, in a sentence."""
    past: tuple[Past, ...] = ()


class Costs(Struct, frozen=True):
    """The days of one product until the last known one."""

    product: str
    days: Mapping[date, Decimal]
    known_until: date = date.max
    """The last day whose cost is whole."""
    made: tuple[tuple[CostForecast, int], ...] = ()
    """The forecasts that were made, with the numbers of their events."""


def outlooks(
    every: Sequence[Costs], currency: str, *, until: date, horizon: int, level: float = LEVEL
) -> tuple[Outlook, ...]:
    """What each product will cost of which a day is known; and all together, where they are several."""
    known = [each for each in every if any(day <= until for day in each.days)]
    if not known:
        return ()
    whole: dict[date, Decimal] = {}
    for each in known:
        for day, amount in each.days.items():
            whole[day] = whole.get(day, Decimal(0)) + amount
    least = min(each.known_until for each in known)
    rows = [*known, Costs(ALL, whole, least)] if len(known) > 1 else known
    began = min(min(each.days) for each in rows)
    ahead = forecast(_series(rows, began, until), horizon, level=level, began=began)
    moved = _moved(ahead.point, several=len(known) > 1)
    return tuple(
        _Row(each, place, ahead, moved[place], currency, until).outlook() for place, each in enumerate(rows)
    )


def _series(rows: Sequence[Costs], first: date, until: date) -> Array:
    """A row a product, from the first day of any; nan before its first and after its last whole one."""
    length = (until - first).days + 1
    series = np.zeros((len(rows), length))
    for place, each in enumerate(rows):
        series[place, : (min(each.days) - first).days] = np.nan
        for day, amount in each.days.items():
            if day <= until:
                series[place, (day - first).days] = float(amount)
        series[place, max((min(each.known_until, until) - first).days + 1, 0) :] = np.nan
    return series


def _moved(point: Array, *, several: bool) -> Array:
    """By how much each day is moved so that products are their total."""
    if not several:
        return np.zeros_like(point)
    products, whole = reconciled(point[:-1], point[-1])
    return np.vstack([products, whole]) - point


class _Row(Struct, frozen=True):
    """One row of the forecast, and by how much each of its days is moved so that sums hold."""

    costs: Costs
    place: int
    ahead: Forecast
    moved: Array
    currency: str
    until: date

    @property
    def how(self) -> str:
        """In words, how it was made."""
        return f"{self.ahead.how(self.place)}; {METHOD}"

    @property
    def lowest(self) -> float:
        """Below this no interval goes: below nought none that never was."""
        return 0.0 if float(self.ahead.low[self.place].min()) >= 0 else -np.inf

    def outlook(self) -> Outlook:
        """What it says."""
        past = _past(self.costs, self.until)
        days, daily = len(self.moved), self._daily()
        return Outlook(
            product=self.costs.product,
            currency=self.currency,
            until=self.until,
            known_days=int(self.ahead.known[self.place]),
            total=self._figure(total(self.ahead), f"{days} days", moved=float(self.moved.sum())),
            # no day is dearer than the dearest
            peak=self._figure(peak(self.ahead), "day", least=max(each.cost for each in daily)),
            daily=daily,
            months=tuple(self._months()),
            record=_words(past),
            past=past,
        )

    def _daily(self) -> tuple[DayAhead, ...]:
        ahead, place = self.ahead, self.place
        low = np.maximum(ahead.low[place] + self.moved, self.lowest)
        columns = [ahead.point[place] + self.moved, low, ahead.high[place] + self.moved]
        return tuple(
            DayAhead(self.until + timedelta(days=number), *(round(float(each), 4) for each in values))
            for number, values in enumerate(zip(*columns, strict=True), start=1)
        )

    def _months(self) -> Iterator[MonthAhead]:
        first = self.until + timedelta(days=1)
        started = [amount for day, amount in self.costs.days.items() if first.replace(day=1) <= day < first]
        so_far, begin = float(sum(started, Decimal(0))), 0
        for month in months(self.ahead, first):
            end = begin + month.days
            known = 0.0 if begin else so_far
            cost = self._figure(month.cost, "month", moved=float(self.moved[begin:end].sum()), known=known)
            is_whole = (first + timedelta(days=end)).day == 1
            yield MonthAhead(f"{month.first:%Y-%m}", cost, round(known, 2), month.days, is_whole)
            begin = end

    def _figure(
        self, span: Span, period: str, *, moved: float = 0.0, known: float = 0.0, least: float = -np.inf
    ) -> Figure:
        sides = (span.point, span.low, span.high)
        point, low, high = (float(each[self.place]) + moved for each in sides)
        point = max(point, least)
        bounds = (point, max(low, self.lowest), max(high, point))
        value, low, high = (round(each + known, 2) for each in bounds)
        return Figure(value, self.currency, period, low, high, self.how)


def _past(costs: Costs, until: date) -> tuple[Past, ...]:
    """The forecasts whose last day is known by now, oldest first."""
    found: list[Past] = []
    for made, seq in costs.made:
        days = [made.until + timedelta(days=number) for number in range(1, made.days + 1)]
        if days and days[-1] <= min(until, costs.known_until):
            actual = float(sum((costs.days.get(day, Decimal(0)) for day in days), Decimal(0)))
            off = (made.total - actual) / abs(actual) if actual else None
            held = made.low <= actual <= made.high
            found.append(
                Past(made.until, made.days, made.total, made.low, made.high, round(actual, 2), off, held, seq)
            )
    return tuple(found)


def _words(past: Sequence[Past]) -> str:
    columns = [[getattr(each, name) for each in past] for name in ("forecast", "actual", "low", "high")]
    made, actual, low, high = (np.array(each, np.float64) for each in columns)
    return record(made, actual, low=low, high=high).words()

"""Service levels that the data itself shows: how old its newest and its oldest row may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from causeway.adapters.contracts.values import Cell, moment_of
from causeway.core.contract import Contract, Property, SchemaObject, Sla, Violation

DAYS = {"d": 1.0, "w": 7.0, "h": 1 / 24, "m": 1 / 1440, "min": 1 / 1440, "s": 1 / 86_400, "y": 365.2425}
_WORDS = {
    "day": "d", "days": "d", "hour": "h", "hours": "h", "hr": "h", "minute": "min", "minutes": "min",
    "month": "month", "months": "month", "mo": "month", "second": "s", "seconds": "s", "week": "w",
    "weeks": "w", "year": "y", "years": "y", "yr": "y",
}  # fmt: skip
NEWEST = {"freshness", "latency", "ly", "fr"}
OLDEST = {"retention", "re"}


@dataclass(frozen=True)
class Age:
    """A limit on the age of the newest row, or of the oldest, by one column."""

    rule: str
    column: str
    limit: timedelta
    words: str
    moment: pl.Expr

    @property
    def extreme(self) -> pl.Expr:
        """The moment that is held to the limit."""
        return self.moment.max() if self.rule in NEWEST else self.moment.min()

    def broken(self, extreme: date | datetime | None, now: datetime) -> Violation | None:
        """What breaks the limit, if anything does; no moment at all is no fresh data."""
        whose = "newest" if self.rule in NEWEST else "oldest"
        expected = f"{whose} row at most {self.words} old"
        if extreme is None:
            return Violation(self.rule, self.column, 0, expected) if whose == "newest" else None
        age = now - _instant(extreme)
        if age <= self.limit:
            return None
        days = round(age / timedelta(days=1), 3)
        return Violation(self.rule, self.column, 0, expected, examples=(str(extreme),), measured=days)


def ages_of(
    contract: Contract, described: SchemaObject, cells: Mapping[str, Cell], *, now: datetime | None
) -> Iterator[Age | str]:
    """The limits that this table can be held to; a text is the reason why one cannot."""
    for level in contract.sla_properties or ():
        rule = level.property.lower()
        about = f"{level.property} {level.value} {level.unit or ''}".strip()
        table, _, name = (level.element or "").rpartition(".")
        if rule not in NEWEST | OLDEST:
            yield f"{about}: a promise about the service, not about what the rows hold"
        elif table and table not in {described.name, described.physical_name}:
            continue
        elif now is None:
            yield f"{about}: how old data is is not asked here"
        else:
            column = next((each for each in described.columns if name in {each.name, each.column}), None)
            yield (
                _age(rule, level, column, cells)
                or f"{about}: it names no column of moments, or no unit of time"
            )


def _age(rule: str, level: Sla, column: Property | None, cells: Mapping[str, Cell]) -> Age | None:
    limit = _limit(level)
    if limit is None or column is None or column.name not in cells:
        return None
    kind = column.logical_type if column.logical_type in {"date", "timestamp"} else "timestamp"
    options = column.logical_type_options
    moment = moment_of(cells[column.name], kind, options.format if options else None)
    if moment is None:
        return None
    return Age(rule, column.column, limit, f"{level.value} {level.unit}", moment)


def _limit(level: Sla) -> timedelta | None:
    unit = _WORDS.get((level.unit or "").lower(), (level.unit or "").lower())
    days = 365.2425 / 12 if unit == "month" else DAYS.get(unit)
    try:
        value = float(level.value if level.value is not None else "")
    except ValueError:
        return None
    return timedelta(days=value * days) if days is not None else None


def _instant(moment: date | datetime) -> datetime:
    """A moment without a zone is taken as UTC, and a date as its end."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + timedelta(days=1)

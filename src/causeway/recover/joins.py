"""Columns that were looked up in another table by a key: that table becomes a map in the release."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from causeway.core.features import Map, Numeric, Sheet, Step, apply_rule
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.recover.categories import domain_of
from causeway.recover.fitting import alike
from causeway.recover.loaded import LoadedTrace, Positions, listed
from causeway.recover.pool import Pool, pool_of
from causeway.recover.search import Explanation, explain_column

MOST_KEYS = 200_000
MOST_COLUMNS = 80
MATCHED_SHARE = 0.5
SHARED_NAMES = 0.8
"""A table with this share of the source's columns is more of the same, such as a test set."""


class Joined(Struct, frozen=True):
    """A column by the keys of the source's column `key`; `source` says where it comes from."""

    name: str
    key: str
    keys: tuple[str, ...]
    column: Column
    source: str


class Joins:
    """The other tables that were read, as columns beside those of the source."""

    def __init__(self, loaded: LoadedTrace, table: str, positions: Positions) -> None:
        self.base = Sheet(loaded.tables[table])
        self.positions = positions
        found = list(_joined(loaded, table, self.base))[:MOST_COLUMNS]
        self.columns = {f"{each.key}>{each.source}": each for each in found}
        looked = {name: self._looked_up(each) for name, each in self.columns.items()}
        self.pool: Pool | None = pool_of(Table(looked), positions) if looked else None

    def explain(self, name: str, wanted: Column, *, tolerance: float) -> Explanation:
        """The column as looked up in another table, where that is exact."""
        if self.pool is None or not isinstance(wanted, Number):
            return Explanation(None)
        rule = explain_column(self.pool, name, wanted, tolerance=tolerance).rule
        if not isinstance(rule, Numeric | Map | Step):
            return Explanation(None)
        made = self._as_map(rule, wanted.values)
        cells = apply_rule(made, self.base, {})
        values, defined = cells.values[self.positions], cells.defined[self.positions]
        same = bool((defined & alike(values, wanted.values, tolerance)).all())
        return Explanation(replace(made, support=len(wanted)) if same else None)

    def _looked_up(self, joined: Joined) -> Column:
        """The column in the rows of the source."""
        factor = self.base.factor(joined.key)
        place = {key: row for row, key in enumerate(joined.keys)}
        slots = np.array([*(place.get(key, -1) for key in factor.keys), -1, -1], np.int64)
        rows = slots[factor.codes]
        if isinstance(joined.column, Number):
            return Number(np.where(rows >= 0, joined.column.values[rows], np.nan), joined.column.kind)
        values = joined.column.values
        return Text([values[row] if row >= 0 else None for row in listed(rows)])

    def _as_map(self, rule: Numeric | Map | Step, wanted: Numbers) -> Map:
        """What the rule makes of each row of the other table, by its key."""
        joined = self.columns[rule.column]
        known = {rule.column: domain_of(self.pool, rule.column)} if self.pool else {}
        cells = apply_rule(rule, Sheet(Table({rule.column: joined.column})), known)
        good = cells.defined & np.isfinite(cells.values)
        values = {joined.keys[row]: float(cells.values[row]) for row in listed(np.flatnonzero(good))}
        factor = self.base.factor(joined.key)
        codes = factor.codes[self.positions]
        absent = wanted[codes < 0]
        if rule.missing is not None:
            seen = (factor.keys[code] for code in listed(np.unique(codes[codes >= 0])))
            values |= {key: rule.missing for key in seen if key not in set(joined.keys)}
        missing = float(absent[0]) if len(absent) and np.isfinite(absent[0]) else None
        return Map(joined.key, "join", values, missing=missing, source=joined.source)


def _joined(loaded: LoadedTrace, base: str, sheet: Sheet) -> Iterator[Joined]:
    names = sheet.table.columns
    for described in loaded.trace.tables:
        other = loaded.tables[described.id]
        shared = [name for name in names if name in other.columns]
        if described.id == base or len(shared) >= SHARED_NAMES * min(len(names), len(other.columns) + 1):
            continue
        for key in shared:
            yield from _by_key(sheet, Sheet(other), key, path=described.path)


def _by_key(sheet: Sheet, other: Sheet, key: str, *, path: str) -> Iterator[Joined]:
    if isinstance(sheet.column(key), Text) is not isinstance(other.column(key), Text):
        return
    factor, wanted = other.factor(key), set(sheet.factor(key).keys)
    if not wanted or len(wanted & set(factor.keys)) < MATCHED_SHARE * len(wanted):
        return
    if not factor.keys or len(factor.keys) > MOST_KEYS:
        return
    rest = {name: column for name, column in other.table.columns.items() if name != key}
    there = np.flatnonzero(factor.codes >= 0)
    if len(there) == len(factor.keys):
        keys = tuple(factor.keys[code] for code in listed(factor.codes[there]))
        for name, column in rest.items():
            yield Joined(
                name, key, keys, Table({name: column}).take(there).columns[name], f"{name} of {path}"
            )
        return
    codes = factor.codes[there]
    for how, values in _aggregates(rest, there, codes, len(factor.keys)):
        yield Joined(how, key, tuple(factor.keys), Number(values), f"{how} of {path}")


def _aggregates(
    columns: Mapping[str, Column], rows: Positions, codes: Positions, groups: int
) -> Iterator[tuple[str, Numbers]]:
    """What is made of the rows of one key."""
    counts = np.bincount(codes, minlength=groups).astype(np.float64)
    yield "number of rows", counts
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    for name, column in columns.items():
        if not isinstance(column, Number) or not np.isfinite(column.values[rows]).all():
            continue
        values = column.values[rows][order]
        sums = np.add.reduceat(values, starts)
        means = sums / counts
        yield f"sum of {name}", sums
        yield f"mean of {name}", means
        yield f"least {name}", np.minimum.reduceat(values, starts)
        yield f"greatest {name}", np.maximum.reduceat(values, starts)
        yield f"median {name}", _medians(values, starts)
        with np.errstate(all="ignore"):
            apart = np.add.reduceat((values - means[codes[order]]) ** 2, starts)
            yield f"standard deviation of {name}", np.sqrt(apart / (counts - 1))


def _medians(values: Numbers, starts: Positions) -> Numbers:
    return np.array([np.median(part) for part in np.split(values, starts[1:])])


def with_joins(
    joins: Joins, found: Sequence[Explanation], matrix: Table, *, tolerance: float
) -> list[Explanation]:
    """The explanations, and those of columns that another table holds."""
    columns = matrix.columns.items()
    return [
        one if one.rule else joins.explain(name, column, tolerance=tolerance)
        for one, (name, column) in zip(found, columns, strict=True)
    ]

"""The rules compiled for requests: a few rows of plain values in, matrix and problems out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.errors import UsageError
from causeway.core.features_apply import Sheet, apply_columns, apply_to_sheet
from causeway.core.features_direct import direct_of
from causeway.core.features_plan import Plan, combinations_of, fillings_of, mixtures_of, plans_of, template_of
from causeway.core.features_problem import Problem
from causeway.core.features_row import Policy, Row, RowFill
from causeway.core.features_rules import Features, Words
from causeway.core.release import Field
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.core.typed_rows import TypedRows

BATCH_ROWS = 48
"""From here on, whole columns are faster than rows."""

_ALLOWED_TYPES = {
    "number": frozenset((int, float, type(None))),
    "integer": frozenset((int, type(None))),
    "boolean": frozenset((bool, type(None))),
    "text": frozenset((str, type(None))),
}


class Prepared(Struct, frozen=True):
    """The matrix of some rows; the rows of refused problems are NaN throughout."""

    values: Numbers
    problems: list[Problem]

    @property
    def refused(self) -> list[Problem]:
        """The problems that leave a row without an answer."""
        return [problem for problem in self.problems if problem.refused]


class PreparedColumns(Struct, frozen=True):
    """Named inputs for a model that takes columns: float64, or objects that are all strings."""

    columns: dict[str, NDArray[Any]]
    problems: list[Problem]


class PlainColumns(Struct, frozen=True):
    """The model's columns of a whole table, and the rows about which there is nothing to say.

    The other rows' values mean nothing.
    """

    columns: dict[str, Column]
    plain: NDArray[np.bool_]


class Compiled:
    """Features made ready to answer; `missing` and `unseen` are `refuse` or `flag`."""

    def __init__(
        self, features: Features, fields: Sequence[Field], *, missing: str = "refuse", unseen: str = "refuse"
    ) -> None:
        self.features = features
        self.fields = tuple(fields)
        self._policy = Policy(missing=missing, unseen=unseen)
        self._plans = plans_of(features, fields)
        self._combinations = combinations_of(features)
        self._mixtures = (*mixtures_of(features), *fillings_of(features))
        self._template = np.array(template_of(features), np.float64)
        self._direct = direct_of(features, self._plans)
        self._only_direct = not (self._combinations or self._mixtures or (self._direct and self._direct.rest))
        self._words = [j for j, rule in enumerate(features.rules) if isinstance(rule, Words)]

    def matrix(self, rows: Sequence[Row]) -> Prepared:
        """The model's matrix for these rows, and what is undefined in them."""
        if self._direct and self._only_direct and isinstance(rows, TypedRows):
            made = self._direct.columns(rows)
            if made is not None:
                return Prepared(made, [])
        if len(rows) >= BATCH_ROWS and self._plans and not self._words and not self._only_direct:
            # a typed row is made a dict whenever it is looked at, and here it is once for each column
            rows = list(rows)
            table = self._table(rows)
            if table is not None:
                return self._from_table(table, rows)
        values, fills = self._fill(rows)
        return Prepared(values, _problems_of(fills))

    def of_table(self, table: Table) -> PlainColumns:
        """Whole columns at once, for tables too long to go through row by row."""
        columns, defined = apply_columns(self.features, table)
        sheet = Sheet(table)
        doubtful = np.zeros(len(table), np.bool_)
        for plan in self._plans:
            doubtful |= _out_of_range(plan, sheet)
        return PlainColumns(columns, np.logical_and(defined.all(axis=1), ~doubtful))

    def matrix_of_columns(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> Prepared:
        """The same for rows that were sent as columns."""
        return self.matrix(rows_of(columns))

    def columns(self, rows: Sequence[Row], *, absent: str | None = "") -> PreparedColumns:
        """Named inputs for a model that takes columns; `absent` stands where a text is missing."""
        values, fills = self._fill(rows)
        made: dict[str, NDArray[Any]] = {}
        for position, name in enumerate(self.features.columns):
            if position in self._words:
                made[name] = np.array([fill.words.get(position, absent) for fill in fills], object)
            else:
                made[name] = values[:, position]
        return PreparedColumns(made, _problems_of(fills))

    def _fill(self, rows: Sequence[Row]) -> tuple[Numbers, list[RowFill]]:
        values: Numbers = np.empty((len(rows), len(self._template)))
        values[:] = self._template
        plain = self._direct.fill(rows, values) if self._direct else None
        if plain is None or self._direct is None:
            return values, [self._row(index, row, values, self._plans) for index, row in enumerate(rows)]
        if self._only_direct and plain.all():
            return values, []
        rest = self._direct.rest
        return values, [
            self._row(index, row, values, rest if plain[index] else self._plans)
            for index, row in enumerate(rows)
        ]

    def _row(self, index: int, row: Row, values: Numbers, plans: tuple[Plan, ...]) -> RowFill:
        fill = RowFill(index, values[index], self._policy)
        if plans is self._plans:
            fill.out[:] = self._template
        fill.fill(row, plans, self._combinations, self._mixtures)
        return fill

    def _table(self, rows: Sequence[Row]) -> Table | None:
        """The rows as a table, where every value has its field's plain type."""
        columns: dict[str, Column] = {}
        for plan in self._plans:
            values = [row.get(plan.field.name) for row in rows]
            column = _column(plan.field.kind, values)
            if column is None:
                return None
            columns[plan.field.name] = column
        return Table(columns)

    def _from_table(self, table: Table, rows: Sequence[Row]) -> Prepared:
        sheet = Sheet(table)
        cells = apply_to_sheet(self.features, sheet)
        doubtful = ~cells.defined.all(axis=1)
        for plan in self._plans:
            doubtful |= _out_of_range(plan, sheet)
        problems: list[Problem] = []
        for index in np.flatnonzero(doubtful).tolist():
            fill = self._row(index, rows[index], cells.values, self._plans)
            problems += fill.problems
        return Prepared(cells.values, problems)


def rows_of(columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> list[dict[str, Any]]:
    """Columns of equal length as rows of plain values."""
    lists = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns.values()]
    if len({len(values) for values in lists}) > 1:
        raise UsageError(f"columns of unequal length: { {n: len(c) for n, c in columns.items()} }")
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def _problems_of(fills: list[RowFill]) -> list[Problem]:
    return [problem for fill in fills for problem in fill.problems]


def _column(kind: str, values: list[Any]) -> Column | None:
    if not _ALLOWED_TYPES[kind].issuperset(map(type, values)):
        return None
    if kind == "text":
        return Text(values)
    try:
        return Number(np.array(values, np.float64), kind)
    except OverflowError:
        return None


def _out_of_range(plan: Plan, sheet: Sheet) -> NDArray[np.bool_]:
    outside = np.zeros(len(sheet), np.bool_)
    for reading in plan.readings:
        if math.isfinite(reading.low) or math.isfinite(reading.high):
            numbers = sheet.base(*reading.slot)
            outside |= (numbers < reading.low) | (numbers > reading.high)
        for low, high in reading.open:
            numbers = sheet.base(*reading.slot)
            outside |= (low < numbers) & (numbers < high)
    return outside

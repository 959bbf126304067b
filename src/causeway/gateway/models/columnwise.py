"""Whole columns into a model's tensors, for the rows of which there is nothing to say."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.bundle import FEATURES, check_file
from causeway.core.features import Compiled
from causeway.core.features_apply import factor_of
from causeway.core.release import Field
from causeway.core.table import Column, Number, Table, Text
from causeway.gateway.models.bundles import Loaded
from causeway.gateway.models.folder import read_part
from causeway.gateway.models.model import Array, Model
from causeway.gateway.rows.feeds import DTYPES, compiled_of

Mask = NDArray[np.bool_]


class Plain(Struct, frozen=True):
    """Tensors of the rows in `rows`; all others have to go one by one."""

    tensors: dict[str, Array]
    rows: Mask


class Columnwise:
    """A release whose model takes what rules, or nothing at all, make of the raw columns."""

    def __init__(
        self, model: Model, fields: Sequence[Field], rules: Compiled | None, *, matrix: bool
    ) -> None:
        self._inputs = {tensor.name: DTYPES[tensor.type] for tensor in model.inputs}
        self._fields = fields
        self._limited = [f for f in fields if f.at_least is not None or f.at_most is not None]
        self._rules = rules
        self._matrix = matrix

    def of(self, table: Table, *, names: Sequence[str]) -> Plain:
        """The tensors for a table of raw columns; `names` are the model's own inputs in order."""
        columns, rows = self._made(table)
        for field in self._limited:
            rows &= _as_allowed(table.columns[field.name], field)
        with np.errstate(over="ignore", invalid="ignore"):
            tensors = self._as_matrix(columns) if self._matrix else self._as_columns(columns, names)
        for tensor in tensors.values():
            if np.issubdtype(tensor.dtype, np.floating):
                rows &= ~np.isinf(tensor).any(axis=1)
        return Plain({name: tensor[rows] for name, tensor in tensors.items()}, rows)

    def _made(self, table: Table) -> tuple[Mapping[str, Column], Mask]:
        if self._rules is not None:
            made = self._rules.of_table(table)
            return made.columns, made.plain
        rows = np.ones(len(table), np.bool_)
        for field in self._fields:
            rows &= _as_proven(table.columns[field.name], field)
        return {field.name: table.columns[field.name] for field in self._fields}, rows

    def _as_matrix(self, columns: Mapping[str, Column]) -> dict[str, Array]:
        name, dtype = next(iter(self._inputs.items()))
        parts = [_array(column) for column in columns.values()]
        return {name: np.column_stack(parts).astype(dtype)}

    def _as_columns(self, columns: Mapping[str, Column], names: Sequence[str]) -> dict[str, Array]:
        made = zip(names or tuple(self._inputs), columns.values(), strict=True)
        return {name: _cast(_array(column), self._inputs[name]).reshape(-1, 1) for name, column in made}


def columnwise_of(loaded: Loaded, folder: Path) -> Columnwise | None:
    """The way of whole columns into this release; None where a process of its own makes or answers them."""
    release, model = loaded.release, loaded.model
    if release.model.apart or not isinstance(model, Model):
        return None
    rules = None
    if FEATURES in release.files:
        content = read_part(folder, FEATURES)
        check_file(release, FEATURES, content)
        rules = compiled_of(release, content)
    return Columnwise(model, release.signature.inputs, rules, matrix=release.model.form == "matrix")


def _as_proven(column: Column, field: Field) -> Mask:
    """Where the value is there, within the proven range and of the proven categories."""
    if isinstance(column, Text):
        rows = np.array([value is not None for value in column.values], np.bool_)
    else:
        low = -math.inf if field.minimum is None else field.minimum
        high = math.inf if field.maximum is None else field.maximum
        rows = (column.values >= low) & (column.values <= high)
    if field.categories:
        factor = factor_of(column)
        known = np.array([*(key in field.categories for key in factor.keys), False, False], np.bool_)
        rows &= known[factor.codes]
    return rows


def _as_allowed(column: Column, field: Field) -> Mask:
    """Where the value is not outside of what a contract allows."""
    if isinstance(column, Text):
        return np.zeros(len(column.values), np.bool_)
    low = -math.inf if field.at_least is None else field.at_least
    high = math.inf if field.at_most is None else field.at_most
    return ~((column.values < low) | (column.values > high))


def _array(column: Column) -> Array:
    if isinstance(column, Number):
        return column.values
    return np.array(["" if value is None else value for value in column.values], object)


def _cast(values: Array, dtype: type[np.generic]) -> Array:
    return values if dtype is np.object_ else values.astype(dtype)

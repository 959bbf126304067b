"""A table as columns, the form in which rows cross every border of ours."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.errors import UsageError

Numbers = NDArray[np.float64]


class Text(Struct, frozen=True):
    """A column of strings; None where there is no value."""

    values: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.values)


class Number(Struct, frozen=True):
    """A column of float64; NaN where there is no value. `kind` is what the source called it."""

    values: Numbers
    kind: str = "float"
    """`float`, `integer` or `boolean`."""

    def __len__(self) -> int:
        return len(self.values)


Column = Text | Number


class Table(Struct, frozen=True):
    """Named columns of equal length."""

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise UsageError(f"columns of unequal length: {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: NDArray[np.int64]) -> "Table":
        """The same columns at these row positions, in this order."""
        return Table({name: _take(column, rows) for name, column in self.columns.items()})

    def without(self, *names: str) -> "Table":
        """The same table, less the named columns."""
        return Table({n: c for n, c in self.columns.items() if n not in names})


def _take(column: Column, rows: NDArray[np.int64]) -> Column:
    if isinstance(column, Number):
        return Number(column.values[rows], column.kind)
    chosen: list[int] = rows.tolist()
    return Text([column.values[i] for i in chosen])

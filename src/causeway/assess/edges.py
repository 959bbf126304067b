"""Rows at the edges of what a model was fitted on, made up to compare two models where no stored row is."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from causeway.core.table import Column, Number, Table, Text

MOST_COLUMNS = 60
LONG_CHARACTERS = 10_000

Cell = float | str | None


def edge_rows(matrix: Table) -> Table:
    """For each column, of many evenly chosen ones, the usual row with that column at each of its edges."""
    usual = {name: _usual(column) for name, column in matrix.columns.items()}
    names = list(usual)
    step = -(-len(names) // MOST_COLUMNS) or 1
    rows = [{**usual, name: cell} for name in names[::step] for cell in edges_of(matrix.columns[name])]
    return Table(
        {name: _column(column, [row[name] for row in rows]) for name, column in matrix.columns.items()}
    )


def edges_of(column: Column) -> list[Cell]:
    """Extremes, zero, less than nothing; or no letter, a text never seen, a long one; and nothing.

    Nothing only where the training had nothing too: elsewhere it never reaches the model.
    """
    if isinstance(column, Text):
        absent: list[Cell] = [None] if None in column.values else []
        return [*absent, "", _unseen(column.values), _long(column.values)]
    finite = column.values[np.isfinite(column.values)]
    if not len(finite):
        return [np.nan]
    low, high = float(finite.min()), float(finite.max())
    gap = [np.nan] if np.isnan(column.values).any() else []
    if column.kind == "boolean":
        return [*gap, low, high]
    return [*gap, low, high, 0.0, -max(abs(low), abs(high), 1.0)]


def _usual(column: Column) -> Cell:
    if isinstance(column, Text):
        return Counter(column.values).most_common(1)[0][0] if len(column) else None
    finite = np.sort(column.values[np.isfinite(column.values)])
    # a value of a real row, so that whole numbers stay whole
    return float(finite[len(finite) // 2]) if len(finite) else np.nan


def _unseen(values: Sequence[str | None]) -> str:
    """A text of the letters of a usual one, so that only the text is strange."""
    seen = set(values)
    text = next((value for value in values if value), "x")[::-1]
    while text in seen:
        text += text[0]
    return text


def _long(values: Sequence[str | None]) -> str:
    texts = list(dict.fromkeys(value for value in values if value))[:1_000] or ["x"]
    joined = " ".join(texts)
    return (joined * (LONG_CHARACTERS // len(joined) + 1))[:LONG_CHARACTERS]


def _column(like: Column, cells: Sequence[Cell]) -> Column:
    if isinstance(like, Text):
        return Text([None if cell is None else str(cell) for cell in cells])
    return Number(np.array(cells, np.float64), like.kind)

"""Which rows are copies of one another, so that no split puts them on both of its sides."""

import numpy as np
from numpy.typing import NDArray

from causeway.core.table import Column, Number, Table

Codes = NDArray[np.int64]

FEWEST = 0.01
"""The share of rows from which on copies are worth keeping together."""


def copies_of(table: Table) -> Codes | None:
    """A number for each row, the same for identical rows; None where few are, or where chance explains it.

    Chance is what columns of these values would bring about if they were independent of each other:
    where three questions have two answers each, equal rows are no copies.
    """
    rows = len(table)
    groups, alike = np.zeros(rows, np.int64), 1.0
    for column in table.columns.values():
        codes = _codes(column)
        alike *= float(np.sum((np.bincount(codes) / rows) ** 2)) if rows else 0.0
        groups = np.unique(groups * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
        if int(groups.max(initial=0)) + 1 >= rows:
            return None
    chance = min(1.0, (rows - 1) * alike)
    return groups if extra(groups) / rows > FEWEST + chance else None


def extra(groups: Codes) -> int:
    """How many rows are copies of another."""
    return len(groups) - (int(groups.max(initial=-1)) + 1)


def _codes(column: Column) -> Codes:
    if isinstance(column, Number):
        return np.unique(column.values, return_inverse=True)[1].astype(np.int64)
    places: dict[str | None, int] = {}
    return np.array([places.setdefault(value, len(places)) for value in column.values], np.int64)

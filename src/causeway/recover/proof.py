"""The proof: the rules applied to the source, beside the matrix that the proof of concept made."""

import numpy as np
from msgspec import Struct

from causeway.core.features import Features, apply_columns
from causeway.core.table import Column, Number, Table, Text
from causeway.recover.fitting import DOUBLE_TOLERANCE, alike


class ColumnProof(Struct, frozen=True):
    """How one column compares: rows equal to the bit, rows equal but for rounding, rows undefined."""

    column: str
    rows: int
    equal: int
    close: int
    undefined: int
    largest_difference: float


def prove(
    features: Features, table: Table, matrix: Table, *, tolerance: float = DOUBLE_TOLERANCE
) -> tuple[ColumnProof, ...]:
    """A comparison of each column, for source rows and the matrix rows that they became."""
    made, defined = apply_columns(features, table)
    return tuple(
        _compared(name, made[name], column, undefined=int((~defined[:, position]).sum()), tolerance=tolerance)
        for position, (name, column) in enumerate(matrix.columns.items())
    )


def _compared(name: str, made: Column, wanted: Column, *, undefined: int, tolerance: float) -> ColumnProof:
    if isinstance(made, Number) and isinstance(wanted, Number):
        equal = (made.values == wanted.values) | (np.isnan(made.values) & np.isnan(wanted.values))
        close = alike(made.values, wanted.values, tolerance)
        apart = np.abs(made.values[~equal] - wanted.values[~equal])
        largest = float(np.max(apart, initial=0.0)) if not np.isnan(apart).any() else float("inf")
        return ColumnProof(name, len(wanted), int(equal.sum()), int(close.sum()), undefined, largest)
    same = _same_words(made, wanted)
    return ColumnProof(name, len(wanted), same, same, undefined, 0.0 if same == len(wanted) else float("inf"))


def _same_words(made: Column, wanted: Column) -> int:
    if not (isinstance(made, Text) and isinstance(wanted, Text)):
        return 0
    return sum(a == b for a, b in zip(made.values, wanted.values, strict=True))

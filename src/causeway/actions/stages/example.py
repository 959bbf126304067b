"""A row that stands for nobody, to try a release with."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from causeway.core.features import Features, apply_columns
from causeway.core.features_read import number_of
from causeway.core.release import Field
from causeway.core.table import Column, Number, Table, Text

COMMON_ROWS = 10
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T].*)?")
LETTER, DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")

Value = str | float | int | bool | None


def usual_row(fields: Sequence[Field], rows: Table) -> dict[str, Value]:
    """The commonest value or the median of each column."""
    return {field.name: _usual(rows.columns[field.name], field) for field in fields}


def nobodys_row(fields: Sequence[Field], rows: Table) -> dict[str, Value]:
    """The usual row, with made-up letters and digits where a text is that of a few people only."""
    row = usual_row(fields, rows)
    for name, value in row.items():
        held = rows.columns[name]
        if isinstance(value, str) and isinstance(held, Text) and held.values.count(value) < COMMON_ROWS:
            row[name] = value if DATE.fullmatch(value) else DIGIT.sub("1", LETTER.sub("A", value))
    return row


def example_row(features: Features, fields: Sequence[Field], rows: Table) -> dict[str, Value] | None:
    """The usual row; None where the rules do not define it."""
    row = usual_row(fields, rows)
    table = Table({name: _one(value) for name, value in row.items()})
    _, defined = apply_columns(features, table)
    return row if bool(defined.all()) else None


def _usual(column: Column, field: Field) -> Value:
    if isinstance(column, Number):
        there = column.values[~np.isnan(column.values)]
        value = float(np.median(there)) if len(there) else 0.0
        if field.kind == "boolean":
            return value >= 0.5
        return round(value) if field.kind == "integer" else value
    texts = [text for text in column.values if text is not None]
    if field.minimum is not None and (numbers := sorted(filter(_is_number, texts), key=float)):
        return numbers[len(numbers) // 2]
    counts = Counter(text for text in texts if not field.categories or text in field.categories)
    return max(sorted(counts), key=lambda text: counts[text]) if counts else None


def _is_number(text: str) -> bool:
    return math.isfinite(number_of(text))


def _one(value: Value) -> Column:
    if isinstance(value, str):
        return Text([value])
    return Number(np.array([np.nan if value is None else float(value)]))

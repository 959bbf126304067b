"""A first data contract from what was seen in the data: true today, and for a person to correct."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from causeway.core.contract import MISSING, Allowed, Contract, Options, Property, Quality, SchemaObject
from causeway.core.poc import ColumnProfile, DataFile
from causeway.core.table import Column, Number, Table, Text

MAX_CATEGORIES = 50
MAX_EXACT = 2.0**53
_STEP_PERCENT = 5
_FEW_ROWS = 20
"""Below so many, distinct values and rare categories say little."""

_LOGICAL = {"integer": "integer", "float": "number", "boolean": "boolean"}
_TRUTH = {"true", "false"}
_CLASSIFICATION = {"direct": "restricted", "protected": "restricted", "pseudonym": "confidential"}


def infer_contract(
    product: str,
    name: str,
    *,
    columns: Sequence[ColumnProfile],
    rows: int,
    path: str = "",
    target: str = "",
    whole: bool = True,
    types: Mapping[str, str] | None = None,
) -> Contract:
    """A draft for the data source `name` whose columns look like this over so many rows.

    Where the rows are not the `whole` of the data, only what a sample can show is written down.
    `types` are logical types that are known better than from the profiles.
    """
    described = SchemaObject(
        name=name,
        physical_name=path or None,
        physical_type="file" if path else None,
        properties=tuple(
            _retyped(_property(column, rows, target=target, whole=whole), types or {}) for column in columns
        ),
        quality=(Quality(metric="rowCount", must_be_greater_than=0, description="There are rows."),),
    )
    return Contract(
        id=f"{product}-{name}",
        version="0.1.0",
        name=name,
        status="draft",
        schema=(described,),
        rest={
            "description": {
                "purpose": f"What {product} learns from and is asked with.",
                "limitations": f"Drafted from {rows:,} records; widen or narrow it to what is meant.",
            }
        },
    )


def contract_of_file(product: str, name: str, file: DataFile, *, target: str = "") -> Contract:
    """A draft for a data file as intake saw it."""
    return infer_contract(
        product,
        name,
        columns=file.columns,
        rows=file.sampled,
        path=file.path,
        target=target,
        whole=file.exact and file.sampled == file.records,
    )


def contract_of_table(product: str, name: str, table: Table, *, path: str = "", target: str = "") -> Contract:
    """A draft for a table in memory."""
    columns = [profile_of(key, column) for key, column in table.columns.items()]
    return infer_contract(product, name, columns=columns, rows=len(table), path=path, target=target)


def profile_of(name: str, column: Column) -> ColumnProfile:
    """What one column holds: kind, missing values, distinct values, range or categories."""
    return _of_numbers(name, column) if isinstance(column, Number) else _of_texts(name, column)


def _of_numbers(name: str, column: Number) -> ColumnProfile:
    there = column.values[~np.isnan(column.values)]
    whole = bool(there.size) and bool(np.isfinite(there).all()) and bool((there == np.floor(there)).all())
    kind = "boolean" if column.kind == "boolean" else "integer" if whole else "float"
    distinct = np.unique(there).size
    return ColumnProfile(
        name=name,
        kind=kind if there.size else "empty",
        nulls=len(column) - there.size,
        distinct=distinct,
        minimum=float(there.min()) if there.size else None,
        maximum=float(there.max()) if there.size else None,
        unique=whole and distinct == there.size,
    )


def _of_texts(name: str, column: Text) -> ColumnProfile:
    values = (value.strip() for value in column.values if value is not None)
    counts = Counter(value for value in values if value.lower() not in MISSING)
    there = counts.total()
    return ColumnProfile(
        name=name,
        kind="text" if there else "empty",
        nulls=len(column) - there,
        distinct=len(counts),
        categories=dict(counts) if len(counts) <= MAX_CATEGORIES else {},
        unique=there > 0 and len(counts) == there,
    )


def _property(column: ColumnProfile, rows: int, *, target: str, whole: bool) -> Property:
    null_share = column.nulls / rows if rows else 0.0
    return Property(
        name=column.name,
        logical_type=_logical_type(column),
        logical_type_options=_options(column) if whole else None,
        description="The column to predict." if column.name == target else None,
        required=True if whole and rows and not column.nulls else None,
        unique=True if whole and _names_rows(column, rows) else None,
        classification=_CLASSIFICATION.get(column.personal),
        enum=_closed_set(column, whole=whole),
        quality=_missing_values(null_share) if whole else None,
    )


def _retyped(column: Property, types: Mapping[str, str]) -> Property:
    known = types.get(column.name)
    if known is None or known == column.logical_type:
        return column
    return structs.replace(column, logical_type=known, logical_type_options=None, enum=None)


def _logical_type(column: ColumnProfile) -> str:
    """The standard's name of the type; `yes` and `no` are texts, and so are dates in no known order."""
    if column.kind == "boolean" and not {value.lower() for value in column.categories} <= _TRUTH:
        return "string"
    return _LOGICAL.get(column.kind, "string")


def _options(column: ColumnProfile) -> Options | None:
    if column.kind not in {"integer", "float"} or column.minimum is None or column.maximum is None:
        return None
    if not max(abs(column.minimum), abs(column.maximum)) <= MAX_EXACT:
        # infinite, or a whole number that a float does not hold exactly
        return None
    if column.kind == "integer":
        return Options(minimum=int(column.minimum), maximum=int(column.maximum))
    return Options(minimum=column.minimum, maximum=column.maximum)


def _names_rows(column: ColumnProfile, rows: int) -> bool:
    """Whether the values look like names of rows; a few distinct measurements would look so by chance."""
    return column.unique and not column.nulls and rows >= _FEW_ROWS and column.kind in {"text", "integer"}


def _closed_set(column: ColumnProfile, *, whole: bool) -> tuple[Allowed, ...] | None:
    counts = column.categories.values()
    few = 0 < len(counts) <= MAX_CATEGORIES and sum(counts) >= 2 * len(counts)
    if _logical_type(column) != "string" or not few or not (whole or min(counts) >= _FEW_ROWS):
        return None
    return tuple(Allowed(value) for value in sorted(column.categories))


def _missing_values(share: float) -> tuple[Quality, ...] | None:
    """At most as many as were seen, rounded up to the next five percent."""
    if not 0 < share < 1:
        return None
    limit = min(math.ceil(share * 100 / _STEP_PERCENT) * _STEP_PERCENT, 100)
    seen = f"{share:.1%} had no value when this was drafted."
    return (Quality(metric="nullValues", must_be_less_or_equal_to=limit, unit="percent", description=seen),)

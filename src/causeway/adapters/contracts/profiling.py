"""What a data file holds, for a first contract: one pass over all rows, whatever their number."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from causeway.adapters.contracts.counting import ROW, Tally, tally
from causeway.adapters.contracts.duplicates import Key
from causeway.adapters.contracts.rules import Rule
from causeway.adapters.contracts.sources import PARQUET, open_source
from causeway.adapters.contracts.values import Cell, moment_of, with_readings
from causeway.core.contract import Property, SchemaObject
from causeway.core.contract_draft import MAX_CATEGORIES
from causeway.core.poc import ColumnProfile
from causeway.intake.data.tabular import has_header, sniff_delimiter
from causeway.intake.files.text import read_bytes, sniff_encoding

SAMPLE_ROWS = 20_000
_LEADING_ZERO = r"^[+-]?0\d"
_STORED = {pl.Date: "date", pl.Datetime: "timestamp", pl.Time: "time", pl.Boolean: "boolean"}


@dataclass(frozen=True)
class Profiled:
    """The columns of a file; `types` holds the logical types that a profile has no word for."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    types: Mapping[str, str]


def profile_file(path: Path) -> Profiled:
    """What each column of this CSV or Parquet file holds."""
    with open_source(path, _described(path)) as source:
        types = dict(source.frame.collect_schema())
        cells = [Cell(kind, name, source.textual) for name, kind in types.items()]
        frame = with_readings(source.frame.with_row_index(ROW, offset=1), cells)
        sample = frame.select(cell.value.alias(cell.name) for cell in cells if cell.is_plain)
        seen = sample.head(SAMPLE_ROWS).collect()
        # a few distinct values in a sample may be all, and no repetition in it may mean none at all
        few = [cell for cell in cells if cell.type == pl.String and _few(seen[cell.name])]
        keys = [
            cell
            for cell in cells
            if cell.is_plain and not cell.type.is_float() and _all_differ(seen[cell.name])
        ]
        asked = [expression for cell in cells for expression in _asked(cell)]
        rules = [Rule("unique", cell.name, "", cell.raw, key=Key((cell,))) for cell in keys]
        counted = tally(frame, rules, rows=source.rows, last_column="", asked=asked)
        repeated = {cell.name: counted.counts[number] for number, cell in enumerate(keys)}
        categories = dict(_categories(frame, few))
    columns = tuple(
        _profile(cell, counted, repeated.get(cell.name), categories.get(cell.name, {})) for cell in cells
    )
    return Profiled(counted.rows, columns, dict(_logical(cells, counted)))


def _described(path: Path) -> SchemaObject:
    """A table without columns, or with numbered ones where the file has no header."""
    head = read_bytes(path, 64_000) or b""
    if path.suffix.lower() in PARQUET or not head:
        return SchemaObject("data")
    text = head.decode(sniff_encoding(head), "replace")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=sniff_delimiter(text) or ",")
    rows = [row for row, _ in zip(lines, range(400), strict=False) if row]
    if not rows or has_header(rows[0], [row for row in rows[1:-1] if len(row) == len(rows[0])]):
        return SchemaObject("data")
    return SchemaObject("data", properties=tuple(Property(f"column {n}") for n in range(len(rows[0]))))


def _few(values: pl.Series) -> bool:
    return 0 < values.drop_nulls().n_unique() <= MAX_CATEGORIES


def _all_differ(values: pl.Series) -> bool:
    there = values.drop_nulls()
    return there.len() > 0 and there.n_unique() == there.len()


def _asked(cell: Cell) -> Iterator[pl.Expr]:
    yield _as(cell, "there", cell.value.is_not_null().sum())
    if cell.is_number or cell.type == pl.String:
        number = cell.number
        yield _as(cell, "numbers", number.is_not_null().sum())
        yield _as(cell, "whole", (number == number.floor()).sum())
        yield _as(cell, "least", number.min())
        yield _as(cell, "most", number.max())
    if cell.type == pl.String:
        lower = cell.text.str.to_lowercase()
        yield _as(cell, "truths", lower.is_in(["true", "false"]).sum())
        yield _as(cell, "padded", cell.text.str.contains(_LEADING_ZERO).sum())
        for kind in ("date", "timestamp"):
            moment = moment_of(cell, kind, None)
            if moment is not None:
                yield _as(cell, kind, moment.is_not_null().sum())


def _as(cell: Cell, what: str, expression: pl.Expr) -> pl.Expr:
    return expression.alias(f"{what}\0{cell.name}")


def _categories(frame: pl.LazyFrame, cells: Sequence[Cell]) -> Iterator[tuple[str, dict[str, int]]]:
    plans = [frame.select(cell.text.alias("value")).drop_nulls().group_by("value").len() for cell in cells]
    for cell, counted in zip(cells, pl.collect_all(plans, engine="streaming"), strict=True):
        if counted.height <= MAX_CATEGORIES:
            yield cell.name, dict(counted.iter_rows())


def _answer(counted: Tally, cell: Cell, what: str) -> Any:  # noqa: ANN401 - a count, or an extreme of any type
    return counted.asked.get(f"{what}\0{cell.name}") or 0


def _profile(cell: Cell, counted: Tally, repeated: int | None, categories: dict[str, int]) -> ColumnProfile:
    there = int(_answer(counted, cell, "there"))
    kind = _kind(cell, counted, there)
    numeric = kind in {"integer", "float"}
    return ColumnProfile(
        name=cell.name,
        kind=kind,
        nulls=counted.rows - there,
        distinct=len(categories) or (there if repeated == 0 else 0),
        minimum=float(_answer(counted, cell, "least")) if numeric else None,
        maximum=float(_answer(counted, cell, "most")) if numeric else None,
        categories=categories if kind == "text" else {},
        unique=there > 0 and repeated == 0,
    )


def _kind(cell: Cell, counted: Tally, there: int) -> str:
    """The word of a profile; a number written with leading zeros is a name, not a number."""
    if cell.type == pl.Boolean:
        return "boolean"
    if not there:
        return "empty"
    if _answer(counted, cell, "numbers") == there and not _answer(counted, cell, "padded"):
        return "integer" if _answer(counted, cell, "whole") == there else "float"
    return "boolean" if _answer(counted, cell, "truths") == there else "text"


def _logical(cells: Sequence[Cell], counted: Tally) -> Iterator[tuple[str, str]]:
    for cell in cells:
        if stored := _stored(cell.type):
            yield cell.name, stored
            continue
        there = _answer(counted, cell, "there")
        for kind in ("date", "timestamp"):
            if there and _answer(counted, cell, kind) == there:
                yield cell.name, kind
                break


def _stored(kind: pl.DataType) -> str:
    if isinstance(kind, pl.Array):
        return "vector" if kind.inner.is_numeric() else "array"
    if isinstance(kind, pl.List):
        return "array"
    if isinstance(kind, pl.Struct):
        return "object"
    return _STORED.get(type(kind), "")

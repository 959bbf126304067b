"""Data held against its contract with Polars: one lazy pass counts, a second shows examples of what broke."""

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from causeway.adapters.contracts.rules import Measure, RowRule, rules_of
from causeway.adapters.contracts.values import with_readings
from causeway.core.contract import Contract, ContractReport, SchemaObject, Violation
from causeway.core.contract_quality import expected_of, holds
from causeway.core.errors import NotFound, OutsideError, UsageError
from causeway.core.table import Column, Number, Table
from causeway.intake.data.tabular import sniff_delimiter
from causeway.intake.files.text import read_bytes, sniff_encoding

HEAD_BYTES = 256_000
EXAMPLES = 3
WINDOWS = "cp1252"
ROW = "causeway.row"
"""The column of record numbers, counted from 1, that we add."""


def validate_file(contract: Contract, path: Path, *, name: str = "") -> ContractReport:
    """What in this CSV or Parquet file breaks the contract's object `name` (or its only one)."""
    described = _object(contract, name or path.name)
    if not path.exists():
        raise NotFound(f"there is no file {path}", hint="mend `path` in causeway.toml, or bring the file")
    try:
        return _validate_path(described, path)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"cannot read {path}: {str(error).splitlines()[0]}",
            hint="is it a CSV or Parquet file, and whole?",
        ) from error


def _validate_path(described: SchemaObject, path: Path) -> ContractReport:
    try:
        return _validate(described, _scan(path, described))
    except pl.exceptions.ComputeError as error:
        if "utf-8" not in str(error):
            raise
        # a byte far down that the first part of the file did not show
        return _validate(described, _scan(path, described, encoding=WINDOWS))


def validate_table(contract: Contract, table: Table, *, name: str = "") -> ContractReport:
    """What in this table breaks the contract's object `name` (or its only one)."""
    frame = pl.DataFrame({key: _series(column) for key, column in table.columns.items()})
    return _validate(_object(contract, name), frame.lazy())


def _object(contract: Contract, name: str) -> SchemaObject:
    described = contract.object_named(name)
    if described is None:
        known = ", ".join(each.name for each in contract.objects) or "none at all"
        raise NotFound(f"the contract describes no table {name!r}", hint=f"it describes {known}")
    return described


def _series(column: Column) -> pl.Series:
    if isinstance(column, Number):
        return pl.Series(values=column.values, nan_to_null=True)
    return pl.Series(values=list(column.values), dtype=pl.String)


def _scan(path: Path, described: SchemaObject, *, encoding: str = "") -> pl.LazyFrame:
    match path.suffix.lower():
        case ".parquet" | ".pq":
            return pl.scan_parquet(path)
        case ".csv" | ".tsv" | ".txt" | ".data" | "":
            return _scan_csv(path, described, encoding=encoding)
        case other:
            raise UsageError(
                f"cannot check a {other} file", hint="export it as CSV or Parquet", where=str(path)
            )


def _scan_csv(path: Path, described: SchemaObject, *, encoding: str) -> pl.LazyFrame:
    head = read_bytes(path, HEAD_BYTES)
    if head is None:
        raise OutsideError(f"cannot read {path}", hint="check its permissions")
    encoding = encoding or sniff_encoding(head)
    separator = sniff_delimiter(head.decode(encoding, "replace")) or ","
    source: Path | io.BytesIO = path
    if encoding not in {"utf-8", "utf-8-sig", "ascii"}:
        source = io.BytesIO(path.read_bytes().decode(encoding, "replace").encode())
    headerless = _is_headerless(described)
    frame = pl.scan_csv(
        source, separator=separator, has_header=not headerless, infer_schema=False, truncate_ragged_lines=True
    )
    names = frame.collect_schema().names()
    frame = frame.rename(dict(zip(names, _names(names, headerless=headerless), strict=True)))
    # an empty line is no record
    return frame.filter(pl.any_horizontal(pl.all().is_not_null())) if len(names) > 1 else frame


def _is_headerless(described: SchemaObject) -> bool:
    """Whether the contract's columns are only numbered, as they are where a file has no header."""
    return bool(described.columns) and all(
        column.column == f"column {number}" for number, column in enumerate(described.columns)
    )


def _names(names: Sequence[str], *, headerless: bool) -> list[str]:
    if headerless:
        return [f"column {number}" for number in range(len(names))]
    stripped = [name.strip().strip("\ufeff") or "(index)" for name in names]
    return stripped if len(set(stripped)) == len(stripped) else list(names)


def _validate(described: SchemaObject, frame: pl.LazyFrame) -> ContractReport:
    types = dict(frame.collect_schema())
    rules = rules_of(described, types)
    frame = with_readings(frame.with_row_index(ROW, offset=1), rules.cells.values())
    counts = _count(frame, rules.all)
    rows = counts.pop()
    broken = [
        (rule, count) for rule, count in zip(rules.all, counts, strict=True) if not _keeps(rule, count, rows)
    ]
    examples = _examples(frame, [rule for rule, _ in broken])
    absent = tuple(
        Violation(rule="present", column=column, rows=rows, expected="a column of this name")
        for column in rules.absent
    )
    found = tuple(
        _violation(rule, count, rows, seen) for (rule, count), seen in zip(broken, examples, strict=True)
    )
    return ContractReport(
        object=described.name,
        rows=rows,
        rules=len(rules.all) + len(described.columns),
        violations=absent + found,
        extra_columns=tuple(name for name in types if name not in {c.column for c in described.columns}),
        unchecked=rules.unchecked,
    )


def _count(frame: pl.LazyFrame, rules: Sequence[RowRule | Measure]) -> list[int]:
    """How many rows each rule speaks of, then the number of all rows."""
    sums = [rule.speaks_of.fill_null(value=False).sum().alias(str(n)) for n, rule in enumerate(rules)]
    counted = frame.select(*sums, pl.len().alias("rows")).collect(engine="streaming")
    return [int(value or 0) for value in counted.row(0)]


def _keeps(rule: RowRule | Measure, count: int, rows: int) -> bool:
    if isinstance(rule, Measure):
        return holds(rule.quality, _measured(rule, count, rows))
    return count == 0


def _measured(rule: Measure, count: int, rows: int) -> float:
    if rule.quality.unit == "percent":
        return 100 * count / rows if rows else 0.0
    return count


def _examples(frame: pl.LazyFrame, rules: Sequence[RowRule | Measure]) -> list[pl.DataFrame]:
    shown = (
        frame.filter(rule.speaks_of).select(ROW, rule.shown.cast(pl.String).alias("value")).head(EXAMPLES)
        for rule in rules
    )
    return pl.collect_all(shown, engine="streaming")


def _violation(rule: RowRule | Measure, count: int, rows: int, seen: pl.DataFrame) -> Violation:
    measure = rule if isinstance(rule, Measure) else None
    counts_rows = measure is not None and measure.quality.metric == "rowCount"
    return Violation(
        rule=rule.name,
        column=rule.column,
        rows=count,
        expected=expected_of(measure.quality) if measure else rule.expected,
        examples=()
        if counts_rows
        else tuple(dict.fromkeys("nothing" if v is None else v for v in seen["value"])),
        first_rows=() if counts_rows else tuple(seen[ROW]),
        measured=_measured(measure, count, rows) if measure else None,
    )

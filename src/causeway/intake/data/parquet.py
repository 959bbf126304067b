"""Parquet by its footer: names, types, counts and the statistics of each column; values where polars is
there.
"""

import struct
from pathlib import Path
from typing import Any

from msgspec import Struct

from causeway.core.poc import ColumnProfile, DataFile
from causeway.intake.data.profile import profile
from causeway.intake.data.tabular import Sampled
from causeway.intake.data.thrift import Compact
from causeway.intake.files.quiet import quiet
from causeway.intake.files.walk import Entry

MAX_FOOTER_BYTES = 8_000_000
MAX_SAMPLED_ROWS = 5_000
MAX_SAMPLED_BYTES = 80_000_000
MAX_COLUMNS = 2_000
_KINDS = {0: "boolean", 1: "integer", 2: "integer", 3: "date", 4: "float", 5: "float"}
_PACKED = {1: "<i", 2: "<q", 4: "<f", 5: "<d"}
_TEXTS = {0, 4}
_TIMES = {6, 7, 8, 9, 10}
_LOGICAL_TIMES = {6, 7, 8}


class _Column(Struct):
    """One leaf of the schema with what the row groups say of it."""

    name: str
    kind: str
    physical: int
    nulls: int | None = 0
    low: float | None = None
    high: float | None = None


def read_parquet(entry: Entry) -> DataFile:
    """Schema, count of records and columns of a Parquet file."""
    try:
        footer = _footer(entry)
        columns = _columns(footer)
        size = _measured(columns, footer)
    # a damaged footer may hold anything anywhere
    except (ValueError, IndexError, OSError, struct.error, RecursionError, TypeError, AttributeError):
        return DataFile(entry.path, "Parquet", entry.size, problem="its footer cannot be read")
    records = footer.get(3) if isinstance(footer.get(3), int) else None
    told = tuple(_profile(column) for column in columns.values())
    sampled = _sampled(entry.full, list(columns), records=int(records or 0), size=size)
    count = max((len(column) for column in sampled.values()), default=0)
    seen = tuple(profile(name, values) for name, values in sampled.items())
    return DataFile(
        entry.path,
        "Parquet",
        entry.size,
        records=int(records) if isinstance(records, int) else None,
        exact=isinstance(records, int),
        sampled=count,
        columns=seen or told,
    )


def sample_of_parquet(entry: Entry) -> Sampled | None:
    """The records themselves, an even sample; None where polars is not installed."""
    file = read_parquet(entry)
    if not file.sampled:
        return None
    names = list(file.names)
    values = _sampled(entry.full, names, records=file.records or 0, size=0)
    rows = [list(row) for row in zip(*values.values(), strict=True)]
    return Sampled(tuple(values), rows, file.records or 0, True, True, "", "Parquet", 0)


def _footer(entry: Entry) -> dict[int, Any]:
    with entry.full.open("rb") as file:
        file.seek(-8, 2)
        tail = file.read(8)
        (length,) = struct.unpack("<I", tail[:4])
        if tail[4:] != b"PAR1" or length > min(MAX_FOOTER_BYTES, entry.size):
            raise ValueError("no footer")
        file.seek(-8 - length, 2)
        return Compact(file.read(length)).structure()


def _measured(columns: dict[str, _Column], footer: dict[int, Any]) -> int:
    """The bytes of all row groups, whose statistics are added to the columns."""
    groups = [group for group in footer.get(4) or [] if isinstance(group, dict)]
    for group in groups:
        _add_statistics(columns, group)
    return sum(int(group.get(2) or 0) for group in groups)


def _columns(footer: dict[int, Any]) -> dict[str, _Column]:
    found: dict[str, _Column] = {}
    for element in (footer.get(2) or [])[1 : MAX_COLUMNS + 1]:
        if element.get(5) or not isinstance(element.get(4), bytes):
            continue
        name = element[4].decode("utf-8", "replace")
        physical = int(element.get(1, -1))
        logical = element.get(10)
        timed = element.get(6) in _TIMES or (
            isinstance(logical, dict) and bool(_LOGICAL_TIMES & set(logical))
        )
        kind = "date" if timed else _KINDS.get(physical, "text")
        found[name] = _Column(name, kind, physical)
    return found


def _add_statistics(columns: dict[str, _Column], group: dict[int, Any]) -> None:
    for chunk in group.get(1) or []:
        described = chunk.get(3) or {}
        path = described.get(3) or []
        column = columns.get(path[-1].decode("utf-8", "replace")) if path else None
        if column is None:
            continue
        said = described.get(12) or {}
        nulls = said.get(3)
        column.nulls = column.nulls + nulls if column.nulls is not None and isinstance(nulls, int) else None
        low, high = (_number(said.get(new, said.get(old)), column) for new, old in ((6, 2), (5, 1)))
        column.low = low if column.low is None else min(column.low, low if low is not None else column.low)
        column.high = (
            high if column.high is None else max(column.high, high if high is not None else column.high)
        )


def _number(raw: object, column: _Column) -> float | None:
    form = _PACKED.get(column.physical, "")
    if not form or column.kind == "date" or not isinstance(raw, bytes) or len(raw) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, raw)[0])


def _profile(column: _Column) -> ColumnProfile:
    return ColumnProfile(
        column.name, column.kind, nulls=column.nulls or 0, minimum=column.low, maximum=column.high
    )


def _sampled(path: Path, names: list[str], *, records: int, size: int) -> dict[str, list[str]]:
    """An even sample of the values as text, when polars is installed and the file is of bearable size."""
    if not records or size > MAX_SAMPLED_BYTES:
        return {}
    try:
        import polars  # noqa: PLC0415, ICN001 - an extra that the core install does not have
    except ImportError:
        return {}
    step = max(1, -(-records // MAX_SAMPLED_ROWS))
    try:
        with quiet():
            flat = [name for name, kind in polars.read_parquet_schema(path).items() if not kind.is_nested()]
            wanted = [polars.col(name).cast(polars.String, strict=False) for name in flat if name in names]
            frame = polars.scan_parquet(path).gather_every(step).select(wanted).collect()
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError):
        return {}
    return {name: ["" if value is None else value[:2000] for value in frame[name]] for name in frame.columns}

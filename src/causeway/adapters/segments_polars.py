"""Segments as Parquet files (zstd), written and read by Polars."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from causeway.adapters.ports import Source
from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.personal import HASHED, HIDDEN
from causeway.core.records import EXACT, SegmentColumn, SegmentContent
from causeway.core.table import Column, Number, Table, Text
from causeway.stats.profile_form import Arrays, Coded

ROWS_PER_GROUP = 100_000
ROWS_AT_ONCE = 250_000
_TIME = pl.Datetime("us", "UTC")
_DTYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "time": _TIME,
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


class ParquetSegments:
    """Reads and writes `.parquet`; reads `.csv`, `.jsonl` and `.ndjson` that people bring."""

    def encode(self, columns: Mapping[str, SegmentColumn]) -> bytes:
        """The columns as the bytes of one file; the same columns make the same bytes."""
        frame = pl.DataFrame([_series(name, column) for name, column in columns.items()])
        return _written(frame)

    def arrays(self, file: Source) -> Arrays:
        """The columns of one segment as arrays, times in microseconds."""
        frame = _collected(_scan([file]))
        return {series.name: _array(series) for series in frame}

    def keyed(self, file: Source, columns: Sequence[str]) -> Iterator[tuple[NDArray[np.uint64], Arrays]]:
        """These columns in parts, each row's id as a number that only this process knows it by."""
        frame = _scan([file])
        there = _names(frame)
        wanted = frame.select(pl.col("id").hash().alias(""), *(name for name in columns if name in there))
        rows = int(_collected(frame.select(pl.len())).item())
        for start in range(0, rows, ROWS_AT_ONCE):
            part = _collected(wanted.slice(start, ROWS_AT_ONCE))
            yield part[""].to_numpy(), {name: _array(part[name]) for name in part.columns[1:]}

    def merged(self, files: Sequence[Source], *, by: Sequence[str]) -> SegmentContent:
        """All rows of these files in one, in the order of these columns, or as they come."""
        frame = _exact(files)
        return _content(_collected(frame.sort(by, maintain_order=True) if by else frame))

    def without(self, file: Source, ids: Collection[str]) -> SegmentContent:
        """The rows of this file whose `id` is not among these."""
        gone = pl.LazyFrame({"id": pl.Series(list(ids), dtype=pl.String)})
        return _content(_collected(_scan([file]).join(gone, on="id", how="anti", maintain_order="left")))

    def ids_of(self, file: Source, column: str, values: Collection[str]) -> list[str]:
        """The ids of all rows, or of those where this column says one of these values, whatever its type."""
        frame = _scan([file])
        if not column:
            return _collected(frame.select("id"))["id"].to_list()
        kind = _kinds(frame).get(column)
        if kind is None:
            return []
        found = _says(pl.col(column), kind, values)
        return _collected(frame.filter(found).select("id"))["id"].to_list()

    def hidden(self, file: Source, column: str, *, key: str) -> int | None:
        """How many rows have a mask there, or another key's hash; None where there is no such column."""
        frame = _scan([file])
        if column not in _names(frame):
            return None
        said = pl.col(column).cast(pl.String)
        others = said.str.contains(HASHED) & ~said.str.starts_with(f"{key}:")
        hidden = frame.filter(others | said.str.ends_with(HIDDEN))
        return int(_collected(hidden.select(pl.len())).item())

    def read(self, files: Sequence[Source]) -> Table:
        """All rows of these files, in order; a column that a file lacks is empty there."""
        return _table(_collected(_scan(files)))

    def matching(self, files: Sequence[Source], ids: Collection[str], *, columns: Sequence[str]) -> Table:
        """These columns of the rows whose `id` is among the ids, in order; one that no file has is empty."""
        wanted = pl.LazyFrame({"id": pl.Series(list(ids), dtype=pl.String)})
        frame = _scan(files)
        known = set(_names(frame))
        nothing = [pl.lit(None, pl.String).alias(name) for name in columns if name not in known]
        found = frame.join(wanted, on="id", how="semi", maintain_order="left").with_columns(nothing)
        return _table(_collected(found.select(columns)))

    def joined(self, predictions: Sequence[Source], outcomes: Sequence[Source]) -> Table:
        """Each prediction that has an outcome, with the latest one."""
        latest = _scan(outcomes).unique("id", keep="last", maintain_order=True)
        found = _scan(predictions).join(latest, on="id", how="inner", maintain_order="left")
        return _table(_collected(found))

    def read_texts(self, file: Path, columns: Sequence[str]) -> dict[str, list[str | None]]:
        """These columns of a CSV, JSON-lines or Parquet file as texts; those that are there."""
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            raise UsageError(
                f"{file.name} is none of {', '.join(_READERS)}",
                hint="save it as one of these",
                where=str(file),
            )
        try:
            frame = reader(file)
        except FileNotFoundError:
            raise NotFound(f"there is no file {file}", hint="name a file that exists") from None
        except OSError as error:
            raise OutsideError(
                f"cannot read {file}: {error.strerror or error}", hint=remedy(error)
            ) from error
        except (PolarsError, csv.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(file, str(error).splitlines()[0]) from error
        missing = [column for column in columns[:2] if column not in frame.columns]
        if missing:
            raise UsageError(
                f"{file.name} has no column {missing[0]!r}",
                hint=f"its columns: {', '.join(frame.columns[:20]) or 'none'}; see --id, --outcome",
                where=str(file),
            )
        return {c: frame[c].to_list() for c in columns if c in frame.columns}


def _series(name: str, column: SegmentColumn) -> pl.Series:
    if column.kind == "time":
        return pl.Series(name, column.values, dtype=pl.Int64).cast(_TIME)
    return pl.Series(name, column.values, dtype=_DTYPES[column.kind], strict=False)


def _written(frame: pl.DataFrame) -> bytes:
    into = io.BytesIO()
    frame.write_parquet(into, compression="zstd", statistics=True, row_group_size=ROWS_PER_GROUP)
    return into.getvalue()


def _content(frame: pl.DataFrame) -> SegmentContent:
    if not frame.height:
        return SegmentContent(b"", 0, 0, 0)
    times = frame["at" if "at" in frame.columns else "outcome_at"].to_physical()
    first, last = times.min(), times.max()
    return SegmentContent(_written(frame), frame.height, first or 0, last or 0)


def _array(series: pl.Series) -> Coded | np.ndarray:
    if series.dtype == pl.String:
        known = series.drop_nulls().unique(maintain_order=True)
        places = pl.Series(range(len(known)), dtype=pl.Int64)
        codes = series.replace_strict(known, places, default=-1, return_dtype=pl.Int64)
        return Coded(codes.fill_null(-1).to_numpy(), tuple(known.to_list()))
    plain = series.cast(pl.Int64) if series.dtype == _TIME else series
    return plain.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _scan(files: Sequence[Source]) -> pl.LazyFrame:
    if not files:
        return pl.LazyFrame(schema={"id": pl.String})
    # releases may disagree about columns and their types, and so do their segments
    return pl.concat([_lazy(file) for file in files], how="diagonal_relaxed")


def _exact(files: Sequence[Source]) -> pl.LazyFrame:
    """The same, with texts in a column where an integer would lose digits among floats."""
    kinds = [_kinds(_lazy(file)) for file in files]
    floats = {name for each in kinds for name, kind in each.items() if kind == pl.Float64}
    texts: set[str] = set()
    for file, each in zip(files, kinds, strict=True):
        integers = [name for name in floats - texts if each.get(name) == pl.Int64]
        far = [((pl.col(name) > EXACT) | (pl.col(name) < -EXACT)).any() for name in integers]
        if integers:
            found = _collected(_lazy(file).select(far))
            texts |= {name for name in integers if found[name].item()}
    if not texts:
        return _scan(files)
    frames = [
        _lazy(file).with_columns(pl.col(name).cast(pl.String) for name in sorted(texts & each.keys()))
        for file, each in zip(files, kinds, strict=True)
    ]
    return pl.concat(frames, how="diagonal_relaxed")


def _says(column: pl.Expr, kind: pl.DataType, values: Collection[str]) -> pl.Expr:
    """Whether it is one of these, as which number or text soever it was recorded."""
    numbers = [float(value) for value in values if _NUMBER.fullmatch(value)]
    floats = [number for number in numbers if math.isfinite(number)]
    if kind == pl.Float64:
        # those whose numbers are the same float cannot be told apart
        return column.is_in(floats)
    said = column.cast(pl.String).str.strip_chars()
    plain = said.str.replace(r"^(-?\d+)\.0$", "$1")
    # what was a float before it was a text
    written = [form for each in floats for form in (str(each), *pl.Series([each]).cast(pl.String))]
    return plain.is_in(list(values)) | said.is_in(written)


def _lazy(file: Source) -> pl.LazyFrame:
    return pl.scan_parquet(io.BytesIO(file) if isinstance(file, bytes) else file)


def _names(frame: pl.LazyFrame) -> list[str]:
    return list(_kinds(frame))


def _kinds(frame: pl.LazyFrame) -> dict[str, pl.DataType]:
    with _segment_read():
        return dict(frame.collect_schema())


def _collected(frame: pl.LazyFrame) -> pl.DataFrame:
    with _segment_read():
        return frame.collect()


@contextmanager
def _segment_read() -> Iterator[None]:
    try:
        yield
    except (OSError, PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise OutsideError(
            f"a segment cannot be read: {reason}", hint="`causeway doctor` compares segments with the ledger"
        ) from error


def _table(frame: pl.DataFrame) -> Table:
    return Table({name: _column(frame[name]) for name in frame.columns})


def _column(series: pl.Series) -> Column:
    if series.dtype == pl.String:
        return Text(series.to_list())
    kind = {pl.Float64: "float", pl.Boolean: "boolean"}.get(type(series.dtype), "integer")
    plain = series.cast(pl.Int64) if series.dtype == _TIME else series
    return Number(plain.cast(pl.Float64).fill_null(np.nan).to_numpy(), kind)


def _read_csv(file: Path) -> pl.DataFrame:
    content = file.read_bytes()
    _expect_whole(file, content)
    # read as written: what a number means is not for a reader to guess
    return pl.read_csv(content, infer_schema=False)


def _expect_whole(file: Path, content: bytes) -> None:
    """Refuses what the reader would take, and would take for something else."""
    if b"\0" in content:
        raise _unreadable(file, "it holds a NUL byte")
    first, _, rest = content.partition(b"\n")
    names = next(csv.reader([first.decode("utf-8-sig")]), [])
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise _unreadable(file, f"it names the column {twice!r} twice")
    last = rest.rstrip(b"\r\n").rpartition(b"\n")[2]
    if last and b'"' not in last and last.count(b",") + 1 < len(names):
        told = f"its last row has {last.count(b',') + 1} of {len(names)} columns, so it seems cut short"
        raise _unreadable(file, told)


def _unreadable(file: Path, reason: str) -> UsageError:
    return UsageError(
        f"{file.name} cannot be read: {reason}",
        where=str(file),
        hint="save it as CSV in UTF-8 with a line of column names, as JSON lines or as Parquet",
    )


def _read_parquet(file: Path) -> pl.DataFrame:
    frame = pl.read_parquet(file)
    return pl.DataFrame([pl.Series(s.name, _texts(s.to_list()), dtype=pl.String) for s in frame])


def _read_json_lines(file: Path) -> pl.DataFrame:
    rows = [msgspec.json.decode(line, type=dict) for line in file.read_bytes().splitlines() if line.strip()]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [pl.Series(n, _texts(row.get(n) for row in rows), dtype=pl.String) for n in names]
    return pl.DataFrame(columns)


def _texts(values: Iterable[object]) -> list[str | None]:
    return [None if value is None else _text(value) for value in values]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_READERS = {
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}

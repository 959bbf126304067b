"""Tables of scored rows from anywhere, read in pieces: what their columns hold, and their values."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from causeway.adapters.contracts.sources import open_source, unreadable
from causeway.adapters.tables.staging import stage
from causeway.adapters.tables.watched_times import as_time
from causeway.assess.table_roles import NUMBER, OTHER, TEXT, TIME, ColumnFacts
from causeway.core.contract import SchemaObject
from causeway.core.errors import NotFound, OutsideError, UsageError, outside
from causeway.stats.profile_form import Coded

Floats = NDArray[np.float64]

ROWS_AT_ONCE = 131_072
TAIL_BYTES = 1 << 20
LOOKED_AT, LEAST_LOOKED = 400, 100
FEW_TEXTS = 20_000
"""Of fewer different texts each is looked at once, of more all rows are."""
NEARLY = 0.98
"""Of the values of a column of numbers so many are numbers; the others are missing."""
HALF = 0.5
"""The same where the column held numbers in the reference."""
LINES = frozenset({".jsonl", ".ndjson", ".json"})
PARQUET = frozenset({".parquet", ".pq"})
NOTHING = ("", "na", "n/a", "nan", "null", "none", "nil", "#n/a", "<na>", "nat", "-")


class WatchedTable:
    """One table, whose columns are numbers, texts or times whatever its file says of them."""

    def __init__(self, frame: pl.LazyFrame, told: str, *, like: Mapping[str, str], copy: Path) -> None:
        self.told = told
        schema = dict(frame.collect_schema())
        looked = frame.head(LOOKED_AT).collect()
        self.columns, few = _facts(frame, schema, like, looked)
        self._kinds = {each.name: each.kind for each in self.columns}
        self._texts = {name: _Texts(raw) for name, raw in few.items() if self._kinds[name] == TEXT}
        read = [
            pl.col(each.name).cast(pl.String)
            if each.name in self._texts
            else _read(each, schema[each.name], looked)
            for each in self.columns
            if each.kind != OTHER
        ]
        if any(schema[each.name] == pl.String and each.kind in {NUMBER, TIME} for each in self.columns):
            # texts are made numbers once, and not whenever they are read
            frame.select(read).sink_parquet(copy, compression="lz4", maintain_order=True)
            self._frame = pl.scan_parquet(copy)
        else:
            self._frame = frame.select(read)

    @property
    def kinds(self) -> dict[str, str]:
        """What each column holds."""
        return dict(self._kinds)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.columns[0].rows if self.columns else 0

    def values(self, name: str, *, most: int) -> tuple[str, ...]:
        """The different values of a column as texts, sorted; none where there are more than so many."""
        if name in self._texts:
            names = self._texts[name].names
            return names if len(names) <= most else ()
        column = pl.col(name)
        found = self._frame.select(column.unique().drop_nulls().head(most + 1)).collect(engine="streaming")
        if len(found) > most:
            return ()
        return tuple(sorted(_unit(value) for value in found.to_series().to_list()))

    def span(self, time: str) -> tuple[float, float] | None:
        """The first and the last time, in microseconds since 1970; None where there is none."""
        column = pl.col(time)
        first, last = (
            self._frame.select(column.min(), column.max().alias("last")).collect(engine="streaming").row(0)
        )
        return None if first is None else (first, last)

    def batches(self, names: Sequence[str]) -> Iterator[dict[str, Floats | Coded]]:
        """The rows in their order, a piece at a time; what is not there is NaN, or has no place."""
        asked = self._frame.select(names)
        try:
            for batch in asked.collect_batches(
                chunk_size=ROWS_AT_ONCE, maintain_order=True, engine="streaming"
            ):
                yield {series.name: self._array(series) for series in batch}
        except PolarsError as error:
            raise _unread(self.told, error) from error

    def _array(self, series: pl.Series) -> Floats | Coded:
        few = self._texts.get(series.name)
        return few.coded(series) if few else _array(series)


class _Texts:
    """The few different texts of a column, and what each of them stands for."""

    def __init__(self, raw: pl.Series) -> None:
        read = raw.alias("text").to_frame().select(_as_text("text", pl.String())).to_series()
        names = read.drop_nulls().unique().sort()
        self.names: tuple[str, ...] = tuple(names.to_list())
        self._raw = pl.Enum(raw)
        # the place of each, and of those that stand for nothing; nothing itself comes last
        places = read.cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1).to_list()
        self._places = np.array([*places, -1], np.int64)

    def coded(self, series: pl.Series) -> Coded:
        """The column as places of its names."""
        at = series.cast(self._raw).to_physical().cast(pl.Int64).fill_null(len(self._places) - 1)
        return Coded(self._places[at.to_numpy()], self.names)


def watched_table(
    path: Path, scratch: Path, *, told: str = "", like: Mapping[str, str] | None = None
) -> WatchedTable:
    """The table in this file; where a reference held numbers or texts (`like`), it is read as that did."""
    told = told or str(path)
    try:
        frame = _scanned(path, scratch)
        copy = scratch / f"{len(list(scratch.iterdir())):03}-typed.parquet"
        table = WatchedTable(frame, told, like=like or {}, copy=copy)
    except PolarsError as error:
        raise _unread(told, error) from error
    except OSError as error:
        raise outside(error) from error
    if not table.rows:
        raise UsageError(f"{told} has no rows", hint="bring it again, with its rows")
    return table


def _scanned(path: Path, scratch: Path) -> pl.LazyFrame:
    scratch.mkdir(parents=True, exist_ok=True)
    staged = scratch / f"{len(list(scratch.iterdir())):03}.parquet"
    if path.suffix.lower() in LINES and path.is_file():
        return _lines(path, staged)
    with open_source(path, SchemaObject(path.stem)) as source:
        if not source.textual:
            return source.frame
    return pl.scan_parquet(stage(path, staged, part_rows=ROWS_AT_ONCE).path)


def _lines(path: Path, staged: Path) -> pl.LazyFrame:
    """JSON lines, or a list of objects, as Parquet."""
    head = _first_byte(path)
    if not head:
        raise UsageError(f"{path} is empty", hint="bring the file again, with its rows")
    if head not in (b"{", b"["):
        raise UsageError(f"{path} holds no JSON lines", hint="write one JSON object a line")
    try:
        if head == b"[":
            pl.read_json(path, infer_schema_length=None).write_parquet(staged)
        else:
            pl.scan_ndjson(path, infer_schema_length=None).sink_parquet(staged, maintain_order=True)
    except PolarsError as error:
        raise _broken_lines(path, error) from error
    return pl.scan_parquet(staged)


def _first_byte(path: Path) -> bytes:
    if not path.exists():
        raise NotFound(f"there is no file {path}", hint="check the path, or bring the file")
    try:
        with path.open("rb") as file:
            return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    except OSError as error:
        raise outside(error) from error


def _broken_lines(path: Path, error: PolarsError) -> UsageError:
    """Where a file of JSON lines is broken."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        last = file.read().rstrip().rpartition(b"\n")[2]
    try:
        json.loads(last)
    except UnicodeDecodeError:
        return UsageError(f"{path} is no UTF-8", hint="save the file as UTF-8")
    except ValueError:
        return UsageError(
            f"{path} is cut short: its last line is no JSON object", hint="bring the file again, whole"
        )
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip() and not isinstance(json.loads(line), dict):
                    return UsageError(f"line {number:,} of {path} is no JSON object", hint="write one a line")
    except UnicodeDecodeError:
        return UsageError(f"{path} is no UTF-8", hint="save the file as UTF-8")
    except ValueError:
        return UsageError(f"line {number:,} of {path} is no JSON", hint="write one object a line")
    return UsageError(
        f"{path} cannot be read: {str(error).splitlines()[0][:120]}", hint="give each key one kind of value"
    )


def _read(column: ColumnFacts, dtype: pl.DataType, looked: pl.DataFrame) -> pl.Expr:
    """The column as what it holds: a number, a text, or microseconds since 1970."""
    if column.kind == TIME:
        return as_time(column.name, dtype, looked)
    return _as_number(column.name, dtype) if column.kind == NUMBER else _as_text(column.name, dtype)


def _facts(
    frame: pl.LazyFrame, schema: Mapping[str, pl.DataType], like: Mapping[str, str], looked: pl.DataFrame
) -> tuple[tuple[ColumnFacts, ...], Mapping[str, pl.Series]]:
    """What the columns hold; and the different texts of those that have few."""
    asked: list[pl.Expr] = [pl.len().alias("rows")]
    for place, (name, dtype) in enumerate(schema.items()):
        one = pl.col(name).approx_n_unique().alias(f"texts{place}")
        asked += [one] if _is_text(dtype) else _counts(place, name, dtype, looked)
    row = frame.select(asked).collect(engine="streaming").row(0, named=True)
    few: dict[str, pl.Series] = {}
    many: list[pl.Expr] = []
    for place, (name, dtype) in enumerate(schema.items()):
        if _is_text(dtype) and row[f"texts{place}"] < FEW_TEXTS:
            few[name], counts = _text_counts(frame, place, name)
            row |= counts
        elif _is_text(dtype):
            many += _counts(place, name, dtype, looked)
    if many:
        row |= frame.select(many).collect(engine="streaming").row(0, named=True)
    return tuple(
        _column(place, name, dtype, row, looked=looked, like=like.get(name, ""))
        for place, (name, dtype) in enumerate(schema.items())
    ), few


def _text_counts(frame: pl.LazyFrame, place: int, name: str) -> tuple[pl.Series, dict[str, float]]:
    """The different texts, and what `_counts` asks, of each of them once."""
    raw = pl.col(name).cast(pl.String)
    found = frame.group_by(raw).agg(pl.len().alias("times")).collect(engine="streaming").sort(name)
    text, number = _as_text(name, pl.String()), _as_number(name, pl.String())
    row = found.select(
        pl.col("times").filter(text.is_not_null()).sum().alias(f"count{place}"),
        text.drop_nulls().n_unique().alias(f"distinct{place}"),
        pl.col("times").filter(number.is_not_null()).sum().alias(f"numbers{place}"),
        number.min().alias(f"min{place}"),
        number.max().alias(f"max{place}"),
        (number == number.floor()).all().alias(f"whole{place}"),
    )
    return found[name].drop_nulls(), row.row(0, named=True)


def _counts(place: int, name: str, dtype: pl.DataType, looked: pl.DataFrame) -> Iterator[pl.Expr]:
    if _is_other(dtype):
        return
    plain = _as_text(name, dtype) if _is_text(dtype) else pl.col(name)
    yield plain.count().alias(f"count{place}")
    if dtype.is_temporal():
        yield plain.approx_n_unique().alias(f"distinct{place}")
        return
    number = _as_number(name, dtype)
    seen = looked.select(plain.alias("text"), number.alias("number")).drop_nulls("text")
    # what begins as plain texts holds no column of numbers
    if len(seen) < LEAST_LOOKED or seen["number"].count():
        yield number.count().alias(f"numbers{place}")
        yield number.min().alias(f"min{place}")
        yield number.max().alias(f"max{place}")
        yield (number == number.floor()).all().alias(f"whole{place}")
    is_number = len(seen) >= LEAST_LOOKED and seen["number"].count() == len(seen)
    yield (pl.col(name) if is_number else plain).approx_n_unique().alias(f"distinct{place}")


def _column(
    place: int,
    name: str,
    dtype: pl.DataType,
    row: Mapping[str, float],
    *,
    looked: pl.DataFrame,
    like: str,
) -> ColumnFacts:
    rows = int(row["rows"])
    if _is_other(dtype):
        return ColumnFacts(name, OTHER, rows, 0, 0, said=str(dtype).split("(")[0].lower())
    count, distinct = int(row[f"count{place}"]), int(row[f"distinct{place}"])
    numbers = int(row.get(f"numbers{place}") or 0)
    kind = _kind(name, dtype, count, numbers, looked=looked, like=like, most=row.get(f"max{place}"))
    found = ColumnFacts(name, kind, rows, rows - count, min(distinct, count))
    if kind != NUMBER:
        return found
    return ColumnFacts(
        name,
        kind,
        rows,
        rows - numbers,
        min(distinct, count),
        row[f"min{place}"],
        row[f"max{place}"],
        bool(row[f"whole{place}"]),
    )


def _kind(
    name: str,
    dtype: pl.DataType,
    count: int,
    numbers: int,
    *,
    looked: pl.DataFrame,
    like: str,
    most: float | None,
) -> str:
    if dtype.is_temporal():
        return TIME
    if dtype == pl.Boolean:
        return TEXT
    if count and numbers >= (HALF if like == NUMBER else NEARLY) * count and like != TEXT:
        return TIME if _is_epoch(name, most) else NUMBER
    if not count:
        return like if like in {NUMBER, TEXT} else NUMBER
    if dtype == pl.String and like != TEXT:
        seen = looked[name].drop_nulls()
        times = looked.select(as_time(name, dtype, looked)).to_series().drop_nulls()
        if len(seen) and len(times) >= NEARLY * len(seen):
            return TIME
    return TEXT


def _is_epoch(name: str, most: float | None) -> bool:
    """Whether numbers are seconds, or parts of one, since 1970; the name must say that they are times."""
    words = name.lower()
    timely = any(word in words for word in ("time", "date", "_ts", "ts_", "epoch", "_at")) or words in {
        "ts",
        "at",
    }
    return timely and most is not None and 1e8 <= most < 1e19


def _is_text(dtype: pl.DataType) -> bool:
    return dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum)


def _is_other(dtype: pl.DataType) -> bool:
    plain = (
        dtype.is_numeric()
        or dtype.is_temporal()
        or isinstance(dtype, pl.Boolean | pl.Null)
        or _is_text(dtype)
    )
    return not plain or isinstance(dtype, pl.Time | pl.Duration)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return (
            pl.when(column == whole).then(whole.cast(pl.String)).otherwise(column.cast(pl.String)).alias(name)
        )
    text = column.cast(pl.String).str.strip_chars()
    if not _is_text(dtype):
        return text.alias(name)
    small = text.str.to_lowercase()
    return (
        pl.when(small.is_in(NOTHING))
        .then(None)
        .when(small.is_in(["true", "false"]))
        .then(small)
        .otherwise(text)
    ).alias(name)


def _as_number(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if _is_text(dtype):
        column = column.cast(pl.String).str.strip_chars()
    number = column.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number).otherwise(None).alias(name)


def _array(series: pl.Series) -> Floats | Coded:
    if series.dtype != pl.String:
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    names = series.drop_nulls().unique().sort()
    codes = series.cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return Coded(codes, tuple(names.to_list()))


def _unit(value: str | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _unread(told: str, error: PolarsError) -> Exception:
    if isinstance(error, pl.exceptions.ComputeError):
        return unreadable(Path(told), error)
    return OutsideError(f"{told} cannot be read: {str(error).splitlines()[0][:160]}", hint="is it whole?")

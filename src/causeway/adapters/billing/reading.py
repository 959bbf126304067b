"""A bill's file as frames of texts, some rows at a time: CSV (plain or gzip) and Parquet."""

import csv
import gzip
import io
import json
import stat
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import polars as pl
from msgspec import Struct
from polars.exceptions import PolarsError

from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.focus import BadBill

ROWS_AT_ONCE = 20_000
MAX_BYTES = 4 << 30
"""Of text, after it was unpacked."""
MAX_ROWS = 10_000_000
MAX_COLUMNS, LONGEST_NAME = 2_000, 1_000
MAX_LINE = 16 << 20
"""Of characters; whoever writes no line breaks writes no table."""
NULL = "NULL"
GZIP, PARQUET, ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
DELIMITERS = ",;\t|"
SAVE = "export it again as CSV in UTF-8 or as Parquet, whole; nothing was imported"


class Part(Struct, frozen=True):
    """Some rows of a file, every column as text; `first` is the number of the first one."""

    frame: pl.DataFrame
    first: int


def parts(file: Path) -> Generator[Part, None, None]:
    """The rows of this file; raises BadBill with the row where it is no table."""
    try:
        if not (stat.S_ISREG(mode := file.stat().st_mode) or stat.S_ISDIR(mode)):
            raise UsageError(
                f"{file} is a pipe or a device, which can be read once only",
                hint="save what it gives as a file, and import that",
            )
        with file.open("rb") as stream:
            head = stream.read(4)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="name a file that exists") from None
    except OSError as error:
        raise OutsideError(f"cannot read {file}: {error.strerror}", hint=remedy(error)) from error
    if not head:
        raise BadBill(f"{file.name} is empty", where=str(file), hint=SAVE)
    if head == ZIP:
        raise BadBill(f"{file.name} is a ZIP archive or a workbook, no table", where=str(file), hint=SAVE)
    found = _parquet(file) if head == PARQUET else _csv(file, packed=head.startswith(GZIP))
    rows = 0
    for part in found:
        rows += part.frame.height
        if rows > MAX_ROWS:
            raise BadBill(
                f"{file.name} has more than {MAX_ROWS:,} rows",
                where=str(file),
                hint="export one account or one month at a time; nothing was imported",
            )
        yield part
    if not rows:
        raise BadBill(f"{file.name} has a header and no rows", where=str(file), hint=SAVE)


def _csv(file: Path, *, packed: bool) -> Generator[Part, None, None]:
    with _readable(file), _opened(file, packed=packed) as raw:
        text = io.TextIOWrapper(_Bounded(raw, file), encoding="utf-8-sig", errors="strict", newline="")
        lines = _lines(text, file)
        line = next(lines, "")
        delimiter = max(DELIMITERS, key=line.count)
        names = _names(_header(line, delimiter), file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        row = 0
        while chunk := _chunk(reader, row, len(names), file):
            columns = zip(*chunk, strict=True)
            series = [
                pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)
            ]
            yield Part(_nulls(pl.DataFrame(series)), row + 1)
            row += len(chunk)


def _lines(text: io.TextIOWrapper, file: Path) -> Generator[str, None, None]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        wrong = "holds a NUL byte" if "\0" in line else "has no end" if len(line) == MAX_LINE else ""
        if wrong:
            raise BadBill(
                f"line {number:,} {wrong}: the file is damaged, or no table",
                where=f"{file}, line {number}",
                hint=SAVE,
            )
        yield line


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _chunk(reader: Iterator[list[str]], before: int, width: int, file: Path) -> list[list[str]]:
    chunk: list[list[str]] = []
    try:
        chunk.extend(islice(filter(None, reader), ROWS_AT_ONCE))
    except csv.Error as error:
        row = before + len(chunk) + 1
        cut = "; the file seems cut short" if "end of data" in str(error) else ""
        raise BadBill(
            f"row {row:,} is no row of CSV: {error}{cut}",
            where=f"{file}, row {row}",
            hint=SAVE,
        ) from error
    for at, row in enumerate(chunk, start=before + 1):
        if len(row) != width:
            how = "the file seems cut short" if len(row) < width else "a value holds an unquoted separator"
            raise BadBill(
                f"row {at:,} has {len(row)} of {width} columns: {how}",
                where=f"{file}, row {at}",
                hint=SAVE,
            )
    return chunk


def _names(header: list[str], file: Path) -> list[str]:
    names = [name.strip() for name in header]
    twice = next((name for name in names if names.count(name) > 1), None) if len(names) <= MAX_COLUMNS else ""
    if twice is not None or not names or not all(_is_name(name) for name in names):
        wrong = f"names the column {twice!r} twice" if twice else "is no line of column names"
        raise BadBill(f"the first line of {file.name} {wrong}", where=str(file), hint=SAVE)
    return names


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and "\0" not in name


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turns what a damaged file makes of its readers into one error."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise BadBill(
            f"{file.name} is not in UTF-8: byte {error.object[error.start]:#04x}", where=str(file), hint=SAVE
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error, PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise BadBill(f"{file.name} is damaged or cut short: {reason}", where=str(file), hint=SAVE) from error
    except OSError as error:
        raise OutsideError(f"cannot read {file}: {error.strerror or error}", hint=remedy(error)) from error


def _opened(file: Path, *, packed: bool) -> IO[bytes]:
    return gzip.open(file) if packed else file.open("rb")


class _Bounded(io.RawIOBase):
    """The same bytes, and an error where they are more than a bill has."""

    def __init__(self, raw: IO[bytes], file: Path) -> None:
        self._raw, self._file, self._left = raw, file, MAX_BYTES

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever the reader brings
        """Some bytes."""
        content = self._raw.read(len(buffer))
        self._left -= len(content)
        if self._left < 0:
            raise BadBill(
                f"{self._file.name} holds more than {MAX_BYTES >> 30} GiB of text",
                where=str(self._file),
                hint="export one account or one month at a time; nothing was imported",
            )
        buffer[: len(content)] = content
        return len(content)


def _parquet(file: Path) -> Generator[Part, None, None]:
    with _readable(file):
        frame = pl.scan_parquet(file)
        height = frame.select(pl.len()).collect().item()
        _names(frame.collect_schema().names(), file)
        for start in range(0, height, ROWS_AT_ONCE):
            part = frame.slice(start, ROWS_AT_ONCE).collect()
            yield Part(_nulls(pl.DataFrame([_text(series) for series in part])), start + 1)


def _text(series: pl.Series) -> pl.Series:
    """The column as the texts that a CSV file would have."""
    dtype = series.dtype
    if isinstance(dtype, pl.List | pl.Struct | pl.Array):
        return pl.Series(series.name, [_json(value) for value in series.to_list()], dtype=pl.String)
    if isinstance(dtype, pl.Datetime):
        utc = series.dt.convert_time_zone("UTC") if dtype.time_zone else series
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if dtype.is_float() or dtype == pl.Duration:
        # of a number the shortest text that means this very one
        numbers = [None if value is None else str(value) for value in series.to_list()]
        return pl.Series(series.name, numbers, dtype=pl.String)
    if dtype == pl.Binary:
        # some write texts as bytes that nobody calls texts
        texts = [value and value.decode(errors="backslashreplace") for value in series.to_list()]
        return pl.Series(series.name, texts, dtype=pl.String)
    return series.cast(pl.String, strict=False)


def _json(value: Any) -> str | None:  # noqa: ANN401 - what a nested column holds
    """A map as a JSON object; anything else nested as JSON."""
    if value is None:
        return None
    if isinstance(value, list) and all(
        isinstance(each, dict) and set(each) == {"key", "value"} for each in value
    ):
        value = {each["key"]: each["value"] for each in value}
    return json.dumps(value, default=str, separators=(",", ":"))


def _nulls(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.all().str.strip_chars()
    return frame.with_columns(pl.when(text.is_in(["", NULL])).then(None).otherwise(text).name.keep())

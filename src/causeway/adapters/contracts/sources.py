"""A CSV or Parquet file as a lazy frame, or one clear error why it is none."""

import codecs
import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from causeway.adapters.contracts.blank_lines import may_have_blank_lines, without_blank_lines
from causeway.core.contract import SchemaObject
from causeway.core.errors import NotFound, OutsideError, UsageError
from causeway.intake.data.tabular import sniff_delimiter
from causeway.intake.files.text import read_bytes, sniff_encoding

HEAD_BYTES = 256_000
CHUNK_BYTES = 4_000_000
UTF8 = {"utf-8", "utf-8-sig", "ascii"}
WINDOWS = "cp1252"
MAGIC = b"PAR1"
PARQUET = {".parquet", ".pq"}
DELIMITED = {".csv", ".tsv", ".txt", ".data", ".dat", ""}


@dataclass(frozen=True)
class Source:
    """Rows to be checked; `textual` where every value is text, `rows` is near the number of them."""

    frame: pl.LazyFrame
    textual: bool
    rows: int
    read_as: str = ""
    last_column: str = ""
    """Where it is empty, a record may have been short; empty where that cannot be."""
    text: Path | None = None
    separator: str = ","


class WindowsText(Exception):
    """The file is read as Windows-1252: its first byte beyond ASCII stands far down, and is no UTF-8."""


@contextmanager
def open_source(path: Path, described: SchemaObject, *, encoding: str = "") -> Iterator[Source]:
    """The file's rows; what had to be copied for that is gone afterwards."""
    head = _head(path)
    try:
        if head.startswith(MAGIC) or path.suffix.lower() in PARQUET:
            yield _parquet(path, head)
            return
        if path.suffix.lower() not in DELIMITED:
            raise UsageError(
                f"cannot check a {path.suffix} file", hint="export it as CSV or Parquet", where=str(path)
            )
        yield from _delimited(path, described, head, encoding or _encoding(path, head))
    except pl.exceptions.PolarsError as error:
        raise unreadable(path, error) from error


def _encoding(path: Path, head: bytes) -> str:
    encoding = sniff_encoding(head)
    whole = len(head) < HEAD_BYTES
    if encoding != WINDOWS and not (whole and encoding in UTF8):
        return encoding
    try:
        # where the whole file is here, its last bytes count too
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if head[: error.start].isascii():
            return WINDOWS
        if whole and "unexpected end" in error.reason:
            raise UsageError(
                f"{path} is cut short: it ends within a character", hint="bring the file again, whole"
            ) from error
        raise _not_throughout(path, error.start) from error
    return encoding


def _head(path: Path) -> bytes:
    if not path.exists():
        raise NotFound(f"there is no file {path}", hint="check the path, or bring the file")
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name one CSV or Parquet file")
    head = read_bytes(path.resolve(), HEAD_BYTES)
    if head is None:
        raise OutsideError(f"cannot read {path}", hint="check its permissions, and that it is a file")
    if not head.strip():
        raise UsageError(f"{path} is empty", hint="bring the file again, with its header and its rows")
    return head


def _parquet(path: Path, head: bytes) -> Source:
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, len(MAGIC)), io.SEEK_END)
        whole = head.startswith(MAGIC) and file.read() == MAGIC
    if not whole:
        raise UsageError(
            f"{path} is cut short: a Parquet file ends with its footer, and this one has none"
            if head.startswith(MAGIC)
            else f"{path} is no Parquet file, though its name says so",
            hint="copy or write it again, whole",
        )
    frame = pl.scan_parquet(path)
    return Source(frame, textual=False, rows=int(frame.select(pl.len()).collect().item()))


def _delimited(path: Path, described: SchemaObject, head: bytes, encoding: str) -> Iterator[Source]:
    text = head.decode(encoding, "replace")
    if "\0" in text:
        raise UsageError(f"{path} is no text", hint="export it as CSV or Parquet")
    with tempfile.TemporaryDirectory(prefix="causeway-") as folder:
        copy, read_as = path, ""
        if encoding not in UTF8:
            copy, read_as = (
                Path(folder) / "data.csv",
                "Windows-1252" if encoding == WINDOWS else encoding.upper(),
            )
            _rewrite(path, copy, encoding)
        # where there is one column, an empty line is a record without its value
        if len(_header(text, sniff_delimiter(text) or ",")) > 1 and may_have_blank_lines(copy):
            copy, given = Path(folder) / "lines.csv", copy
            without_blank_lines(given, copy)
        source = _scan(copy, described, text, path=path, read_as=read_as)
        try:
            yield source
        except pl.exceptions.ComputeError as error:
            if "more fields than" in str(error):
                raise ragged(path, copy, separator=source.separator) from error
            if "utf-8" in str(error):
                raise _mixed(path) from error
            raise


def _rewrite(path: Path, copy: Path, encoding: str) -> None:
    """The text as UTF-8, a piece at a time; the order of bytes and a mark of it are dealt with here."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as given, copy.open("wb") as written:
            while piece := given.read(CHUNK_BYTES):
                written.write(decoder.decode(piece).encode())
            written.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not whole text: it began as {encoding}, and {error.reason} later",
            hint="save the file as UTF-8",
        ) from error


def _mixed(path: Path) -> Exception:
    """A byte that is no UTF-8, in a file that began as UTF-8."""
    position, plain = 0, True
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            try:
                plain = decoder.decode(piece).isascii() and plain
            except UnicodeDecodeError as error:
                position += error.start
                plain = plain and piece[: error.start].isascii()
                break
            position += len(piece)
    if plain:
        return WindowsText()
    return _not_throughout(path, position)


def _not_throughout(path: Path, position: int) -> UsageError:
    return UsageError(
        f"{path} is not UTF-8 throughout: near byte {position:,} stands what no UTF-8 text holds",
        hint="save the file as UTF-8; part of it may be Windows-1252",
    )


def _scan(copy: Path, described: SchemaObject, head: str, *, path: Path, read_as: str) -> Source:
    separator = sniff_delimiter(head) or ","
    headerless = _is_headerless(described)
    names = _names(_header(head, separator), headerless=headerless)
    if again := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageError(
            f"{path} names the column {again[0]} twice in its header",
            hint="give each column a name of its own",
        )
    frame = pl.scan_csv(copy, separator=separator, has_header=not headerless, infer_schema=False)
    found = frame.collect_schema().names()
    if len(found) != len(names):
        raise UsageError(
            f"{path} has a header that is read in two ways: {len(names)} columns, or {len(found)}",
            hint="end each line with a line feed, and close each quotation mark",
        )
    frame = frame.rename(dict(zip(found, names, strict=True)))
    several = len(names) > 1
    return Source(
        frame,
        textual=True,
        rows=_about(copy, head),
        read_as=read_as,
        last_column=names[-1] if several else "",
        text=copy,
        separator=separator,
    )


def _header(head: str, separator: str) -> list[str]:
    """The fields of the first record."""
    return next((row for row in csv.reader(io.StringIO(head, newline=""), delimiter=separator) if row), [])


def _about(path: Path, head: str) -> int:
    """About how many records the file has, from how long the first ones are."""
    size = max(len(head.encode()), 1)
    return 1 + path.stat().st_size * (head.count("\n") + 1) // size


def _is_headerless(described: SchemaObject) -> bool:
    """Whether the contract's columns are only numbered, as they are where a file has no header."""
    return bool(described.columns) and all(
        column.column == f"column {number}" for number, column in enumerate(described.columns)
    )


def _names(header: Sequence[str], *, headerless: bool) -> list[str]:
    if headerless:
        return [f"column {number}" for number in range(len(header))]
    stripped = (name.strip().strip("\ufeff").strip() for name in header)
    return [name or (f"column {number}" if number else "(index)") for number, name in enumerate(stripped)]


def unreadable(path: Path, error: pl.exceptions.PolarsError) -> UsageError:
    """What is wrong with a file that Polars gave up on, in words for its owner."""
    said = str(error)
    if "not properly escaped" in said or "CSV malformed" in said:
        return UsageError(
            f"{path} has a quotation mark that is not closed, or stands within a field",
            hint="write such a field in quotes, each mark in it twice",
        )
    first = next((line for line in said.splitlines() if line.strip()), "no reason given")
    return UsageError(f"cannot read {path}: {first[:160]}", hint="is it a CSV or Parquet file, and whole?")


def ragged(path: Path, copy: Path, *, separator: str) -> UsageError:
    """Which record has too many or too few fields."""
    odd = uneven(copy, separator)
    told = (
        f"record {odd.record:,} has {odd.fields} fields, the header {odd.width}" if odd else "fields differ"
    )
    more = f" (and {odd.count - 1:,} more such records)" if odd and odd.count > 1 else ""
    return UsageError(
        f"{path} is ragged: {told}{more}",
        hint="quote fields that hold the separator or a line break, and write empty fields too",
    )


@dataclass(frozen=True)
class Uneven:
    """The first record (counted from 1 below the header) of another width, and how many there are."""

    record: int
    fields: int
    width: int
    count: int


def uneven(path: Path, separator: str) -> Uneven | None:
    """The records that have not as many fields as the first; quoted fields may hold anything."""
    width, record, first, count = 0, -1, (0, 0), 0
    for fields in _widths(path, separator):
        if not width:
            width = int(fields[0])
        odd = np.flatnonzero(fields != width)
        if odd.size and not count:
            first = (record + 1 + int(odd[0]), int(fields[odd[0]]))
        count += odd.size
        record += fields.size
    return Uneven(*first, width, count) if count else None


def _widths(path: Path, separator: str) -> Iterator[NDArray[np.int64]]:
    """How many fields each record has; lines without a character are none."""
    quoted, begun, length = 0, 0, 0
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            data = np.frombuffer(piece, np.uint8)
            marks = np.cumsum(data == ord('"'), dtype=np.uint32) + np.uint32(quoted)
            outside = marks % 2 == 0
            ends = np.flatnonzero((data == ord("\n")) & outside)
            parts = np.cumsum((data == ord(separator)) & outside, dtype=np.int64)
            counts = np.diff(parts[ends], prepend=-begun)
            lengths = np.diff(ends, prepend=-1 - length) - 1
            blank = (counts == 0) & ((lengths == 0) | ((lengths == 1) & (data[ends - 1] == ord("\r"))))
            if (kept := counts[~blank] + 1).size:
                yield kept
            quoted = int(marks[-1]) % 2
            begun = int(parts[-1] - parts[ends[-1]]) if ends.size else begun + int(parts[-1])
            length = data.size - 1 - int(ends[-1]) if ends.size else length + data.size
    if length:
        yield np.array([begun + 1])

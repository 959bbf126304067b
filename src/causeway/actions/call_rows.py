"""The rows of a call: of a file, of standard input, of the command line, or the release's example."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from causeway.adapters import registry
from causeway.core.errors import NotFound, UsageError, outside
from causeway.core.release import Field
from causeway.core.score import parts_of
from causeway.gateway.protocols.invocations import NULLS, csv_value

JSON = frozenset({".json", ".jsonl", ".ndjson"})
TABLES = frozenset({".csv", ".tsv", ".txt", ".data", ".parquet", ".pq"})
STANDARD_INPUT = "-"
PART_ROWS = 5_000
MAX_INPUT_BYTES = 256 << 20

Row = dict[str, Any]
_row = msgspec.json.Decoder(Row).decode
_rows = msgspec.json.Decoder(list[Row]).decode


class Rows(Struct, frozen=True):
    """Where rows come from, and how to read them; `left_out` are columns that the release does not take."""

    told: str
    read: Callable[[], Iterator[Row]]
    left_out: tuple[str, ...] = ()


def rows_given(texts: Sequence[str]) -> Rows:
    """Rows that were written on the command line as JSON."""
    given = [_parsed(text, f"--row {text[:60]}") for text in texts]
    return Rows("--row", lambda: iter(given))


def example(row: Row) -> Rows:
    """The row that came with the release."""
    return Rows("the release's example row", lambda: iter([row]))


def rows_of_file(name: str, fields: Sequence[Field], *, scratch: Path) -> Rows:
    """The rows of a CSV, JSON-lines or Parquet file, with the fields that the release takes."""
    if name == STANDARD_INPUT:
        return _standard_input(fields, scratch)
    file = Path(name)
    if not file.is_file():
        raise NotFound(
            f"there is no file {name}", hint="name a CSV, JSON-lines or Parquet file, or - for input"
        )
    ending = file.suffix.lower()
    if ending in JSON:
        return Rows(name, lambda: _json_rows(file))
    if ending not in TABLES:
        raise UsageError(
            f"{file.name} is none of {', '.join(sorted(JSON | TABLES))}",
            where=name,
            hint="save it as one of these",
        )
    return _table(file, fields, scratch, told=name)


def _standard_input(fields: Sequence[Field], scratch: Path) -> Rows:
    content = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(content) > MAX_INPUT_BYTES:
        raise UsageError("standard input holds more than 256 MB", hint="answer a whole table: causeway score")
    if not content.strip():
        raise UsageError("standard input is empty", hint="send rows as CSV or JSON lines")
    ending = ".jsonl" if content.lstrip()[:1] in (b"{", b"[") else ".csv"
    ending = ".parquet" if content[:4] == b"PAR1" else ending
    file = Path(tempfile.mkstemp(dir=scratch, suffix=ending)[1])
    file.write_bytes(content)
    told = "standard input"
    return (
        Rows(told, lambda: _json_rows(file))
        if ending == ".jsonl"
        else _table(file, fields, scratch, told=told)
    )


def _json_rows(file: Path) -> Iterator[Row]:
    """One object a line, or one list of them."""
    try:
        with file.open("rb") as stream:
            first = stream.read(1)
            stream.seek(0)
            if first == b"[":
                yield from _listed(stream.read(MAX_INPUT_BYTES), str(file))
                return
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield _parsed(line, f"line {number}", where=str(file))
    except OSError as error:
        raise outside(error) from error


def _listed(content: bytes, where: str) -> list[Row]:
    try:
        return _rows(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"this is no list of rows: {error}", where=where, hint='write [{"field": value, ...}, ...]'
        ) from None


def _parsed(text: str | bytes, what: str, *, where: str = "") -> Row:
    try:
        return _row(text)
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{what} is no row: {error}", where=where, hint='a row is a JSON object: {"field": value, ...}'
        ) from None


def _table(file: Path, fields: Sequence[Field], scratch: Path, *, told: str) -> Rows:
    tables = registry.tables()
    staged = tables.stage(file, scratch / "staged.parquet", part_rows=PART_ROWS)
    kinds = {field.name: field.kind for field in fields}
    names = [name for name in staged.columns if name in kinds]
    if not names:
        raise UsageError(
            f"{file.name} has no column that the release takes",
            where=told,
            hint=f"it takes: {', '.join(list(kinds)[:20])}",
        )

    def read() -> Iterator[Row]:
        for part in parts_of([staged], PART_ROWS):
            rows = tables.read(staged, part, nothing=NULLS).rows(range(part.rows), names)
            for row in rows:
                yield {n: csv_value(v or "", kinds[n]) for n, v in row.items()} if staged.textual else row

    left_out = tuple(name for name in staged.columns if name not in kinds)
    return Rows(told, read, left_out)

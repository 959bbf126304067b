"""Records in JSON: one object a line, or an array of objects, read piece by piece."""

import json
import re
import time
from collections.abc import Iterator
from typing import IO, Any

from causeway.intake.data.tabular import MAX_BYTES, MAX_LINE, MAX_SECONDS, Sampled, Spread, sample_size
from causeway.intake.files.text import read_bytes, sniff_encoding
from causeway.intake.files.walk import Entry

MIN_RECORDS = 20
MAX_PIECE = 1_000_000
MAX_RECORD = 4_000_000
MAX_COLUMNS = 2_000
MAX_CELL = 4_000
_BETWEEN = re.compile(r"[\ufeff \t\r\n,]*")


def read_records(entry: Entry) -> Sampled | None:
    """The records of a JSON file, an even sample; None where it holds something else."""
    head = (read_bytes(entry.full, 4096) or b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    encoding = sniff_encoding(read_bytes(entry.full, 4096) or b"")
    lines = head.startswith(b"{") and (
        b"\n{" in head.replace(b"\r", b"") or entry.suffix in {".jsonl", ".ndjson"}
    )
    if not lines and not head.startswith(b"["):
        return None
    with entry.full.open(encoding=encoding, errors="replace") as file:
        if lines:
            return _lines(file, encoding)
        return _array(file, encoding)


def _lines(file: IO[str], encoding: str) -> Sampled | None:
    kept = _Kept()
    read, broken = 0, 0
    until = time.monotonic() + MAX_SECONDS
    late = False
    while read <= MAX_BYTES and broken <= 20 and not late and (line := file.readline(MAX_LINE)):
        read += len(line)
        late = time.monotonic() > until
        record = _object(line)
        if record is None:
            broken += bool(line.strip())
            continue
        kept.add(record)
    return kept.sampled("JSON lines", encoding, exact=read <= MAX_BYTES and not late, broken=broken, least=1)


def _array(file: IO[str], encoding: str) -> Sampled | None:
    kept = _Kept()
    items = _Items(file)
    for record in items:
        if not isinstance(record, dict):
            return None
        if not kept.names and _nested(record):
            return None
        kept.add(record)
    return kept.sampled("JSON", encoding, exact=items.whole, broken=0, least=MIN_RECORDS)


def _nested(record: dict[str, Any]) -> bool:
    flat = sum(not isinstance(value, dict | list) for value in record.values())
    return flat * 2 < len(record) or not record


class _Items:
    """The items of one array, decoded one after the other from a file read in pieces."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text = ""
        self._read = 0
        self._until = time.monotonic() + MAX_SECONDS
        self.whole = False

    def __iter__(self) -> Iterator[object]:
        decoder = json.JSONDecoder()
        self._text = self._more()
        position = _between(self._text, 0) + 1
        while time.monotonic() < self._until:
            position = _between(self._text, position)
            if self._text.startswith("]", position):
                self.whole = True
                return
            try:
                item, position = decoder.raw_decode(self._text, position)
            except (ValueError, RecursionError):
                piece = self._more() if len(self._text) - position < MAX_RECORD else ""
                if not piece:
                    return
                self._text, position = self._text[position:] + piece, 0
                continue
            yield item

    def _more(self) -> str:
        if self._read > MAX_BYTES:
            return ""
        piece = self._file.read(MAX_PIECE)
        self._read += len(piece)
        return piece


def _between(text: str, position: int) -> int:
    matched = _BETWEEN.match(text, position)
    return matched.end() if matched else position


class _Kept:
    """An even sample of the records, by the keys of the first."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.spread: Spread | None = None

    def add(self, record: dict[str, Any]) -> None:
        """Takes the next record."""
        if self.spread is None:
            self.names = tuple(map(str, record))[:MAX_COLUMNS]
            self.spread = Spread(sample_size(len(self.names)))
        self.spread.add([_cell(record.get(name)) for name in self.names])

    def sampled(self, form: str, encoding: str, *, exact: bool, broken: int, least: int) -> Sampled | None:
        """What was read, when there is enough of it."""
        if self.spread is None or not self.names or self.spread.seen < least:
            return None
        seen = self.spread.seen
        lines = seen if form == "JSON lines" else 0
        return Sampled(self.names, self.spread.rows, seen, exact, True, encoding, form, lines, broken)


def _object(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _cell(value: object) -> str:
    return "" if value is None else str(value)[:MAX_CELL]

"""CSV and its relatives: records (not lines), delimiter, header or none, and a sample that spans the file."""

import csv
import gzip
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from msgspec import Struct

from causeway.intake.files.text import read_bytes, sniff_encoding
from causeway.intake.files.unpacking import DAMAGES, unpacked

MAX_BYTES = 60_000_000
MAX_SAMPLE_CELLS = 500_000
MAX_COLUMNS = 5_000
HEAD_BYTES = 256_000
DELIMITERS = ",;\t|"
MAX_LINE = 2_000_000
MAX_SECONDS = 3.0


class Sampled(Struct, frozen=True):
    """Records of a file: `rows` is an even sample of `records`; `names` are made up when there is no
    header.
    """

    names: tuple[str, ...]
    rows: list[list[str]]
    records: int
    exact: bool
    header: bool
    encoding: str
    delimiter: str
    lines: int
    ragged: int = 0
    header_lines: int = 1


class TooWide(ValueError):
    """A table of more columns than are read."""


class Spread:
    """Keeps an even sample of a stream whose length is not known: when full, every second row goes."""

    def __init__(self, most: int) -> None:
        self.most = max(most, 100)
        self.rows: list[list[str]] = []
        self.seen = 0
        self._stride = 1

    def add(self, row: list[str]) -> None:
        """Takes the next row of the stream."""
        if self.seen % self._stride == 0:
            if len(self.rows) >= self.most:
                self.rows = self.rows[::2]
                self._stride *= 2
            if self.seen % self._stride == 0:
                self.rows.append(row)
        self.seen += 1


def read_delimited(path: Path) -> Sampled | None:
    """The records of a delimited text file, or None when it is not one or too wide."""
    try:
        return records_of(path)
    except TooWide:
        return None


def records_of(path: Path) -> Sampled | None:
    """The same; raises TooWide where that is why there are none."""
    head = read_bytes(path, HEAD_BYTES)
    packed = bool(head) and head[:2] == b"\x1f\x8b"
    head = unpacked(head, HEAD_BYTES) if head and packed else head
    if not head:
        return None
    encoding = sniff_encoding(head)
    text = head.decode(encoding, "replace")
    if "\0" in text:
        return None
    delimiter = sniff_delimiter(text) or (" " if _in_columns(text) else "")
    if not delimiter:
        return None
    return _read(path, encoding, delimiter, packed=packed)


def _in_columns(text: str) -> bool:
    """Whether runs of blanks part the fields, as older collections have it."""
    rows = [line.split() for line in text.splitlines()[:60] if line.strip()][:-1]
    widths = {len(row) for row in rows}
    return len(rows) >= 10 and len(widths) == 1 and min(widths) > 2


def sniff_delimiter(text: str) -> str:
    """The delimiter that gives the same number of fields in every record, or an empty string."""
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        counts = [len(row) for row in _parse(text, delimiter)][:60]
        # the last record may be cut, and wide ones are few
        if len(counts) > 2 or (counts and counts[0] > MAX_COLUMNS):
            counts = counts[: max(len(counts) - 1, 1)]
        if not counts:
            continue
        common = max(set(counts), key=counts.count)
        share = counts.count(common) / len(counts)
        score = share * min(common, 50) if common > 1 and share >= 0.7 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best or _single_column(text)


def _single_column(text: str) -> str:
    lines = [line for line in text.splitlines()[:60] if line.strip()]
    short = lines and max(len(line) for line in lines) <= 40
    return "," if short and len(lines) > 3 and not any(" " in line.strip() for line in lines) else ""


def _parse(text: str, delimiter: str) -> list[list[str]]:
    try:
        return [
            row
            for row, _ in zip(
                csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), range(80), strict=False
            )
            if row
        ]
    except csv.Error:
        return []


def _read(path: Path, encoding: str, delimiter: str, *, packed: bool) -> Sampled | None:
    csv.field_size_limit(10_000_000)
    opener = gzip.open if packed else open
    try:
        with opener(path, "rt", encoding=encoding, errors="replace", newline="") as file:
            counted = _Counted(file)
            reader = csv.reader(counted, delimiter=delimiter, skipinitialspace=delimiter == " ")
            try:
                return _sample(reader, counted, encoding, delimiter)
            except (csv.Error, UnicodeError):
                return None
    except TooWide:
        raise
    except DAMAGES:
        return None


class _Counted:
    """Lines of a file, counted, up to a limit of bytes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.lines = 0
        self.characters = 0
        self.cut = False
        self._until = time.monotonic() + MAX_SECONDS

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        late = not self.lines % 4096 and time.monotonic() > self._until
        if self.characters > MAX_BYTES or late:
            self.cut = True
            raise StopIteration
        # a file without line ends is taken in pieces
        line = self._file.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.lines += line.endswith(("\n", "\r"))
        self.characters += len(line)
        return line.replace("\0", "")


def _sample(reader: Iterator[list[str]], counted: _Counted, encoding: str, delimiter: str) -> Sampled | None:
    first = next((row for row in reader if row), None)
    if not first:
        return None
    if len(first) > MAX_COLUMNS:
        raise TooWide(f"{len(first):,} columns, more than the {MAX_COLUMNS:,} that are read")
    width = len(first)
    spread = Spread(sample_size(width))
    ragged = 0
    for row in reader:
        if len(row) == width:
            spread.add(row)
        elif row:
            ragged += 1
            spread.add((row + [""] * width)[:width])
    return named(
        first,
        spread,
        exact=not counted.cut,
        encoding=encoding,
        delimiter=delimiter,
        lines=counted.lines,
        ragged=ragged,
    )


def sample_size(width: int) -> int:
    """How many records of so many fields are kept."""
    return MAX_SAMPLE_CELLS // max(width, 1)


def named(
    first: list[str],
    spread: Spread,
    *,
    exact: bool,
    encoding: str,
    delimiter: str,
    lines: int = 0,
    ragged: int = 0,
) -> Sampled:
    """The sample with its columns named by the first row, or by number where that row is a record."""
    header = has_header(first, spread.rows[:400])
    above = _lines_of_header(spread.rows) if header else 0
    del spread.rows[:above]
    spread.seen -= above
    if not header:
        spread.rows.insert(0, first)
        spread.seen += 1
    names = tuple(_names(first)) if header else tuple(f"column {number}" for number in range(len(first)))
    return Sampled(
        names, spread.rows, spread.seen, exact, header, encoding, delimiter, lines, ragged, 1 + above
    )


def _lines_of_header(rows: list[list[str]]) -> int:
    """How many of the first records are further lines of header: words where the column is numbers below."""
    if len(rows) < 20:
        return 0
    below = rows[3:60]
    numeric = [
        place
        for place in range(len(rows[0]))
        if sum(is_number(row[place]) for row in below) >= 0.9 * len(below)
    ]
    if len(numeric) < 2:
        return 0
    count = 0
    while count < 3 and not any(is_number(rows[count][place]) for place in numeric):
        count += 1
    return count if count < 3 else 0


def _names(first: list[str]) -> Iterator[str]:
    for number, name in enumerate(first):
        yield name.strip().strip("\ufeff") or ("(index)" if number == 0 else f"column {number}")


def has_header(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first row names the columns, judged against the rows below it."""
    if not rows:
        return True
    cells = [cell.strip() for cell in first]
    numeric = [is_number(cell) for cell in cells]
    if any(numeric):
        years = [cell for cell, number in zip(cells, numeric, strict=True) if number]
        return sum(numeric) * 2 < len(cells) or all(
            cell.isdigit() and 1900 <= int(cell) <= 2100 for cell in years
        )
    repeated = 0
    for position, cell in enumerate(cells):
        below = [row[position].strip() for row in rows]
        repeated += bool(cell) and below.count(cell) >= 3
    return repeated * 2 < len(cells)


def is_number(text: str) -> bool:
    """Whether the text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True

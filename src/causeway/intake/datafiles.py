"""Data files of every sort: what they hold, how many records, and what is odd about them."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from causeway.core.poc import ColumnProfile, DataFile
from causeway.intake.profile import profile
from causeway.intake.tabular import MAX_BYTES, MAX_SAMPLE_CELLS, Sampled, Spread, read_delimited
from causeway.intake.text import read_bytes, sniff_encoding
from causeway.intake.walk import Entry

DELIMITED = {".csv", ".tsv", ".data", ".psv"}
JSON = {".json", ".jsonl", ".ndjson"}
NAMED_ONLY = {
    ".parquet": "Parquet", ".feather": "Feather", ".arrow": "Arrow", ".xlsx": "Excel", ".xls": "Excel",
    ".orc": "ORC",
    ".avro": "Avro", ".npz": "NumPy", ".npy": "NumPy",
}  # fmt: skip
MAX_JSON_BYTES = 30_000_000
MIN_JSON_RECORDS = 20
DIGEST_BYTES = 20_000_000
SCORE_NAMES = ("score", "prediction", "predicted", "pred", "y_pred", "predicted_label", "yhat")
LABEL_NAMES = ("label_value", "label", "target", "actual", "y", "y_true", "outcome", "truth", "ground_truth")


def read_data(entry: Entry) -> DataFile | None:
    """What the file holds, or None when it is no data file."""
    head = entry.head
    if head.startswith(b"version https://git-lfs"):
        problem = "a pointer of Git LFS: the file itself is not here"
        return DataFile(entry.path, "pointer", entry.size, problem=problem)
    reader = _reader(entry, head)
    return reader(entry) if reader else None


def _reader(entry: Entry, head: bytes) -> Callable[[Entry], DataFile | None] | None:
    if head.startswith(b"SQLite format 3\0"):
        return _sqlite
    if head.startswith(b"PAR1"):
        return _named
    if entry.suffix in DELIMITED:
        return _delimited
    if entry.suffix in JSON:
        return _json
    return _named if entry.suffix in NAMED_ONLY else None


def read_sample(entry: Entry) -> Sampled | None:
    """The records themselves, an even sample, for a file that can be read again."""
    if entry.suffix in JSON:
        return _json_records(entry)
    return read_delimited(entry.full)


def _named(entry: Entry) -> DataFile:
    return DataFile(entry.path, NAMED_ONLY.get(entry.suffix, "Parquet"), entry.size)


def _delimited(entry: Entry) -> DataFile:
    name = "TSV" if entry.suffix == ".tsv" else "CSV"
    if entry.size == 0:
        return DataFile(entry.path, name, 0, records=0, exact=True, problem="empty")
    sampled = read_delimited(entry.full)
    if sampled is None:
        return DataFile(entry.path, name, entry.size, problem="not a table that can be read")
    return _profiled(entry, name, sampled)


def _profiled(entry: Entry, name: str, sampled: Sampled) -> DataFile:
    columns = tuple(
        profile(column, [row[position] for row in sampled.rows])
        for position, column in enumerate(sampled.names)
    )
    return DataFile(
        entry.path,
        name,
        entry.size,
        records=sampled.records,
        exact=sampled.exact,
        sampled=len(sampled.rows),
        lines=sampled.lines,
        columns=columns,
        header=sampled.header,
        encoding=sampled.encoding,
        bom=sampled.encoding in {"utf-8-sig", "utf-16", "utf-32"},
        delimiter=sampled.delimiter,
        digest=digest_of_file(entry.full),
        scored=scored_by(columns),
        problem=f"{sampled.ragged:,} records have another number of fields" if sampled.ragged else "",
    )


def digest_of_file(path: Path) -> str:
    """A short digest of the file's first bytes; enough to see copies."""
    return hashlib.sha256(read_bytes(path, DIGEST_BYTES) or b"").hexdigest()[:16]


def scored_by(columns: Iterable[ColumnProfile]) -> str:
    """The column that holds predictions, when outcomes stand beside them and look the same."""
    named = {column.name.lower().strip("."): column for column in columns}
    score = next((named[name] for name in SCORE_NAMES if name in named), None)
    label = next((named[name] for name in LABEL_NAMES if name in named), None)
    if score is None or label is None:
        return ""
    alike = set(score.categories) <= set(label.categories) if label.categories else score.kind == label.kind
    return score.name if alike or (score.kind == "float" and (score.maximum or 2) <= 1) else ""


def _json(entry: Entry) -> DataFile | None:
    sampled = _json_records(entry)
    if sampled is None:
        return None
    return _profiled(entry, sampled.delimiter, sampled)


def _json_records(entry: Entry) -> Sampled | None:
    head = (read_bytes(entry.full, 4096) or b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{") and b"\n{" in head.replace(b"\r", b""):
        return _json_lines(entry)
    if head.startswith(b"[") and entry.size <= MAX_JSON_BYTES:
        return _json_array(entry)
    return None


def _json_lines(entry: Entry) -> Sampled | None:
    encoding = sniff_encoding(read_bytes(entry.full, 4096) or b"")
    spread: Spread | None = None
    names: tuple[str, ...] = ()
    read, broken = 0, 0
    with entry.full.open(encoding=encoding, errors="replace") as file:
        for line in file:
            read += len(line)
            record = _object(line)
            if read > MAX_BYTES or (record is None and broken > 20):
                break
            if record is None:
                broken += bool(line.strip())
                continue
            if spread is None:
                names = tuple(map(str, record))[:2000]
                spread = Spread(MAX_SAMPLE_CELLS // max(len(names), 1))
            spread.add([_cell(record.get(name)) for name in names])
    if spread is None or not names:
        return None
    return Sampled(
        names, spread.rows, spread.seen, read <= MAX_BYTES, True, encoding, "JSON lines", spread.seen, broken
    )


def _json_array(entry: Entry) -> Sampled | None:
    try:
        records = json.loads((read_bytes(entry.full, MAX_JSON_BYTES) or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if (
        not isinstance(records, list)
        or len(records) < MIN_JSON_RECORDS
        or not all(isinstance(item, dict) for item in records)
    ):
        return None
    names = tuple(map(str, records[0]))
    flat = sum(not isinstance(value, dict | list) for value in records[0].values())
    if not names or flat * 2 < len(names):
        return None
    spread = Spread(MAX_SAMPLE_CELLS // len(names))
    for record in records:
        spread.add([_cell(record.get(name)) for name in names])
    return Sampled(names, spread.rows, len(records), True, True, "utf-8", "JSON", 0)


def _object(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _sqlite(entry: Entry) -> DataFile:
    try:
        # immutable: SQLite takes no lock and writes no journal beside a file that is not ours
        database = sqlite3.connect(f"file:{_quoted(entry.full)}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        return DataFile(entry.path, "SQLite", entry.size, problem=str(error))
    try:
        return _tables(entry, database)
    except sqlite3.Error as error:
        return DataFile(entry.path, "SQLite", entry.size, problem=str(error))
    finally:
        database.close()


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _tables(entry: Entry, database: sqlite3.Connection) -> DataFile:
    listed = database.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    )
    tables = [str(row[0]) for row in listed][:200]
    if {"model_versions", "experiments", "runs"} <= set(tables):
        (versions,) = database.execute("select count(*) from model_versions").fetchone()
        (runs,) = database.execute("select count(*) from runs").fetchone()
        return DataFile(entry.path, "MLflow store", entry.size, records=runs, exact=True, lines=versions)
    counts = {name: _count(database, name) for name in tables} if entry.size < MAX_BYTES else {}
    largest = max(counts, key=lambda name: counts[name], default="")
    if not largest:
        return DataFile(entry.path, "SQLite", entry.size)
    quoted = largest.replace('"', '""')
    cursor = database.execute(f'select * from "{quoted}" limit 5000')  # noqa: S608 - a name from the schema, quoted
    names = [item[0] for item in cursor.description]
    rows = [[_cell(value) for value in row] for row in cursor]
    columns = tuple(profile(name, [row[position] for row in rows]) for position, name in enumerate(names))
    return DataFile(
        entry.path,
        "SQLite",
        entry.size,
        records=counts[largest],
        exact=True,
        sampled=len(rows),
        columns=columns,
    )


def _count(database: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    return int(database.execute(f'select count(*) from "{quoted}"').fetchone()[0])  # noqa: S608 - the same

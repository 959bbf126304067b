"""Data files of every sort: what they hold, how many records, and what is odd about them."""

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import structs

from causeway.core.poc import ColumnProfile, DataFile
from causeway.intake.data.arrays import read_arrays
from causeway.intake.data.databases import read_database
from causeway.intake.data.excel import is_text, read_excel
from causeway.intake.data.json_records import read_records
from causeway.intake.data.parquet import read_parquet, sample_of_parquet
from causeway.intake.data.profile import profile
from causeway.intake.data.tabular import Sampled, TooWide, read_delimited, records_of
from causeway.intake.files.text import read_bytes, read_text
from causeway.intake.files.walk import Entry
from causeway.intake.private.personal_tables import without_things

DELIMITED = {".csv", ".tsv", ".data", ".psv", ".dat", ".tab"}
JSON = {".json", ".jsonl", ".ndjson"}
EXCEL = {".xlsx", ".xlsm", ".xls"}
NAMED_ONLY = {".feather": "Feather", ".arrow": "Arrow", ".orc": "ORC", ".avro": "Avro", ".xlsb": "Excel"}
NO_TABLES = re.compile(
    r"require|constraint|licen|readme|changelog|notice|authors|todo|robots|runtime|pip", re.IGNORECASE
)
MIN_TEXT_TABLE_BYTES = 1_000
MIN_TEXT_TABLE_RECORDS = 20
MAX_PROFILED_SHEETS = 8
DIGEST_BYTES = 20_000_000
SCORE_NAMES = ("score", "prediction", "predicted", "pred", "y_pred", "predicted_label", "yhat")
LABEL_NAMES = ("label_value", "label", "target", "actual", "y", "y_true", "outcome", "truth", "ground_truth")
_DVC_PATH = re.compile(r"^[ \t]*(?:-[ \t]*)?path:[ \t]*(\S[^\n]*)$", re.MULTILINE)
_DVC_SIZE = re.compile(r"^[ \t]*(?:-[ \t]*)?size:[ \t]*(\d+)[ \t\r]*$", re.MULTILINE)

Reader = Callable[[Entry], DataFile | None]


def read_data(entry: Entry) -> DataFile | None:
    """What the file holds, or None when it is no data file."""
    if any(part.startswith(".") for part in entry.path.split("/")[:-1]):
        # folders of tools: their logs are nobody's training data
        return None
    head = entry.head
    if head.startswith(b"version https://git-lfs"):
        problem = "a pointer of Git LFS: the file itself is not here"
        return DataFile(entry.path, "pointer", entry.size, problem=problem)
    reader = _reader(entry, head)
    return reader(entry) if reader else None


def _reader(entry: Entry, head: bytes) -> Reader | None:
    if head.startswith(b"SQLite format 3\0"):
        return read_database
    if head.startswith(b"PAR1"):
        return read_parquet
    if head.startswith(b"\x80") and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return None
    return next((reader for suffixes, reader in _BY_SUFFIX if _suffix(entry) in suffixes), None)


def _suffix(entry: Entry) -> str:
    """The extension; of a gzipped file, the one before it."""
    if entry.suffix == ".gz":
        return f".{entry.name.lower().removesuffix('.gz').rpartition('.')[2]}"
    return entry.suffix


def read_sample(entry: Entry) -> Sampled | None:
    """The records themselves, an even sample, for a file that can be read again."""
    if entry.suffix in JSON:
        return read_records(entry)
    if entry.suffix in EXCEL and not is_text(entry.head):
        sheets = read_excel(entry)
        return None if isinstance(sheets, DataFile) or not sheets else sheets[0].sampled
    if entry.head.startswith(b"PAR1"):
        return sample_of_parquet(entry)
    return read_delimited(entry.full)


def _named(entry: Entry) -> DataFile:
    return DataFile(entry.path, NAMED_ONLY.get(entry.suffix, entry.suffix), entry.size)


def _delimited(entry: Entry) -> DataFile:
    name = "TSV" if _suffix(entry) == ".tsv" else "CSV"
    if entry.size == 0:
        return DataFile(entry.path, name, 0, records=0, exact=True, problem="empty")
    try:
        sampled = records_of(entry.full)
    except TooWide as error:
        return DataFile(entry.path, name, entry.size, problem=str(error))
    if sampled is None:
        return DataFile(entry.path, name, entry.size, problem="not a table that can be read")
    return _profiled(entry, name, sampled)


def _text(entry: Entry) -> DataFile | None:
    """A table under the name of a text; prose and lists are none."""
    if entry.size < MIN_TEXT_TABLE_BYTES or NO_TABLES.search(entry.name):
        return None
    sampled = read_delimited(entry.full)
    if sampled is None or len(sampled.names) < 2 or sampled.records < MIN_TEXT_TABLE_RECORDS:
        return None
    even = sampled.ragged * 20 <= sampled.records
    file = _profiled(entry, "text table", sampled)
    numbered = any(column.kind in {"integer", "float", "date"} for column in file.columns)
    return file if even and (sampled.delimiter == "\t" or (numbered and len(sampled.names) > 2)) else None


def _json(entry: Entry) -> DataFile | None:
    sampled = read_records(entry)
    return _profiled(entry, sampled.delimiter, sampled) if sampled else None


def _excel(entry: Entry) -> DataFile:
    if is_text(entry.head):
        # people name an exported CSV or a page .xls, for Excel opens it all the same
        return _delimited(entry)
    sheets = read_excel(entry)
    if isinstance(sheets, DataFile):
        return sheets
    if not sheets or sheets[0].sampled is None:
        return DataFile(entry.path, "Excel", entry.size, records=0, problem="empty")
    main = _profiled(entry, "Excel", sheets[0].sampled)
    others = [
        structs.replace(column, name=f"{sheet.name}.{column.name}")
        for sheet in sheets[1:MAX_PROFILED_SHEETS]
        if sheet.sampled
        for column in _columns(sheet.sampled)
        if column.personal
    ]
    parts = tuple(f"{sheet.name}: {sheet.sampled.records:,}" for sheet in sheets if sheet.sampled)
    return structs.replace(main, columns=(*main.columns, *others), parts=parts)


def _tracked(entry: Entry) -> DataFile | None:
    """What a file of DVC stands for; the data lies in a store elsewhere."""
    text = read_text(entry.full, 20_000).text
    path, size = _DVC_PATH.search(text), _DVC_SIZE.search(text)
    if path is None:
        return None
    folder = entry.path.rpartition("/")[0]
    target = f"{folder}/{path[1].rstrip()}" if folder else path[1].rstrip()
    problem = "a pointer of DVC: the file itself is in its store"
    return DataFile(target, "pointer", int(size[1]) if size else 0, problem=problem)


_BY_SUFFIX: tuple[tuple[Iterable[str], Reader], ...] = (
    (DELIMITED, _delimited),
    (JSON, _json),
    (EXCEL, _excel),
    ({".npy", ".npz"}, read_arrays),
    ({".dvc"}, _tracked),
    ({".txt"}, _text),
    (NAMED_ONLY, _named),
)


def _columns(sampled: Sampled) -> tuple[ColumnProfile, ...]:
    return without_things(
        [
            profile(column, [row[position] for row in sampled.rows])
            for position, column in enumerate(sampled.names)
        ]
    )


def _profiled(entry: Entry, name: str, sampled: Sampled) -> DataFile:
    columns = _columns(sampled)
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
        header_lines=sampled.header_lines,
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

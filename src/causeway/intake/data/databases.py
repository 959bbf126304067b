"""SQLite databases: opened for reading only, and on a copy where a journal beside them must be folded in."""

import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causeway.core.poc import ColumnProfile, DataFile
from causeway.intake.data.profile import profile
from causeway.intake.files.walk import Entry

MAX_COUNTED_BYTES = 2_000_000_000
MAX_COPIED_BYTES = 200_000_000
MAX_TABLES = 200
MAX_PROFILED_TABLES = 8
MAX_ROWS = 5_000
MAX_CELL = 2_000
MAX_SECONDS = 1.5
MLFLOW_TABLES = {"model_versions", "experiments", "runs"}


def read_database(entry: Entry) -> DataFile:
    """Tables, counts and the columns of the largest table; personal columns of the others by table name."""
    try:
        with opened(entry.full) as database:
            return _tables(entry, database)
    except (sqlite3.Error, OSError) as error:
        return DataFile(entry.path, "SQLite", entry.size, problem=str(error))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can change nothing and stops after a time."""
    journal = path.with_name(f"{path.name}-wal")
    if journal.is_file() and journal.stat().st_size and path.stat().st_size < MAX_COPIED_BYTES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.db"
            shutil.copyfile(path, copy)
            shutil.copyfile(journal, Path(folder) / "copy.db-wal")
            with _connected(f"file:{copy}?mode=rw") as database:
                yield database
    else:
        # immutable: SQLite takes no lock and writes no journal beside a file that is not ours
        with _connected(f"file:{_quoted(path)}?mode=ro&immutable=1") as database:
            yield database


@contextmanager
def _connected(uri: str) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(uri, uri=True)
    until = time.monotonic() + MAX_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > until, 20_000)
    database.text_factory = lambda raw: raw[:MAX_CELL].decode("utf-8", "replace")
    try:
        database.execute("pragma trusted_schema = off")
        database.execute("pragma query_only = on")
        yield database
    finally:
        database.close()


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def table_names(database: sqlite3.Connection) -> list[str]:
    """The tables of the database itself."""
    listed = database.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        " and sql not like 'create virtual%'"
    )
    return [str(row[0]) for row in listed][:MAX_TABLES]


def _tables(entry: Entry, database: sqlite3.Connection) -> DataFile:
    names = table_names(database)
    if set(names) >= MLFLOW_TABLES:
        (versions,) = database.execute("select count(*) from model_versions").fetchone()
        (runs,) = database.execute("select count(*) from runs").fetchone()
        return DataFile(entry.path, "MLflow store", entry.size, records=runs, exact=True, lines=versions)
    counts = _counts(database, names) if entry.size < MAX_COUNTED_BYTES else {}
    ordered = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    if not ordered:
        return DataFile(entry.path, "SQLite", entry.size, parts=tuple(names))
    form = "Chroma store" if set(names) >= {"collections", "embeddings", "segments"} else "SQLite"
    columns, sampled = _profiled(database, ordered[0], counts[ordered[0]])
    for name in ordered[1:MAX_PROFILED_TABLES]:
        others, _ = _profiled(database, name, counts[name], prefix=f"{name}.")
        columns += [column for column in others if column.personal]
    return DataFile(
        entry.path,
        form,
        entry.size,
        records=counts[ordered[0]],
        exact=True,
        sampled=sampled,
        columns=tuple(columns),
        parts=tuple(f"{name}: {counts[name]:,}" for name in ordered),
    )


def _profiled(
    database: sqlite3.Connection, table: str, count: int, *, prefix: str = ""
) -> tuple[list[ColumnProfile], int]:
    step = max(1, -(-count // MAX_ROWS))
    where = f" where rowid % {step} = 0" if step > 1 else ""
    try:
        cursor = database.execute(f"select * from {_name(table)}{where} limit {MAX_ROWS}")  # noqa: S608 - quoted
    except sqlite3.OperationalError:
        # a table without row ids
        cursor = database.execute(f"select * from {_name(table)} limit {MAX_ROWS}")  # noqa: S608 - quoted
    names = [item[0] for item in cursor.description]
    rows = [[_cell(value) for value in row] for row in cursor]
    made = [profile(name, [row[place] for row in rows]) for place, name in enumerate(names)]
    if not prefix:
        return made, len(rows)
    return [ColumnProfile(prefix + item.name, item.kind, personal=item.personal) for item in made], len(rows)


def _cell(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return "" if value is None else str(value)


def _counts(database: sqlite3.Connection, names: list[str]) -> dict[str, int]:
    try:
        return {name: _count(database, name) for name in names}
    except sqlite3.OperationalError:
        # it took longer than we may
        return {}


def _count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"select count(*) from {_name(table)}").fetchone()[0])  # noqa: S608 - quoted


def _name(table: str) -> str:
    return '"' + re.sub('"', '""', table) + '"'

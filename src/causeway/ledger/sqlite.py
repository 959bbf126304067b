"""The ledger's database as one SQLite file, with a write-ahead log beside it."""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from causeway.core.errors import NotFound, OutsideError
from causeway.ledger.ledger import BrokenLedger
from causeway.ledger.store import Run

APPLICATION_ID = 0x43577931
VERSION = 1
BUSY_SECONDS = 30.0
SCRUB_MILLISECONDS = 1000
LOOKS = 20
EMPTY = (0, 0)
# strict tables, and rows returned by what changes them
OLDEST_SQLITE = (3, 37)

# made once, in a scratch file that becomes the ledger when it is whole
SCHEMA = f"""
    PRAGMA journal_mode = WAL;
    CREATE TABLE events (
        product TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
        hash TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (product, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE checkpoints (
        seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, text TEXT NOT NULL,
        key_id TEXT NOT NULL, signature TEXT NOT NULL
    ) STRICT;
    CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
    CREATE TABLE actors (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT;
    PRAGMA application_id = {APPLICATION_ID};
    PRAGMA user_version = {VERSION};
"""
# a commit is on the disk when it returns, and what is erased is overwritten
SETTINGS = ("PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON")
# moves the log into the file and cuts it to nothing, so that no erased page stays in it
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"

# SQLite's primary result code -> what it means to a person, and what to do
MEANING = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space and repeat; nothing was written"),
    sqlite3.SQLITE_IOERR: (
        "the disk failed, or is full",
        "free some space or look at the disk, then repeat; nothing was written",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process kept the ledger locked for {BUSY_SECONDS:.0f} seconds",
        "wait until it has finished, and repeat",
    ),
    sqlite3.SQLITE_CANTOPEN: ("the ledger cannot be opened", "check that the folder is there and writable"),
    sqlite3.SQLITE_READONLY: ("the ledger cannot be written", "check the permissions of file and folder"),
    sqlite3.SQLITE_PERM: ("the ledger cannot be written", "check the permissions of file and folder"),
}
# what SQLite says of an index that only a writer could mend
USELESS_INDEX = (sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
RESTORE = "keep the file, and bring the last backup back: causeway restore FILE --into FOLDER"


class SqliteDatabase:
    """One connection to the file, shared by the threads of this process."""

    def __init__(self, path: Path, *, only_read: bool = False) -> None:
        self.path = path.absolute()
        self.location = str(path)
        self._turn = threading.RLock()
        _check_library()
        if only_read:
            _check_there(self.path)
        else:
            _make_if_missing(self.path)
        self._seen = _stamp(self.path) if only_read else None
        with self._speaking():
            self._connection = _look_into(self.path) if only_read else _connect(self.path)
            _check_format(self._connection, self.location)

    def query(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """The rows of a statement that only reads."""
        with self._speaking():
            return self._settled(statement, parameters) if self._seen else self._run(statement, parameters)

    @contextmanager
    def transaction(self, lock: str) -> Generator[Run]:  # noqa: ARG002 - there is one lock for the whole file
        """All of the block or nothing; two blocks never overlap."""
        with self._speaking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._run
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself on a full disk
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def scrub(self) -> None:
        """Takes what was deleted out of the log too; raises while somebody still reads the log."""
        with self._speaking():
            self._connection.execute(f"PRAGMA busy_timeout = {SCRUB_MILLISECONDS}")
            try:
                ((busy, *_),) = self._connection.execute(EMPTY_LOG).fetchall()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
        if busy:
            raise OutsideError(
                "it is erased, but a copy stays in the ledger's log while another process reads it",
                where=f"{self.location}-wal",
                hint="run it again once that process is done",
            )

    def close(self) -> None:
        """Lets go of the file."""
        with self._speaking():
            self._connection.close()

    def _run(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, parameters).fetchall()

    def _settled(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """Rows of one moment: whoever reads without locks may read what is just being written."""
        for _ in range(LOOKS):
            try:
                rows, failure = self._run(statement, parameters), None
            except sqlite3.DatabaseError as error:
                rows, failure = [], error
            before, self._seen = self._seen, _stamp(self.path)
            if before == self._seen and failure is None:
                return rows
            if before == self._seen and failure and not _is_useless_index(failure):
                raise failure
            self._connection.close()
            self._connection = _look_into(self.path)
        raise _kept_changing(self.location)

    @contextmanager
    def _speaking(self) -> Generator[None]:
        with self._turn:
            try:
                yield
            except sqlite3.Error as error:
                raise _translated(error, self.location) from error


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise OutsideError(
            f"this Python brings SQLite {sqlite3.sqlite_version}, which is too old for the ledger",
            hint="use a Python with SQLite 3.37 or later, or a PostgreSQL ledger: CAUSEWAY_LEDGER",
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = _opened(path, "mode=rw")
    for setting in SETTINGS:
        connection.execute(setting)
    return connection


def _look_into(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, neither the file nor the two beside it, whoever writes or died."""
    log, index = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
    for _ in range(LOOKS):
        before = _stamp(path), _stamp(log)
        if before[1] in (None, EMPTY):
            return _opened(path, "mode=ro&immutable=1")
        if index.exists() and (beside := _by_index(path)):
            return beside
        # nobody has it open, and reading the log would make its index beside it
        with suppress(FileNotFoundError), tempfile.TemporaryDirectory(prefix="causeway-") as scratch:
            for part in (path, log):
                shutil.copy2(part, Path(scratch, part.name))
            if before == (_stamp(path), _stamp(log)):
                return _in_memory(Path(scratch, path.name))
    raise _kept_changing(str(path))


def _by_index(path: Path) -> sqlite3.Connection | None:
    """A connection that reads the log by the index beside it; None where a dead writer left it useless."""
    connection = _opened(path, "mode=ro&readonly_shm=1")
    try:
        connection.execute("SELECT name FROM sqlite_schema LIMIT 1").fetchall()
    except sqlite3.OperationalError as error:
        connection.close()
        if not _is_useless_index(error):
            raise
        return None
    return connection


def _is_useless_index(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in USELESS_INDEX


def _in_memory(path: Path) -> sqlite3.Connection:
    with closing(_opened(path, "mode=rw")) as whole:
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        copy.text_factory = _decoded
        whole.backup(copy)
        return copy


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes whenever somebody writes to the file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_mtime_ns, status.st_size) if status.st_size else EMPTY


def _kept_changing(location: str) -> OutsideError:
    return OutsideError(
        "the ledger kept changing while it was read", where=location, hint="repeat once less is written"
    )


def _opened(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{how}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
    )
    # a text that is no UTF-8 any more must reach the verifier, which then names its event
    connection.text_factory = _decoded
    return connection


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")


def _check_format(connection: sqlite3.Connection, location: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise OutsideError(
            "this SQLite file is no ledger of Causeway",
            where=location,
            hint="point CAUSEWAY_LEDGER elsewhere",
        )
    if version > VERSION:
        raise OutsideError(
            f"this ledger was made by a later version of Causeway (format {version})",
            where=location,
            hint="upgrade Causeway",
        )


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise OutsideError(
            "the ledger cannot be opened, for a folder lies in its place",
            where=str(path),
            hint="move the folder away, and bring the last backup back: causeway restore FILE --into FOLDER",
        )
    stamp = _stamp(path)
    if stamp is None:
        _refuse_lone_log(path)
        raise NotFound(
            "there is no ledger", where=str(path), hint="the first run makes one: causeway run FOLDER"
        )
    if stamp == EMPTY:
        raise _cut_to_nothing(path)


def _make_if_missing(path: Path) -> None:
    try:
        if not path.exists():
            _make(path)
        empty = path.stat().st_size == 0
    except OSError as error:
        raise OutsideError(
            f"the ledger cannot be opened: {error.strerror}",
            where=str(path),
            hint="check that the folder is there and writable",
        ) from error
    if empty:
        raise _cut_to_nothing(path)


def _cut_to_nothing(path: Path) -> BrokenLedger:
    return BrokenLedger("the ledger is an empty file: it was cut to nothing", where=str(path), hint=RESTORE)


def _refuse_lone_log(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and not path.exists():
        raise BrokenLedger("the ledger's file is gone, but its log is there", where=str(log), hint=RESTORE)


def _make(path: Path) -> None:
    _refuse_lone_log(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        whole = Path(scratch, path.name)
        _write_schema(whole, location=str(path))
        with suppress(FileExistsError):
            # a link refuses to replace what another process made in the meantime
            os.link(whole, path)
    _sync_folder(path.parent)


def _write_schema(path: Path, *, location: str) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)
    except sqlite3.Error as error:
        raise _translated(error, location) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _translated(error: sqlite3.Error, location: str) -> OutsideError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in DAMAGED:
        return BrokenLedger(f"the ledger is damaged: {error}", where=location, hint=RESTORE)
    message, hint = MEANING.get(
        code, (f"the ledger's database failed: {error}", "repeat; if it stays so, report it")
    )
    return OutsideError(message, where=location, hint=hint)

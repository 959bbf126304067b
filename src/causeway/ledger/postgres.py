"""The ledger's database in PostgreSQL, in a schema of its own."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from causeway.core.errors import CausewayError, Conflict, OutsideError
from causeway.ledger.store import Run

# the collation makes the order of products that of SQLite and of Python
SCHEMA = """
    CREATE SCHEMA IF NOT EXISTS causeway;
    CREATE TABLE IF NOT EXISTS causeway.events (
        product TEXT COLLATE "C" NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,
        hash TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (product, seq)
    );
    CREATE TABLE IF NOT EXISTS causeway.checkpoints (
        seq BIGINT PRIMARY KEY, hash TEXT NOT NULL, text TEXT NOT NULL,
        key_id TEXT NOT NULL, signature TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS causeway.leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires BIGINT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS causeway.actors (
        id TEXT COLLATE "C" PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL
    );"""
# whether the schema is there already, so that a role without the right to create can use it
EXISTS = "SELECT to_regclass('causeway.actors') IS NOT NULL"
# held until the transaction ends; who wants the same chain waits
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# every statement of the store names its tables without a schema
SEARCH_PATH = "SET search_path TO causeway"
# takes erased rows out of the table's file
SCRUB = "VACUUM causeway.actors"

SCHEMA_LOCK = "causeway schema"
CONNECT_SECONDS = 10


class PostgresDatabase:
    """One connection, shared by the threads of this process, made anew after it was lost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.location = _without_password(url)
        self._turn = threading.RLock()
        with self._speaking():
            self._connection = _connect(url)
            _make_if_missing(self._connection)

    def query(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """The rows of a statement that only reads."""
        with self._speaking():
            return self._run(statement, parameters)

    @contextmanager
    def transaction(self, lock: str) -> Generator[Run]:
        """All of the block or nothing; two blocks with the same lock never overlap."""
        with self._speaking(), self._connection.transaction():
            self._connection.execute(LOCK, (lock,))
            yield self._run

    def scrub(self) -> None:
        """Takes what was deleted out of the table's file."""
        self.query(SCRUB, ())

    def close(self) -> None:
        """Lets go of the connection."""
        self._connection.close()

    def _run(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement.replace("?", "%s").encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _speaking(self) -> Generator[None]:
        with self._turn:
            try:
                if hasattr(self, "_connection") and self._connection.closed:
                    self._connection = _connect(self.url)
                yield
            except psycopg.Error as error:
                raise _translated(error, self.location) from error


def _connect(url: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    connection.execute(SEARCH_PATH)
    return connection


def _make_if_missing(connection: psycopg.Connection[Any]) -> None:
    if connection.execute(EXISTS).fetchone() == (True,):
        return
    with connection.transaction():
        connection.execute(LOCK, (SCHEMA_LOCK,))
        connection.execute(SCHEMA)


def _without_password(url: str) -> str:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise OutsideError(
            "this is no address of a PostgreSQL database",
            hint="write postgresql://user@host:5432/database, the password in PGPASSWORD or ~/.pgpass",
        ) from error
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


def _translated(error: psycopg.Error, location: str) -> CausewayError:
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    match error:
        case errors.UniqueViolation():
            return Conflict(
                "somebody else wrote to this ledger first", where=location, hint="look again, and repeat"
            )
        case errors.DiskFull():
            return OutsideError(
                "the database's disk is full", where=location, hint="free some space, and repeat"
            )
        case errors.InsufficientPrivilege():
            hint = "let this role use the schema causeway, and select, insert, update, delete in its tables"
            return OutsideError(f"the database refuses: {said}", where=location, hint=hint)
        case errors.OperationalError():
            hint = "check that the server runs, and the address in CAUSEWAY_LEDGER"
            return OutsideError(f"the database does not answer: {said}", where=location, hint=hint)
        case _:
            return OutsideError(
                f"the database failed: {said}", where=location, hint="see the server's own log"
            )

"""Tables of databases that answers go into: each part in a transaction of its own, each row under its key."""

import json
import sqlite3
from abc import abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import polars as pl

from causeway.core.errors import MissingExtra, OutsideError, UsageError
from causeway.core.score import ROW, RULES

CONNECT_SECONDS = 10
KEY, SCORE = "prediction_id", "score"
APART = {SCORE: "TEXT", "row": "BIGINT", "rules": "TEXT", "content": "TEXT"}
_TYPES: dict[type[pl.DataType], str] = {
    pl.Boolean: "BOOLEAN",
    pl.Float32: "DOUBLE PRECISION",
    pl.Float64: "DOUBLE PRECISION",
    pl.String: "TEXT",
    pl.Null: "TEXT",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
    pl.Decimal: "NUMERIC",
}
_DRIVEN = _TYPES.keys() - {pl.Decimal}


class _Connection(Protocol):
    """What both drivers can do."""

    def execute(self, statement: Any, parameters: Sequence[Any] = ...) -> Any: ...  # noqa: ANN401 - as drivers


class SqlTable:
    """A table of answers and beside it `..._set_aside`, made when the first part comes."""

    mark = "?"

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self.table = table
        self.apart = f"{table}_set_aside"
        self.told = f"{_harmless(url)}#{table}"

    @abstractmethod
    def _opened(self) -> Any:  # noqa: ANN401 - a context with a connection, committed at its end
        """The database, in one transaction."""

    @abstractmethod
    def _columns(self, connection: _Connection, table: str) -> list[str]:
        """The columns of a table; none where it is not there."""

    def columns(self) -> list[str]:
        """The columns of the table of answers; none where it is not there."""
        with self._opened() as connection:
            return self._columns(connection, self.table)

    def count(self, score: str) -> int:
        """How many rows of this scoring the table has; -1 where it is not there, or no table of answers."""
        with self._opened() as connection:
            if SCORE not in self._columns(connection, self.table):
                return -1
            asked = f"SELECT count(*) FROM {_named(self.table)} WHERE score = {self.mark}"  # noqa: S608 - quoted
            return int(connection.execute(asked, (score,)).fetchone()[0])

    def put(self, score: str, answers: Path | None, apart: Path | None) -> None:
        """The rows of one part, all or none; those that are there already stay as they are."""
        with self._opened() as connection:
            if answers:
                frame = pl.read_parquet(answers).with_columns(pl.lit(score).alias(SCORE))
                kinds = {name: _kind(dtype) for name, dtype in frame.schema.items()}
                self._insert(connection, self.table, kinds, _plain(frame).iter_rows(), key=(KEY,))
            if apart:
                rows = ((score, *_told(row)) for row in pl.read_parquet(apart).iter_rows(named=True))
                self._insert(connection, self.apart, APART, rows, key=(SCORE, "row"))

    def _insert(
        self,
        connection: _Connection,
        table: str,
        kinds: dict[str, str],
        rows: Iterator[tuple[Any, ...]],
        *,
        key: Sequence[str],
    ) -> None:
        there = self._columns(connection, table)
        if there and set(there) != set(kinds):
            raise UsageError(
                f"the table {table} of {_harmless(self._url)} is something else: {', '.join(there[:8])}",
                hint="name a table that is not there yet, or one of answers of this release",
            )
        if not there:
            listed = ", ".join(f"{_named(name)} {kind}" for name, kind in kinds.items())
            keyed = ", ".join(map(_named, key))
            connection.execute(f"CREATE TABLE {_named(table)} ({listed}, PRIMARY KEY ({keyed}))")
        self._many(connection, table, list(kinds), rows)

    @abstractmethod
    def _many(
        self,
        connection: Any,  # noqa: ANN401 - of whatever driver
        table: str,
        names: Sequence[str],
        rows: Iterator[tuple[Any, ...]],
    ) -> None:
        """Puts the rows in; what is there under the same key stays."""


class SqliteTable(SqlTable):
    """In a SQLite file, made where it is not there."""

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        path = Path(unquote(urlsplit(self._url).path.removeprefix("/")))
        try:
            with closing(sqlite3.connect(path, timeout=CONNECT_SECONDS)) as connection, connection:
                yield connection
        except (sqlite3.Error, OverflowError) as error:
            raise OutsideError(
                f"{self.told} cannot be written: {error}", hint="check the path, its permissions and the disk"
            ) from error

    def _columns(self, connection: _Connection, table: str) -> list[str]:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({_named(table)})")]

    def _many(
        self,
        connection: Any,  # noqa: ANN401 - of whatever driver
        table: str,
        names: Sequence[str],
        rows: Iterator[tuple[Any, ...]],
    ) -> None:
        marks = ", ".join("?" * len(names))
        listed = ", ".join(map(_named, names))
        asked = f"INSERT INTO {_named(table)} ({listed}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - quoted
        connection.executemany(asked, rows)


class PostgresTable(SqlTable):
    """In a PostgreSQL database."""

    mark = "%s"

    @contextmanager
    def _opened(self) -> Generator[Any]:
        try:
            import psycopg  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise MissingExtra(
                f"{self.told} needs psycopg, which is not installed",
                hint='install with: pip install "causeway[postgres]"',
            ) from error
        try:
            with psycopg.connect(
                self._url, connect_timeout=CONNECT_SECONDS, application_name="causeway"
            ) as connection:
                yield connection
        except psycopg.Error as error:
            said = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise OutsideError(
                f"{self.told} cannot be written: {said}",
                hint="check that it answers, and that the account may write",
            ) from None

    def _columns(self, connection: _Connection, table: str) -> list[str]:
        asked = (
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) "
            "AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return [row[0] for row in connection.execute(asked, (_named(table),))]

    def _many(
        self,
        connection: Any,  # noqa: ANN401 - of whatever driver
        table: str,
        names: Sequence[str],
        rows: Iterator[tuple[Any, ...]],
    ) -> None:
        listed = ", ".join(map(_named, names))
        connection.execute(f"CREATE TEMP TABLE part (LIKE {_named(table)}) ON COMMIT DROP")
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY part ({listed}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        connection.execute(
            f"INSERT INTO {_named(table)} ({listed}) SELECT {listed} FROM part ON CONFLICT DO NOTHING"  # noqa: S608 - quoted
        )
        connection.execute("DROP TABLE part")


def sql_table(url: str, table: str) -> SqlTable:
    """The table of this name at this address."""
    if url.lower().startswith("sqlite:"):
        return SqliteTable(url, table)
    if url.lower().startswith(("postgresql:", "postgres:")):
        if urlsplit(url).password:
            raise UsageError(
                f"the address {_harmless(url)} holds a password, which the shell keeps in its history",
                hint="leave it out, and set PGPASSWORD or ~/.pgpass",
            )
        return PostgresTable(url, table)
    raise UsageError(
        f"answers cannot go to {_harmless(url)}", hint="name a sqlite:/// or postgresql:// address, or a file"
    )


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "BIGINT"
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        # without it the database would drop the offset, and keep another moment
        return "TIMESTAMP WITH TIME ZONE"
    return _TYPES.get(type(dtype), "TEXT")


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows; what neither driver knows goes as text."""
    strange = [name for name, t in frame.schema.items() if not t.is_integer() and type(t) not in _DRIVEN]
    return frame.with_columns(
        pl.Series(name, [None if value is None else str(value) for value in frame[name].to_list()], pl.String)
        for name in strange
    )


def _told(row: dict[str, Any]) -> tuple[int, str, str]:
    """A row that was set apart: its number, its rules, and its content as JSON."""
    return row.pop(ROW), row.pop(RULES), json.dumps(row, default=str)


def _named(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _harmless(url: str) -> str:
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"

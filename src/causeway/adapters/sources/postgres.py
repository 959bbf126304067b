"""A PostgreSQL database, asked in a transaction that it lets change nothing."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property

import polars as pl
import psycopg
from psycopg import errors, sql

from causeway.adapters.sources.frames import CHUNK_ROWS, Rows, check_names, lazy
from causeway.adapters.sources.places import Place
from causeway.adapters.sources.queries import checked, whole_table
from causeway.core.errors import Refused

CONNECT_SECONDS = 10
SESSION = "-c default_transaction_read_only=on -c lock_timeout=10s"
# the numbers of PostgreSQL's own types; whatever is not here comes as text
_INTEGERS, _NUMBERS = (20, 21, 23, 26), (700, 701, 1700)
_DTYPES: dict[int, pl.DataType] = {
    **dict.fromkeys(_INTEGERS, pl.Int64()),
    **dict.fromkeys(_NUMBERS, pl.Float64()),
    16: pl.Boolean(),
    1082: pl.Date(),
    1114: pl.Datetime("us"),
    1184: pl.Datetime("us", "UTC"),
}


class PostgresRows:
    """What the manifest's query or table gives."""

    def __init__(self, place: Place, *, where: str) -> None:
        self._place = place
        query = checked(place.query, where=where) if place.query else whole_table(place.table)
        # inside a FROM no statement can be anything but a read
        self._query = f"SELECT * FROM (\n{query}\n) AS source"  # noqa: S608 - checked to be one SELECT

    def frame(self, *, typed: bool) -> pl.LazyFrame:  # noqa: ARG002 - a database's columns always have types
        """All rows, lazily."""
        return lazy(self._dtypes, self._chunks)

    @cached_property
    def _dtypes(self) -> dict[str, pl.DataType]:
        with self._opened() as connection:
            described = connection.execute(sql.SQL(f"{self._query} LIMIT 0")).description or ()  # pyright: ignore[reportArgumentType]
        check_names([column.name for column in described])
        return {column.name: _DTYPES.get(column.type_code, pl.String()) for column in described}

    def _chunks(self) -> Iterator[Rows]:
        with self._opened() as connection, connection.cursor(name="causeway") as cursor:
            cursor.execute(sql.SQL(self._query))  # pyright: ignore[reportArgumentType]
            while rows := cursor.fetchmany(CHUNK_ROWS):
                yield rows

    @contextmanager
    def _opened(self) -> Generator[psycopg.Connection]:
        try:
            with psycopg.connect(
                self._place.url,
                password=self._place.secret or None,
                options=SESSION,
                connect_timeout=CONNECT_SECONDS,
                application_name="causeway",
            ) as connection:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                yield connection
        except errors.ReadOnlySqlTransaction:
            raise Refused(
                "the query would change the database; a source is only read",
                where=self._place.told,
                hint="leave out the function that writes",
            ) from None
        except psycopg.Error as error:
            raise self._place.failed(error) from None

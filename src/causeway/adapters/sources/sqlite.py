"""A SQLite file, opened so that nothing in it can be changed."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from urllib.parse import quote

import polars as pl

from causeway.adapters.sources.frames import CHUNK_ROWS, Rows, check_names, lazy
from causeway.adapters.sources.places import Place
from causeway.adapters.sources.queries import checked, whole_table
from causeway.core.errors import NotFound

# columns whose kinds are asked for in one statement; SQLite returns no more than 2000 values
COLUMNS_AT_ONCE = 400
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


class SqliteRows:
    """What the manifest's query or table gives."""

    def __init__(self, place: Place, *, where: str) -> None:
        self._place = place
        query = checked(place.query, where=where) if place.query else whole_table(place.table)
        self._query = f"SELECT * FROM (\n{query}\n)"  # noqa: S608 - checked to be one SELECT

    def frame(self, *, typed: bool) -> pl.LazyFrame:  # noqa: ARG002 - a database's columns always have types
        """All rows, lazily."""
        return lazy(self._dtypes, self._chunks)

    @cached_property
    def _dtypes(self) -> dict[str, pl.DataType]:
        """One type for each column that holds whatever SQLite let in."""
        with self._opened() as connection:
            names = [each[0] for each in connection.execute(f"{self._query} LIMIT 0").description]
            check_names(names)
            dtypes: dict[str, pl.DataType] = {}
            for first in range(0, len(names), COLUMNS_AT_ONCE):
                some = names[first : first + COLUMNS_AT_ONCE]
                dtypes |= zip(some, self._seen(connection, some), strict=True)
        return dtypes

    def _seen(self, connection: sqlite3.Connection, names: list[str]) -> Iterator[pl.DataType]:
        asked = ", ".join(
            f"max(typeof({name}) IN ('text', 'blob')), max(typeof({name}) = 'real'), "
            f"max(typeof({name}) = 'integer')"
            for name in ('"' + each.replace('"', '""') + '"' for each in names)
        )
        found = connection.execute(f"SELECT {asked} FROM ({self._query})").fetchone()  # noqa: S608 - names are quoted
        for text, real, integer in zip(found[::3], found[1::3], found[2::3], strict=True):
            if text or not (real or integer):
                yield pl.String()
            else:
                yield pl.Float64() if real else pl.Int64()

    def _chunks(self) -> Iterator[Rows]:
        with self._opened() as connection:
            cursor = connection.execute(self._query)
            while rows := cursor.fetchmany(CHUNK_ROWS):
                yield rows

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        path = self._place.path
        if path is None or not path.is_file():
            raise NotFound(f"there is no database {self._place.told}", hint="mend `from` in causeway.toml")
        try:
            with closing(
                sqlite3.connect(
                    f"file:{quote(str(path))}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            ) as connection:
                connection.execute("PRAGMA query_only = ON")
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
                connection.set_authorizer(_only_reads)
                yield connection
        except sqlite3.Error as error:
            raise self._place.failed(error) from None


def _only_reads(action: int, _: str | None, function: str | None, *__: str | None) -> int:
    if action in _ALLOWED and not (function or "").lower().startswith(("load_extension", "fts3_tokenizer")):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY

"""Any other database for which SQLAlchemy has a driver."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from causeway.adapters.sources.frames import CHUNK_ROWS, Rows, check_names, lazy
from causeway.adapters.sources.places import Place
from causeway.adapters.sources.queries import checked, whole_table
from causeway.core.errors import MissingExtra

# how each dialect is told to let nothing be changed; all are rolled back at the end besides
_READ_ONLY = {
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
_DTYPES: dict[type, pl.DataType] = {
    bool: pl.Boolean(),
    int: pl.Int64(),
    float: pl.Float64(),
    Decimal: pl.Float64(),
    date: pl.Date(),
    datetime: pl.Datetime("us"),
}
_NUMBERS = {int, float, Decimal}


class AlchemyRows:
    """What the manifest's query or table gives."""

    def __init__(self, place: Place, *, where: str) -> None:
        self._place = place
        self._query = checked(place.query, where=where) if place.query else ""

    def frame(self, *, typed: bool) -> pl.LazyFrame:  # noqa: ARG002 - a database's columns always have types
        """All rows, lazily; the first chunk tells the types."""
        return lazy(self._dtypes, self._chunks)

    @cached_property
    def _dtypes(self) -> dict[str, pl.DataType]:
        with self._answered() as result:
            names = list(result.keys())
            check_names(names)
            rows = result.fetchmany(CHUNK_ROWS)
        return {name: _dtype([row[place] for row in rows]) for place, name in enumerate(names)}

    def _chunks(self) -> Iterator[Rows]:
        with self._answered() as result:
            while rows := result.fetchmany(CHUNK_ROWS):
                yield rows

    @contextmanager
    def _answered(self) -> Generator[sqlalchemy.CursorResult[Any]]:
        try:
            engine = self._engine()
            with engine.connect() as connection:
                if said := _READ_ONLY.get(engine.dialect.name):
                    connection.exec_driver_sql(said)
                quote = engine.dialect.identifier_preparer.initial_quote
                query = self._query or whole_table(self._place.table, quote=quote)
                with connection.execution_options(stream_results=True).exec_driver_sql(query) as result:
                    yield result
                connection.rollback()
        except SQLAlchemyError as error:
            raise self._place.failed(getattr(error, "orig", None) or error) from None
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"the driver for {self._place.told} is not installed: {error.name}",
                hint=f"install with: pip install {error.name}",
            ) from None

    def _engine(self) -> sqlalchemy.Engine:
        url = sqlalchemy.make_url(self._place.url)
        if self._place.secret:
            url = url.set(password=self._place.secret)
        options = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
        return sqlalchemy.create_engine(
            url, poolclass=sqlalchemy.NullPool, hide_parameters=True, execution_options=options
        )


def _dtype(values: list[Any]) -> pl.DataType:
    """The type that holds all these values; text where there is none."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1 and kinds <= _NUMBERS:
        return pl.Float64()
    if kinds == {datetime} and any(value is not None and value.tzinfo for value in values):
        return pl.Datetime("us", "UTC")
    return _DTYPES.get(kinds.pop(), pl.String()) if len(kinds) == 1 else pl.String()

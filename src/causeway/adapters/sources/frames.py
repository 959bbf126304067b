"""Rows of a database as a lazy table: they come in chunks, and are never all in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from causeway.core.errors import UsageError

CHUNK_ROWS = 50_000

Rows = Sequence[Sequence[Any]]
Dtypes = Mapping[str, pl.DataType]


def lazy(dtypes: Dtypes, chunks: Callable[[], Iterator[Rows]]) -> pl.LazyFrame:
    """The rows that `chunks` brings, as columns of these types."""

    def frames(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG001 - the database's chunks are the batches
    ) -> Iterator[pl.DataFrame]:
        left = n_rows
        for rows in chunks():
            frame = frame_of(dtypes, rows)
            if left is not None:
                frame = frame.head(left)
                left -= len(frame)
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame.select(with_columns) if with_columns is not None else frame
            if left == 0:
                return

    return register_io_source(frames, schema=dict(dtypes))


def frame_of(dtypes: Dtypes, rows: Rows) -> pl.DataFrame:
    """These rows as columns of these types."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in dtypes)
    return pl.DataFrame(
        [_series(name, dtype, values) for (name, dtype), values in zip(dtypes.items(), columns, strict=True)]
    )


def _series(name: str, dtype: pl.DataType, values: Sequence[Any]) -> pl.Series:
    convert = _utc if dtype == pl.Datetime("us", "UTC") else _CONVERT.get(type(dtype))
    cells = [None if value is None else convert(value) for value in values] if convert else list(values)
    try:
        return pl.Series(name, cells, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"column {name} holds values of several types",
            hint=f"make them one in the query: cast({name} as ...)",
        ) from error


def check_names(names: Sequence[str]) -> None:
    """Refuses two columns of one name."""
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UsageError(
            f"the query gives two columns called {repeated}", hint="name each of them: select a.id as a_id"
        )


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a driver makes of a cell
    match value:
        case str():
            return value
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _float(value: Any) -> float:  # noqa: ANN401 - the same
    return float(value) if isinstance(value, int | float | Decimal) else value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


_CONVERT: Mapping[type[pl.DataType], Callable[[Any], Any]] = {pl.String: _text, pl.Float64: _float}

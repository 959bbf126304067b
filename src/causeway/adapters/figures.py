"""One number out of tables, by one SELECT that can reach nothing else."""

import csv
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from causeway.core.errors import OutsideError, UsageError, remedy

SECONDS = 60.0
STEPS = 100_000
ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
MOST_ROWS = 5_000_000
ROWS_HINT = "it is one SELECT over the sources by their names"
HINT = "[kpi] query is one SELECT over the sources by their names, with one number as its answer"


class Answered(NamedTuple):
    """What a query answers: the names of its columns, and its rows."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def rows_of(
    query: str,
    sources: Mapping[str, Path],
    *,
    delimiters: Mapping[str, str],
    hidden: Mapping[str, Collection[str]],
) -> Answered:
    """All that the query answers over these files, each a table by its name; of what is `hidden`, nothing."""
    return _asked(query, sources, delimiters, hidden, most=MOST_ROWS, hint=ROWS_HINT)


def figure_of(
    query: str,
    sources: Mapping[str, Path],
    *,
    delimiters: Mapping[str, str],
    hidden: Mapping[str, Collection[str]],
) -> float:
    """What the query answers over these files, each a table by its name; its number, and nothing else.

    Of what is `hidden`, columns by the name of their source, the query finds nothing.
    """
    rows = _asked(query, sources, delimiters, hidden, most=2, hint=HINT).rows
    if len(rows) != 1 or len(rows[0]) != 1 or not isinstance(rows[0][0], int | float):
        raise UsageError("the query of the baseline does not answer with one number", hint=HINT)
    return float(rows[0][0])


def _asked(
    query: str,
    sources: Mapping[str, Path],
    delimiters: Mapping[str, str],
    hidden: Mapping[str, Collection[str]],
    *,
    most: int,
    hint: str,
) -> Answered:
    # without a name: a table that memory does not hold goes to a temporary file
    with closing(sqlite3.connect("")) as base:
        for name, path in sources.items():
            _load(base, name, _rows(path, delimiters.get(name, ",")), path, hidden=hidden.get(name, ()))
        base.commit()
        base.set_authorizer(_only_reading)
        deadline = time.monotonic() + SECONDS
        base.set_progress_handler(lambda: int(time.monotonic() > deadline), STEPS)
        try:
            cursor = base.execute(query)
            rows = cursor.fetchmany(most)
        except sqlite3.Error as error:
            what = "the query of the baseline" if hint == HINT else "the query"
            raise UsageError(f"{what} fails: {error}", hint=hint) from error
        return Answered(tuple(each[0] for each in cursor.description or ()), rows)


def _only_reading(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _load(
    base: sqlite3.Connection,
    name: str,
    rows: Iterator[Sequence[Any]],
    path: Path,
    *,
    hidden: Collection[str],
) -> None:
    try:
        names = next(rows, ())
        shown = [place for place, each in enumerate(names) if each not in hidden]
        # of this affinity a text that is a number becomes one
        columns = ", ".join(f"{_quoted(names[place])} numeric" for place in shown)
        base.execute(f"create table {_quoted(name)} ({columns})")
        marks = ", ".join("?" for _ in shown)
        whole = ([row[place] for place in shown] for row in rows if len(row) == len(names))
        base.executemany(f"insert into {_quoted(name)} values ({marks})", whole)  # noqa: S608 - quoted, ours
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error
    except (sqlite3.Error, csv.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read as a table: {error}", where=str(path), hint=HINT) from error


def _rows(path: Path, delimiter: str) -> Iterator[Sequence[Any]]:
    if path.suffix == ".parquet":
        import polars as pl  # noqa: PLC0415 - heavy, and a CSV needs none of it

        table = pl.read_parquet(path)
        yield table.columns
        yield from table.iter_rows()
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream, delimiter=delimiter):
            yield [value if value != "" else None for value in row]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Reads what the runner wrote about a training: `trace.json` and the buffers beside it."""

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from causeway.core.errors import NotFound, OutsideError
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.core.trace import Trace, TracedColumn
from causeway.recover import LoadedTrace
from causeway.recover.loaded import Positions

_texts = msgspec.json.Decoder(list[str | None])


def load_trace(into: Path) -> LoadedTrace:
    """The trace in this folder with its arrays in memory."""
    trace = read_trace(into)
    return LoadedTrace(
        trace=trace,
        tables={table.id: _table(into, table.columns) for table in trace.tables},
        matrices={matrix.id: _table(into, matrix.columns) for matrix in trace.matrices},
        vectors={vector.name: read_column(into, vector) for vector in trace.vectors},
        indexes={name: _positions_of(into / name) for name in _index_files(trace)},
    )


def read_trace(into: Path) -> Trace:
    """The trace in this folder, its arrays left on disk."""
    path = into / "trace.json"
    if not path.is_file():
        raise NotFound("no training was watched here", where=str(path), hint="run the training again")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Trace)
    except msgspec.MsgspecError as error:
        raise OutsideError(
            f"the trace cannot be read: {error}", where=str(path), hint="run the training again"
        ) from error


def _index_files(trace: Trace) -> set[str]:
    named = [
        *(table.index for table in trace.tables),
        *(matrix.index for matrix in trace.matrices),
        *(link.positions for link in trace.links),
        *(drop.labels for drop in trace.drops),
        *trace.resets,
    ]
    return {name for name in named if name}


def _table(into: Path, columns: tuple[TracedColumn, ...]) -> Table:
    """Names that stand twice get a number: `age`, `age#2`."""
    seen: Counter[str] = Counter()
    made: dict[str, Column] = {}
    for column in columns:
        seen[column.name] += 1
        count = seen[column.name]
        made[column.name if count == 1 else f"{column.name}#{count}"] = read_column(into, column)
    return Table(made)


def read_column(into: Path, column: TracedColumn) -> Column:
    """The cells of one column of the trace in this folder."""
    path = into / column.file
    if column.kind == "text":
        return Text(_texts_of(path))
    return Number(_numbers_of(path, column), column.kind)


def _texts_of(path: Path) -> list[str | None]:
    try:
        return _texts.decode(_bytes(path))
    except msgspec.MsgspecError as error:
        raise OutsideError(f"a column of text cannot be read: {error}", where=str(path)) from error


def _numbers_of(path: Path, column: TracedColumn) -> Numbers:
    try:
        values = np.fromfile(path, "<f8", count=column.rows or -1, offset=column.offset)
    except OSError as error:
        raise OutsideError(f"a column is missing: {error.strerror}", where=str(path)) from error
    if column.rows and len(values) != column.rows:
        raise OutsideError("a column was cut short", where=str(path), hint="run the training again")
    return values


def _positions_of(path: Path) -> Positions:
    content = _bytes(path)
    if len(content) % 8:
        raise OutsideError("a list of rows was cut short", where=str(path), hint="run the training again")
    return np.frombuffer(content, "<i8")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutsideError(f"a column is missing: {error.strerror}", where=str(path)) from error

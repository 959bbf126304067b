"""What a load sends: rows that callers sent before, as they were recorded; else the release's example."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from causeway.actions.bundles import Bundle
from causeway.actions.segments import PREDICTIONS, segment_source, segments_of
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import CausewayError
from causeway.core.records import Record, Value, frames
from causeway.core.release import Field
from causeway.core.table import Column, Number

MOST_ROWS = 500
MAX_LOG_BYTES = 8 << 20
MOST_SEALED = 1_000_000
"""A larger segment is not read for a few hundred rows of it."""
SEGMENTS, RECORDS, EXAMPLE = "segments", "records", "example"

Row = dict[str, Value]


class Recorded(Struct, frozen=True):
    """Rows to send, and where they came from."""

    rows: tuple[Row, ...]
    source: str


def rows_of(work: Workspace, product: str, bundle: Bundle) -> Recorded:
    """The latest rows on record that have this release's fields; its example where there is none."""
    fields = bundle.release.signature.inputs
    for source, read in ((RECORDS, _from_logs), (SEGMENTS, _from_segments)):
        if rows := tuple(_different(read(work, product, fields), fields)):
            return Recorded(rows, source)
    return Recorded((dict(bundle.example),), EXAMPLE)


def _different(rows: Iterator[Row], fields: Sequence[Field]) -> Iterator[Row]:
    names = {field.name for field in fields}
    seen: set[tuple[Value, ...]] = set()
    for row in rows:
        values = tuple(row.get(field.name) for field in fields)
        if names <= row.keys() and values not in seen:
            seen.add(values)
            yield {name: row[name] for name in names}
        if len(seen) >= MOST_ROWS:
            return


def _from_logs(work: Workspace, product: str, _fields: Sequence[Field]) -> Iterator[Row]:
    logs = sorted((work.state / "records" / product).glob("*.log"), reverse=True)
    for log in logs:
        try:
            with log.open("rb") as stream:
                content = stream.read(MAX_LOG_BYTES)
        except FileNotFoundError:
            # sealed in the meantime
            continue
        yield from (record.inputs for record in frames(content) if isinstance(record, Record))


def _from_segments(work: Workspace, product: str, fields: Sequence[Field]) -> Iterator[Row]:
    for fact in reversed(segments_of(work, product, PREDICTIONS)):
        if fact.rows > MOST_SEALED:
            continue
        try:
            columns = registry.segment_files().read([segment_source(work, fact)]).columns
        except CausewayError:
            # a segment that is gone or spoilt is for `causeway doctor` to tell
            continue
        if any(f"in_{field.name}" not in columns for field in fields):
            continue
        parts = [_values(columns[f"in_{field.name}"], field) for field in fields]
        names = [field.name for field in fields]
        yield from (dict(zip(names, values, strict=True)) for values in zip(*parts, strict=True))


def _values(column: Column, field: Field) -> list[Value]:
    if not isinstance(column, Number):
        return list(column.values)
    kind = {"integer": int, "boolean": bool}.get(field.kind, float)
    return [None if math.isnan(value) else kind(value) for value in column.values.tolist()]

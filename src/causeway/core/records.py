"""One answered row as it lies in the append log: length, checksum, body.

A frame is `<II` (body length, CRC-32 of the body) followed by the body in MessagePack: a `Record`, the
`Many` of one request's rows, or what was `Lost`. One that is cut short, whose checksum differs or whose
body is none of these is torn: reading stops there, and nothing behind it is trusted.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import msgspec
from msgspec import Struct

Value = str | float | int | bool | None

_HEADER = struct.Struct("<II")
_encode = msgspec.msgpack.Encoder().encode

MAX_FRAME_BYTES = 64 << 20


class Record(Struct, frozen=True, array_like=True):
    """What was asked and answered, one row of one request."""

    id: str
    """UUIDv7 of the prediction, by which outcomes join it."""
    at_ns: int
    product: str
    release: str
    arm: str
    consumer: str
    inputs: dict[str, Value]
    outputs: dict[str, Value]
    latency_us: int
    flags: tuple[str, ...] = ()
    request: str = ""
    """What the caller named the request, or the id of its first row."""


_decode = msgspec.msgpack.Decoder(Record).decode


class Lost(Struct, frozen=True, array_like=True, tag="lost"):
    """So many answers went out without a record, which is said as soon as there is room to say it."""

    rows: int
    first_ns: int
    last_ns: int
    because: str


class Many(Struct, frozen=True, array_like=True, tag="many"):
    """The records of one request's rows, each name said once; read, they are `Record`s."""

    ids: Sequence[str]
    at_ns: int
    product: str
    release: str
    arm: str
    consumer: str
    fields: Sequence[str]
    inputs: Sequence[tuple[Value, ...]]
    """A row's values in the order of `fields`."""
    outputs: dict[str, Sequence[Value]]
    """By name, a value a row."""
    latency_us: int
    flags: dict[int, tuple[str, ...]]
    """By row number, where a row has any."""
    request: str

    def records(self) -> Iterator[Record]:
        """The record of each row."""
        columns = zip(*self.outputs.values(), strict=True) if self.outputs else repeat((), len(self.ids))
        for row, (id_, sent, told) in enumerate(zip(self.ids, self.inputs, columns, strict=True)):
            yield Record(
                id=id_,
                at_ns=self.at_ns,
                product=self.product,
                release=self.release,
                arm=self.arm,
                consumer=self.consumer,
                inputs=dict(zip(self.fields, sent, strict=True)),
                outputs=dict(zip(self.outputs, told, strict=True)),
                latency_us=self.latency_us,
                flags=self.flags.get(row, ()),
                request=self.request,
            )


_decode_many = msgspec.msgpack.Decoder(Many).decode
_decode_lost = msgspec.msgpack.Decoder(Lost).decode


def frame(record: Record | Lost) -> bytes:
    """The bytes to append for one record."""
    return framed(record)


def framed(record: Record | Lost | Many | tuple[Any, ...]) -> bytes:
    """The same for a record, or for its values in order; what writes itself as a map may stand for a dict."""
    body = _encode(record)
    return _HEADER.pack(len(body), zlib.crc32(body)) + body


FAILED_SUFFIX = ".failed"


class Failed(Struct, frozen=True, array_like=True):
    """How many requests one release refused or failed lately with this status; a line of a `.failed` file."""

    at_ns: int
    release: str
    """Its first digits."""
    status: int
    count: int


class Torn(Struct, frozen=True):
    """Bytes at the end of a log that are no whole frame."""

    offset: int
    length: int


def frames(log: bytes) -> Iterator[Record | Lost | Torn]:
    """Every whole record of a log in order, then a `Torn` if anything is left over."""
    offset = 0
    while offset < len(log):
        records, end = _next(log, offset)
        if not records:
            yield Torn(offset, len(log) - offset)
            return
        yield from records
        offset = end


def _next(log: bytes, offset: int) -> tuple[Sequence[Record | Lost], int]:
    start = offset + _HEADER.size
    if start > len(log):
        return (), offset
    length, checksum = _HEADER.unpack_from(log, offset)
    body = memoryview(log)[start : start + length]
    if not 0 < length <= MAX_FRAME_BYTES or len(body) < length or zlib.crc32(body) != checksum:
        return (), offset
    for read in (_one, _many, _said):
        try:
            return read(body), start + length
        # rows and columns of unequal length are no record either
        except (msgspec.DecodeError, ValueError):
            continue
    return (), offset


def _one(body: memoryview) -> list[Record | Lost]:
    return [_decode(body)]


def _many(body: memoryview) -> list[Record | Lost]:
    return [*_decode_many(body).records()]


def _said(body: memoryview) -> list[Record | Lost]:
    return [_decode_lost(body)]


class SegmentColumn(Struct, frozen=True):
    """One column of a segment; `kind` is `text`, `integer`, `number`, `boolean` or `time`.

    A time is microseconds since 1970 in UTC. None is where there is no value.
    """

    kind: str
    values: Sequence[Value]


class SegmentContent(Struct, frozen=True):
    """A segment's bytes, none where it has no row; the times of its first and last one in microseconds."""

    content: bytes
    rows: int
    first_us: int
    last_us: int


FLAG_SEPARATOR = "|"
EXACT = 1 << 53
"""Up to here a float says every whole number."""
_LARGEST_INTEGER = (1 << 63) - 1


def columns_of(records: Sequence[Record]) -> dict[str, SegmentColumn]:
    """The records as columns: inputs are `in_<field>`, outputs `out_<name>`."""
    columns = {
        "id": SegmentColumn("text", [record.id for record in records]),
        "request": SegmentColumn("text", [record.request for record in records]),
        "at": SegmentColumn("time", [record.at_ns // 1000 for record in records]),
        "release": SegmentColumn("text", [record.release for record in records]),
        "arm": SegmentColumn("text", [record.arm for record in records]),
        "consumer": SegmentColumn("text", [record.consumer for record in records]),
        "latency_us": SegmentColumn("integer", [record.latency_us for record in records]),
        "flags": SegmentColumn("text", [FLAG_SEPARATOR.join(record.flags) or None for record in records]),
    }
    columns |= _prefixed("in_", [record.inputs for record in records])
    return columns | _prefixed("out_", [record.outputs for record in records])


def _prefixed(prefix: str, rows: Sequence[dict[str, Value]]) -> dict[str, SegmentColumn]:
    names = dict.fromkeys(chain.from_iterable(rows))
    return {prefix + name: column_of([row.get(name) for row in rows]) for name in names}


def column_of(values: list[Value]) -> SegmentColumn:
    """The narrowest kind that holds every value as it is; releases may disagree about a field's kind."""
    types = {type(value) for value in values if value is not None}
    if types == {bool}:
        return SegmentColumn("boolean", values)
    if types == {int} and not any_beyond(_LARGEST_INTEGER, values):
        return SegmentColumn("integer", values)
    if float in types and types <= {int, float} and not any_beyond(EXACT, values):
        return SegmentColumn("number", values)
    return SegmentColumn("text", [None if value is None else _text(value) for value in values])


def any_beyond(most: int, values: Sequence[Value]) -> bool:
    """Whether an integer among them is farther from zero than that."""
    return any(isinstance(value, int) and not -most <= value <= most for value in values)


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""One answered row as it lies in the append log: length, checksum, body.

A frame is `<II` (body length, CRC-32 of the body) followed by the body in MessagePack. A frame that
is cut short, whose checksum differs or whose body is no record is torn: reading stops there, and
nothing behind it is trusted.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

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


def frame(record: Record) -> bytes:
    """The bytes to append for one record."""
    body = _encode(record)
    return _HEADER.pack(len(body), zlib.crc32(body)) + body


class Torn(Struct, frozen=True):
    """Bytes at the end of a log that are no whole frame."""

    offset: int
    length: int


def frames(log: bytes) -> Iterator[Record | Torn]:
    """Every whole record of a log in order, then a `Torn` if anything is left over."""
    offset = 0
    while offset < len(log):
        record, end = _next(log, offset)
        if record is None:
            yield Torn(offset, len(log) - offset)
            return
        yield record
        offset = end


def _next(log: bytes, offset: int) -> tuple[Record | None, int]:
    start = offset + _HEADER.size
    if start > len(log):
        return None, offset
    length, checksum = _HEADER.unpack_from(log, offset)
    body = memoryview(log)[start : start + length]
    if not 0 < length <= MAX_FRAME_BYTES or len(body) < length or zlib.crc32(body) != checksum:
        return None, offset
    try:
        return _decode(body), start + length
    except msgspec.DecodeError:
        return None, offset


def input_columns(records: Iterable[Record]) -> list[str]:
    """The names of all inputs, in the order in which they first appear."""
    return list(dict.fromkeys(chain.from_iterable(record.inputs for record in records)))


def output_columns(records: Iterable[Record]) -> list[str]:
    """The names of all outputs, in the order in which they first appear."""
    return list(dict.fromkeys(chain.from_iterable(record.outputs for record in records)))

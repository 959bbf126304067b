"""One answered request as it lies in the append log: length, checksum, body.

A frame is `<II` (body length, CRC-32 of the body) followed by the body in MessagePack. A frame that
is cut short or whose checksum differs is torn: reading stops there, and nothing behind it is trusted.
"""

import struct
import zlib
from collections.abc import Iterator

import msgspec
from msgspec import Struct

_HEADER = struct.Struct("<II")
_encode = msgspec.msgpack.Encoder().encode

MAX_FRAME_BYTES = 64 << 20


class Record(Struct, frozen=True, array_like=True):
    """What was asked and answered, one row of one request."""

    id: str
    """UUIDv7 of the prediction: `<request id>` or `<request id>:<row>` from the second row on."""
    at_ns: int
    product: str
    release: str
    arm: str
    consumer: str
    inputs: dict[str, str | float | int | bool | None]
    outputs: dict[str, str | float | int | bool | None]
    latency_us: int
    flags: tuple[str, ...] = ()


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
        end = offset + _HEADER.size
        if end > len(log):
            break
        length, checksum = _HEADER.unpack_from(log, offset)
        body = log[end : end + length]
        if length > MAX_FRAME_BYTES or len(body) < length or zlib.crc32(body) != checksum:
            break
        yield _decode(body)
        offset = end + length
    if offset < len(log):
        yield Torn(offset, len(log) - offset)

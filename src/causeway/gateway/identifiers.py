"""Names for predictions: UUIDs of version 7, many at once for the price of one."""

import os
from collections.abc import Sequence

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_DRAWN_BYTES = 10
_POOL_DRAWS = 400
_COUNTER_ROOM = 1 << 61


class _Pool:
    """Random bytes, fetched from the system many at a time; a process that is forked off draws its own."""

    def __init__(self) -> None:
        self._bytes = b""
        self._next = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self) -> bytes:
        """Bytes that nobody had before."""
        start = self._next
        if start >= len(self._bytes):
            self._bytes, start = os.urandom(_DRAWN_BYTES * _POOL_DRAWS), 0
        self._next = start + _DRAWN_BYTES
        return self._bytes[start : self._next]

    def _forget(self) -> None:
        self._bytes, self._next = b"", 0


_POOL = _Pool()


def prediction_ids(count: int, *, at_ns: int) -> Sequence[str]:
    """As many identifiers, which sort by time and, in one request, by row (RFC 9562, section 5.7)."""
    milliseconds = at_ns // 1_000_000 & (1 << 48) - 1
    drawn = int.from_bytes(_POOL.take())
    top = milliseconds << 80 | _VERSION | (drawn >> 64 & 0xFFF) << 64 | _VARIANT
    # the upper half of the range is left free, so that counting up never overflows
    first = drawn % _COUNTER_ROOM
    return [_written(top | first + row) for row in range(count)]


def following(first: str, count: int) -> Sequence[str]:
    """An identifier and those after it, as `prediction_ids` would have given them."""
    if count == 1:
        return [first]
    number = int(first.replace("-", ""), 16)
    return [first, *(_written(number + row) for row in range(1, count))]


def _written(value: int) -> str:
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

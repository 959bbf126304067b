"""Thrift's compact protocol without a schema: structures as dictionaries from field number to value."""

import struct
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 24
MAX_ITEMS = 400_000


class Compact:
    """A reader of one buffer; raises ValueError or IndexError where the bytes make no sense."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.position = 0
        self.items = 0
        self._readers: dict[int, Callable[[int], Any]] = {
            3: lambda _: self._byte(),
            4: lambda _: self._zigzag(),
            5: lambda _: self._zigzag(),
            6: lambda _: self._zigzag(),
            7: lambda _: struct.unpack("<d", self._take(8))[0],
            8: lambda _: self._take(self._varint()),
            9: self._list,
            10: self._list,
            11: self._map,
            12: lambda depth: self.structure(depth + 1),
        }

    def structure(self, depth: int = 0) -> dict[int, Any]:
        """The structure at the present position."""
        if depth > MAX_DEPTH:
            raise ValueError("nested too deep")
        found: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return found
            step = head >> 4
            number = number + step if step else self._zigzag()
            found[number] = self._value(head & 15, depth)

    def _value(self, kind: int, depth: int) -> Any:  # noqa: ANN401 - whatever the structure holds
        self.items += 1
        if self.items > MAX_ITEMS:
            raise ValueError("too many values")
        if kind in {1, 2}:
            return kind == 1
        reader = self._readers.get(kind)
        if reader is None:
            raise ValueError("unknown type")
        return reader(depth)

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4
        count = self._varint() if count == 15 else count
        kind = head & 15
        # in a list a boolean is a byte of its own
        return [self._byte() == 1 if kind in {1, 2} else self._value(kind, depth + 1) for _ in range(count)]

    def _map(self, depth: int) -> list[Any]:
        count = self._varint()
        kinds = self._byte() if count else 0
        return [
            (self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(count)
        ]

    def _byte(self) -> int:
        self.position += 1
        return self.raw[self.position - 1]

    def _take(self, length: int) -> bytes:
        if length > len(self.raw) - self.position:
            raise ValueError("ends too early")
        self.position += length
        return self.raw[self.position - length : self.position]

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if not byte & 128:
                return value
            shift += 7
        raise ValueError("number too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

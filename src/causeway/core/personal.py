"""What is recorded in the place of a personal value: a mask, a keyed hash, or nothing.

A hash is `<key>:<value>`: six digits that name the key, then the first 96 bits of HMAC-SHA-256 over the
value's text. The same value under the same key is always the same; whose it is, only the key tells.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from causeway.core.records import SegmentColumn, Value, column_of

MASK, HASH, OMIT = "mask", "hash", "omit"
KEY_BYTES = 32
NAME_DIGITS, HASH_DIGITS = 6, 24
HASHED = rf"^[0-9a-f]{{{NAME_DIGITS}}}:[0-9a-f]{{{HASH_DIGITS}}}$"
"""The form of every hash, as a regular expression."""
HIDDEN = "***"
# of a shorter text the first character would be too much of it
SHORT_CHARACTERS = 3
# beyond it a rounded number may leave the 64 bits of a record
LARGEST = 1 << 62


class Private:
    """How a product's personal inputs are recorded, under one key."""

    def __init__(self, ways: Mapping[str, str], key: bytes) -> None:
        self._key = key
        self._ways = dict(ways)
        self.name = hashlib.sha256(key).hexdigest()[:NAME_DIGITS]
        """What the key is called in every hash that it makes."""

    def kept(self, rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
        """The rows as they are recorded."""
        return [self._row(row) for row in rows]

    def columns(self, columns: Mapping[str, SegmentColumn]) -> dict[str, SegmentColumn]:
        """The columns of a segment (`in_<field>`) as they are recorded."""
        out: dict[str, SegmentColumn] = {}
        for name, column in columns.items():
            way = self._ways.get(name.removeprefix("in_")) if name.startswith("in_") else None
            if way is None:
                out[name] = column
            elif way != OMIT:
                out[name] = column_of([self._value(way, value) for value in column.values])
        return out

    def hashed(self, value: Value) -> str:
        """What stands for this value."""
        digest = hmac.digest(self._key, plain(value).encode(), "sha256").hex()
        return f"{self.name}:{digest[:HASH_DIGITS]}"

    def _row(self, row: Mapping[str, Value]) -> dict[str, Value]:
        ways = self._ways
        return {
            name: self._value(ways[name], value) if name in ways else value
            for name, value in row.items()
            if ways.get(name) != OMIT
        }

    def _value(self, way: str, value: Value) -> Value:
        if value is None:
            return None
        return self.hashed(value) if way == HASH else masked(value)


def masked(value: Value) -> Value:
    """The first character of a text, a number to its first digit, nothing of a truth."""
    if isinstance(value, str):
        return value[0] + HIDDEN if len(value) > SHORT_CHARACTERS else HIDDEN
    if value is None or isinstance(value, bool) or abs(value) > LARGEST:
        return None
    if isinstance(value, int):
        return round(value, 1 - len(str(abs(value))))
    return float(f"{value:.0e}")


def plain(value: Value) -> str:
    """The text by which values are one: 7, 7.0 and "7"."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole and isinstance(value, float) else value).strip()

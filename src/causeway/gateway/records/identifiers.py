"""Names for predictions: UUIDs of version 7, many at once for the price of one."""

import os
from collections.abc import Sequence

_DRAWN_DIGITS = 20
_POOL_DRAWS = 400
_TAIL_DIGITS = 12
_TAIL_ROOM = 1 << 48
_LAST = [f"{number:02x}" for number in range(256)]
# the variant's two bits, then a bit that is left free, so that counting up never overflows
_VARIANT = dict(zip("0123456789abcdef", "8989898989898989", strict=True))


class _Pool:
    """Random digits, fetched from the system many at a time; a process that is forked off draws its own."""

    def __init__(self) -> None:
        self._digits = ""
        self._next = 0
        self._at_ms = -1
        self._when = ""
        os.register_at_fork(after_in_child=self._forget)

    def take(self) -> str:
        """Hexadecimal digits that nobody had before."""
        start = self._next
        if start >= len(self._digits):
            self._digits, start = os.urandom(_DRAWN_DIGITS * _POOL_DRAWS // 2).hex(), 0
        self._next = start + _DRAWN_DIGITS
        return self._digits[start : self._next]

    def when(self, at_ms: int) -> str:
        """The digits of this millisecond, which many predictions share."""
        if at_ms != self._at_ms:
            digits = f"{at_ms & (1 << 48) - 1:012x}"
            self._at_ms, self._when = at_ms, f"{digits[:8]}-{digits[8:]}"
        return self._when

    def _forget(self) -> None:
        self._digits, self._next = "", 0


_POOL = _Pool()


def prediction_ids(count: int, *, at_ns: int) -> Sequence[str]:
    """As many identifiers, which sort by time and, in one request, by row (RFC 9562, section 5.7)."""
    return following(prediction_id(at_ns), count)


def prediction_id(at_ns: int) -> str:
    """One of them, after which as many may follow."""
    drawn = _POOL.take()
    tail = drawn[7 : 7 + _TAIL_DIGITS]
    return f"{_POOL.when(at_ns // 1_000_000)}-7{drawn[:3]}-{_VARIANT[drawn[3]]}{drawn[4:7]}-{tail}"


def following(first: str, count: int) -> Sequence[str]:
    """An identifier and those after it, as `prediction_ids` would have given them."""
    if count == 1:
        return [first]
    head, tail = first[:-_TAIL_DIGITS], int(first[-_TAIL_DIGITS:], 16)
    if tail + count < _TAIL_ROOM:
        return _counted(head, tail, tail + count)
    number = int(first.replace("-", ""), 16)
    return [first, *(_written(number + row) for row in range(1, count))]


def _counted(head: str, first: int, end: int) -> Sequence[str]:
    """The head with each of these numbers behind it, whose last digits are looked up."""
    names: list[str] = []
    for block in range(first >> 8, (end - 1 >> 8) + 1):
        most = f"{head}{block:010x}"
        names += [most + last for last in _LAST[max(0, first - (block << 8)) : end - (block << 8)]]
    return names


def _written(value: int) -> str:
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

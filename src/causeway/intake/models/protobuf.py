"""Protocol buffers without their schema: numbered fields of one message, read up to a limit."""

from collections.abc import Iterator

MAX_FIELDS = 20_000


def fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; ends quietly where the bytes make no sense."""
    position = 0
    for _ in range(MAX_FIELDS):
        if position >= len(raw):
            return
        key, position = varint(raw, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = varint(raw, position)
            yield number, value
        elif wire == 2:
            length, position = varint(raw, position)
            yield number, raw[position : position + length]
            position += length
        elif wire in {1, 5}:
            width = 8 if wire == 1 else 4
            yield number, raw[position : position + width]
            position += width
        else:
            return


def varint(raw: bytes, position: int) -> tuple[int, int]:
    """A number of variable length at this position, and the position behind it."""
    value = shift = 0
    while position < len(raw) and shift < 70:
        byte = raw[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7
    return value, len(raw)


def text(value: int | bytes) -> str:
    """A field's bytes as text."""
    return value.decode("utf-8", "replace")[:200] if isinstance(value, bytes) else ""


def packed(value: int | bytes) -> Iterator[int]:
    """The numbers of a packed field."""
    if isinstance(value, int):
        yield value
        return
    position = 0
    while position < len(value):
        number, position = varint(value, position)
        yield number


def whole(raw: bytes) -> bool:
    """Whether the message ends where its last field ends."""
    position = 0
    while position < len(raw):
        key, position = varint(raw, position)
        if key & 7 == 2:
            length, position = varint(raw, position)
            position += length
        elif key & 7 == 0:
            _, position = varint(raw, position)
        elif key & 7 in {1, 5}:
            position += 8 if key & 7 == 1 else 4
        else:
            return False
    return position == len(raw)

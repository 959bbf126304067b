"""XGBoost's binary form, UBJSON: values only, followed to the last byte."""

MARK = b"{L\0\0\0\0\0\0\0\x07learner"
WIDTHS = {"Z": 0, "T": 0, "F": 0, "i": 1, "U": 1, "C": 1, "I": 2, "l": 4, "d": 4, "L": 8, "D": 8}
WHOLE = {"i", "U", "I", "l", "L"}
MAX_DEPTH = 64


def is_xgboost(raw: bytes) -> bool:
    """Whether all of these bytes are one model of XGBoost's."""
    if not raw.startswith(MARK):
        return False
    try:
        return _value(raw, 0, _marker(raw, 0), 0) == len(raw)
    except (IndexError, ValueError):
        return False


def _marker(raw: bytes, at: int) -> str:
    return chr(raw[at])


def _value(raw: bytes, at: int, kind: str, depth: int) -> int:
    """Where the value that starts at `at`, with its marker, ends."""
    return _body(raw, at + 1, kind, depth)


def _body(raw: bytes, at: int, kind: str, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise ValueError(kind)
    if kind in WIDTHS:
        return _within(raw, at + WIDTHS[kind])
    if kind in {"S", "H"}:
        return _text(raw, at)
    if kind == "[":
        return _array(raw, at, depth)
    if kind == "{":
        return _object(raw, at, depth)
    raise ValueError(kind)


def _text(raw: bytes, at: int) -> int:
    size, at = _size(raw, at)
    return _within(raw, at + size)


def _array(raw: bytes, at: int, depth: int) -> int:
    kind = ""
    if _marker(raw, at) == "$":
        kind, at = _marker(raw, at + 1), at + 2
    if _marker(raw, at) != "#":
        while _marker(raw, at) != "]":
            at = _value(raw, at, _marker(raw, at), depth + 1)
        return at + 1
    count, at = _size(raw, at + 1)
    if kind in WIDTHS:
        return _within(raw, at + count * WIDTHS[kind])
    if count > len(raw):
        raise ValueError(count)
    for _ in range(count):
        at = _body(raw, at, kind, depth + 1) if kind else _value(raw, at, _marker(raw, at), depth + 1)
    return at


def _object(raw: bytes, at: int, depth: int) -> int:
    while _marker(raw, at) != "}":
        at = _text(raw, at)
        at = _value(raw, at, _marker(raw, at), depth + 1)
    return at + 1


def _size(raw: bytes, at: int) -> tuple[int, int]:
    kind = _marker(raw, at)
    end = _within(raw, at + 1 + WIDTHS[kind]) if kind in WHOLE else 0
    size = int.from_bytes(raw[at + 1 : end], "big", signed=kind != "U")
    if not end or size < 0:
        raise ValueError(kind)
    return size, end


def _within(raw: bytes, end: int) -> int:
    if end > len(raw):
        raise IndexError(end)
    return end

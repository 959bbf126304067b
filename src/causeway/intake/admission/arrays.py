"""Types of arrays inside pickles: a type that lies about holding objects would run code or read memory."""

import re

from causeway.intake.admission.unlisted import Unlisted
from causeway.intake.models.pickle_machine import MAX_KEPT_ITEMS, Made

PLAIN = re.compile(r"[<>|=]?([biufcSUMmV?])(\d{0,9})")
OBJECTS = re.compile(r"[<>|=]?O8?")
HOLDS_OBJECTS = 0x07
"""NumPy's flags for elements that are counted references, pickled as a list, or pointers."""
OBJECT_FLAGS = frozenset({0, 63})
STATE_LENGTHS = (8, 9)
WRAPPER_KEYS = frozenset({"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"})
BYTES_EACH = {"U": 4, "M": 8, "m": 8}
MAX_ALIGNMENT = 64


def check_type(made: Made, state: object) -> None:
    """Refuses a NumPy type that is told to be other than it was made."""
    if not isinstance(state, tuple) or len(state) not in STATE_LENGTHS or made.state is not None:
        raise Unlisted("the type of an array in it is set in an unusual way")
    subtype, names, fields, flags = state[2], state[3], state[4], state[7]
    code = _code(made)
    if OBJECTS.fullmatch(code):
        fine = (subtype, names, fields) == (None, None, None) and flags in OBJECT_FLAGS
    else:
        fine = subtype is None and isinstance(flags, int) and not flags & HOLDS_OBJECTS
        fine = fine and _fields_are_plain(names, fields)
    if not fine:
        raise Unlisted("the type of an array in it is not what it says")


def size_of(made: Made) -> int | None:
    """How many bytes joblib reads for this array; None where it reads another pickle instead."""
    state = made.state
    if made.args not in ((), None) or not isinstance(state, dict) or not state.keys() <= WRAPPER_KEYS:
        raise Unlisted("an array in it is described in an unusual way")
    shape, dtype, alignment = (
        state.get("shape"),
        state.get("dtype"),
        state.get("numpy_array_alignment_bytes"),
    )
    plain = isinstance(shape, tuple) and all(type(length) is int and length >= 0 for length in shape)
    aligned = alignment is None or (type(alignment) is int and 0 < alignment <= MAX_ALIGNMENT)
    if not plain or not aligned or not isinstance(dtype, Made) or dtype.name != "numpy.dtype":
        raise Unlisted("an array in it is described in an unusual way")
    code = _code(dtype)
    if OBJECTS.fullmatch(code):
        return None
    count = 1
    for length in shape:  # type: ignore[union-attr]
        count *= length
    return count * _width(code)


def _fields_are_plain(names: object, fields: object) -> bool:
    if names is None and fields is None:
        return True
    if not isinstance(names, tuple) or not isinstance(fields, dict):
        return False
    if set(names) != set(fields) or len(fields) >= MAX_KEPT_ITEMS:
        return False
    return all(_is_plain_field(value) for value in fields.values())


def _is_plain_field(value: object) -> bool:
    inner = value[0] if isinstance(value, tuple) and value else None
    return isinstance(inner, Made) and inner.name == "numpy.dtype" and bool(PLAIN.fullmatch(_code(inner)))


def _code(made: Made) -> str:
    code = made.args[0] if isinstance(made.args, tuple) and made.args else None
    if not isinstance(code, str) or not (PLAIN.fullmatch(code) or OBJECTS.fullmatch(code)):
        raise Unlisted("the type of an array in it is none that is known")
    return code


def _width(code: str) -> int:
    kind, digits = PLAIN.fullmatch(code).groups()  # type: ignore[union-attr]
    if kind in {"M", "m"}:
        return BYTES_EACH[kind]
    return int(digits or 1) * BYTES_EACH.get(kind, 1)

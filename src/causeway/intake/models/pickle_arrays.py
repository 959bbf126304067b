"""NumPy arrays inside pickles: their shape, and their values where they are few."""

import numpy as np

from causeway.intake.models.pickle_machine import Made

MAX_TEXTS = 2_000
MAX_NUMBERS = 60


def rows_of(value: object) -> int:
    """How many rows an array or sparse matrix has; 0 where that cannot be told."""
    if not isinstance(value, Made):
        return 0
    if isinstance(value.state, dict):
        shape = value.state.get("_shape")
        return shape[0] if isinstance(shape, tuple) and shape and isinstance(shape[0], int) else 0
    shape, _, _ = _array(value)
    return shape[0] if len(shape) == 2 else 0


def texts_of(value: object) -> tuple[str, ...]:
    """The values of a short list or one-dimensional array, as texts; empty where it is something else."""
    if isinstance(value, list | tuple):
        return _texts(value)
    if not isinstance(value, Made):
        return ()
    shape, dtype, held = _array(value)
    if isinstance(held, list):
        return _texts(held)
    if isinstance(held, bytes) and len(shape) == 1 and 0 < shape[0] <= MAX_TEXTS:
        return _decoded(held, dtype, shape[0])
    return ()


def _texts(values: list[object] | tuple[object, ...]) -> tuple[str, ...]:
    plain = [str(item) for item in values if isinstance(item, str | int | float)]
    return tuple(plain) if len(plain) == len(values) <= MAX_TEXTS else ()


def _array(made: Made) -> tuple[tuple[int, ...], str, object]:
    """Shape, type and values as the pickle has them: `_reconstruct` with a state, or `_frombuffer`."""
    if made.name.endswith("._frombuffer") and isinstance(made.args, tuple) and len(made.args) == 4:
        raw, dtype, shape, _ = made.args
    elif isinstance(made.state, tuple) and len(made.state) == 5:
        _, shape, dtype, _, raw = made.state
    else:
        return (), "", None
    if not isinstance(shape, tuple) or not all(isinstance(length, int) for length in shape):
        return (), "", None
    return shape, _code(dtype), _bytes(raw)


def _code(dtype: object) -> str:
    if isinstance(dtype, Made) and isinstance(dtype.args, tuple) and dtype.args:
        return str(dtype.args[0])
    return ""


def _bytes(raw: object) -> object:
    # protocols below 3 have no bytes: they write _codecs.encode(text, 'latin1')
    if isinstance(raw, Made) and raw.name == "_codecs.encode" and isinstance(raw.args, tuple) and raw.args:
        text = raw.args[0]
        return text.encode("latin-1", "replace") if isinstance(text, str) else None
    return raw


def _decoded(raw: bytes, code: str, count: int) -> tuple[str, ...]:
    plain = code.lstrip("<>|=")
    if plain[:1] not in {"i", "u", "f", "b", "U", "S"} or (plain[:1] != "U" and count > MAX_NUMBERS):
        return ()
    try:
        values = np.frombuffer(raw, dtype=np.dtype(plain), count=count)
    except (ValueError, TypeError):
        return ()
    return tuple(str(value) for value in values.tolist())

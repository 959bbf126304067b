"""What strings, paths and dictionaries of constants give when code asks them for something."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from causeway.intake.flow.values import OPAQUE, Literal, Many, Opened, Value

if TYPE_CHECKING:
    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

SAME = frozenset("resolve absolute expanduser as_posix strip rstrip lstrip copy __str__ as_uri".split())  # noqa: SIM905 - words read best as words
MAX_TEXT = 2_000
_KNOWN = SAME | {
    "get",
    "joinpath",
    "format",
    "lower",
    "upper",
    "replace",
    "items",
    "values",
    "keys",
    "pop",
    "split",
    "read_text",
    "read_bytes",
    "open",
}


def knows(method: str) -> bool:
    """Whether a constant has this method."""
    return method in _KNOWN


def attribute(holder: Literal, name: str) -> Value:
    """`path.parent`, or a configuration's key written as an attribute."""
    held = holder.value
    if isinstance(held, dict):
        return wrapped(held[name]) if name in held else OPAQUE
    if isinstance(held, str) and name == "parent":
        return Literal(_above(held))
    if isinstance(held, str) and name == "parents":
        above = [_above(held)]
        for _ in range(5):
            above.append(_above(above[-1]))
        return Literal(above)
    if isinstance(held, str) and name == "name":
        return Literal(posixpath.basename(held))
    if isinstance(held, str) and name == "stem":
        return Literal(posixpath.splitext(posixpath.basename(held))[0])
    return OPAQUE


def _above(held: str) -> str:
    outside = held in {"", ".", ".."} or held.startswith("..")
    return posixpath.dirname(held) or (posixpath.join(held, "..") if outside else "")


def item(holder: Literal, index: Value) -> Value:
    """`settings["data"]`, `paths[0]`."""
    held = holder.value
    key = index.value if isinstance(index, Literal) else None
    if isinstance(held, dict) and isinstance(key, str | int | float) and key in held:
        return wrapped(held[key])
    if isinstance(held, list) and isinstance(key, int) and -len(held) <= key < len(held):
        return wrapped(held[key])
    return OPAQUE


def wrapped(held: object, *, depth: int = 2) -> Value:
    """A constant as a value: a list, and lists in it, can be gone through; the rest stays one piece."""
    # aliases in YAML make few bytes into lists of lists without end
    if isinstance(held, list | tuple) and depth:
        return Many(tuple(wrapped(one, depth=depth - 1) for one in held[:200]))
    return Literal(held)


def method(_follower: Following, holder: Literal, name: str, this: Call) -> Value | None:
    """What a method of a constant gives; None where it is not one that we know."""
    held = holder.value
    if name in SAME:
        return holder
    if isinstance(held, dict) and name in {"get", "pop"}:
        key = this.args[0].value if this.args and isinstance(this.args[0], Literal) else None
        return wrapped(held[key]) if isinstance(key, str | int) and key in held else this.arg(1)
    if isinstance(held, dict) and name in {"items", "values", "keys"}:
        pairs = [Many((Literal(key), wrapped(value))) for key, value in list(held.items())[:100]]
        chosen = {
            "items": pairs,
            "values": [pair.items[1] for pair in pairs],
            "keys": [pair.items[0] for pair in pairs],
        }
        return Many(tuple(chosen[name]))
    if isinstance(held, str) and name in {"read_text", "read_bytes", "open"}:
        return Opened(held, "r")
    if isinstance(held, str):
        return _of_text(held, name, this)
    return None


def _of_text(held: str, name: str, this: Call) -> Value | None:
    texts = [value.value if isinstance(value, Literal) else None for value in this.args]
    if name == "joinpath":
        return Literal("/".join([held, *(str(text) for text in texts if text)]))
    if name in {"lower", "upper"}:
        return Literal(held.lower() if name == "lower" else held.upper())
    if name == "replace" and len(texts) == 2 and all(isinstance(text, str) for text in texts):
        return Literal(held.replace(str(texts[0]), str(texts[1]))[:MAX_TEXT])
    if name == "split" and len(texts) == 1 and isinstance(texts[0], str) and texts[0]:
        return Many(tuple(Literal(part) for part in held.split(texts[0])[:100]))
    if name == "format" and None not in texts and not this.kwargs:
        return _formatted(held, texts)
    return OPAQUE if name in _KNOWN else None


def _formatted(held: str, texts: list[object]) -> Value:
    pieces = held.split("{}")
    if len(pieces) != len(texts) + 1:
        return OPAQUE
    return Literal("".join(part + str(text) for part, text in zip(pieces, [*texts, ""], strict=True)))

"""What loading a pickle would do and what it holds, read from its operations; nothing is ever loaded."""

import io
import pickletools
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from causeway.intake.models.pickle_arrays import rows_of, texts_of
from causeway.intake.models.pickle_danger import KNOWN
from causeway.intake.models.pickle_machine import Found, Global, Machine, Made, TooLong

MAX_SCANNED_BYTES = 8_000_000
MAX_LOOKED_AT = 5_000
_GLOBAL_TEXT = re.compile(
    rb"c((?:sklearn|xgboost|lightgbm|catboost|imblearn|os|posix|nt|subprocess|builtins|__builtin__|sys|runpy)"
    rb"[\w.]*)\n([\w.]+)\n"
)
_GLOBAL_SHORT = re.compile(
    rb"\x8c.((?:sklearn|xgboost|lightgbm|catboost|imblearn|os|posix|nt|subprocess|builtins|sys|runpy)[\w.]*)"
    rb"\x94?\x8c.([\w.]+)\x94?\x93",
    re.DOTALL,
)
PLAIN = {"copyreg", "copy_reg", "builtins", "__builtin__", "numpy", "joblib", "collections", "_codecs"}
PARTLY = "was followed only in part: more operations than the limit"
TRAINING_ROWS = {"_fit_X", "support_vectors_", "X_train_", "X_fit_", "_X", "_raw_data"}
_OPCODES = frozenset(opcode.code.encode("latin-1") for opcode in pickletools.opcodes)


class Pickled(Struct, frozen=True):
    """What a pickle names, and what of the trained object its operations tell."""

    names: tuple[str, ...]
    version: str = ""
    holds: str = ""
    problem: str = ""
    dangerous: tuple[str, ...] = ()
    carries_code: bool = False
    top: str = ""
    """Class of the object itself, where it is no plain container."""
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    rows: int = 0
    """How many rows of the training data lie inside."""

    @property
    def outermost(self) -> str:
        """The class of the object itself, when it is not a plain container."""
        if self.holds:
            return ""
        return self.top or next((name for name in self.names if name.split(".")[0] not in PLAIN), "")

    @property
    def unknown(self) -> tuple[str, ...]:
        """Functions of modules that are not known to belong to models."""
        harmful = set(self.dangerous)
        return tuple(name for name in self.names if name.split(".")[0] not in KNOWN and name not in harmful)


def looks_pickled(head: bytes) -> bool:
    """Whether these first bytes start a pickle of protocol 2 to 5."""
    return len(head) >= 4 and head[0] == 0x80 and 2 <= head[1] <= 5 and head[2:3] in _OPCODES


def read_pickle(raw: bytes) -> Pickled:
    """What these bytes would load, and how far they could be read."""
    found = Found()
    tops: list[Any] = []
    problem = ""
    try:
        _read(raw, found, tops)
    except TooLong:
        problem = PARTLY
        for module, name in _scan(raw):
            found.look_up(module, name)
    except (ValueError, IndexError, OverflowError, MemoryError, RecursionError, TypeError):
        if not any(name.startswith("joblib.") for name in found.names):
            problem = "holds bytes behind its end" if found.ended else "ends too early or is damaged"
        for module, name in _scan(raw):
            found.look_up(module, name)
    return _told(found, tops, problem)


def _read(raw: bytes, found: Found, tops: list[Any]) -> None:
    stream = io.BytesIO(raw)
    # a file may hold several pickles one behind the other, and whoever loads it may load them all
    while stream.tell() < len(raw):
        machine = Machine(found)
        machine.run(stream)
        tops.append(machine.top)


def _told(found: Found, tops: list[Any], problem: str) -> Pickled:
    top = tops[0] if tops else None
    parts = list(_parts(top))
    states = [part.state for part in parts if isinstance(part.state, dict)]
    models = [state for state in states if "classes_" in state]
    return Pickled(
        tuple(found.names),
        version=next((text for state in states if (text := _text(state.get("_sklearn_version")))), "")[:20],
        holds=_container(top, found),
        problem=problem,
        dangerous=tuple(found.dangerous),
        carries_code=found.carries,
        top=_class(top),
        features=next((names for state in states if (names := texts_of(state.get("feature_names_in_")))), ()),
        classes=next((names for state in models if (names := texts_of(state["classes_"]))), ()),
        rows=max(
            (rows_of(state[key]) for state in states for key in TRAINING_ROWS & state.keys()), default=0
        ),
    )


def _container(top: object, found: Found) -> str:
    if isinstance(top, list | tuple):
        tuples = sum(isinstance(item, tuple) for item in top)
        plain = not found.names and tuples > 2
        return f"{'list' if isinstance(top, list) else 'tuple'}{' of tuples' if plain else ''}"
    return "dictionary" if isinstance(top, dict) else ""


def _class(top: object) -> str:
    if isinstance(top, Global):
        return top.full
    return top.name if isinstance(top, Made) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parts(top: object) -> Iterator[Made]:
    """Every object that was made, the outermost first, each once, up to a number."""
    waiting: list[object] = [top]
    seen: set[int] = set()
    while waiting and len(seen) < MAX_LOOKED_AT:
        value = waiting.pop(0)
        if id(value) in seen or isinstance(value, str | bytes | int | float | None):
            continue
        seen.add(id(value))
        if isinstance(value, Made):
            yield value
            waiting += [value.state, value.args]
        elif isinstance(value, dict):
            waiting += list(value.values())[:500]
        elif isinstance(value, list | tuple):
            waiting += list(value)[:200]


def _scan(raw: bytes) -> Iterator[tuple[str, str]]:
    for pattern in (_GLOBAL_TEXT, _GLOBAL_SHORT):
        for found in pattern.finditer(raw[:MAX_SCANNED_BYTES]):
            yield found[1].decode("latin-1"), found[2].decode("latin-1")

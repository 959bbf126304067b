"""What loading a pickle would do, read from its opcodes; nothing is ever loaded."""
# ruff: noqa: SIM905 - lists of words read best as words

import io
import pickletools
import re
from collections.abc import Iterator

from msgspec import Struct

DENIED = frozenset(
    "os posix nt subprocess sys socket shutil runpy ctypes pty commands importlib webbrowser asyncio "
    "code codeop "
    "timeit pip urllib http requests ftplib smtplib telnetlib bdb pdb profile cProfile trace venv ensurepip "
    "multiprocessing threading signal platform marshal types pickle cloudpickle dill site builtins_ tempfile "
    "pathlib glob io linecache gc inspect".split()
)
DENIED_NAMES = frozenset(
    {
        "builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.__import__",
        "builtins.breakpoint", "builtins.input", "builtins.exit", "__builtin__.eval", "__builtin__.exec",
        "__builtin__.compile", "__builtin__.open", "__builtin__.__import__", "__builtin__.execfile",
        "numpy.testing._private.utils.runstring", "operator.attrgetter", "operator.methodcaller",
        "pandas.eval",
        "pandas.core.computation.eval.eval", "torch.hub.load", "torch.load", "joblib.load", "numpy.load",
    }
)  # fmt: skip
KNOWN = frozenset(
    "sklearn numpy scipy pandas xgboost lightgbm catboost imblearn joblib collections builtins "
    "__builtin__ copyreg "
    "copy_reg _codecs datetime keras tensorflow torch torchvision statsmodels nltk spacy "
    "category_encoders functools "
    "operator itertools decimal fractions re string random math typing __main__ __mp_main__ prophet "
    "surprise lifelines "
    "gensim sentence_transformers transformers tokenizers feature_engine pmdarima mlxtend dateutil pytz "
    "uuid enum abc "
    "zoneinfo pyarrow polars interpret skops sklearn_pandas econml shap".split()
)
MAX_OPERATIONS = 3_000_000
MAX_SCANNED_BYTES = 8_000_000
_VERSION = "_sklearn_version"
_GLOBAL_TEXT = re.compile(
    rb"c((?:sklearn|xgboost|lightgbm|catboost|imblearn|os|posix|subprocess|builtins)[\w.]*)\n(\w+)\n"
)
_GLOBAL_SHORT = re.compile(
    rb"\x8c.((?:sklearn|xgboost|lightgbm|catboost|imblearn)[\w.]*)\x94?\x8c.(\w+)\x94?\x93", re.DOTALL
)
PLAIN = {"copyreg", "copy_reg", "builtins", "__builtin__", "numpy", "joblib", "collections", "_codecs"}
_CONTAINERS = {"EMPTY_LIST": "list", "LIST": "list", "EMPTY_DICT": "dictionary", "DICT": "dictionary"}


class Pickled(Struct, frozen=True):
    """What a pickle names: functions in order, the version it says, its outermost container."""

    names: tuple[str, ...]
    version: str = ""
    holds: str = ""
    problem: str = ""

    @property
    def outermost(self) -> str:
        """The class of the object itself, when it is not a plain container."""
        if self.holds:
            return ""
        return next((name for name in self.names if name.split(".")[0] not in PLAIN), "")

    @property
    def dangerous(self) -> tuple[str, ...]:
        """Functions that no model needs and that can do harm."""
        return tuple(name for name in self.names if name.split(".")[0] in DENIED or name in DENIED_NAMES)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Functions of modules that are not known to belong to models."""
        harmful = set(self.dangerous)
        return tuple(name for name in self.names if name.split(".")[0] not in KNOWN and name not in harmful)


def looks_pickled(head: bytes) -> bool:
    """Whether these first bytes start a pickle of protocol 2 to 5."""
    return (
        len(head) >= 4
        and head[0] == 0x80
        and 2 <= head[1] <= 5
        and head[2:3] in b"\x95}](ctXU\x8cqKJ\x8a.N\x88\x89C\x8eGh"
    )


def read_pickle(raw: bytes) -> Pickled:
    """What these bytes would load, and how far they could be read."""
    reading = _Reading()
    problem = ""
    try:
        problem = _read(reading, raw)
    except (ValueError, IndexError, OverflowError, MemoryError, RecursionError, UnicodeError):
        if not any(name.startswith("joblib.") for name in reading.names):
            problem = "holds bytes behind its end" if reading.ended else "ends too early or is damaged"
        for name in _scan(raw):
            reading.name(name)
    return Pickled(tuple(reading.names), reading.version, reading.container(), problem)


def _read(reading: "_Reading", raw: bytes) -> str:
    stream = io.BytesIO(raw)
    taken = 0
    # joblib writes a pickle inside a pickle for arrays of objects, so the first STOP may not be the last
    while stream.tell() < len(raw):
        for opcode, argument, _ in pickletools.genops(stream):
            reading.take(opcode.name, argument)
            taken += 1
            if taken > MAX_OPERATIONS:
                return "more operations than the limit"
    return ""


class _Reading:
    """What the opcodes have said so far; remembers strings, because newer protocols name functions through
    them.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.version = ""
        self._strings: list[str] = []
        self._memo: dict[int, str] = {}
        self._memoized = 0
        self._outside: list[tuple[dict[int, str], int]] = []
        self._outer = ""
        self._tuples = 0
        self._first = True
        self.ended = False
        self._last_text: str | None = None

    def take(self, opcode: str, argument: object) -> None:
        """Takes the next operation."""
        self.ended = self.ended or opcode == "STOP"
        if opcode in {"PROTO", "STOP"}:
            self._nest(opcode)
        if opcode in {"PROTO", "FRAME", "MARK", "STOP"}:
            return
        if self._first:
            self._outer, self._first = _CONTAINERS.get(opcode, ""), False
        if opcode == "GLOBAL":
            self.name(str(argument).replace(" ", "."))
        elif opcode == "STACK_GLOBAL":
            self.name(".".join(self._strings[-2:]))
        elif opcode in {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}:
            self._tuples += 1
            self._last_text = None
        else:
            self._remember(opcode, argument)

    def _nest(self, opcode: str) -> None:
        if opcode == "PROTO":
            self._outside.append((self._memo, self._memoized))
            self._memo, self._memoized = {}, 0
        elif self._outside:
            self._memo, self._memoized = self._outside.pop()

    def _remember(self, opcode: str, argument: object) -> None:
        if opcode in {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}:
            index = self._memoized if opcode == "MEMOIZE" else int(str(argument))
            self._memoized += 1
            if self._last_text is not None:
                self._memo[index] = self._last_text
            return
        self._last_text = None
        if isinstance(argument, str) and ("UNICODE" in opcode or "STRING" in opcode):
            self._push(argument)
        elif opcode in {"GET", "BINGET", "LONG_BINGET"}:
            held = self._memo.get(int(str(argument)))
            if held is not None:
                self._push(held)

    def _push(self, text: str) -> None:
        if self._strings and self._strings[-1] == _VERSION:
            self.version = self.version or text[:20]
        self._strings = [*self._strings[-3:], text[:200]]
        self._last_text = text[:200]

    def name(self, name: str) -> None:
        """Notes a function or class that loading would look up."""
        self.names.setdefault(name)
        self._last_text = None

    def container(self) -> str:
        """What the outermost value is, when it is a plain container."""
        if self._outer == "list" and self._tuples > 2 and not self.names:
            return "list of tuples"
        return self._outer


def _scan(raw: bytes) -> Iterator[str]:
    for pattern in (_GLOBAL_TEXT, _GLOBAL_SHORT):
        for found in pattern.finditer(raw[:MAX_SCANNED_BYTES]):
            yield f"{found[1].decode('latin-1')}.{found[2].decode('latin-1')}"

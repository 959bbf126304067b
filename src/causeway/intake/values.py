"""What a variable may hold, as far as following data from file to model needs to know."""

import ast
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from causeway.core.finding import Evidence

T = TypeVar("T")


@dataclass(frozen=True)
class Mark:
    """Something was fitted on all rows of this data: what sort, by what, where."""

    kind: str
    name: str
    at: Evidence


@dataclass(frozen=True)
class Data:
    """A table, an array or a column, and where it came from."""

    source: str = ""
    ident: int = 0
    column: str | int | None = None
    columns: tuple[str, ...] | None = None
    slice: tuple[int, int | None] | None = None
    dropped: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()
    """Columns whose content lives on in others after they were dropped."""
    marks: tuple[Mark, ...] = ()
    part: str = ""
    cleaned: tuple[str, ...] = ()
    positive: str = ""
    derived: tuple[tuple[str, frozenset[str]], ...] = ()
    """New columns, with the columns they were computed from."""
    filters: tuple[tuple[str, Evidence], ...] = ()
    """Columns by whose values rows were left out."""


@dataclass(frozen=True)
class Estimator:
    """An estimator, transformer, resampler or network that the code built."""

    name: str
    module: str
    kind: str
    at: Evidence
    ident: int
    task: str = ""
    steps: tuple[str, ...] = ()
    text: bool = False


@dataclass(frozen=True)
class Many:
    """Several values: a tuple, a list, or what a function returned."""

    items: tuple["Value", ...]


@dataclass(frozen=True)
class Literal:
    """A constant of the code."""

    value: Any


@dataclass(frozen=True)
class Cut:
    """A row number computed as a share of the length: where data is divided."""

    at: Evidence


@dataclass(frozen=True)
class Length:
    """The number of rows of something."""


@dataclass(frozen=True)
class Statistics:
    """A mean, median or mode of data."""

    of: Data
    name: str


@dataclass(frozen=True)
class Function:
    """A function of the code itself, with the names that were visible where it was written."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: "Scope"
    name: str


@dataclass(frozen=True)
class Opened:
    """An open file."""

    path: str
    mode: str


@dataclass(frozen=True)
class Loaded:
    """What came out of a saved file."""

    path: str
    at: Evidence


@dataclass(frozen=True)
class Opaque:
    """Anything else; `each` when it is one after the other of what a loop goes over."""

    each: bool = False


Value = Data | Estimator | Many | Literal | Cut | Length | Statistics | Function | Opened | Loaded | Opaque
OPAQUE = Opaque()
EACH = Opaque(each=True)
UNKNOWN = "#unknown"
"""Stands among a table's dropped columns when the code computes which ones go."""


@dataclass
class Scope:
    """The names of one file or one call."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: "Scope | None" = None

    def get(self, name: str) -> Value | None:
        """What the name holds here or further out."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


def data_in(value: Value) -> list[Data]:
    """Every piece of data inside a value."""
    if isinstance(value, Data):
        return [value]
    if isinstance(value, Many):
        return [data for item in value.items for data in data_in(item)]
    return []


def derived_from(values: list[Value]) -> Value:
    """What an unknown operation on these values gives: the first data among them, with the marks of all."""
    pieces = [data for value in values for data in data_in(value)]
    if not pieces:
        return OPAQUE
    return merge(pieces)


def merge(pieces: list[Data]) -> Data:
    """One table of several, remembering everything that was done to any of them."""
    first, rest = pieces[0], pieces[1:]
    if not rest:
        return first
    used = first.used.union(*(piece.used for piece in rest))
    used |= {piece.column for piece in rest if isinstance(piece.column, str)}
    return replace(
        first,
        source=first.source or next((piece.source for piece in rest if piece.source), ""),
        marks=_unique([mark for piece in pieces for mark in piece.marks]),
        cleaned=_unique([name for piece in pieces for name in piece.cleaned]),
        dropped=_unique([name for piece in pieces for name in piece.dropped]),
        filters=_unique([item for piece in pieces for item in piece.filters]),
        derived=_unique([item for piece in pieces for item in piece.derived]),
        used=frozenset(used),
    )


def _unique(items: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))

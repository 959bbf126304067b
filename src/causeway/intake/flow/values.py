"""What a variable may hold, as far as following data from file to model needs to know."""

import ast
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from causeway.core.finding import Evidence
from causeway.intake.python.code import Block, Code

T = TypeVar("T")
MAX_OPTIONS = 16


@dataclass(frozen=True)
class Mark:
    """Something was fitted on all rows of this data: what sort, by what, where."""

    kind: str
    name: str
    at: Evidence
    source: str = ""
    """The file that the data came from."""


@dataclass(frozen=True)
class Data:
    """A table, an array or a column, and where it came from."""

    source: str = ""
    ident: int = 0
    column: str | int | None = None
    columns: tuple[str, ...] | None = None
    trimmed: tuple[str, ...] = ()
    """Of a column: the list of columns that its whole table had been brought down to."""
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
    renames: tuple[tuple[str, str], ...] = ()
    """New names with the names that the file has."""
    chosen: bool = False
    """Whether it is a column whose name is known only when the code runs."""
    sort: str = ""
    """`images` for a folder of them, `remote` for data of a hub, or empty for a table."""


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
    target: str = ""
    """The column that it was told to learn, by name."""
    makes: tuple[str, str] | None = None
    """The column that it makes, and of which."""
    takes: tuple[str, ...] = ()
    """The columns that it puts together."""


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
class Home:
    """Where a piece of code stands: its file, its cell, and what its imports are called."""

    code: Code
    block: Block | None
    aliases: dict[str, str]


@dataclass(frozen=True)
class Function:
    """A function of the code itself, with the names that were visible where it was written."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: "Scope"
    name: str
    home: Home
    owner: "Instance | None" = None
    """The object whose method it is."""


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the code itself: what its body defined, and what it inherits from."""

    name: str
    names: "dict[str, Value]"
    bases: "tuple[Value, ...]"
    inherits: tuple[str, ...]
    """Full dotted names of the bases."""
    fields: tuple[str, ...] = ()
    """Annotated names, as a dataclass takes them."""


@dataclass(frozen=True, eq=False)
class Instance:
    """An object of a class of the code itself."""

    of: Class
    fields: "dict[str, Value]" = field(default_factory=dict)


@dataclass(frozen=True)
class Super:
    """The object itself, seen as one of what its class inherits from."""

    of: Instance


@dataclass(frozen=True)
class Reference:
    """A class of a library that is named and not yet built."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several values: what a loop goes over, or what a branch decides."""

    options: "tuple[Value, ...]"


@dataclass(frozen=True)
class Mapping:
    """A dictionary whose values are more than constants."""

    items: "tuple[tuple[object, Value], ...]"

    @property
    def values(self) -> "tuple[Value, ...]":
        """What it holds, without the keys."""
        return tuple(value for _, value in self.items)


@dataclass(frozen=True)
class Columns:
    """The names of a table's columns, less some."""

    dropped: tuple[str, ...] = ()
    slice: tuple[int, int | None] | None = None


@dataclass(frozen=True)
class Position:
    """The name of the column that stands at this position."""

    index: int


@dataclass(frozen=True)
class Pair:
    """Features and target in one wrapper, as boosting libraries and loaders take them."""

    features: "Value"
    target: "Value"


@dataclass(frozen=True)
class Layer:
    """A layer of a network: what it is, and what it would say about the task as the last one."""

    name: str
    task: str = ""
    before: tuple[str, ...] = ()


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


Value = (
    Data
    | Estimator
    | Many
    | Literal
    | Cut
    | Length
    | Statistics
    | Function
    | Class
    | Instance
    | Super
    | Reference
    | Choice
    | Mapping
    | Columns
    | Position
    | Pair
    | Layer
    | Opened
    | Loaded
    | Opaque
)
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
    return [data for item in parts_of(value) for data in data_in(item)]


def parts_of(value: Value) -> "tuple[Value, ...]":
    """The values that a value is put together from."""
    if isinstance(value, Many):
        return value.items
    if isinstance(value, Mapping):
        return value.values
    if isinstance(value, Choice):
        return value.options
    if isinstance(value, Pair):
        return (value.features, value.target)
    return ()


def estimators_in(value: Value) -> list[Estimator]:
    """Every estimator inside a value."""
    if isinstance(value, Estimator):
        return [value]
    return [found for item in parts_of(value) for found in estimators_in(item)]


def choice(values: "list[Value]") -> Value:
    """One of these: merged where they are data, the value itself where there is one, opaque for constants."""
    options: list[Value] = []
    for value in values:
        options += value.options if isinstance(value, Choice) else (value,)
    if options and all(isinstance(value, Data) for value in options):
        return derived_from(options)
    kept = [value for value in options if not isinstance(value, Literal | Opaque)]
    if not kept:
        return options[0] if len(options) == 1 else EACH
    distinct = [value for number, value in enumerate(kept) if value not in kept[:number]]
    return distinct[0] if len(distinct) == 1 else Choice(tuple(distinct[:MAX_OPTIONS]))


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
        renames=_unique([item for piece in pieces for item in piece.renames]),
        sort=first.sort or next((piece.sort for piece in rest if piece.sort), ""),
        used=frozenset(used),
    )


def _unique(items: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))

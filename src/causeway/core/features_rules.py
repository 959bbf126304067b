"""How raw columns become a model's matrix, written down as data.

Every rule names the raw columns it reads and `support`, the number of rows on which it was proven
equal to the proof of concept's own matrix. What a rule does not define (a missing value, a category
nobody saw, text that is no number) has no number: interpreters report it, never guess.
"""

from typing import ClassVar

import msgspec
from msgspec import Struct


class Constant(Struct, frozen=True, omit_defaults=True, tag="constant"):
    """The same number in every row."""

    value: float
    support: int = 0


class Numeric(Struct, frozen=True, omit_defaults=True, tag="numeric"):
    """`a * fn(base of the column) + b`.

    `base` is how the raw value is read: `number`, `range_mean`, `first_number`, `amount`, `length`, a
    count such as `count.words`, or a part of a date in `format`, as in `date.month`. Of an `amount`,
    `format` lists the signs that were proven, such as `$`; of a `count.text` it is what is counted.
    `missing` is the output where there is no value; with `keeps_missing` that output is NaN, for models
    that take it. With `coerce`, text that cannot be read counts as missing. `low` and `high` are where the
    output is cut off.
    """

    column: str
    base: str = "number"
    fn: str = "id"
    a: float = 1.0
    b: float = 0.0
    low: float | None = None
    high: float | None = None
    missing: float | None = None
    keeps_missing: bool = False
    coerce: bool = False
    format: str = ""
    support: int = 0


class Map(Struct, frozen=True, omit_defaults=True, tag="map"):
    """A number for each category of `Features.domains[column]`: that in `values`, else `rest`.

    `what` is the likely intent: `label-encoder`, `factorize`, `one-hot`, `group-indicator`,
    `frequency`, `code-map`, `join`. Keys are stripped of outer blanks with `strip`, or a `part` of the text.
    `source` says what a join looks up, as in `score of scores.csv`. `target_encoded` marks
    values that are the target's mean in each category.
    """

    column: str
    what: str
    values: dict[str, float]
    rest: float | None = None
    missing: float | None = None
    keeps_missing: bool = False
    strip: bool = False
    part: str = ""
    source: str = ""
    target_encoded: bool = False
    support: int = 0

    @property
    def key(self) -> str:
        """The part of the text that is the category."""
        return self.part or ("strip" if self.strip else "")

    @property
    def domain(self) -> str:
        """The name of its categories among the domains: parts of a column are apart from its whole texts."""
        return f"{self.column} {self.part}" if self.part else self.column


class NumberElseMap(Struct, frozen=True, omit_defaults=True, tag="number_else_map"):
    """Numbers as they are; other text by exact value, else by its shape (digits written as `#`)."""

    column: str
    shapes: dict[str, float]
    exact: dict[str, float] = {}
    missing: float | None = None
    keeps_missing: bool = False
    support: int = 0


class Step(Struct, frozen=True, omit_defaults=True, tag="step"):
    """A number for each bin: `values[i]` from `cuts[i - 1]` up to but without `cuts[i]`.

    Each cut was proven only to lie in its interval, from the last value below to the first above;
    a number inside it is answered with a flag.
    """

    column: str
    cuts: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    values: tuple[float, ...]
    base: str = "number"
    missing: float | None = None
    keeps_missing: bool = False
    format: str = ""
    support: int = 0


class Pair(Struct, frozen=True, omit_defaults=True, tag="pair"):
    """`a * (left operation (right + plus)) + b` of two raw columns, read by `bases`."""

    columns: tuple[str, str]
    operation: str
    bases: tuple[str, str] = ("number", "number")
    a: float = 1.0
    b: float = 0.0
    plus: float = 0.0
    keeps_missing: bool = False
    formats: tuple[str, str] = ("", "")
    support: int = 0


class Sum(Struct, frozen=True, omit_defaults=True, tag="sum"):
    """`b` and the raw columns, each times its weight; `fills` stand where a column has no value."""

    columns: tuple[str, ...]
    weights: tuple[float, ...]
    b: float = 0.0
    fills: tuple[float | None, ...] = ()
    support: int = 0

    def fill_of(self, column: str) -> float | None:
        """What stands where this column has no value; None where nothing does."""
        return dict(zip(self.columns, self.fills, strict=False)).get(column)


class Filled(Struct, frozen=True, omit_defaults=True, tag="filled"):
    """`a * value + b` of a raw column; where it has none, what `fills` has for the category of `by`.

    A category without a fill was never seen where the value was missing.
    """

    column: str
    by: str
    fills: dict[str, float]
    a: float = 1.0
    b: float = 0.0
    support: int = 0


class Derived(Struct, frozen=True, omit_defaults=True, tag="derived"):
    """`a * (left operation (right + plus)) + b` of two other columns of the matrix, by position."""

    of: tuple[int, int]
    operation: str
    a: float = 1.0
    b: float = 0.0
    plus: float = 0.0
    support: int = 0


class Words(Struct, frozen=True, omit_defaults=True, tag="words"):
    """Text for a pipeline that takes text: as it is, replaced by `values`, or cleaned by `steps`.

    After the steps, `words` says what stands for each word; nothing for those that are left out, such as
    stopwords. A word that it does not have was never seen.
    `alphabet` holds the characters of the proven rows, for free text: the model's own way of taking text
    apart was proven on no others. Empty allows all.
    """

    column: str
    strip: bool = False
    values: dict[str, str] | None = None
    steps: tuple[str, ...] = ()
    words: dict[str, str] | None = None
    keeps_missing: bool = False
    alphabet: str = ""
    support: int = 0


Rule = Constant | Numeric | Map | NumberElseMap | Step | Pair | Sum | Filled | Derived | Words


class Features(Struct, frozen=True, omit_defaults=True):
    """The rules of one matrix, a rule a column.

    `domains` lists the categories proven for each raw column that a `Map` or replacing `Words` reads, and
    `made_at` the line of the proof of concept's code that makes each column, empty where it was not seen.
    """

    columns: tuple[str, ...]
    rules: tuple[Rule, ...]
    domains: dict[str, tuple[str, ...]] = {}
    format: int = 1
    made_at: tuple[str, ...] = ()

    INDICATORS: ClassVar[frozenset[str]] = frozenset({"one-hot", "group-indicator"})


def columns_read(rule: Rule) -> tuple[str, ...]:
    """The raw columns a rule reads itself; a `Derived` rule reads none, but other columns."""
    match rule:
        case Constant() | Derived():
            return ()
        case Pair() | Sum():
            return rule.columns
        case Filled():
            return rule.column, rule.by
        case _:
            return (rule.column,)


def write_features(features: Features) -> bytes:
    """The features as JSON text."""
    return msgspec.json.format(msgspec.json.encode(features, order="sorted"), indent=1)


def read_features(content: bytes) -> Features:
    """The features that `write_features` wrote."""
    return msgspec.json.decode(content, type=Features)

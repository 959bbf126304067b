"""The rules of a contract as Polars expressions: each is true in the rows that it speaks of."""

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import polars as pl

from causeway.adapters.contracts.duplicates import Key
from causeway.adapters.contracts.types import Unread, wrongs
from causeway.adapters.contracts.values import Cell, matches
from causeway.core.contract import WARNINGS, Property, Quality, SchemaObject
from causeway.core.contract_quality import expected_of, holds

FEW = 12
"""So many values are compared one by one."""


@dataclass(frozen=True)
class Rule:
    """What a contract asks of rows: no row may break it, or (`quality`) so many of a sort may be there.

    It speaks of the rows where `where` is true or whose `key` stood before; of none if it has neither,
    for then the stored type of the column lets no row break it.
    """

    name: str
    column: str
    expected: str
    shown: pl.Expr
    where: pl.Expr | None = None
    key: Key | None = None
    quality: Quality | None = None

    @property
    def severity(self) -> str:
        """As the contract has it."""
        return (self.quality.severity if self.quality else None) or ""

    @property
    def is_warning(self) -> bool:
        """Whether the contract itself calls it no error."""
        return self.severity.lower() in WARNINGS

    @property
    def counts_all(self) -> bool:
        """Whether it is about the number of all rows."""
        return self.quality is not None and self.quality.metric == "rowCount"

    @property
    def blames_rows(self) -> bool:
        """Whether the rows that it speaks of are at fault when it is broken: without them it would hold."""
        return self.quality is None or (not self.counts_all and holds(self.quality, 0))


@dataclass
class Rules:
    """Everything a contract asks of one table."""

    all: list[Rule] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    """The columns that are there, by their names in the contract."""
    absent: list[str] = field(default_factory=list)
    """Columns that are named and not there."""
    notes: list[str] = field(default_factory=list)
    """Rules that are not looked at, with the reason."""


def rules_of(described: SchemaObject, types: Mapping[str, pl.DataType], *, textual: bool) -> Rules:
    """The rules for a table whose columns have these types."""
    rules = Rules()
    for column in described.columns:
        if not column.is_stored:
            rules.notes.append(f"{column.name}: a measure stands in no column")
        elif column.column not in types:
            rules.absent.append(column.column)
        else:
            cell = rules.cells[column.name] = Cell(types[column.column], column.column, textual)
            _of_column(column, cell, rules)
    _primary_key(described, rules)
    for quality in described.quality or ():
        _of_table(quality, rules)
    return rules


def _of_column(column: Property, cell: Cell, rules: Rules) -> None:
    name = column.column
    if column.required or column.primary_key:
        rules.all.append(Rule("required", name, "a value", cell.raw, cell.value.is_null()))
    if column.unique:
        _unique("unique", name, [cell], rules)
    for found in wrongs(column, cell):
        if isinstance(found, Unread):
            rules.notes.append(f"{name}: {found.why}")
        else:
            rules.all.append(Rule(found.rule, name, found.expected, cell.raw, found.where))
    if column.logical_type_options and column.logical_type_options.pattern is not None:
        _pattern(column.logical_type_options.pattern, name, cell, rules)
    if column.enum:
        allowed = [entry.value for entry in column.enum]
        rules.all.append(Rule("enum", name, _some(allowed), cell.raw, _outside(cell, allowed)))
    for inner in column.properties or ():
        rules.notes.append(f"{name}.{inner.name}: parts of a column are not looked into")
    for quality in column.quality or ():
        _measure(quality, name, cell, rules)


def _unique(rule: str, names: str, cells: Sequence[Cell], rules: Rules) -> None:
    expected = "each value once" if len(cells) == 1 else "each combination once"
    rules.all.append(Rule(rule, names, expected, _shown(cells), key=Key(tuple(cells))))


def _shown(cells: Sequence[Cell]) -> pl.Expr:
    if len(cells) == 1:
        return cells[0].raw
    return pl.concat_str([cell.raw for cell in cells], separator=", ", ignore_nulls=True)


def _pattern(pattern: str, name: str, cell: Cell, rules: Rules) -> None:
    found = matches(cell, pattern)
    if found is None:
        rules.notes.append(f"{name}: the pattern {pattern} is beyond the regular expressions known here")
    else:
        rules.all.append(Rule("pattern", name, f"text like {pattern}", cell.raw, ~found))


def _primary_key(described: SchemaObject, rules: Rules) -> None:
    keys = described.primary_key
    if keys and all(column.name in rules.cells for column in keys):
        names = ", ".join(column.column for column in keys)
        _unique("primaryKey", names, [rules.cells[column.name] for column in keys], rules)


def _of_table(quality: Quality, rules: Rules) -> None:
    named = [str(name) for name in _listed(quality, "properties")]
    if quality.type == "sql":
        return
    if quality.is_library and quality.metric == "rowCount":
        rules.all.append(_counting(quality, "", pl.lit("")))
    elif (
        quality.is_library
        and quality.metric == "duplicateValues"
        and named
        and set(named) <= set(rules.cells)
    ):
        cells = [rules.cells[name] for name in named]
        rules.all.append(_counting(quality, ", ".join(named), _shown(cells), key=Key(tuple(cells))))
    else:
        rules.notes.append(_not_for_us(quality, "the table"))


def _measure(quality: Quality, name: str, cell: Cell, rules: Rules) -> None:
    if quality.type == "sql":
        return
    if not quality.is_library:
        rules.notes.append(_not_for_us(quality, name))
    elif quality.metric == "duplicateValues":
        rules.all.append(_counting(quality, name, cell.raw, key=Key((cell,))))
    elif quality.metric == "rowCount":
        rules.all.append(_counting(quality, name, pl.lit("")))
    elif (counted := _counted(quality, cell)) is None:
        rules.notes.append(_not_for_us(quality, name))
    else:
        rules.all.append(_counting(quality, name, cell.raw, where=counted))


def _counting(
    quality: Quality, name: str, shown: pl.Expr, *, where: pl.Expr | None = None, key: Key | None = None
) -> Rule:
    return Rule(quality.metric or "", name, expected_of(quality), shown, where, key, quality)


def _counted(quality: Quality, cell: Cell) -> pl.Expr | None:
    """True in the rows that the metric counts, None where it cannot be told."""
    match quality.metric:
        case "nullValues":
            return cell.value.is_null()
        case "missingValues":
            return _marked_missing(quality, cell)
        case "invalidValues":
            return _invalid(quality, cell)
        case _:
            return None


def _marked_missing(quality: Quality, cell: Cell) -> pl.Expr:
    marks = _listed(quality, "missingValues") or [None]
    texts = [str(mark) for mark in marks if mark is not None]
    named = cell.raw.is_in(texts)
    if None not in marks:
        return named
    # an empty field of a text file is null when it is read
    return named | (cell.raw.is_null() if cell.textual else cell.value.is_null())


def _invalid(quality: Quality, cell: Cell) -> pl.Expr | None:
    """True where a value is none of the valid ones, or lacks the pattern; what is missing is valid."""
    valid = _listed(quality, "validValues")
    pattern = (quality.arguments or {}).get("pattern")
    found = matches(cell, str(pattern)) if pattern is not None else None
    if pattern is not None and found is None:
        return None
    wrong = [_outside(cell, valid)] if valid else []
    wrong += [~found] if found is not None else []
    return pl.any_horizontal(wrong) if wrong else None


def _listed(quality: Quality, argument: str) -> list[object]:
    value = (quality.arguments or {}).get(argument)
    return list(value) if isinstance(value, list) else []


def _not_for_us(quality: Quality, about: str) -> str:
    name = quality.name or quality.metric or quality.description or "a rule"
    if quality.is_library:
        return f"{name} of {about}: its arguments are not understood, or name columns that are not there"
    kind = quality.type or "text"
    return f"{name} of {about}: rules of the kind {kind} are read by people or other tools"


def _outside(cell: Cell, allowed: Sequence[object]) -> pl.Expr:
    """True where a value is none of these; numbers are compared as numbers, everything else as text."""
    known = list(_among(cell, allowed))
    return cell.value.is_not_null() & ~pl.any_horizontal(known) if known else cell.value.is_not_null()


def _among(cell: Cell, allowed: Sequence[object]) -> Iterator[pl.Expr]:
    plain = [value for value in allowed if value is not None]
    numbers = [
        float(value) for value in plain if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    texts = [_as_text(value) for value in plain]
    if numbers and (cell.is_number or cell.type == pl.String):
        yield cell.number.cast(pl.Float64).is_in(numbers).fill_null(value=False)
    if texts and not (cell.is_number and numbers and len(numbers) == len(texts)):
        yield _one_of(cell.text, texts).fill_null(value=False)


def _one_of(text: pl.Expr, texts: Sequence[str]) -> pl.Expr:
    """Whether the text is one of these; a few comparisons take half the time of a look into a set."""
    if len(texts) > FEW:
        return text.is_in(texts)
    return reduce(operator.or_, (text == each for each in texts))


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:8])
    return f"one of {shown}" + (f" and {len(values) - 8} more" if len(values) > 8 else "")

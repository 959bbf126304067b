"""The rules of a contract as Polars expressions: each is true in the rows that it speaks of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from causeway.adapters.contracts.values import Cell, matches, typed
from causeway.core.contract import Options, Property, Quality, SchemaObject

NEARLY_WHOLE = 1e-9

# a literal alone would count as one row
EVERY_ROW = pl.int_range(pl.len()) >= 0


@dataclass(frozen=True)
class RowRule:
    """A rule that no row may break; `speaks_of` is true where one does."""

    name: str
    column: str
    expected: str
    speaks_of: pl.Expr
    shown: pl.Expr


@dataclass(frozen=True)
class Measure:
    """A rule about how many rows there are of a sort; `speaks_of` is true in those."""

    name: str
    column: str
    quality: Quality
    speaks_of: pl.Expr
    shown: pl.Expr
    expected: str = ""


@dataclass
class Rules:
    """Everything a contract asks of one table."""

    all: list[RowRule | Measure] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    """The columns that are there, by their names in the contract."""
    absent: list[str] = field(default_factory=list)
    """Columns that are named and not there."""
    notes: list[str] = field(default_factory=list)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Rules that are not looked at, with the reason."""
        return tuple(self.notes)


def rules_of(described: SchemaObject, types: Mapping[str, pl.DataType]) -> Rules:
    """The rules for a table whose columns have these types."""
    rules = Rules()
    for column in described.columns:
        if column.column not in types:
            rules.absent.append(column.column)
            continue
        cell = rules.cells[column.name] = Cell(types[column.column], column.column)
        _of_column(column, cell, rules)
    _key_of_several(described, rules.cells, rules)
    for quality in described.quality or ():
        _of_table(quality, rules.cells, rules)
    return rules


def _of_column(column: Property, cell: Cell, rules: Rules) -> None:
    name = column.column
    keys = column.required or column.primary_key
    if keys:
        rules.all.append(RowRule("required", name, "a value", cell.value.is_null(), cell.raw))
    if column.unique:
        rules.all.append(RowRule("unique", name, "each value once", _again(cell.value), cell.raw))
    check = typed(column, cell)
    if check.unchecked:
        rules.notes.append(f"type of {name}: {check.unchecked}")
    if check.wrong is not None:
        rules.all.append(RowRule("type", name, check.expected, check.wrong, cell.raw))
    if column.enum:
        allowed = [entry.value for entry in column.enum]
        rules.all.append(RowRule("enum", name, _some(allowed), _outside(cell, allowed), cell.raw))
    rules.all.extend(_limits(column, cell, rules))
    for quality in column.quality or ():
        _measure(quality, name, cell, rules)


def _limits(column: Property, cell: Cell, rules: Rules) -> Iterator[RowRule]:
    options = column.logical_type_options or Options()
    name = column.column
    for words, limit, wrong in _comparisons(options, cell):
        if isinstance(limit, str) and options.format:
            rules.notes.append(f"{words} of {name}: dates in the format {options.format} are not compared")
        else:
            yield RowRule(words, name, f"{words} {limit}", wrong, cell.raw)
    if options.pattern is not None:
        yield from _pattern(options.pattern, name, cell, rules)


def _comparisons(options: Options, cell: Cell) -> Iterator[tuple[str, float | str, pl.Expr]]:
    for words, limit, breaks in (
        ("minimum", options.minimum, pl.Expr.lt),
        ("maximum", options.maximum, pl.Expr.gt),
        ("exclusiveMinimum", options.exclusive_minimum, pl.Expr.le),
        ("exclusiveMaximum", options.exclusive_maximum, pl.Expr.ge),
    ):
        if limit is not None:
            # ISO dates sort as texts do
            value = cell.text if isinstance(limit, str) else cell.number
            yield words, limit, breaks(value, pl.lit(limit))
    length = cell.text.str.len_chars()
    if options.min_length is not None:
        yield "minLength", options.min_length, length < options.min_length
    if options.max_length is not None:
        yield "maxLength", options.max_length, length > options.max_length
    if options.multiple_of:
        times = cell.number / options.multiple_of
        yield "multipleOf", options.multiple_of, (times - times.round()).abs() > NEARLY_WHOLE


def _pattern(pattern: str, name: str, cell: Cell, rules: Rules) -> Iterator[RowRule]:
    found = matches(cell, pattern)
    if found is None:
        rules.notes.append(f"pattern of {name}: {pattern} is beyond the regular expressions known here")
    else:
        yield RowRule("pattern", name, f"text like {pattern}", ~found, cell.raw)


def _key_of_several(described: SchemaObject, cells: Mapping[str, Cell], rules: Rules) -> None:
    keys = [cells[column.name] for column in described.primary_key if column.name in cells]
    if not keys or len(keys) < len(described.primary_key):
        return
    names = ", ".join(column.column for column in described.primary_key)
    if len(keys) == 1:
        rules.all.append(RowRule("primaryKey", names, "each value once", _again(keys[0].value), keys[0].raw))
        return
    rules.all.append(RowRule("primaryKey", names, "each combination once", *_together(keys)))


def _of_table(quality: Quality, cells: Mapping[str, Cell], rules: Rules) -> None:
    named = [str(name) for name in _listed(quality, "properties")]
    if quality.is_library and quality.metric == "rowCount":
        rules.all.append(Measure("rowCount", "", quality, EVERY_ROW, pl.lit("")))
    elif quality.is_library and quality.metric == "duplicateValues" and named and set(named) <= set(cells):
        together = _together([cells[name] for name in named])
        rules.all.append(Measure("duplicateValues", ", ".join(named), quality, *together))
    else:
        rules.notes.append(_not_for_us(quality, "the table"))


def _together(cells: Sequence[Cell]) -> tuple[pl.Expr, pl.Expr]:
    """True where a combination of values stands again; and how it is shown."""
    values = pl.struct(cell.value.alias(str(number)) for number, cell in enumerate(cells))
    shown = pl.concat_str([cell.raw for cell in cells], separator=", ", ignore_nulls=True)
    return ~values.is_first_distinct(), shown


def _measure(quality: Quality, name: str, cell: Cell, rules: Rules) -> None:
    counted = _counted(quality, cell) if quality.is_library else None
    if counted is None:
        rules.notes.append(_not_for_us(quality, name))
    elif quality.metric:
        rules.all.append(Measure(quality.metric, name, quality, counted, cell.raw))


def _counted(quality: Quality, cell: Cell) -> pl.Expr | None:
    """True in the rows that the metric counts, None where it cannot be told."""
    match quality.metric:
        case "nullValues":
            return cell.value.is_null()
        case "missingValues":
            return _marked_missing(quality, cell)
        case "invalidValues":
            return _invalid(quality, cell)
        case "duplicateValues":
            return _again(cell.value)
        case "rowCount":
            return EVERY_ROW
        case _:
            return None


def _marked_missing(quality: Quality, cell: Cell) -> pl.Expr:
    marks = _listed(quality, "missingValues") or [None]
    texts = [str(mark) for mark in marks if mark is not None]
    named = cell.raw.is_in(texts)
    return named | cell.raw.is_null() if None in marks else named


def _invalid(quality: Quality, cell: Cell) -> pl.Expr | None:
    valid = _listed(quality, "validValues")
    if valid:
        return _outside(cell, valid)
    pattern = (quality.arguments or {}).get("pattern")
    found = matches(cell, str(pattern)) if pattern is not None else None
    return None if found is None else ~found


def _listed(quality: Quality, argument: str) -> list[object]:
    value = (quality.arguments or {}).get(argument)
    return list(value) if isinstance(value, list) else []


def _not_for_us(quality: Quality, about: str) -> str:
    name = quality.name or quality.metric or quality.description or "a rule"
    kind = quality.type or ("library" if quality.metric else "text")
    return f"{name} of {about}: rules of the kind {kind} are read by people or other tools"


def _again(value: pl.Expr) -> pl.Expr:
    """True where a value stands that stood before."""
    return value.is_not_null() & ~value.is_first_distinct()


def _outside(cell: Cell, allowed: Sequence[object]) -> pl.Expr:
    """True where a value is none of these; numbers are compared as numbers, everything else as text."""
    numbers = [
        float(value) for value in allowed if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    texts = [_as_text(value) for value in allowed if value is not None]
    known = cell.text.is_in(texts) | cell.number.is_in(numbers).fill_null(value=False)
    return cell.value.is_not_null() & ~known


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:8])
    return f"one of {shown}" + (f" and {len(values) - 8} more" if len(values) > 8 else "")

"""What `table["column"]`, `table.column`, `array[:, 3]` and assigning to them mean for the data's story."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.flow import constants
from causeway.intake.flow.values import (
    OPAQUE,
    UNKNOWN,
    Choice,
    Columns,
    Cut,
    Data,
    Estimator,
    Literal,
    Many,
    Mapping,
    Mark,
    Opaque,
    Position,
    Statistics,
    Value,
    choice,
    data_in,
    derived_from,
    merge,
)

if TYPE_CHECKING:
    from causeway.core.finding import Evidence
    from causeway.intake.flow.following import Following

# attributes of a table that are not its columns
PLAIN = frozenset(
    {"values", "iloc", "loc", "at", "iat", "T", "str", "dt", "cat", "data", "array", "hist", "plot"}
)
ABOUT = frozenset(
    {
        "shape",
        "index",
        "dtypes",
        "dtype",
        "size",
        "ndim",
        "empty",
        "name",
        "names",
        "feature_names",
    }
)
CORRELATED = "correlated"
"""The kind of mark on correlations: names taken from one column of them were chosen by that column."""
NAMES = "(names)"
ROWS = "(rows)"
"""The column of data that only says which rows."""


def attribute(follower: Following, holder: Value, name: str) -> Value:
    """What `holder.name` holds."""
    if isinstance(holder, Choice):
        return choice([attribute(follower, option, name) for option in holder.options])
    if isinstance(holder, Estimator):
        return holder if name in {"best_estimator_", "estimator", "named_steps", "steps"} else OPAQUE
    if isinstance(holder, Columns):
        return holder if name in {"values", "str"} else OPAQUE
    return _of_data(holder, name) if isinstance(holder, Data) else OPAQUE


def _of_data(holder: Data, name: str) -> Value:
    if name == "columns":
        return Columns()
    if name == "index" and (chosen := _chosen_by(holder)):
        return Data(column=NAMES, marks=chosen)
    if name in ABOUT:
        return OPAQUE
    if name in PLAIN or holder.column is not None:
        return holder
    return column_of(holder, name)


def _chosen_by(holder: Data) -> tuple[Mark, ...]:
    """What marks a table of which only columns of these names are kept."""
    marks = [mark for mark in holder.marks if mark.kind == CORRELATED]
    one = holder.column is not None or any(mark.name == "corrwith()" for mark in marks)
    return tuple(replace(mark, kind="select") for mark in marks) if one else ()


def column_of(table: Data, name: str | int) -> Data:
    """One column of a table."""
    if name == "target" and not table.columns:
        return replace(table, column="target")
    if name == "data" and not table.columns:
        return table
    if isinstance(name, int) and isinstance(table.column, str) and not table.column.startswith("("):
        return table
    trimmed = table.columns or table.trimmed
    return replace(table, column=name, columns=None, trimmed=trimmed, chosen=False)


def without(table: Data, names: tuple[str, ...]) -> Data:
    """The table less these columns; which it still has is not known where one of them is not."""
    dropped = (*table.dropped, *(name for name in names if name not in table.dropped))
    left = tuple(name for name in table.columns or () if name not in names)
    return replace(table, dropped=dropped, columns=None if UNKNOWN in names else left or None)


def subscript(follower: Following, node: ast.Subscript) -> Value:
    """What `holder[index]` holds."""
    holder = follower.value(node.value)
    if isinstance(holder, Data):
        return _of_table(follower, holder, node)
    if isinstance(holder, Columns):
        return _of_columns(follower, holder, node)
    if isinstance(holder, Choice | Estimator) or (
        isinstance(holder, Many) and isinstance(node.slice, ast.Slice)
    ):
        return holder
    index = follower.value(node.slice) if not isinstance(node.slice, ast.Slice) else OPAQUE
    return _held(holder, index)


def _held(holder: Value, index: Value) -> Value:
    if isinstance(holder, Many):
        return _item(holder, index)
    if isinstance(holder, Mapping):
        return _entry(holder, index)
    if isinstance(holder, Literal):
        return constants.item(holder, index)
    if isinstance(holder, Statistics):
        return holder
    return index if isinstance(index, Data) and index.column == NAMES else derived_from([holder])


def _of_table(follower: Following, holder: Data, node: ast.Subscript) -> Value:
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        return _two(follower, holder, node.slice)
    if isinstance(node.slice, ast.Slice):
        return _rows(follower, holder, node.slice)
    return _by_value(follower, holder, node)


def _of_columns(follower: Following, holder: Columns, node: ast.Subscript) -> Value:
    if isinstance(node.slice, ast.Slice):
        low, high = follower.value(node.slice.lower), follower.value(node.slice.upper)
        return Columns(holder.dropped, _bounds(low, high))
    index = follower.value(node.slice)
    if isinstance(index, Columns) or (isinstance(index, Data) and index.column == NAMES):
        return index
    whole = isinstance(index, Literal) and isinstance(index.value, int) and not holder.dropped
    return Position(index.value) if isinstance(index, Literal) and whole else OPAQUE


def _entry(holder: Mapping, index: Value) -> Value:
    if isinstance(index, Literal):
        found = next((value for key, value in holder.items if key == index.value), None)
        if found is not None:
            return found
    return choice(list(holder.values))


def store_item(holder: Value, index: Value, value: Value) -> Value | None:
    """The dictionary or list after `holder[index] = value`; None where it is neither."""
    key = index.value if isinstance(index, Literal) else None
    if isinstance(holder, Mapping):
        kept = tuple(pair for pair in holder.items if key is None or pair[0] != key)
        return Mapping((*kept, (key, value))[-100:])
    if isinstance(holder, Literal) and isinstance(holder.value, dict):
        if isinstance(value, Literal) and isinstance(key, str | int):
            return Literal({**holder.value, key: value.value})
        held = tuple((name, Literal(constant)) for name, constant in holder.value.items())
        return Mapping((*held, (key, value)))
    return None


def _item(holder: Many, index: Value) -> Value:
    if (
        isinstance(index, Literal)
        and isinstance(index.value, int)
        and -len(holder.items) <= index.value < len(holder.items)
    ):
        return holder.items[index.value]
    return choice(list(holder.items)) if holder.items else OPAQUE


def _two(follower: Following, table: Data, index: ast.Tuple) -> Value:
    rows, columns = index.elts
    part = _rows(follower, table, rows) if isinstance(rows, ast.Slice) else _filtered(follower, table, rows)
    data = part if isinstance(part, Data) else table
    if isinstance(columns, ast.Slice):
        low, high = follower.value(columns.lower), follower.value(columns.upper)
        return replace(data, slice=_bounds(low, high)) if columns.lower or columns.upper else data
    return _select(data, follower.value(columns))


def _bounds(low: Value, high: Value) -> tuple[int, int | None] | None:
    start = low.value if isinstance(low, Literal) and isinstance(low.value, int) else 0
    stop = high.value if isinstance(high, Literal) and isinstance(high.value, int) else None
    return (start, stop)


def _rows(follower: Following, table: Data, rows: ast.Slice) -> Value:
    low, high = follower.value(rows.lower), follower.value(rows.upper)
    divider = rows.lower if isinstance(low, Cut) or rows.upper is None else rows.upper
    at = _division(follower, divider, low if divider is rows.lower else high)
    if at is not None:
        part = "test" if divider is rows.lower else "train"
        follower.cut(table, at, "slice")
        return replace(table, part=part, ident=follower.ident(table.ident, part, ast.unparse(rows)))
    if rows.lower is None and rows.upper is None:
        return table
    return replace(table, ident=follower.ident(table.ident, ast.unparse(rows)))


def _division(follower: Following, bound: ast.expr | None, value: Value) -> Evidence | None:
    """Where rows are divided, when this bound ends one part and starts another."""
    if isinstance(value, Cut):
        return value.at
    if bound is not None and follower.divides(ast.unparse(bound)):
        return follower.at(bound)
    return None


def _filtered(follower: Following, table: Data, rows: ast.expr) -> Value:
    mask = data_in(follower.value(rows))
    if mask and mask[0].column == ROWS:
        return replace(table, part=mask[0].part, ident=follower.ident(table.ident, mask[0].ident))
    used = [data.column for data in mask if isinstance(data.column, str)]
    at = follower.at(rows)
    text = ast.unparse(rows)
    ident = follower.ident(table.ident, "rows", text)
    part = follower.part_of(text) if not table.part else table.part
    if part and not table.part:
        follower.cut(table, at, "mask")
    return replace(table, filters=(*table.filters, *((name, at) for name in used)), ident=ident, part=part)


def _by_value(follower: Following, table: Data, node: ast.Subscript) -> Value:
    index = follower.value(node.slice)
    if isinstance(index, Data) and index.column != NAMES:
        return _filtered(follower, table, node.slice)
    asked(follower, table, texts(index), node)
    chosen = _select(table, index)
    if chosen is table and table.column is None and isinstance(index, Opaque):
        unknown = (*table.dropped, UNKNOWN)
        return replace(table, chosen=True) if index.each else replace(table, dropped=unknown)
    return chosen


def asked(follower: Following, table: Data, names: tuple[str, ...], node: ast.AST) -> None:
    """Remembers which columns code expects of a file's table that nothing changed the names of."""
    whole = table.source and table.column is None and not table.sort and not table.renames
    if whole and UNKNOWN not in table.dropped:
        follower.events.asked += [(table.source, name, follower.at(node)) for name in names]


def _select(table: Data, index: Value) -> Value:
    if isinstance(index, Position):
        return column_of(table, index.index)
    if isinstance(index, Columns):
        return replace(without(table, index.dropped), slice=index.slice or table.slice)
    if isinstance(index, Data) and index.column == NAMES:
        return replace(table, marks=(*table.marks, *index.marks), columns=None)
    if (
        isinstance(index, Literal)
        and isinstance(index.value, str | int)
        and not isinstance(index.value, bool)
    ):
        return column_of(table, index.value)
    return _listed(table, index, texts(index))


def _listed(table: Data, index: Value, names: tuple[str, ...]) -> Data:
    """The columns of these names; which they are is not known where others stand among them."""
    if names and isinstance(index, Many) and len(names) < len(index.items):
        return replace(table, dropped=(*table.dropped, UNKNOWN))
    if len(names) == 1:
        return column_of(table, names[0])
    return replace(table, columns=names, column=None) if names else table


def texts(value: Value) -> tuple[str, ...]:
    """The strings in a literal or a list of literals."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        return (value.value,)
    if isinstance(value, Literal) and isinstance(value.value, list | tuple):
        return tuple(item for item in value.value if isinstance(item, str))
    if isinstance(value, Many):
        return tuple(
            item.value for item in value.items if isinstance(item, Literal) and isinstance(item.value, str)
        )
    return ()


def filled(value: Value, target: ast.Subscript, at: Evidence) -> Value:
    """What is stored in some rows of a column: a figure of undivided rows leaves its mark there."""
    index = target.slice
    located = isinstance(target.value, ast.Attribute) and target.value.attr == "loc"
    two = located and isinstance(index, ast.Tuple) and not isinstance(index.elts[0], ast.Slice)
    some = two or isinstance(target.value, ast.Subscript)
    if not some or not isinstance(value, Statistics) or value.of.part:
        return value
    return replace(value.of, marks=(*value.of.marks, Mark("impute", f"{value.name}()", at)))


def without_loc(target: ast.Subscript) -> ast.Subscript:
    """`table[columns]` for `table.loc[rows, columns]`, so that what is stored there reaches the table."""
    held, index = target.value, target.slice
    if not isinstance(held, ast.Attribute) or held.attr not in {"loc", "iloc", "at", "iat"}:
        return target
    two = isinstance(index, ast.Tuple) and len(index.elts) == 2
    columns = index.elts[1] if isinstance(index, ast.Tuple) and two else ast.Constant(value=None)
    return ast.copy_location(ast.Subscript(held.value, columns, target.ctx), target)


def store(follower: Following, table: Data, target: ast.Subscript | ast.Attribute, value: Value) -> Data:
    """The table after `table[name] = value`."""
    name: object = target.attr if isinstance(target, ast.Attribute) else None
    if name == "columns":
        return named(table, texts(value))
    if isinstance(target, ast.Subscript):
        index = follower.value(target.slice)
        name = index.value if isinstance(index, Literal) else None
    pieces = data_in(value)
    if not pieces:
        return table
    stored = merge([table, *pieces])
    sources = frozenset(piece.column for piece in pieces if isinstance(piece.column, str))
    if isinstance(name, str):
        positive = table.positive or (pieces[0].positive if pieces[0].column == name else "")
        stored = replace(stored, positive=positive)
        origins = sources | frozenset(
            origin for piece in pieces for key, origins in piece.derived for origin in origins if key == ""
        )
        if origins - {name}:
            stored = replace(
                stored,
                derived=(*stored.derived, (name, origins)),
                used=stored.used | (origins - {name}),
            )
    return stored


def named(table: Data, names: tuple[str, ...]) -> Data:
    """The table after all its columns got these names; the file's own are found by their position."""
    return replace(table, renames=tuple((name, f"#{index}") for index, name in enumerate(names)))


def arithmetic(values: list[Value]) -> Value:
    """The result of an operation on columns: derived from every column in it."""
    pieces = [data for value in values for data in data_in(value)]
    pieces += [value.of for value in values if isinstance(value, Statistics)]
    if not pieces:
        return OPAQUE
    names = frozenset(piece.column for piece in pieces if isinstance(piece.column, str))
    earlier = frozenset(
        name for piece in pieces for key, origins in piece.derived if key == "" for name in origins
    )
    merged = merge(pieces)
    derived = (*(item for item in merged.derived if item[0]), ("", names | earlier))
    return replace(merged, derived=derived)

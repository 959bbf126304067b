"""What methods of tables and estimators mean for the data's story."""
# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from causeway.intake.flow import containers, learning
from causeway.intake.flow.events import Predicted, Read, Saved, Split
from causeway.intake.flow.indexing import CORRELATED, asked, column_of, texts, without
from causeway.intake.flow.library import base_name
from causeway.intake.flow.values import (
    OPAQUE,
    UNKNOWN,
    Choice,
    Columns,
    Data,
    Estimator,
    Function,
    Literal,
    Loaded,
    Many,
    Mapping,
    Mark,
    Opened,
    Pair,
    Statistics,
    Value,
    choice,
    data_in,
    derived_from,
    merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

STATISTICS = frozenset("mean median mode std var quantile".split())
NOTHING = frozenset(
    "info describe plot hist show head_ unique nunique value_counts to_dict items keys "
    "memory_usage "
    "get_params set_params summary".split()
)
READS = {"read_csv", "read_parquet", "read_json"}


def known(value: Value) -> bool:
    """Whether calls on this value say something."""
    return isinstance(
        value, Data | Estimator | Loaded | Many | Statistics | Choice | Mapping | Columns | Pair | Opened
    )


def call(follower: Following, receiver: Value, node: ast.Attribute, this: Call) -> Value:
    """What `receiver.method(...)` gives, and does."""
    if isinstance(receiver, Data):
        return _on_data(follower, receiver, node, this)
    if isinstance(receiver, Estimator):
        return learning.call(follower, receiver, node.attr, this)
    if isinstance(receiver, Loaded):
        return _on_loaded(follower, receiver, node.attr, this)
    if isinstance(receiver, Choice):
        return choice([call(follower, option, node, this) for option in receiver.options])
    return containers.call(follower, receiver, node, this)


# methods of tables


def _on_data(follower: Following, data: Data, node: ast.Attribute, this: Call) -> Value:
    name = node.attr
    if name in STATISTICS and data.sort != "grouped":
        return Statistics(data, name)
    if name in NOTHING:
        return OPAQUE
    handler = _ON_DATA.get(name)
    if handler:
        result = handler(follower, data, this)
    elif name.startswith("to_") and name not in {"to_numpy", "to_pandas", "to_frame", "to_list", "to_tensor"}:
        follower.events.saved.append(Saved(this.text(0), "data", this.at, held=data))
        return OPAQUE
    else:
        result = derived_from([data, *this.args])
    if this.flag("inplace", default=False):
        follower.rebind(node.value, result)
    if name == "pop":
        follower.rebind(node.value, without(data, texts(this.arg(0))))
    return result


def _drop(follower: Following, data: Data, this: Call) -> Value:
    if isinstance(rest := _rest_of_sample(follower, data, this), Data):
        return rest
    names = texts(this.kwargs.get("columns", OPAQUE))
    axis = this.arg(1, "axis")
    by_column = isinstance(axis, Literal) and axis.value in (1, "columns")
    by_name = by_column or "columns" in this.kwargs
    names = names or (texts(this.arg(0, "labels")) if by_column else ())
    if "errors" not in this.kwargs:
        asked(follower, data, names, this.node)
    names = names or ((UNKNOWN,) if by_name else ())
    return without(data, names)


def _rest_of_sample(follower: Following, data: Data, this: Call) -> Data | None:
    """`test = table.drop(train.index)`: the rows that a drawn part left."""
    given = this.node.args[0] if this.node.args else None
    drawn = (
        follower.value(given.value) if isinstance(given, ast.Attribute) and given.attr == "index" else None
    )
    if given is None or not isinstance(drawn, Data) or drawn.ident not in follower.events.drawn:
        return None
    if isinstance(given, ast.Attribute):
        follower.rebind(given.value, replace(drawn, part="train"))
    follower.cut(data, this.at, "sample")
    return replace(data, part="test", ident=follower.ident(data.ident, "rest", drawn.ident))


def _rename(_follower: Following, data: Data, this: Call) -> Value:
    names = this.arg(-1, "columns")
    if not isinstance(names, Literal) or not isinstance(names.value, dict):
        return data
    given = tuple(
        (new, old) for old, new in names.value.items() if isinstance(new, str) and isinstance(old, str)
    )
    column = {old: new for new, old in given}.get(str(data.column), data.column)
    return replace(data, renames=(*data.renames, *given), column=column)


def _grouped(_follower: Following, data: Data, _this: Call) -> Value:
    return replace(data, sort=data.sort or "grouped")


def _renamed_one(_follower: Following, data: Data, this: Call) -> Value:
    old, new = this.text(0), this.text(1)
    return replace(data, renames=(*data.renames, (new, old))) if old and new else data


def _with_column(_follower: Following, data: Data, this: Call) -> Value:
    made = data_in(this.arg(1))
    sources = frozenset(piece.column for piece in made if isinstance(piece.column, str))
    sources |= {origin for piece in made for key, origins in piece.derived if not key for origin in origins}
    if not this.text(0) or not sources:
        return data
    positive = next((piece.positive for piece in made if piece.positive), data.positive)
    return replace(data, derived=(*data.derived, (this.text(0), sources)), positive=positive)


def _assign(follower: Following, data: Data, this: Call) -> Value:
    for value in this.kwargs.values():
        if isinstance(value, Function):
            follower.enter(value, [data], {})
    return merge([data, *(piece for value in this.kwargs.values() for piece in data_in(value))])


def _pipe(follower: Following, data: Data, this: Call) -> Value:
    function = this.arg(0, "func")
    if isinstance(function, Function):
        return follower.enter(function, [data, *this.args[1:]], this.kwargs)
    return data


def _sampled(follower: Following, data: Data, this: Call) -> Value:
    ident = follower.ident(data.ident, "sample", this.at)
    follower.events.drawn.add(ident)
    return replace(data, ident=ident)


def _random_split(follower: Following, data: Data, this: Call) -> Value:
    """Spark's and H2O's way to divide rows."""
    seeded = "seed" in this.kwargs or len(this.args) > 1
    follower.events.splits.append(Split("train_test_split", this.at, (data,), seeded=seeded))
    count = len(held.items) if isinstance(held := this.arg(0, "ratios"), Many) else 2
    count += this.name.endswith("split_frame")
    parts = ["train", *["test"] * (max(count, 2) - 1)]
    return Many(tuple(replace(data, part=part, ident=follower.ident()) for part in parts))


def _apply(follower: Following, data: Data, this: Call) -> Value:
    function = this.arg(0, "func")
    if isinstance(function, Function):
        result = data
        if isinstance(function.node, ast.Lambda):
            filled = _filled_by_lambda(data, function.node, this)
            return replace(filled, positive=result.positive or _positive_of_lambda(function.node))
        follower.enter(function, [data], {})
        if function.name:
            result = replace(result, cleaned=tuple(dict.fromkeys((*result.cleaned, function.name))))
        return result
    return data


def _filled_by_lambda(data: Data, node: ast.Lambda, this: Call) -> Data:
    """`lambda x: x.fillna(x.mean())` over all rows."""
    body = node.body
    fills = isinstance(body, ast.Call) and isinstance(body.func, ast.Attribute) and body.func.attr == "fillna"
    own = node.args.args[0].arg if node.args.args else ""
    asked = [
        part.func.attr
        for part in (ast.walk(body) if fills and not data.part else ())
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and isinstance(part.func.value, ast.Name)
        and part.func.value.id == own
        and part.func.attr in STATISTICS | {"value_counts"}
    ]
    marks = (Mark("impute", f"fillna({asked[0]})", this.at),) if asked else ()
    return replace(data, marks=(*data.marks, *marks))


def _positive_of_lambda(node: ast.Lambda) -> str:
    body = node.body
    if not (isinstance(body, ast.IfExp) and isinstance(body.test, ast.Compare)):
        return ""
    value, other = body.test.comparators[0], body.orelse
    one = isinstance(body.body, ast.Constant) and body.body.value == 1
    zero = isinstance(other, ast.Constant) and other.value == 0
    if one and zero and isinstance(value, ast.Constant) and isinstance(body.test.ops[0], ast.Eq):
        return str(value.value)
    return ""


def _map(follower: Following, data: Data, this: Call) -> Value:
    mapping = this.arg(0)
    if isinstance(mapping, Literal) and isinstance(mapping.value, dict):
        ones = [str(key) for key, value in mapping.value.items() if value == 1]
        binary = set(mapping.value.values()) == {0, 1}
        return replace(data, positive=ones[0]) if binary and len(ones) == 1 else data
    return _apply(follower, data, this)


def _fill(_follower: Following, data: Data, this: Call) -> Value:
    value = this.arg(0, "value")
    if isinstance(value, Statistics) and not data.part:
        return replace(data, marks=(*data.marks, Mark("impute", f"fillna({value.name})", this.at)))
    return data


def _merge(_follower: Following, data: Data, this: Call) -> Value:
    others = [piece for value in (*this.args, *this.kwargs.values()) for piece in data_in(value)]
    merged = merge([data, *others])
    foreign = any(piece.source != data.source for piece in others)
    return replace(merged, dropped=(*merged.dropped, UNKNOWN)) if foreign else merged


def _aggregated(_follower: Following, data: Data, _this: Call) -> Value:
    return replace(data, dropped=(*data.dropped, UNKNOWN))


def _correlate(_follower: Following, data: Data, this: Call, *, name: str) -> Value:
    """Correlations; of undivided columns, those with one column choose by it where they choose columns."""
    mark = () if data.part else (Mark(CORRELATED, f"{name}()", this.at),)
    return replace(data, column=None, marks=(*data.marks, *mark))


def _pop(_follower: Following, data: Data, this: Call) -> Value:
    names = texts(this.arg(0))
    return column_of(data, names[0]) if names else data


_ON_DATA: dict[str, Callable[[Following, Data, Call], Value]] = {
    "drop": _drop,
    "apply": _apply,
    "applymap": _apply,
    "map": _map,
    "replace": _map,
    "fillna": _fill,
    "corr": partial(_correlate, name="corr"),
    "corrwith": partial(_correlate, name="corrwith"),
    "merge": _merge,
    "join": _merge,
    "pop": _pop,
    "sample": _sampled,
    "rename": _rename,
    "withColumnRenamed": _renamed_one,
    "withColumn": _with_column,
    "assign": _assign,
    "pipe": _pipe,
    "agg": _aggregated,
    "aggregate": _aggregated,
    "pivot_table": _aggregated,
    "groupby": _grouped,
    "groupBy": _grouped,
    "resample": _grouped,
    "rolling": _grouped,
    "randomSplit": _random_split,
    "split_frame": _random_split,
    "random_split": _random_split,
    "train_test_split": _random_split,
}


def _on_loaded(follower: Following, loaded: Loaded, name: str, this: Call) -> Value:
    if name.startswith("predict") or name in {"decision_function", "invoke", "generate"}:
        rows = derived_from([this.arg(0)])
        follower.events.predicted.append(
            Predicted(rows if isinstance(rows, Data) else None, this.at, loaded.path)
        )
    if name == "transform":
        return _as_elsewhere(follower, loaded, this)
    if name == "read":
        follower.events.reads.append(Read(loaded.path, "read", this.at))
    return derived_from(this.args)


def _as_elsewhere(follower: Following, loaded: Loaded, this: Call) -> Value:
    """What another file's transformer gives, with its mark where it had learned from the same file."""
    rows = derived_from([this.arg(0, "X")])
    mark = follower.around.fitted.get(base_name(loaded.path))
    if mark is None or not isinstance(rows, Data) or rows.part:
        return rows
    same = bool(mark.source) and base_name(mark.source) == base_name(rows.source)
    cleaned = (*rows.cleaned, "#text") if mark.kind == "text" else rows.cleaned
    return replace(rows, marks=(*rows.marks, mark) if same else rows.marks, cleaned=cleaned)

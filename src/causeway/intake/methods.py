"""What methods of tables and estimators mean for the data's story."""
# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from causeway.intake import estimators
from causeway.intake.events import Judged, Predicted, Read, Saved, Split
from causeway.intake.indexing import CORRELATED, NAMES, column_of, texts
from causeway.intake.library import layer_task, save
from causeway.intake.values import (
    OPAQUE,
    UNKNOWN,
    Data,
    Estimator,
    Function,
    Literal,
    Loaded,
    Many,
    Mark,
    Statistics,
    Value,
    data_in,
    derived_from,
    merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.calls import Call
    from causeway.intake.following import Following

STATISTICS = frozenset("mean median mode std var quantile".split())
NOTHING = frozenset(
    "info describe plot hist show head_ unique nunique value_counts tolist to_list to_dict items keys "
    "memory_usage "
    "get_params set_params summary".split()
)
READS = {"read_csv", "read_parquet", "read_json"}


def known(value: Value) -> bool:
    """Whether calls on this value say something."""
    return isinstance(value, Data | Estimator | Loaded | Many | Statistics)


def call(follower: Following, receiver: Value, node: ast.Attribute, this: Call) -> Value:
    """What `receiver.method(...)` gives, and does."""
    if isinstance(receiver, Data):
        return _on_data(follower, receiver, node, this)
    if isinstance(receiver, Estimator):
        return _on_estimator(follower, receiver, node, this)
    if isinstance(receiver, Loaded):
        return _on_loaded(follower, receiver, node.attr, this)
    if isinstance(receiver, Many) and node.attr in {"append", "extend"}:
        added = derived_from(this.args)
        if isinstance(added, Data):
            follower.rebind(node.value, added)
        return OPAQUE
    return derived_from([receiver] if isinstance(receiver, Many) else [])


# methods of tables


def _on_data(follower: Following, data: Data, node: ast.Attribute, this: Call) -> Value:
    name = node.attr
    if name in STATISTICS:
        return Statistics(data, name)
    if name in NOTHING:
        return OPAQUE
    handler = _ON_DATA.get(name)
    if handler:
        result = handler(follower, data, this)
    elif name.startswith("to_") and name not in {"to_numpy", "to_pandas", "to_frame"}:
        follower.events.saved.append(Saved(this.text(0), "data", this.at))
        return OPAQUE
    else:
        result = derived_from([data, *this.args])
    if this.flag("inplace", default=False):
        follower.rebind(node.value, result)
    if name == "pop":
        follower.rebind(node.value, replace(data, dropped=(*data.dropped, *texts(this.arg(0)))))
    return result


def _drop(_follower: Following, data: Data, this: Call) -> Value:
    names = texts(this.kwargs.get("columns", OPAQUE))
    axis = this.arg(1, "axis")
    by_column = isinstance(axis, Literal) and axis.value in (1, "columns")
    by_name = by_column or "columns" in this.kwargs
    names = names or (texts(this.arg(0, "labels")) if by_column else ())
    names = names or ((UNKNOWN,) if by_name else ())
    return replace(data, dropped=(*data.dropped, *(name for name in names if name not in data.dropped)))


def _apply(follower: Following, data: Data, this: Call) -> Value:
    function = this.arg(0, "func")
    if isinstance(function, Function):
        result = data
        if isinstance(function.node, ast.Lambda):
            return replace(result, positive=result.positive or _positive_of_lambda(function.node))
        follower.enter(function, [data], {})
        if function.name:
            result = replace(result, cleaned=tuple(dict.fromkeys((*result.cleaned, function.name))))
        return result
    return data


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
    return merge([data, *(piece for value in this.args for piece in data_in(value))])


def _correlate(_follower: Following, data: Data, this: Call, *, name: str) -> Value:
    """Correlations; of undivided columns, those with one column choose by it where they choose columns."""
    mark = () if data.part else (Mark(CORRELATED, f"{name}()", this.at),)
    return replace(data, column=None, marks=(*data.marks, *mark))


def _sample(_follower: Following, data: Data, _this: Call) -> Value:
    return data


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
    "sample": _sample,
    "head": _sample,
}


# methods of estimators


def _on_estimator(follower: Following, estimator: Estimator, node: ast.Attribute, this: Call) -> Value:
    handler = _ON_ESTIMATOR.get(node.attr)
    return handler(follower, estimator, this) if handler else OPAQUE


def _fit(follower: Following, estimator: Estimator, this: Call) -> Value:
    features, target = this.arg(0, "X"), this.arg(1, "y")
    if estimator.kind == "transformer":
        follower.learned(estimator, features, this.at)
    else:
        follower.fitted(estimator, features, target, this.at)
        if {"validation_split", "validation_data"} & set(this.kwargs):
            follower.events.splits.append(
                Split("validation", this.at, tuple(data_in(features)), shuffled=False)
            )
    return estimator


def _fit_transform(follower: Following, estimator: Estimator, this: Call) -> Value:
    features = this.arg(0, "X")
    if estimator.kind in {"model", "network"}:
        follower.fitted(estimator, features, this.arg(1, "y"), this.at)
        return derived_from([features])
    follower.learned(estimator, features, this.at)
    return _transform(follower, estimator, this)


def _transform(follower: Following, estimator: Estimator, this: Call) -> Value:
    features = derived_from([this.arg(0, "X")])
    mark = follower.marks.get(estimator.ident)
    if not isinstance(features, Data):
        return OPAQUE
    text = estimators.TRANSFORMERS.get(estimator.name) == "text" or estimator.text
    cleaned = (*features.cleaned, "#text") if text else features.cleaned
    if mark is None or features.part:
        return replace(features, cleaned=cleaned)
    return replace(features, marks=(*features.marks, mark), cleaned=cleaned)


def _resample(follower: Following, estimator: Estimator, this: Call) -> Value:
    results: list[Value] = []
    for value in (this.arg(0, "X"), this.arg(1, "y")):
        data = derived_from([value])
        if isinstance(data, Data):
            marked = data.marks if data.part else (*data.marks, Mark("resample", estimator.name, this.at))
            results.append(replace(data, marks=marked, ident=follower.ident()))
        else:
            results.append(OPAQUE)
    return Many(tuple(results))


def _support(follower: Following, estimator: Estimator, _this: Call) -> Value:
    mark = follower.marks.get(estimator.ident)
    return Data(column=NAMES, marks=(mark,)) if mark and mark.kind == "select" else OPAQUE


def _predict(follower: Following, _estimator: Estimator, this: Call) -> Value:
    rows = derived_from([this.arg(0, "X")])
    follower.events.predicted.append(Predicted(rows if isinstance(rows, Data) else None, this.at))
    return replace(rows, column="(prediction)") if isinstance(rows, Data) else OPAQUE


def _score(follower: Following, _estimator: Estimator, this: Call) -> Value:
    rows = tuple(data for value in this.args[:2] for data in data_in(value))
    follower.events.judged.append(Judged("score", rows, this.at))
    return OPAQUE


def _add(follower: Following, estimator: Estimator, this: Call) -> Value:
    if this.node.args:
        task = layer_task(this.node.args[0])
        if task:
            follower.events.networks[estimator.ident] = task
    return OPAQUE


def _compile(follower: Following, estimator: Estimator, this: Call) -> Value:
    loss = this.text(9, "loss")
    tasks = {"binary_crossentropy": "binary", "mse": "regression", "mean_squared_error": "regression"}
    task = "multiclass" if loss.endswith("categorical_crossentropy") else tasks.get(loss, "")
    if task:
        follower.events.networks[estimator.ident] = task
    for name in texts(this.kwargs.get("metrics", OPAQUE)):
        follower.events.judged.append(Judged(name, (), this.at))
    return OPAQUE


def _save(follower: Following, estimator: Estimator, this: Call) -> Value:
    save(follower, this.text(0), estimator, this)
    return OPAQUE


_ON_ESTIMATOR: dict[str, Callable[[Following, Estimator, Call], Value]] = {
    "fit": _fit,
    "fit_transform": _fit_transform,
    "fit_predict": _fit_transform,
    "partial_fit": _fit,
    "train": _fit,
    "transform": _transform,
    "fit_resample": _resample,
    "fit_sample": _resample,
    "get_support": _support,
    "get_feature_names_out": _support,
    "predict": _predict,
    "predict_proba": _predict,
    "predict_classes": _predict,
    "decision_function": _predict,
    "score": _score,
    "evaluate": _score,
    "add": _add,
    "compile": _compile,
    "save": _save,
    "save_model": _save,
}


def _on_loaded(follower: Following, loaded: Loaded, name: str, this: Call) -> Value:
    if name.startswith("predict") or name in {"decision_function", "invoke", "generate"}:
        rows = derived_from([this.arg(0)])
        follower.events.predicted.append(
            Predicted(rows if isinstance(rows, Data) else None, this.at, loaded.path)
        )
    if name == "read":
        follower.events.reads.append(Read(loaded.path, "read", this.at))
    return derived_from(this.args)

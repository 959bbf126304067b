"""Data and models that come from outside the folder: toy sets, hubs, markets; tuning of pretrained models."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.flow.values import (
    OPAQUE,
    Data,
    Estimator,
    Instance,
    Literal,
    Many,
    Mapping,
    Pair,
    Value,
    data_in,
    derived_from,
    estimators_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

REMOTE = "remote:"
"""Stands before the name of data that no file of the folder holds."""
_IMAGES = re.compile(
    r"mnist|cifar|svhn|imagenet|oxford|flowers|food101|celeba|stl10|caltech|fakedata", re.IGNORECASE
)
_TUNED = re.compile(
    r"For(?P<task>SequenceClassification|TokenClassification|QuestionAnswering|ImageClassification|"
    r"AudioClassification|MultipleChoice)$"
)
_TASKS = {
    "SequenceClassification": "classification", "TokenClassification": "tagging",
    "QuestionAnswering": "answering", "ImageClassification": "images",
    "AudioClassification": "classification", "MultipleChoice": "classification",
}  # fmt: skip
_MARKETS = {
    "yfinance.download": "yfinance", "yf.download": "yfinance", "pandas_datareader.DataReader": "a market",
}  # fmt: skip
SPARK_FORMATS = {"csv", "parquet", "json", "load", "table", "orc"}
TARGETS = {"y", "labels", "label", "targets", "target", "Y"}


def handler(name: str) -> Callable[[Following, Call], Value] | None:
    """Who follows this call, if it is one of these."""
    parts = name.split(".")
    last = parts[-1]
    if name in _MARKETS or last == "DataReader":
        return _market
    if name.startswith("sklearn.datasets.") and last.startswith(("load_", "fetch_", "make_")):
        return _toy
    if last == "load_data" and "datasets" in parts:
        return _keras
    if "torchvision" in parts and "datasets" in parts and last[:1].isupper() and last != "ImageFolder":
        return _torchvision
    if last == "from_pretrained" and len(parts) > 1 and _TUNED.search(parts[-2]):
        return _pretrained
    return _trainer if last in {"Trainer", "Seq2SeqTrainer", "SetFitTrainer"} else None


def _remote(follower: Following, name: str, *, images: bool = False) -> Data:
    data = Data(source=f"{REMOTE}{name}", ident=follower.ident(), sort="images" if images else "remote")
    if images:
        follower.events.images.append(data)
    return data


def _market(follower: Following, this: Call) -> Value:
    return _remote(follower, _MARKETS.get(this.name, "a market's data"))


def _toy(follower: Following, this: Call) -> Value:
    last = this.name.rsplit(".", 1)[-1]
    named = this.text(0) or this.text(-1, "name")
    name = named if last == "fetch_openml" and named else last.partition("_")[2]
    data = _remote(follower, f"{name} ({'made' if last.startswith('make_') else 'scikit-learn'})")
    both = this.flag("return_X_y", default=False) or last.startswith("make_")
    return Many((data, replace(data, column="target"))) if both else data


def _keras(follower: Following, this: Call) -> Value:
    parts = this.name.split(".")
    name = parts[-2]
    data = _remote(follower, name, images=bool(_IMAGES.search(name)))
    rows = [replace(data, part=part, ident=follower.ident()) for part in ("train", "test")]
    follower.cut(data, this.at, "given")
    return Many(tuple(Many((row, replace(row, column="(label)"))) for row in rows))


def _torchvision(follower: Following, this: Call) -> Value:
    return _remote(follower, this.name.rsplit(".", 1)[-1], images=True)


def _pretrained(follower: Following, this: Call) -> Value:
    found = _TUNED.search(this.name.split(".")[-2])
    task = _TASKS[found["task"]] if found else ""
    count = this.kwargs.get("num_labels")
    if task == "classification" and isinstance(count, Literal) and isinstance(count.value, int):
        task = {1: "regression", 2: "binary"}.get(count.value, "multiclass")
    base = this.text(0).rsplit("/", 1)[-1] or this.name.split(".")[-2]
    return Estimator(base, this.name, "model", this.at, follower.ident(), task=task, text=task != "images")


def _trainer(follower: Following, this: Call) -> Value:
    held = this.arg(0, "model")
    models = estimators_in(held)
    shown = paired(this.kwargs.get("train_dataset", OPAQUE))
    if not models:
        return Estimator("Trainer", this.name, "trainer", this.at, follower.ident())
    if "eval_dataset" in this.kwargs:
        follower.cut(Data(), this.at, "given")
    follower.given[models[-1].ident] = (
        (shown.features, shown.target) if isinstance(shown, Pair) else (derived_from([shown]), OPAQUE)
    )
    return models[-1]


def paired(value: Value) -> Value:
    """A data set of the code's own class as features and target, by the names of its fields."""
    if not isinstance(value, Instance):
        return value
    targets = [held for name, held in value.fields.items() if name.strip("_") in TARGETS and data_in(held)]
    rest = [held for name, held in value.fields.items() if name.strip("_") not in TARGETS]
    others = [piece for held in rest for piece in data_in(held)]
    if not targets and not others:
        return OPAQUE
    target = derived_from(targets) if targets else OPAQUE
    return Pair(others[0] if others else target, target)


def frame(_follower: Following, this: Call) -> Value:
    """A table put together from columns; each remembers what it was called."""
    given = this.arg(0, "data")
    pieces = data_in(given)
    if not isinstance(given, Mapping) or not pieces:
        return derived_from([*this.args, *this.kwargs.values()])
    renames = tuple(
        (str(key), held.column)
        for key, value in given.items
        if (found := data_in(value))
        and isinstance((held := found[0]).column, str)
        and str(key) != held.column
    )
    first = next((piece for piece in pieces if piece.source), pieces[0])
    return replace(first, column=None, columns=None, renames=(*first.renames, *renames))


def spark_reader(this: Call) -> bool:
    """Whether this is Spark's `spark.read.option(...).csv(path)`."""
    func = this.node.func
    if not isinstance(func, ast.Attribute) or func.attr not in SPARK_FORMATS:
        return False
    inner: ast.AST = func.value
    while isinstance(inner, ast.Attribute | ast.Call):
        if isinstance(inner, ast.Attribute) and inner.attr == "read":
            return True
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return False


def column(_follower: Following, this: Call) -> Value:
    """Spark's `col("x")`."""
    return Data(column=this.text(0)) if this.text(0) else OPAQUE

"""What methods of estimators mean: learning, changing tables, answering, being judged and saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake import estimators
from causeway.intake.flow import hubs, layers
from causeway.intake.flow.events import Judged, Predicted, Split
from causeway.intake.flow.indexing import NAMES, ROWS, column_of, texts
from causeway.intake.flow.library import learning_target, save, weights
from causeway.intake.flow.values import (
    OPAQUE,
    Data,
    Estimator,
    Function,
    Layer,
    Many,
    Mark,
    Pair,
    Value,
    data_in,
    derived_from,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

UNSUPERVISED = frozenset({"clustering", "anomaly", "reduction", "topics"})
FRAMES = (
    "X",
    "x",
    "training_frame",
    "train_data",
    "train_dataset",
    "df",
    "data",
    "dataset",
    "train_dataloaders",
)


def call(follower: Following, estimator: Estimator, name: str, this: Call) -> Value:
    """What `estimator.name(...)` gives, and does."""
    if estimator.kind == "trainer":
        return OPAQUE
    if estimator.kind == "splitter":
        return _folds(follower, estimator, this) if name == "split" else OPAQUE
    handler = _ON_ESTIMATOR.get(name)
    if handler:
        return handler(follower, estimator, this)
    return estimator if name.startswith(("set", "with", "to", "load")) else OPAQUE


def shown(follower: Following, estimator: Estimator, this: Call) -> tuple[Value, Value]:
    """The features and the target that an estimator is given to learn from."""
    features = next((this.kwargs[name] for name in FRAMES if name in this.kwargs), this.arg(0))
    features = hubs.paired(features)
    if isinstance(features, Pair):
        return features.features, features.target
    if (rating := learning_target(estimator, features)) is not None:
        return features, rating
    if not data_in(features) and estimator.ident in follower.given:
        return follower.given[estimator.ident]
    if estimator.task in UNSUPERVISED:
        return features, OPAQUE
    target = this.kwargs.get("y", this.kwargs.get("Y", this.arg(1)))
    implied = "y" if estimator.name in {"Prophet", "NeuralProphet"} else estimator.target
    named = this.text(1, "y") or this.text(-1, "target") or this.text(-1, "event_col") or implied
    pieces = data_in(features)
    if named and pieces and not data_in(target):
        return features, column_of(pieces[0], named)
    return features, target


def _folds(follower: Following, estimator: Estimator, this: Call) -> Value:
    pieces = tuple(data for value in this.args for data in data_in(value))
    ordered = estimator.name == "TimeSeriesSplit"
    follower.events.splits.append(Split("cross_validation", this.at, pieces, shuffled=not ordered))
    rows = [Data(column=ROWS, part=part, ident=follower.ident()) for part in ("train", "test")]
    return Many((Many(tuple(rows)),))


def _fit(follower: Following, estimator: Estimator, this: Call) -> Value:
    features, target = shown(follower, estimator, this)
    if estimator.kind == "transformer":
        follower.learned(estimator, features, this.at)
        return estimator
    follower.fitted(estimator, features, target, this.at)
    top = estimator.module.split(".")[0]
    follower.events.fitted_with += [(top, name, this.at) for name in this.kwargs]
    held_out = {"validation_split", "validation_data", "eval_set", "tuning_data", "validation_frame"}
    if held_out & set(this.kwargs):
        pieces = tuple(data_in(features))
        follower.events.splits.append(Split("validation", this.at, pieces, shuffled=False))
    return estimator


def _fit_transform(follower: Following, estimator: Estimator, this: Call) -> Value:
    features, target = shown(follower, estimator, this)
    if estimator.kind in {"model", "network"}:
        follower.fitted(estimator, features, target, this.at)
        return derived_from([features])
    follower.learned(estimator, features, this.at)
    return _transform(follower, estimator, this)


def _fit_predict(follower: Following, estimator: Estimator, this: Call) -> Value:
    features, target = shown(follower, estimator, this)
    follower.fitted(estimator, features, target, this.at)
    rows = derived_from([features])
    return replace(rows, column="(prediction)") if isinstance(rows, Data) else OPAQUE


def _transform(follower: Following, estimator: Estimator, this: Call) -> Value:
    features = derived_from([this.arg(0, "X")])
    mark = follower.marks.get(estimator.ident)
    if not isinstance(features, Data):
        return OPAQUE
    text = estimators.TRANSFORMERS.get(estimator.name) == "text" or estimator.text
    sort = estimators.TRANSFORMERS.get(estimator.name)
    cleaned = (*features.cleaned, "#text") if text else features.cleaned
    cleaned = (*cleaned, "#scaled") if sort == "scale" or sort is None else cleaned
    if estimator.makes:
        name, origin = estimator.makes
        features = replace(features, derived=(*features.derived, (name, frozenset({origin}))))
    if estimator.takes:
        features = replace(features, columns=estimator.takes, dropped=())
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
    layer = this.arg(0)
    if isinstance(layer, Layer):
        follower.events.layers.setdefault(estimator.ident, []).append(layer.name)
        if layer.task:
            follower.events.networks[estimator.ident] = layer.task
    return OPAQUE


def _compile(follower: Following, estimator: Estimator, this: Call) -> Value:
    follower.events.compiled.add(estimator.ident)
    task = layers.task_of_loss(this.arg(1, "loss"))
    last = follower.events.networks.get(estimator.ident, "")
    if task and not (task == "multiclass" and last == "binary"):
        follower.events.networks[estimator.ident] = task
    for name in texts(this.arg(2, "metrics")):
        follower.events.judged.append(Judged(name, (), this.at, declared=True))
    return OPAQUE


def _save(follower: Following, estimator: Estimator, this: Call) -> Value:
    save(follower, this.text(0), estimator, this)
    return OPAQUE


def _optimise(follower: Following, estimator: Estimator, this: Call) -> Value:
    for function in this.args:
        if isinstance(function, Function):
            follower.enter(function, [], {})
    return estimator


def _parameters(_follower: Following, estimator: Estimator, this: Call) -> Value:
    """Spark's and AutoML's setters: `setLabelCol("x")`."""
    named = this.text(0)
    return replace(estimator, target=named) if named else estimator


def _leaderboard(_follower: Following, estimator: Estimator, _this: Call) -> Value:
    return estimator


def _state(_follower: Following, estimator: Estimator, _this: Call) -> Value:
    return estimator


def _filled(follower: Following, estimator: Estimator, this: Call) -> Value:
    weights(follower, this)
    return estimator


_ON_ESTIMATOR: dict[str, Callable[[Following, Estimator, Call], Value]] = {
    "fit": _fit,
    "fit_transform": _fit_transform,
    "fit_predict": _fit_predict,
    "partial_fit": _fit,
    "train": _fit,
    "fit_generator": _fit,
    "fit_one_cycle": _fit,
    "fine_tune": _fit,
    "fit_regularized": _fit,
    "learn": _fit,
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
    "save_pretrained": _save,
    "export": _save,
    "optimize": _optimise,
    "setLabelCol": _parameters,
    "load_weights": _filled,
    "load_model": _filled,
    "leaderboard": _leaderboard,
    "state_dict": _state,
}

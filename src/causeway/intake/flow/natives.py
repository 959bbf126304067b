"""Learning in one call or from what was given before: boosters' `train`, statistics, formulas, AutoML."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.flow.events import Split
from causeway.intake.flow.indexing import column_of
from causeway.intake.flow.values import (
    OPAQUE,
    Data,
    Estimator,
    Literal,
    Mapping,
    Pair,
    Value,
    data_in,
    derived_from,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

WRAPPERS = {"DMatrix", "QuantileDMatrix", "Dataset", "Pool", "TensorDataset", "from_tensor_slices"}
ENDOG_FIRST = frozenset(
    "OLS WLS GLS Logit Probit MNLogit GLM Poisson RLM QuantReg ARIMA SARIMAX ExponentialSmoothing "  # noqa: SIM905 - words read best as words
    "SimpleExpSmoothing Holt VAR VARMAX UnobservedComponents AutoReg ARMA ThetaModel STL".split()
)
_FORMULA = re.compile(r"^\s*(?:np\.\w+\(|log\()?\s*Q?\(?[\"']?([\w. ]+?)[\"']?\)*\s*~(.*)$", re.DOTALL)
FORMULAS = {
    "ols": "OLS",
    "logit": "Logit",
    "glm": "GLM",
    "poisson": "Poisson",
    "wls": "WLS",
    "mixedlm": "MixedLM",
}
_OBJECTIVES = (
    ("binary", "binary"), ("multi", "multiclass"), ("softmax", "multiclass"), ("logloss", "binary"),
    ("crossentropy", "binary"), ("reg", "regression"), ("rmse", "regression"), ("mae", "regression"),
    ("l1", "regression"), ("l2", "regression"), ("poisson", "regression"), ("tweedie", "regression"),
    ("huber", "regression"), ("quantile", "regression"), ("rank", "ranking"), ("lambdarank", "ranking"),
)  # fmt: skip
_BOOSTERS = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}


def handler(name: str) -> Callable[[Following, Call], Value] | None:
    """Who follows this call, if it is one of these."""
    top, _, _ = name.partition(".")
    last = name.rsplit(".", 1)[-1]
    if last in WRAPPERS and (
        top in _BOOSTERS or "torch" in name or "tensorflow" in name or last != "Dataset"
    ):
        return _pair
    if top in _BOOSTERS and last in {"train", "cv"}:
        return _train if last == "train" else _cross
    if name.startswith("statsmodels.formula") and last in FORMULAS:
        return _formula
    if last == "train_supervised":
        return _fasttext
    return _AUTO.get(last) if "pycaret" in name else None


def _pair(_follower: Following, this: Call) -> Value:
    first = this.arg(0, "data")
    items = getattr(first, "items", ())
    if this.name.endswith("from_tensor_slices") and len(items) == 2:
        return Pair(items[0], items[1])
    target = this.arg(1, "label")
    return Pair(first, target) if data_in(first) else OPAQUE


def task_of_options(options: Value) -> str:
    """What a booster's options say it learns, or empty."""
    told = ""
    if isinstance(options, Literal) and isinstance(options.value, dict):
        told = str(options.value.get("objective") or options.value.get("loss_function") or "")
    if isinstance(options, Mapping):
        held = next((value for key, value in options.items if key in {"objective", "loss_function"}), OPAQUE)
        told = str(held.value) if isinstance(held, Literal) else "?"
    lowered = told.lower()
    return next((task for word, task in _OBJECTIVES if word in lowered), "")


def _train(follower: Following, this: Call) -> Value:
    top = this.name.split(".")[0]
    options = this.arg(0, "params")
    known = isinstance(options, Mapping) or (isinstance(options, Literal) and isinstance(options.value, dict))
    task = task_of_options(options) or ("regression" if known and top != "catboost" else "")
    model = Estimator(_BOOSTERS[top], this.name, "model", this.at, follower.ident(), task=task)
    follower.events.fitted_with += [(top, name, this.at) for name in this.kwargs if top == "lightgbm"]
    shown = this.kwargs.get("dtrain", this.kwargs.get("train_set", this.kwargs.get("pool", this.arg(1))))
    if isinstance(shown, Pair):
        follower.fitted(model, shown.features, shown.target, this.at)
    elif data_in(shown):
        follower.fitted(model, shown, OPAQUE, this.at)
    return model


def _cross(follower: Following, this: Call) -> Value:
    shown = this.arg(1, "dtrain")
    follower.events.splits.append(Split("cross_validation", this.at, tuple(data_in(shown))))
    return OPAQUE


def _formula(follower: Following, this: Call) -> Value:
    name = FORMULAS[this.name.rsplit(".", 1)[-1]]
    written = _FORMULA.match(this.text(0, "formula"))
    table = derived_from([this.arg(1, "data")])
    task = "classification" if name == "Logit" else "regression"
    model = Estimator(name, this.name, "model", this.at, follower.ident(), task=task)
    if written and isinstance(table, Data):
        words = [
            word
            for word in re.findall(r"[A-Za-z_]\w*", written[2])
            if word not in {"C", "Q", "np", "log", "I"}
        ]
        features = replace(table, columns=tuple(dict.fromkeys(words)) or None)
        follower.given[model.ident] = (features, column_of(table, written[1].strip()))
    return model


def remember(follower: Following, this: Call, model: Estimator) -> None:
    """What a model was built with, for a `fit` without arguments."""
    last = this.name.rsplit(".", 1)[-1]
    if last in ENDOG_FIRST and data_in(this.arg(0, "endog")):
        follower.given[model.ident] = (this.arg(1, "exog"), this.arg(0, "endog"))
    for name in ("train_dataset", "dls"):
        if name in this.kwargs:
            follower.given[model.ident] = (this.kwargs[name], OPAQUE)
    if last.endswith("_learner") and data_in(this.arg(0, "dls")):
        piece = data_in(this.arg(0, "dls"))[0]
        follower.given[model.ident] = (piece, piece if piece.column is not None else OPAQUE)


def _fasttext(follower: Following, this: Call) -> Value:
    model = Estimator(
        "fastText", this.name, "model", this.at, follower.ident(), task="classification", text=True
    )
    features = Data(source=this.text(0, "input"), ident=follower.ident())
    follower.fitted(model, features, OPAQUE, this.at)
    return model


def _setup(follower: Following, this: Call) -> Value:
    table = derived_from([this.arg(0, "data")])
    task = {"classification": "classification", "regression": "regression", "clustering": "clustering",
            "anomaly": "anomaly", "time_series": "forecast"}  # fmt: skip
    found = next((kind for word, kind in task.items() if word in this.name), "")
    model = Estimator("PyCaret", this.name, "model", this.at, follower.ident("pycaret"), task=found)
    if isinstance(table, Data):
        named = this.text(1, "target")
        follower.given[model.ident] = (table, column_of(table, named) if named else OPAQUE)
        follower.events.splits.append(Split("validation", this.at, (table,), shuffled=True))
    return model


def _automatic(follower: Following, this: Call) -> Value:
    ident = follower.ident("pycaret")
    features, target = follower.given.get(ident, (OPAQUE, OPAQUE))
    task = {"classification": "classification", "regression": "regression"}
    found = next((kind for word, kind in task.items() if word in this.name), "")
    model = Estimator("PyCaret", this.name, "model", this.at, ident, task=found)
    follower.fitted(model, features, target, this.at)
    return model


def _passed(_follower: Following, this: Call) -> Value:
    return this.arg(0)


_AUTO: dict[str, Callable[[Following, Call], Value]] = {
    "setup": _setup,
    "compare_models": _automatic,
    "create_model": _automatic,
    "tune_model": _passed,
    "finalize_model": _passed,
    "blend_models": _passed,
}

"""What calls of libraries mean for the data's story: reading, dividing, building, saving, loading."""
# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake import estimators
from causeway.intake.events import Judged, LoadedFile, Read, Saved, Split
from causeway.intake.indexing import texts
from causeway.intake.values import (
    OPAQUE,
    Cut,
    Data,
    Estimator,
    Length,
    Literal,
    Loaded,
    Many,
    Opened,
    Value,
    data_in,
    derived_from,
    merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.calls import Call
    from causeway.intake.following import Following

READERS = frozenset(
    "read_csv read_table read_excel read_parquet read_json read_feather read_pickle read_fwf read_sql "
    "read_sql_query read_sql_table read_hdf read_stata read_ndjson scan_csv scan_parquet loadtxt genfromtxt "
    "load_dataset fromfile".split()
)
LOADERS = frozenset(
    {
        "pickle.load", "pickle.loads", "cPickle.load", "joblib.load", "sklearn.externals.joblib.load",
        "dill.load",
        "cloudpickle.load", "torch.load", "keras.models.load_model", "tensorflow.keras.models.load_model",
        "tensorflow.python.keras.models.load_model", "keras.saving.load_model", "mlflow.sklearn.load_model",
        "mlflow.pyfunc.load_model", "skops.io.load", "pandas.read_pickle",
    }
)  # fmt: skip
UNSAFE_LOADERS = frozenset(
    {
        "pickle.load", "pickle.loads", "cPickle.load", "joblib.load", "sklearn.externals.joblib.load",
        "dill.load",
        "cloudpickle.load", "torch.load", "pandas.read_pickle",
    }
)  # fmt: skip
DUMPERS = frozenset(
    {
        "pickle.dump", "cPickle.dump", "joblib.dump", "sklearn.externals.joblib.dump", "dill.dump",
        "cloudpickle.dump", "torch.save", "skops.io.dump",
    }
)  # fmt: skip
NOT_DATA = frozenset(
    "print len type isinstance str repr id range enumerate display hasattr getattr sum min max round set "
    "sorted "
    "any all open figure show title xlabel ylabel legend subplots".split()
)
LOSSES = {
    "MSELoss": "regression", "L1Loss": "regression", "SmoothL1Loss": "regression", "HuberLoss": "regression",
    "CrossEntropyLoss": "multiclass", "NLLLoss": "multiclass", "BCELoss": "binary",
    "BCEWithLogitsLoss": "binary",
}  # fmt: skip


def call(follower: Following, this: Call) -> Value:
    """What a call of a library function gives."""
    last = this.name.rsplit(".", 1)[-1]
    handler = _handler(this.name, last)
    if handler:
        return handler(follower, this)
    learner = estimators.learner(last)
    if learner and last not in estimators.FUNCTIONS:
        return build(follower, this, last, learner)
    if last in NOT_DATA or this.name.startswith(("matplotlib.", "seaborn.", "streamlit.", "os.", "logging.")):
        return OPAQUE
    return derived_from([*this.args, *this.kwargs.values()])


def _handler(name: str, last: str) -> Callable[[Following, Call], Value] | None:
    if name in LOADERS:
        return _load
    if name in DUMPERS:
        return _dump
    if last in _HANDLERS or last in READERS:
        return _HANDLERS.get(last, _read)
    return _metric if "metrics." in name or last.endswith(("_score", "_report", "_error")) else None


def _read(follower: Following, this: Call) -> Value:
    how = this.name.rsplit(".", 1)[-1]
    held = this.arg(0, "filepath_or_buffer")
    path = (
        held.path if isinstance(held, Opened) else this.text(0, "filepath_or_buffer") or this.text(0, "path")
    )
    follower.events.reads.append(Read(path, how, this.at))
    columns = texts(this.kwargs.get("usecols", OPAQUE))
    return Data(source=path, ident=follower.ident(), columns=columns or None)


def _load(follower: Following, this: Call) -> Value:
    held = this.arg(0)
    path = held.path if isinstance(held, Opened) else this.text(0)
    follower.events.loads.append(LoadedFile(path, this.name, this.at))
    if this.name == "pandas.read_pickle":
        return Data(source=path, ident=follower.ident())
    return Loaded(path, this.at)


def _dump(follower: Following, this: Call) -> Value:
    held, file = this.arg(0), this.arg(1)
    path = file.path if isinstance(file, Opened) else this.text(1)
    save(follower, path, held, this)
    return OPAQUE


def save(follower: Following, path: str, held: Value, this: Call) -> None:
    """Remembers that a value was written to a file."""
    what = "data" if isinstance(held, Data) else "other"
    ident = 0
    if isinstance(held, Estimator):
        what = "transformer" if held.kind in {"transformer", "resampler"} else "model"
        ident = held.ident
    follower.events.saved.append(Saved(path, what, this.at, ident))


def build(follower: Following, this: Call, name: str, learner: estimators.Learner) -> Estimator:
    """The estimator that a constructor call makes."""
    inner = _estimators_in([*this.args, *this.kwargs.values()])
    estimator = Estimator(
        name,
        this.name,
        learner.kind,
        this.at,
        follower.ident(),
        task=learner.task,
        steps=tuple(step for item in inner for step in (item.name, *item.steps)),
        text=learner.sort == "text" or any(item.text for item in inner),
    )
    model = next((item for item in reversed(inner) if item.kind in {"model", "network"}), None)
    if learner.kind in {"pipeline", "search"}:
        if model is None:
            return replace(estimator, kind="transformer" if learner.kind == "pipeline" else "model")
        return replace(
            estimator, name=model.name, module=model.module, kind=model.kind, task=model.task, at=model.at
        )
    if learner.kind == "network":
        task = _network_task(this.node)
        if task:
            follower.events.networks[estimator.ident] = task
    return estimator


def _estimators_in(values: list[Value]) -> list[Estimator]:
    found: list[Estimator] = []
    for value in values:
        if isinstance(value, Estimator):
            found.append(value)
        elif isinstance(value, Many):
            found += _estimators_in(list(value.items))
    return found


def _network_task(node: ast.Call) -> str:
    layers = node.args[0].elts if node.args and isinstance(node.args[0], ast.List) else []
    return layer_task(layers[-1]) if layers else ""


def layer_task(node: ast.expr) -> str:
    """What a network's last layer says about its task."""
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("Dense"):
        return ""
    units = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "units"), None)
    activation = next((k.value for k in node.keywords if k.arg == "activation"), None)
    name = activation.value if isinstance(activation, ast.Constant) else None
    if name == "softmax":
        return "multiclass"
    single = isinstance(units, ast.Constant) and units.value == 1
    if name == "sigmoid":
        return "binary" if single else ""
    return "regression" if single else ""


def _split(follower: Following, this: Call) -> Value:
    pieces = tuple(data for value in this.args for data in data_in(value))
    split = Split(
        this.name.rsplit(".", 1)[-1],
        this.at,
        pieces,
        seeded="random_state" in this.kwargs,
        shuffled=this.flag("shuffle", default=True),
    )
    follower.events.splits.append(split)
    divided = [derived_from([value]) for value in this.args]
    return Many(tuple(_part(follower, value, part) for value in divided for part in ("train", "test")))


def _part(follower: Following, value: Value, part: str) -> Value:
    return replace(value, part=part, ident=follower.ident()) if isinstance(value, Data) else OPAQUE


def _cross_validate(follower: Following, this: Call) -> Value:
    pieces = tuple(data for value in this.args[1:3] for data in data_in(value))
    model = this.arg(0)
    follower.events.splits.append(Split("cross_validation", this.at, pieces))
    if isinstance(model, Estimator) and pieces:
        follower.fitted(model, this.arg(1, "X"), this.arg(2, "y"), this.at)
    return OPAQUE


def _metric(follower: Following, this: Call) -> Value:
    how = this.name.rsplit(".", 1)[-1]
    rows = tuple(data for value in (*this.args, *this.kwargs.values()) for data in data_in(value))
    follower.events.judged.append(Judged(how, rows, this.at))
    return OPAQUE


def _open(_follower: Following, this: Call) -> Value:
    return Opened(this.text(0, "file"), this.text(1, "mode") or "r")


def _concat(_follower: Following, this: Call) -> Value:
    pieces = data_in(this.arg(0, "objs"))
    return merge(pieces) if pieces else OPAQUE


def _dummies(follower: Following, this: Call) -> Value:
    value = this.arg(0, "data")
    if not isinstance(value, Data):
        return OPAQUE
    names = texts(this.kwargs.get("columns", OPAQUE))
    return replace(value, used=value.used | frozenset(names), ident=follower.ident())


def _length(_follower: Following, this: Call) -> Value:
    return Length() if data_in(this.arg(0)) else OPAQUE


def _integer(_follower: Following, this: Call) -> Value:
    value = this.arg(0)
    return value if isinstance(value, Cut | Length) else derived_from([value])


def share_of_length(follower: Following, node: ast.BinOp, left: Value, right: Value) -> Value:
    """`len(x) * 0.8` is where rows are divided."""
    factor = right if isinstance(left, Length) else left
    if isinstance(node.op, ast.Mult) and isinstance(factor, Literal) and isinstance(factor.value, float):
        return Cut(follower.at(node)) if 0 < factor.value < 1 else OPAQUE
    return OPAQUE


def _path(_follower: Following, this: Call) -> Value:
    parts = [item.value for item in this.args if isinstance(item, Literal) and isinstance(item.value, str)]
    return Literal("/".join(parts)) if parts else OPAQUE


def _loss(follower: Following, this: Call) -> Value:
    follower.events.torch_losses.append((LOSSES[this.name.rsplit(".", 1)[-1]], this.at))
    return OPAQUE


_HANDLERS: dict[str, Callable[[Following, Call], Value]] = {
    "train_test_split": _split,
    "cross_val_score": _cross_validate,
    "cross_validate": _cross_validate,
    "cross_val_predict": _cross_validate,
    "open": _open,
    "concat": _concat,
    "get_dummies": _dummies,
    "len": _length,
    "int": _integer,
    "join": _path,
    "Path": _path,
    **dict.fromkeys(LOSSES, _loss),
}

"""What calls of libraries mean for the data's story: reading, dividing, building, saving, loading."""
# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake import estimators
from causeway.intake.flow import hubs, layers, natives, surroundings
from causeway.intake.flow.events import Fit, Judged, LoadedFile, Read, Saved, Split
from causeway.intake.flow.indexing import ROWS, texts
from causeway.intake.flow.values import (
    OPAQUE,
    Cut,
    Data,
    Estimator,
    Function,
    Length,
    Literal,
    Loaded,
    Many,
    Mapping,
    Opened,
    Value,
    choice,
    data_in,
    derived_from,
    estimators_in,
    merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

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
OPENERS = frozenset({"open", "io.open", "codecs.open", "gzip.open", "PIL.Image.open"})
WEIGHTS = frozenset("h5 keras hdf5 pt pth json bin model cbm ubj onnx weights".split())
_FUNCTIONAL = {
    "cross_entropy": "multiclass", "nll_loss": "multiclass", "binary_cross_entropy": "binary",
    "binary_cross_entropy_with_logits": "binary", "mse_loss": "regression", "l1_loss": "regression",
    "smooth_l1_loss": "regression",
}  # fmt: skip
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
    handler = _read if hubs.spark_reader(this) else _handler(this.name, last)
    if handler:
        return handler(follower, this)
    learner = estimators.learner(this.name if "." in this.name else last)
    if learner and last not in estimators.FUNCTIONS and _foreign(this.name):
        return build(follower, this, last, learner)
    for value in (*this.args, *this.kwargs.values()):
        if isinstance(value, Function) and not isinstance(value.node, ast.Lambda):
            follower.enter(value, [], {})
    if last in NOT_DATA or this.name.startswith(("matplotlib.", "seaborn.", "streamlit.", "os.", "logging.")):
        return OPAQUE
    return derived_from([*this.args, *this.kwargs.values()])


def _foreign(name: str) -> bool:
    """Whether `Model` and the like come from a library of networks and not from another one."""
    last = name.rsplit(".", 1)[-1]
    return last not in estimators.NETWORKS or "keras" in name or name == last


def _handler(name: str, last: str) -> Callable[[Following, Call], Value] | None:
    if name in LOADERS:
        return _load
    if name in DUMPERS:
        return _dump
    special = (
        hubs.handler(name) or surroundings.handler(name) or natives.handler(name) or _of_network(name, last)
    )
    if special is not None:
        return special
    if name.startswith("pyspark.sql.functions.") and last in {"col", "column"}:
        return hubs.column
    if last in _HANDLERS or last in READERS:
        return _HANDLERS.get(last, _read)
    return _metric if "metrics." in name or last.endswith(("_score", "_report", "_error")) else None


def _of_network(name: str, last: str) -> Callable[[Following, Call], Value] | None:
    if last in layers.LAYERS:
        return layers.layer
    if last in layers.IMAGE_FOLDERS:
        return layers.images
    if last in estimators.PRETRAINED:
        return layers.pretrained
    return layers.loss if ".losses." in name and not name.startswith("torch") else None


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
    found = estimators_in(held)
    for one in found:
        what = "transformer" if one.kind in {"transformer", "resampler"} else "model"
        follower.events.saved.append(Saved(path, what, this.at, one.ident))
        if path and what == "transformer" and one.ident in follower.marks:
            follower.around.fitted[base_name(path)] = follower.marks[one.ident]
    if not found:
        data = held if isinstance(held, Data) else None
        follower.events.saved.append(Saved(path, "data" if data else "other", this.at, held=data))


def base_name(path: str) -> str:
    """A file's name without its folders."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _checkpoint(follower: Following, this: Call) -> Value:
    """A callback that writes the network to a file as it learns."""
    path = this.text(0, "filepath")
    if path:
        follower.events.saved.append(Saved(path, "checkpoint", this.at))
    return OPAQUE


def build(follower: Following, this: Call, name: str, learner: estimators.Learner) -> Value:
    """The estimator that a constructor call makes; one of several where it wraps one of several."""
    inner = [item for value in (*this.args, *this.kwargs.values()) for item in estimators_in(value)]
    estimator = Estimator(
        name,
        this.name,
        learner.kind,
        this.at,
        follower.ident(),
        task=learner.task or natives.task_of_options(Mapping(tuple(this.kwargs.items()))),
        steps=tuple(step for item in inner for step in (item.name, *item.steps)),
        text=learner.sort == "text" or any(item.text for item in inner),
        target=_told(this),
        takes=texts(this.kwargs.get("inputCols", OPAQUE)) if name == "VectorAssembler" else (),
        makes=(this.text(-1, "outputCol"), this.text(-1, "inputCol")) if "inputCol" in this.kwargs else None,
    )
    natives.remember(follower, this, estimator)
    if learner.kind in {"pipeline", "search"}:
        return _wrapped(follower, estimator, inner, learner)
    return layers.stacked(follower, this, estimator) if learner.kind == "network" else estimator


def _told(this: Call) -> str:
    names = ("labelCol", "label", "y_names", "label_column", "ratingCol")
    told = next((text for name in names if (text := this.text(-1, name))), "")
    return told or ("label" if this.name.startswith("pyspark.") else "")


def _wrapped(
    follower: Following, around: Estimator, inner: list[Estimator], learner: estimators.Learner
) -> Value:
    models = [item for item in inner if item.kind in {"model", "network"}]
    if not models:
        return replace(around, kind="transformer" if learner.kind == "pipeline" else "model")
    made: list[Value] = [
        replace(
            around,
            name=model.name,
            module=model.module,
            kind=model.kind,
            task=model.task,
            at=model.at,
            target=around.target or model.target,
            ident=follower.ident() if len(models) > 1 else around.ident,
        )
        for model in models
    ]
    return choice(made)


def _split(follower: Following, this: Call) -> Value:
    pieces = tuple(data for value in this.args for data in data_in(value))
    split = Split(
        this.name.rsplit(".", 1)[-1],
        this.at,
        pieces,
        seeded="random_state" in this.kwargs or not this.name.startswith("sklearn"),
        shuffled=this.flag("shuffle", default=True),
    )
    follower.events.splits.append(split)
    divided = [derived_from([value]) for value in this.args]
    return Many(tuple(_part(follower, value, part) for value in divided for part in ("train", "test")))


def _random_split(follower: Following, this: Call) -> Value:
    """PyTorch's way to divide a data set."""
    piece = derived_from([this.arg(0, "dataset")])
    follower.events.splits.append(
        Split("train_test_split", this.at, tuple(data_in(piece)), seeded="generator" in this.kwargs)
    )
    count = len(held.items) if isinstance(held := this.arg(1, "lengths"), Many) else 2
    return Many(tuple(_part(follower, piece, part) for part in ["train", *["test"] * (max(count, 2) - 1)]))


def _part(follower: Following, value: Value, part: str) -> Value:
    found = value if isinstance(value, Data) else Data(column=ROWS)
    return replace(found, part=part, ident=follower.ident())


def _cross_validate(follower: Following, this: Call) -> Value:
    pieces = tuple(data for value in this.args[1:3] for data in data_in(value))
    models = estimators_in(this.arg(0, "estimator"))
    if not models:
        return OPAQUE
    follower.events.splits.append(Split("cross_validation", this.at, pieces))
    features, target = this.arg(1, "X"), this.arg(2, "y")
    for model in models if pieces else ():
        own = learning_target(model, features)
        follower.fitted(model, features, target if own is None else own, this.at)
    return OPAQUE


def learning_target(model: Estimator, features: Value) -> Data | None:
    """The rating among user, item and rating, as recommenders take them."""
    pieces = data_in(features)
    columns = pieces[0].columns if pieces else None
    if model.task != "recommendation" or not columns or len(columns) < 3:
        return None
    return replace(pieces[0], column=columns[2], columns=None)


def _metric(follower: Following, this: Call) -> Value:
    how = this.name.rsplit(".", 1)[-1]
    rows = tuple(data for value in (*this.args, *this.kwargs.values()) for data in data_in(value))
    follower.events.judged.append(Judged(how, rows, this.at))
    return OPAQUE


def _open(follower: Following, this: Call) -> Value:
    opened = Opened(this.text(0, "file"), this.text(1, "mode") or "r")
    if opened.path and this.name in OPENERS:
        follower.events.opened.append(Read(opened.path, opened.mode, this.at))
    return opened


def weights(follower: Following, this: Call) -> Value:
    """What a saved network or booster is filled from, by a method of its own."""
    path = this.text(0, "path") or this.text(0, "fname")
    if path.rsplit(".", 1)[-1].lower() in WEIGHTS:
        follower.events.opened.append(Read(path, "r", this.at))
    return OPAQUE


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


def _loss(follower: Following, this: Call) -> Value:
    follower.events.torch_losses.append((LOSSES[this.name.rsplit(".", 1)[-1]], this.at))
    return OPAQUE


def _functional_loss(follower: Following, this: Call) -> Value:
    if this.name.startswith("torch"):
        follower.events.torch_losses.append((_FUNCTIONAL[this.name.rsplit(".", 1)[-1]], this.at))
    return OPAQUE


def _similar(follower: Following, this: Call) -> Value:
    """Everything compared with everything: how content-based recommenders find neighbours."""
    first = this.node.args[0] if this.node.args else None
    second = this.node.args[1] if len(this.node.args) > 1 else None
    if first is not None and (second is None or ast.dump(first) == ast.dump(second)):
        features = derived_from([this.arg(0)])
        model = Estimator(
            "cosine similarity",
            this.name,
            "model",
            this.at,
            follower.ident(),
            task="recommendation",
            text=True,
        )
        follower.events.similar.append(
            Fit(model, features if isinstance(features, Data) else None, None, this.at)
        )
    return OPAQUE


_HANDLERS: dict[str, Callable[[Following, Call], Value]] = {
    "train_test_split": _split,
    "cross_val_score": _cross_validate,
    "cross_validate": _cross_validate,
    "cross_val_predict": _cross_validate,
    "ModelCheckpoint": _checkpoint,
    "open": _open,
    "load_weights": weights,
    "load_model": weights,
    "InferenceSession": weights,
    "concat": _concat,
    "get_dummies": _dummies,
    "len": _length,
    "int": _integer,
    "DataLoader": layers.loader,
    "DataFrame": hubs.frame,
    "evaluate": _cross_validate,
    **dict.fromkeys(("cosine_similarity", "linear_kernel", "sigmoid_kernel"), _similar),
    **dict.fromkeys(_FUNCTIONAL, _functional_loss),
    "random_split": _random_split,
    **dict.fromkeys(LOSSES, _loss),
}

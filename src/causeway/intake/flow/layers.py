"""Networks: their layers, what the last one and the loss say about the task, images in folders."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.estimators import PRETRAINED
from causeway.intake.flow import hubs
from causeway.intake.flow.values import (
    Data,
    Estimator,
    Layer,
    Literal,
    Many,
    Pair,
    Reference,
    Value,
    derived_from,
)

if TYPE_CHECKING:
    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

LAYERS = frozenset(
    "Dense LSTM GRU SimpleRNN Bidirectional Conv1D Conv2D Conv3D SeparableConv2D Flatten Dropout Embedding "  # noqa: SIM905 - words read best as words
    "MaxPooling1D MaxPooling2D MaxPool2D AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling1D "
    "GlobalMaxPooling2D GlobalAveragePooling1D BatchNormalization LayerNormalization MultiHeadAttention "
    "Activation Input InputLayer Rescaling Reshape Concatenate Add TimeDistributed LeakyReLU ReLU "
    "Normalization "
    "RandomFlip RandomRotation RandomZoom TextVectorization RepeatVector Conv2DTranspose UpSampling2D "
    "GaussianNoise Masking ConvLSTM2D".split()
)
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D"})
SCALING = frozenset({"Normalization", "BatchNormalization", "Rescaling"})
CONVOLUTION = frozenset({"Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "Conv2d", "Conv1d"})
_TASKS = {
    "binary": "binary", "categorical": "multiclass", "sparse": "multiclass", "mse": "regression",
    "mean_squared": "regression", "mae": "regression", "mean_absolute": "regression", "huber": "regression",
    "msle": "regression", "log_cosh": "regression", "logcosh": "regression", "mape": "regression",
    "meansquared": "regression", "meanabsolute": "regression",
}  # fmt: skip
IMAGE_FOLDERS = frozenset(
    {"flow_from_directory", "image_dataset_from_directory", "ImageFolder", "from_folder", "ImageDataLoaders"}
)


def layer(follower: Following, this: Call) -> Layer:
    """One layer; wrappers such as Bidirectional keep what they wrap."""
    name = this.name.rsplit(".", 1)[-1]
    inner = [value for value in this.args if isinstance(value, Layer)]
    if name == "Activation" and (task := _activated(this.text(0, "activation"), single=None)):
        return Layer(name, task)
    if inner:
        return Layer(inner[0].name, inner[0].task)
    return Layer(name, _last(follower, this) if name == "Dense" else "")


def _last(_follower: Following, this: Call) -> str:
    units = this.arg(0, "units")
    count = units.value if isinstance(units, Literal) else None
    activation = this.text(1, "activation")
    if count == 2 and activation == "softmax":
        return "binary"
    single = count == 1 if isinstance(count, int) else None
    return _activated(activation, single=single)


def _activated(activation: str, *, single: bool | None) -> str:
    if activation == "softmax":
        return "multiclass"
    if activation == "sigmoid":
        return "binary" if single else ""
    return "regression" if single and activation in {"", "linear"} else ""


def task_of_loss(loss: Value) -> str:
    """What a loss, by name or as an object, says about the task."""
    name = (
        loss.value if isinstance(loss, Literal) else loss.name if isinstance(loss, Reference | Layer) else ""
    )
    plain = str(name).rsplit(".", 1)[-1].lower().removesuffix("()")
    return next((task for start, task in _TASKS.items() if plain.startswith(start)), "")


def loss(_follower: Following, this: Call) -> Value:
    """A loss of Keras as an object."""
    return Layer(this.name.rsplit(".", 1)[-1])


def stacked(follower: Following, this: Call, estimator: Estimator) -> Estimator:
    """The network with the layers that its constructor was given."""
    given = [value for value in (*this.args, *this.kwargs.values()) if isinstance(value, Layer | Many)]
    layers = [item for value in given for item in _layers(value)]
    if this.name.endswith("Functional") or this.name.endswith("Model"):
        layers = [this.arg(1, "outputs")] if isinstance(this.arg(1, "outputs"), Layer) else layers
    names = [name for item in layers if isinstance(item, Layer) for name in (*item.before, item.name)]
    follower.events.layers[estimator.ident] = names
    last = next((item.task for item in reversed(layers) if isinstance(item, Layer) and item.task), "")
    if last:
        follower.events.networks[estimator.ident] = last
    return estimator


def _layers(value: Value) -> list[Value]:
    if isinstance(value, Many):
        return [found for item in value.items for found in _layers(item)]
    return [value] if isinstance(value, Layer | Estimator) else []


def pretrained(follower: Following, this: Call) -> Value:
    """A network that comes trained, as a layer of ours or to be tuned."""
    name = this.name.rsplit(".", 1)[-1]
    if "torch" in this.name or name.islower():
        return Estimator(name, this.name, "network", this.at, follower.ident())
    return Layer(PRETRAINED.get(name, name))


def images(follower: Following, this: Call) -> Data:
    """Images whose folders are their classes."""
    from_generator = this.name.endswith("flow_from_directory")
    path = this.text(0, "directory") or this.text(0, "root") or this.text(0, "path")
    mode = this.text(-1, "class_mode") or this.text(-1, "label_mode")
    data = Data(
        source=path,
        ident=follower.ident(),
        column="(folder)",
        sort="images",
        positive="#binary" if mode == "binary" else "",
    )
    subset = this.text(-1, "subset")
    held_out = subset == "validation" or any(word in path.lower() for word in ("test", "val"))
    if held_out or "validation_split" in this.kwargs or "valid_pct" in this.kwargs:
        follower.cut(data, this.at, "folders")
    follower.events.images.append(data)
    part = "test" if held_out else "train" if from_generator or subset else ""
    return replace(data, part=part)


def loader(_follower: Following, this: Call) -> Value:
    """Batches of what a data set holds."""
    held = hubs.paired(this.arg(0, "dataset"))
    return held if isinstance(held, Pair) else derived_from([held])


def is_loop(node: ast.AST) -> bool:
    """Whether this is the backward pass of a loop written by hand."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "backward"
    )

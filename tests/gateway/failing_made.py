"""Bundles whose models fail on good rows, or take their time."""

import numpy as np
import onnx
from bundle_made import OUTPUTS, release_of, written
from onnx import TensorProto, helper, numpy_helper

from causeway.core.features import Features, Numeric, write_features
from causeway.core.release import Field

FIELDS = (Field("tenure", "number", minimum=0, maximum=80), Field("visits", "number", minimum=-9, maximum=9))
PROVEN_ROWS = 50
"""From this tenure on the model fails; it makes no number of visits below -1."""


def write_failing(folder, key, *, product, proven=PROVEN_ROWS):
    return _written(folder, key, product, failing_onnx(proven))


def write_slow(folder, key, *, product, sines=60, width=8192):
    """A model that takes so long for every row, about a hundredth of a second for each 400 sines."""
    return _written(folder, key, product, slow_onnx(sines=sines, width=width))


def _written(folder, key, product, model):
    features = Features(
        columns=("tenure", "visits"), rules=(Numeric("tenure"), Numeric("visits")), domains={}
    )
    files = {"model.onnx": model, "features.json": write_features(features)}
    return written(folder, key, release_of(product, fields=FIELDS, outputs=OUTPUTS, files=files), files)


def failing_onnx(proven) -> bytes:
    nodes = [
        helper.make_node("Gather", ["X", "zero"], ["tenure"], axis=1),
        helper.make_node("Gather", ["X", "one"], ["visits"], axis=1),
        helper.make_node("Cast", ["tenure"], ["place"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "place"], ["looked_up"]),
        helper.make_node("Add", ["visits", "first"], ["after"]),
        helper.make_node("Log", ["after"], ["logged"]),
        helper.make_node("Add", ["looked_up", "logged"], ["score"]),
        helper.make_node("Neg", ["score"], ["other"]),
        helper.make_node("Concat", ["other", "score"], ["scores"], axis=1),
        *_ends("scores"),
    ]
    return _model(
        nodes,
        zero=np.array([0], np.int64),
        one=np.array([1], np.int64),
        first=np.array([1], np.float32),
        table=np.zeros(proven, np.float32),
    )


def slow_onnx(*, sines, width) -> bytes:
    weights = np.random.default_rng(7)
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["h0"]),
        *(helper.make_node("Sin", [f"h{i}"], [f"h{i + 1}"]) for i in range(sines)),
        helper.make_node("MatMul", [f"h{sines}", "V"], ["scores"]),
        *_ends("scores"),
    ]
    return _model(
        nodes,
        W=weights.normal(size=(2, width)).astype(np.float32),
        V=weights.normal(size=(width, 2)).astype(np.float32),
    )


def _ends(scores):
    return [
        helper.make_node("Softmax", [scores], ["probabilities"], axis=1),
        helper.make_node("ArgMax", [scores], ["label"], axis=1, keepdims=0),
    ]


def _model(nodes, **constants) -> bytes:
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()

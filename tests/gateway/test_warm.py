"""A model that refuses what it never saw is tried on a row of what it did see."""

import numpy as np
from msgspec import structs
from onnx import TensorProto, helper, numpy_helper

import shipyard
from causeway.core.release import Field, Model, Output, Signature
from causeway.gateway.models.model import Model as Served

PLANS = ("gold", "silver")


def encoder() -> bytes:
    """A value for each plan, and an error for any other text."""
    weights = numpy_helper.from_array(np.array([[1.0], [2.0]], np.float32), "W")
    graph = helper.make_graph(
        [
            helper.make_node(
                "OneHotEncoder", ["plan"], ["codes"], domain="ai.onnx.ml", cats_strings=list(PLANS), zeros=0
            ),
            helper.make_node("MatMul", ["codes", "W"], ["values"]),
            helper.make_node("Squeeze", ["values"], ["value"]),
        ],
        "encoder",
        [helper.make_tensor_value_info("plan", TensorProto.STRING, [None, 1])],
        [helper.make_tensor_value_info("value", TensorProto.FLOAT, None)],
        [weights],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def test_a_model_that_refuses_unknown_categories_answers():
    release = structs.replace(
        shipyard.RELEASE,
        task="regression",
        signature=Signature((Field("plan", "text", categories=PLANS),), (Output("value", "value"),)),
        model=Model("model.onnx", "columns", "scikit-learn", "Pipeline", input_names=("plan",)),
    )

    served = Served(encoder(), release=release, features=None)

    assert served.predict([{"plan": "silver"}]).answers == {"value": [2.0]}

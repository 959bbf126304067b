"""What a sparse matrix leaves out is missing to XGBoost, and to the graph that is made of it."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import causeway

RUNNER = Path(causeway.__file__).parent / "runner"


def test_zeros_become_missing_in_the_graph_and_all_else_stays(monkeypatch):
    skl2onnx = pytest.importorskip("skl2onnx")
    monkeypatch.syspath_prepend(str(RUNNER))
    from causeway_runner.onnx_sparse import gaps  # noqa: PLC0415 - only on the path in this test

    types = [("X", skl2onnx.common.data_types.FloatTensorType([None, 3]))]
    graph = skl2onnx.convert_sklearn(gaps(), "gaps", types, target_opset={"": 17, "ai.onnx.ml": 3})

    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"X": np.array([[0, 1, -0.0], [2, np.nan, 3]], np.float32)})
    wanted = np.array([[np.nan, 1, np.nan], [2, np.nan, 3]], np.float32)
    assert np.array_equal(made, wanted, equal_nan=True)

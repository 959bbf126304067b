"""A graph takes texts apart into the words that the vectorizer takes them apart into."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

import causeway

RUNNER = Path(causeway.__file__).parent / "runner"
TEXTS = [
    "a caf\u00e9 in a na\u00efve b street",
    "I like \u00fcber x cars",
    "caf\u00e9 cars, 24 h a day",
    "\u0432 \u0433\u043e\u0440\u043e\u0434\u0435 caf\u00e9",
]


def test_words_of_one_letter_are_none_and_other_scripts_have_words(monkeypatch):
    skl2onnx = pytest.importorskip("skl2onnx")
    monkeypatch.syspath_prepend(str(RUNNER))
    from causeway_runner.onnx_form import any_locale  # noqa: PLC0415 - only on the path in this test
    from causeway_runner.onnx_models import options_of  # noqa: PLC0415 - only on the path in this test

    model = TfidfVectorizer(ngram_range=(1, 2)).fit(TEXTS)
    types = [("text", skl2onnx.common.data_types.StringTensorType([None, 1]))]
    opset = {"": 17, "ai.onnx.ml": 3}
    graph = skl2onnx.convert_sklearn(model, "words", types, target_opset=opset, options=options_of(model))
    any_locale(graph)

    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"text": np.array(TEXTS, object)[:, None]})
    assert np.allclose(made, model.transform(TEXTS).toarray(), atol=1e-6)

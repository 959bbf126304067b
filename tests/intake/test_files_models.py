"""Saved models in formats of their own: what their bytes say, and nothing more."""

import gzip
import io
import json
import struct
import zipfile

import pytest

from causeway.intake.files.walk import Entry
from causeway.intake.models.modelfiles import read_model


def model_of(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return read_model(Entry(name, path.stat().st_size, path))


def told(tmp_path, name, raw):
    model = model_of(tmp_path, name, raw)
    assert model is not None
    return (model.format, model.framework, model.estimator, model.version)


def field(number, value):
    if isinstance(value, int):
        return bytes([number << 3]) + bytes([value])
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def onnx(names=("age", "pay")):
    graph = b"".join(field(11, field(1, name.encode())) for name in names)
    graph += field(5, field(8, b"pay") + field(9, bytes(300)))
    return field(1, 8) + field(2, b"skl2onnx") + field(3, b"1.19") + field(7, graph) + field(8, field(2, 15))


def test_onnx(tmp_path):
    model = model_of(tmp_path, "m.onnx", onnx())
    assert model is not None
    assert (model.version, model.holds, model.features) == (
        "opset 15, IR 8",
        "written by skl2onnx 1.19",
        ("age",),
    )
    assert model.problem == ""
    cut = model_of(tmp_path, "m.onnx", onnx()[:-200])
    assert cut is not None
    assert cut.problem
    text = model_of(tmp_path, "m.onnx", "this is no model at all")
    assert text is not None
    assert text.problem == "is no ONNX file"


def safetensors(end=16):
    header = {
        "w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, end]},
        "__metadata__": {"format": "pt"},
    }
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + bytes(16)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (safetensors(), ""),
        (safetensors(99), "is cut off before its end"),
        (struct.pack("<Q", 2**60) + b"{}" * 9, "has no header that makes sense"),
    ],
)
def test_safetensors(tmp_path, raw, problem):
    model = model_of(tmp_path, "m.safetensors", raw)
    assert model is not None
    assert model.problem == problem


def array(*names):
    body = b"".join(b"SL" + struct.pack(">q", len(name)) + name.encode() for name in names)
    return b"[#L" + struct.pack(">q", len(names)) + body


def key(name):
    return b"L" + struct.pack(">q", len(name)) + name.encode()


UBJSON = (
    b"{" + key("learner") + b"{" + key("feature_names") + array("age", "pay") + key("objective") + b"{"
    + key("name") + b"SL" + struct.pack(">q", 15) + b"binary:logistic}}" + key("version") + b"[#L"
    + struct.pack(">q", 3) + b"i\x02i\x01i\x04}"
)  # fmt: skip
XGBOOST = {
    "learner": {"feature_names": ["age", "pay"], "objective": {"name": "reg:squarederror"}},
    "version": [2, 1, 4],
}
LIGHTGBM = "tree\nversion=v4\nnum_class=1\nobjective=binary sigmoid:1\nfeature_names=age pay\n\nTree=0\n"


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("m.json", json.dumps(XGBOOST), ("XGBoost JSON", "XGBoost", "XGBRegressor", "2.1.4")),
        ("m.ubj", UBJSON, ("XGBoost UBJSON", "XGBoost", "XGBClassifier", "2.1.4")),
        ("m.txt", LIGHTGBM, ("LightGBM text", "LightGBM", "LGBMClassifier", "model format v4")),
    ],
)
def test_boosters(tmp_path, name, raw, expected):
    assert told(tmp_path, name, raw) == expected
    model = model_of(tmp_path, name, raw)
    assert model is not None
    assert model.features == ("age", "pay")


@pytest.mark.parametrize("text", ['{"learner": "a word"}', '{"version": [1, 2], "a": 1}', '[{"learner": 1}]'])
def test_other_json_is_no_model(tmp_path, text):
    assert model_of(tmp_path, "a.json", text) is None


def test_catboost_and_gguf(tmp_path):
    raw = b"CBM1" + bytes(20) + b'{"loss_function":{"type":"Logloss"},"catboost_version_info":"v1.2.8"}'
    assert told(tmp_path, "m.cbm", raw) == ("CatBoost", "CatBoost", "CatBoostClassifier", "1.2.8")
    text = struct.pack("<I", 8) + struct.pack("<Q", 5) + b"llama"
    raw = b"GGUF" + struct.pack("<IQQ", 3, 291, 1) + b"general.architecture" + text
    assert told(tmp_path, "m.gguf", raw) == ("GGUF", "llama.cpp", "llama", "GGUF 3")


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


LAMBDA = {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}


@pytest.mark.parametrize(("layers", "dangerous"), [([{"class_name": "Dense"}], False), ([LAMBDA], True)])
def test_keras(tmp_path, layers, dangerous):
    config = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
    raw = zipped(config__json=config, metadata__json='{"keras_version": "3.5.0"}', model__weights__h5="x")
    assert told(tmp_path, "m.keras", raw) == ("Keras", "Keras", "Sequential", "3.5.0")
    model = model_of(tmp_path, "m.keras", raw)
    assert model is not None
    assert bool(model.dangerous) is dangerous


def test_skops(tmp_path):
    schema = {
        "__class__": "Ridge",
        "__module__": "sklearn.linear_model",
        "content": {"x": {"__class__": "F", "__module__": "mine.own"}},
    }
    raw = zipped(schema__json=json.dumps(schema, indent=2))
    model = model_of(tmp_path, "m.skops", raw)
    assert model is not None
    assert (model.estimator, model.unknown) == ("Ridge", ("mine.own",))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "MLmodel",
            "flavors:\n  python_function: {}\n  sklearn:\n    sklearn_version: 1.1.3\n",
            ("MLflow model", "scikit-learn", "", "1.1.3"),
        ),
        (
            "config.json",
            '{"model_type": "bert", "architectures": ["BertModel"], "transformers_version": "4.39.3"}',
            ("Transformers model", "Transformers", "BertModel", "4.39.3"),
        ),
        (
            "meta.json",
            '{"lang": "en", "spacy_version": ">=3.7.2,<3.8.0", "pipeline": ["ner"]}',
            ("spaCy model", "spaCy", "", "3.7.2"),
        ),
    ],
)
def test_folders_that_describe_themselves(tmp_path, name, text, expected):
    assert told(tmp_path, name, text) == expected
    assert model_of(tmp_path, name, '{"name": "another thing"}' if name != "MLmodel" else "a: [") != text


def test_a_description_without_weights_is_said(tmp_path):
    text = '{"model_type": "bert", "architectures": ["BertModel"]}'
    model = model_of(tmp_path, "config.json", text)
    assert model is not None
    assert "weights" in model.problem
    (tmp_path / "model.safetensors").write_bytes(b"x")
    model = model_of(tmp_path, "config.json", text)
    assert model is not None
    assert model.problem == ""


def test_an_ordinary_configuration_is_no_model(tmp_path):
    assert model_of(tmp_path, "config.json", '{"model_type": "best", "rate": 0.1}') is None


def test_objects_of_r(tmp_path):
    text = b"\x00\x00\x00\x10\x00\x00\x00\x02\x00\x04\x00\x09\x00\x00\x00\x0crandomForest"
    raw = gzip.compress(b"RDX3\nX\n\x00\x00\x00\x03\x00\x04\x02\x01" + bytes(30) + text)
    assert told(tmp_path, "m.RData", raw) == ("RData", "R", "random forest", "R 4.2.1")
    assert model_of(tmp_path, "m.rds", b"no object of R") is None

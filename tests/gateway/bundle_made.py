"""Small bundles for the tests: a hand-made ONNX model, signed with a fresh key."""

import base64
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from onnx import TensorProto, helper, numpy_helper

from causeway.core.bundle import WHOLE, BundleSignature, model_key_statement
from causeway.core.features import Features, Map, Numeric, write_features
from causeway.core.ids import canonical_json, digest_of, short
from causeway.core.model_signing import envelope_bytes, statement_over, write_model_signature
from causeway.core.release import Evaluation, Field, Model, Output, Parity, Release, Signature

FIELDS = (
    Field("tenure", "number", minimum=0, maximum=80),
    Field("visits", "integer"),
    Field("plan", "text", categories=("basic", "gold")),
)
FEATURES = Features(
    columns=("tenure", "visits", "plan_gold"),
    rules=(
        Numeric("tenure"),
        Numeric("visits"),
        Map("plan", "one-hot", {"gold": 1.0}, rest=0.0),
    ),
    domains={"plan": ("basic", "gold")},
)
WEIGHTS = (-0.05, 0.2, -1.0)
OUTPUTS = (
    Output("label", "label", classes=("stay", "leave"), positive="leave"),
    Output("probability", "probability", classes=("stay", "leave"), positive="leave"),
)


@dataclass(frozen=True)
class SigningKey:
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    model: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def pem(self) -> str:
        return _pem(self.private.public_key())

    @property
    def model_pem(self) -> str:
        return _pem(self.model.public_key())


def _pem(public) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()


def logistic_onnx(weights=WEIGHTS) -> bytes:
    w = np.array([[-x, x] for x in weights], np.float32)
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "logistic",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, len(weights)])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [numpy_helper.from_array(w, "W")],
    )
    return _model(graph)


def unruly_onnx() -> bytes:
    """A model that its runtime loads, and that fails on whatever it is asked."""
    nodes = [
        helper.make_node("Reshape", ["X", "shape"], ["wide"]),
        helper.make_node("Softmax", ["wide"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["wide"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "unruly",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, len(WEIGHTS)])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [numpy_helper.from_array(np.array([-1, 2], np.int64), "shape")],
    )
    return _model(graph)


def linear_onnx() -> bytes:
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["X", "axes"], ["variable"], keepdims=1)],
        "linear",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(np.array([1], np.int64), "axes")],
    )
    return _model(graph)


def columns_onnx() -> bytes:
    """Adds a number for each plan to the tenure; the text is encoded inside the model."""
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["plan"],
            ["code"],
            domain="ai.onnx.ml",
            keys_strings=["basic", "gold"],
            values_floats=[10.0, 20.0],
        ),
        helper.make_node("Add", ["tenure", "code"], ["variable"]),
    ]
    graph = helper.make_graph(
        nodes,
        "columns",
        [
            helper.make_tensor_value_info("tenure", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("plan", TensorProto.STRING, [None, 1]),
        ],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])],
    )
    return _model(graph)


def _model(graph) -> bytes:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)], ir_version=9
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def release_of(
    product="churn", *, fields=FIELDS, outputs=OUTPUTS, files, task="binary", **changes
) -> Release:
    changes.setdefault("format", WHOLE)
    changes.setdefault("model", Model("model.onnx", "matrix", "sklearn", "LogisticRegression"))
    return Release(
        product=product,
        task=task,
        target="leaves",
        signature=Signature(fields, outputs),
        evaluation=Evaluation("roc_auc", 0.8, 0.7, 0.9, 0.5, "always stay", 100, "held out"),
        parity=Parity(100, 100, 0.0, 0, 1e-5),
        files={path: digest_of(content) for path, content in files.items()},
        inputs={},
        **changes,
    )


def write_bundle(
    folder: Path, key: SigningKey, *, product="churn", weights=WEIGHTS, **changes
) -> tuple[str, Path]:
    files = {"model.onnx": logistic_onnx(weights), "features.json": write_features(FEATURES)}
    return written(folder, key, release_of(product, files=files, **changes), files)


def write_regression(folder: Path, key: SigningKey, *, product="prices") -> tuple[str, Path]:
    files = {"model.onnx": linear_onnx()}
    release = release_of(
        product,
        fields=(Field("rooms", "number", maximum=9), Field("area", "number")),
        outputs=(Output("value", "value"),),
        files=files,
        task="regression",
    )
    return written(folder, key, release, files)


def write_columns(folder: Path, key: SigningKey, *, features: Features | None, **changes) -> tuple[str, Path]:
    files = {"model.onnx": columns_onnx()}
    if features is not None:
        files["features.json"] = write_features(features)
    release = release_of(
        "pipeline",
        fields=(Field("tenure", "number"), Field("plan", "text")),
        outputs=(Output("value", "value"),),
        files=files,
        task="regression",
        model=Model("model.onnx", "columns", "sklearn", "Pipeline", ("tenure", "plan"), ("variable",)),
        **changes,
    )
    return written(folder, key, release, files)


def written(folder: Path, key: SigningKey, release: Release, files: dict[str, bytes]) -> tuple[str, Path]:
    content = canonical_json(release)
    name = digest_of(content)
    bundle = folder / short(name)
    bundle.mkdir(parents=True)
    whole = {**files, "release.json": content, "lineage.json": b"[]", "release.sig": _signature(key, content)}
    if release.format >= WHOLE:
        whole["model.sig"] = _model_signature(key, whole)
    for path, part in whole.items():
        (bundle / path).parent.mkdir(exist_ok=True)
        (bundle / path).write_bytes(part)
    return name, bundle


def _signature(key: SigningKey, content: bytes) -> bytes:
    made, vouched = map(key.private.sign, (content, model_key_statement(key.model_pem)))
    signed = (base64.b64encode(each).decode() for each in (made, vouched))
    return canonical_json(BundleSignature("k-test", next(signed), key.model_pem, next(signed)))


def _model_signature(key: SigningKey, whole: dict[str, bytes]) -> bytes:
    statement = statement_over("churn", {path: digest_of(part) for path, part in whole.items()})
    signature = key.model.sign(envelope_bytes(statement), ec.ECDSA(SHA256()))
    return write_model_signature(statement, signature, public_pem=key.model_pem)

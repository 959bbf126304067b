"""Makes small, whole, signed releases for tests: a folder with a manifest, a workspace, a bundle."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from causeway.actions.stages.package import model_signature, release_signature
from causeway.actions.workspace import Workspace, keys_folder, load_product, open_workspace
from causeway.adapters import registry
from causeway.core.bundle import WHOLE
from causeway.core.clock import FixedClock
from causeway.core.events import ProductDeclared, ReleaseMade, RunFinished, RunStarted
from causeway.core.features import Features, Map, Numeric, write_features
from causeway.core.ids import canonical_json, digest_of
from causeway.core.release import Evaluation, Field, Model, Output, Parity, Release, Signature

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROW = {"tenure": 12, "Contract": "Month-to-month"}
RELEASE = Release(
    product="churn",
    task="binary",
    target="Churn",
    signature=Signature(
        (
            Field("tenure", "integer", minimum=0, maximum=72),
            Field("Contract", "text", categories=("Month-to-month", "One year", "Two year")),
        ),
        (Output("label", "label", ("No", "Yes"), "Yes"),),
    ),
    model=Model("model.onnx", "matrix", "scikit-learn", "LogisticRegression"),
    evaluation=Evaluation(
        metric="f1",
        value=0.62,
        low=0.55,
        high=0.69,
        baseline=0.42,
        baseline_name="always Yes",
        rows=200,
        method="five folds, split first",
        gain_low=0.1,
        gain_high=0.3,
        claimed=0.83,
        claimed_how="README",
    ),
    parity=Parity(rows=999, rows_equal=999, largest_difference=1.6e-7, label_flips=0, tolerance=1e-5),
    files={},
    inputs={},
)


def poc(folder: Path, *, name="churn", stage="sandbox", more="") -> Path:
    """A folder with a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "causeway.toml").write_text(f'[product]\nname = "{name}"\nstage = "{stage}"\n{more}')
    return folder


def workspace(folder: Path, *, at=NOON) -> Workspace:
    """The folder's workspace, with a clock that stands still."""
    return open_workspace(folder, clock=FixedClock(at), actor="a1")


def release(folder: Path, *, findings=(), files=None, seed=b"dummy", **changes) -> str:
    """A signed release of the folder's product, recorded as made; its digest."""
    work = workspace(folder)
    manifest, digest = load_product(work, folder)
    name = manifest.product.name
    contents = {
        "model.onnx": seed,
        "findings.json": msgspec.json.encode(list(findings)),
        "example.json": msgspec.json.encode(ROW),
        **(files or {}),
    }
    made = msgspec.structs.replace(
        RELEASE,
        product=name,
        files={path: digest_of(content) for path, content in contents.items()},
        **{"format": WHOLE, **changes},
    )
    sealed = _unpack(work, made, contents)
    state = work.ledger.read(name)
    facts = [] if state else [ProductDeclared(manifest=digest, stage=manifest.product.stage)]
    seen = made.evaluation
    facts += [
        RunStarted(run="run-1", inputs="sha256:0"),
        ReleaseMade(
            release=sealed,
            run="run-1",
            key_id=registry.signer(keys_folder()).key_id,
            metric=seen.metric,
            value=seen.value,
            baseline=seen.baseline,
            encoded_input=made.encoded_input,
        ),
        RunFinished(run="run-1", status="made", release=sealed),
    ]
    work.ledger.append(name, facts, actor="a1", at=NOON)
    work.ledger.close()
    return sealed


def answering(folder: Path, *, weight=0.5, **changes) -> str:
    """A release whose model really answers; `weight` turns tenure into leaving or staying."""
    outputs = tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability"))
    features = Features(
        columns=("tenure", "Contract_One year"),
        rules=(Numeric("tenure"), Map("Contract", "one-hot", {"One year": 1.0}, rest=0.0)),
        domains={"Contract": RELEASE.signature.inputs[1].categories},
    )
    return release(
        folder,
        seed=_logistic(weight),
        files={"features.json": write_features(features)},
        signature=Signature(RELEASE.signature.inputs, outputs),
        **changes,
    )


def _logistic(weight: float) -> bytes:
    import onnx  # noqa: PLC0415 - slow, and few tests need it
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 - the same

    weights = np.array([[-weight, weight], [0.1, -0.1]], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "W"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "logistic",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [numpy_helper.from_array(weights, "W")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _unpack(work: Workspace, made: Release, contents: dict[str, bytes]) -> str:
    signer = registry.signer(keys_folder())
    described = canonical_json(made)
    folder = work.bundle(digest_of(described))
    folder.mkdir(parents=True, exist_ok=True)
    whole = {
        **contents,
        "release.json": described,
        "release.sig": canonical_json(release_signature(signer, described)),
        "lineage.json": b"[]",
    }
    digests = {path: digest_of(content) for path, content in whole.items()}
    whole["model.sig"] = model_signature(signer, made.product, digests)
    for path, content in whole.items():
        (folder / path).write_bytes(content)
    return digest_of(described)

"""A saved model is opened only if all of it is on a list; whatever cannot be read to its end is not."""

import collections
import gzip
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from causeway.intake.admission import judge_artefact, judge_bytes


class Runs:
    def __init__(self, function, *args):
        self.made = function, args

    def __reduce__(self):
        return self.made


def dumped(value, protocol=4):
    return pickle.dumps(value, protocol=protocol)


def judged(raw):
    return judge_bytes(raw, named="model")


def by_joblib(value, **options):
    stream = io.BytesIO()
    joblib.dump(value, stream, **options)
    return stream.getvalue()


def fitted():
    frame = pd.DataFrame({"age": [20.0, 30, 40, 50] * 5, "plan": ["a", "b", "a", "c"] * 5})
    target = [0, 1, 0, 1] * 5
    columns = ColumnTransformer([("plan", OneHotEncoder(), ["plan"]), ("age", StandardScaler(), ["age"])])
    yield make_pipeline(columns, LogisticRegression()).fit(frame, target)
    for model in (
        RandomForestClassifier(3),
        GradientBoostingClassifier(n_estimators=3),
        HistGradientBoostingRegressor(max_iter=3),
        KNeighborsClassifier(2),
    ):
        yield model.fit(frame[["age"]].to_numpy(), target)


def test_fitted_models_of_scikit_learn_are_allowed_however_they_were_saved():
    for model in fitted():
        said = [judged(dumped(model, protocol)) for protocol in (2, 4, 5)]
        said += [
            judged(by_joblib(model)),
            judged(by_joblib(model, compress=3)),
            judged(gzip.compress(dumped(model), mtime=0)),
        ]
        assert [each.why for each in said] == [""] * 6, type(model).__name__
        assert (said[0].container, said[3].container) == ("pickle", "joblib")


@pytest.mark.parametrize(
    "payload",
    [
        Runs(os.system, "true"),
        Runs(eval, "1"),
        Runs(getattr, "x", "upper"),
        Runs(str, b"x"),
        Runs(__import__, "os"),
        collections.OrderedDict(a=Runs(os.popen, "true")),
        FunctionTransformer(func=os.system),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_name_that_is_not_on_the_list_is_refused(payload, protocol):
    said = judged(dumped(payload, protocol))
    assert not said.allowed
    assert said.refused_names


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (dumped(1) + dumped(Runs(os.system, "true")), "bytes behind its end"),
        (dumped({"a": 1}) + b"\0", "bytes behind its end"),
        (dumped({"a": 1})[:-1], "no saved model"),
        (b"", "no saved model"),
        (b"weights", "no saved model"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "an archive of a kind"),
        (b"\x80\x04\x8c\x08builtins\x8c\x03set\x93)R)R.", "calls what builtins.set returned"),
        (b"\x80\x04K\x01K\x02\x93.", "computes while it loads"),
        (b"\x80\x04\x82\x01.", "copyreg's extension table"),
        (b"\x80\x09K\x01.", "in protocol 9"),
        (b"\x80\x02cnumpy\nndarray\n}b.", "changes something that it did not make"),
        (b"\x80\x02X\x01\x00\x00\x00xQ.", "refers to something outside itself"),
        (
            b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00xX\x03\x00\x00\x00zip\x86R.",
            "encodes text in an unusual way",
        ),
        (b"\x80\x04\x8c\x07sklearn\x8c\x0cbase.os.path\x93.", "sklearn.base.os.path"),
        (gzip.compress(dumped(1), mtime=0) + b"more", "bytes behind its end"),
        (zlib.compress(dumped(1))[:-6], "bytes behind its end"),
        (b"\x1f\x8bbroken", "cannot be unpacked"),
    ],
)
def test_what_does_not_hold_together_is_refused_and_why_is_said(raw, why):
    said = judged(raw)
    assert not said.allowed
    assert why in said.why


def lying_type(code, state):
    """A NumPy type whose state says something else than its code."""
    return (
        b"\x80\x02cnumpy\ndtype\nX" + struct.pack("<I", len(code)) + code.encode() + b"K\x00K\x01\x87R"
        + dumped(state, 2)[2:-1] + b"b."
    )  # fmt: skip


def test_a_type_that_says_it_holds_objects_is_refused_unless_it_was_made_so():
    for state in ((3, "<", None, None, None, -1, -1, 63), (3, "<", None, None, None, -1, -1), "state"):
        assert "type of an array" in judged(lying_type("f8", state)).why
    assert judged(lying_type("f8", (3, "<", None, None, None, -1, -1, 0))).allowed
    assert judged(lying_type("O8", (3, "|", None, None, None, -1, -1, 63))).allowed
    assert not judged(lying_type("O8", (3, "|", None, ("a",), {"a": 1}, -1, -1, 63))).allowed


def test_operations_hidden_where_joblib_expects_numbers_do_not_pass_for_numbers():
    raw = by_joblib(np.arange(4.0))
    assert judged(raw).container == "joblib"
    described = raw.replace(b"numpy_array_alignment_bytes", b"numpy_array_alignment_Bytes")
    assert "described in an unusual way" in judged(described).why
    hidden = by_joblib(np.array([Runs(os.system, "true")], dtype=object))
    assert "system" in judged(hidden).why


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def test_arrays_are_allowed_when_their_numbers_are_as_many_as_they_say():
    raw = npy(np.arange(6.0).reshape(2, 3))
    assert judged(raw).allowed
    assert not judged(raw + b"\0").allowed
    assert not judged(raw[:-1]).allowed
    assert judged(npy(np.array(["a", None], dtype=object))).allowed
    assert not judged(npy(np.array([Runs(os.system, "true")], dtype=object))).allowed
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.arange(3), b=np.eye(2))
    assert judged(stream.getvalue()).allowed


def torch_zip(pickled, more=(), method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in [("m/data.pkl", pickled), ("m/data/0", bytes(8)), ("m/version", b"3\n"), *more]:
            archive.writestr(name, content)
    return stream.getvalue()


FINE = dumped(collections.OrderedDict(weight=1), 2)


def changed(raw, at, to):
    return raw[:at] + bytes([to]) + raw[at + 1 :]


def test_a_zip_is_read_by_its_own_bytes_and_has_to_say_everything_once():
    raw = torch_zip(FINE)
    assert judged(raw).allowed
    central = raw.index(b"PK\1\2")
    tricks = {
        "a byte before it": b"\0" + raw,
        "a byte behind it": raw + b"\0",
        "another checksum": changed(raw, central + 16, raw[central + 16] ^ 1),
        "another name beside the file": changed(raw, 30, ord("n")),
        "encrypted by its flag": changed(changed(raw, central + 8, 1), 6, 1),
        "another method": changed(changed(raw, central + 10, 99), 8, 99),
        "one name twice": raw.replace(b"m/version", b"m/data/0x").replace(b"m/data/0x", b"m/data.pk"),
        "a name that leaves the folder": torch_zip(FINE, [("m/../x", b"")]),
        "an absolute name": torch_zip(FINE, [("/etc/x", b"")]),
        "code beside the weights": torch_zip(FINE, [("m/code/x.py", b"import os")]),
        "an archive inside": torch_zip(FINE, [("m/inner.zip", torch_zip(FINE))]),
        "an unknown layout": torch_zip(FINE).replace(b"m/", b"n/", 1),
    }
    for what, spoilt in tricks.items():
        assert spoilt != raw, what
        assert not judged(spoilt).allowed, what
    assert judged(torch_zip(FINE, method=zipfile.ZIP_DEFLATED)).allowed
    assert not judged(torch_zip(dumped(Runs(os.system, "true"), 2))).allowed


def test_formats_without_code_are_read_to_their_last_byte():
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    tensors = len(header).to_bytes(8, "little") + header + bytes(8)
    assert (judged(tensors).allowed, judged(tensors).container) == (True, "safetensors")
    assert not judged(tensors + b"\0").allowed
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    model = helper.make_model(graph)
    onnx.checker.check_model(model)
    raw = model.SerializeToString()
    assert (judged(raw).allowed, judged(raw).container) == (True, "ONNX")
    assert not judged(raw + dumped(Runs(os.system, "true"))).allowed
    assert judged(b'{"learner": {}, "version": [2, 0, 0]}').container == "XGBoost"
    assert judged(b"tree\nversion=v4\nnum_class=1\n").container == "LightGBM"


def test_the_verdict_names_the_file_its_digest_and_what_it_names(tmp_path):
    (tmp_path / "model.pkl").write_bytes(dumped(StandardScaler()))
    said = judge_artefact(tmp_path / "model.pkl", named="models/model.pkl")
    assert (said.path, said.allowed) == ("models/model.pkl", True)
    assert said.digest.startswith("sha256:")
    assert said.names == ("sklearn.preprocessing._data.StandardScaler",)
    assert "cannot be read" in judge_artefact(tmp_path / "gone.pkl").why


FIXTURES = os.environ.get("CAUSEWAY_PICKLES", "")
HARMLESS = (
    "benign", "int_array", "object_array", "pytorch_model", "new_pytorch", "not_a_pickle",
    "bad_pytorch", "broken_model",
)  # fmt: skip


@pytest.mark.skipif(not FIXTURES, reason="CAUSEWAY_PICKLES names no folder of malicious pickles")
def test_not_one_of_the_malicious_files_passes():
    found = [path for path in sorted(Path(FIXTURES).rglob("*")) if path.is_file() and path.suffix != ".py"]
    malicious = [path for path in found if not path.name.startswith(HARMLESS)]
    assert malicious
    assert [path.name for path in malicious if judge_artefact(path).allowed] == []

"""What pickles would do and hold, told from their operations alone."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import zipfile
import zlib

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc
from causeway.intake.files.unpacking import unpacked
from causeway.intake.files.walk import Entry
from causeway.intake.models.modelfiles import read_model
from causeway.intake.models.pickles import read_pickle


def model_of(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw)
    return read_model(Entry(name, len(raw), path))


def short(text):
    return b"\x8c" + bytes([len(text)]) + text.encode()


def named(module, name):
    return short(module) + short(name) + b"\x93"


def called(module, name):
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X\x01\x00\x00\x00x\x85R."


def made(body):
    return b"\x80\x04" + body + b"."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("nt", "system"),
        ("builtins", "exec"),
        ("__builtin__", "eval"),
        ("builtins", "globals"),
        ("subprocess", "Popen"),
        ("runpy", "run_path"),
        ("importlib", "import_module"),
        ("pip", "main"),
        ("webbrowser", "open"),
        ("operator", "methodcaller"),
        ("numpy.testing._private.utils", "runstring"),
        ("torch.serialization", "load"),
        ("pandas.io.pickle", "read_pickle"),
        ("pathlib", "Path.unlink"),
        ("logging.config", "listen"),
        ("joblib", "os.system"),
    ],
)
def test_functions_that_no_model_needs(module, name):
    assert read_pickle(called(module, name)).dangerous == (f"{module}.{name}",)


CALL = short("x") + b"\x85R"


@pytest.mark.parametrize(
    "body",
    [
        named("sklearn", "os.system") + CALL,
        short("os") + b"\x940" + short("system") + b"\x940h\x00h\x01\x93" + CALL,
        short("os") + short("system") + b"20\x93" + CALL,
        named("operator", "add") + short("o") + short("s") + b"\x86R" + short("system") + b"\x93" + CALL,
        named("builtins", "getattr") + named("joblib", "dump") + short("__globals__") + b"\x86R",
        named("sklearn.base", "BaseEstimator") + b"}" + short("predict") + short("x") + b"sb",
        named("cloudpickle.cloudpickle", "_make_function") + b")R)R",
    ],
    ids=["dotted", "remembered", "doubled", "computed", "getattr", "changed", "made"],
)
def test_hidden_ways_to_a_dangerous_function(body):
    assert read_pickle(made(body)).dangerous


@pytest.mark.parametrize(
    "raw", [b"(S'true'\nios\nsystem\n.", b"(cos\nsystem\nS'true'\no.", b"\x80\x02\x82\x01."]
)
def test_old_operations_too(tmp_path, raw):
    model = model_of(tmp_path, "m.pkl", raw)
    assert model is not None
    assert model.dangerous


def test_methods_of_libraries_classes_and_loggers_are_harmless():
    method = named("builtins", "getattr") + named("sklearn.tree", "Tree") + short("node") + b"\x86R"
    assert read_pickle(made(method)).dangerous == ()
    assert read_pickle(called("logging", "getLogger")).dangerous == ()
    assert read_pickle(pickle.dumps([str.upper, dict.fromkeys])).dangerous == ()


def test_code_that_a_pickle_carries_is_opaque_but_no_attack():
    found = read_pickle(made(named("cloudpickle.cloudpickle", "_make_function") + b")R"))
    assert (found.carries_code, found.dangerous) == (True, ())


BOMB = called("os", "system")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.joblib", zlib.compress(BOMB)),
        ("a.pkl.gz", gzip.compress(BOMB, mtime=0)),
        ("a.joblib", bz2.compress(BOMB)),
        ("a.joblib", lzma.compress(BOMB)),
        ("a.joblib", lzma.compress(BOMB, format=lzma.FORMAT_ALONE)),
        ("model", BOMB),
        ("model.h5", BOMB),
        ("data.csv", BOMB),
        ("a.pth", pickle.dumps(1, 2) + BOMB),
        ("a.pkl", BOMB[:-1] + b"\xff\xff"),
    ],
)
def test_a_name_hides_nothing(tmp_path, name, raw):
    model = model_of(tmp_path, name, raw)
    assert model is not None
    assert model.dangerous == ("os.system",)


@pytest.mark.parametrize("spoiled", [False, True], ids=["whole", "wrong checksum"])
@pytest.mark.parametrize("inside", ["m/data.pkl", "m/other"])
def test_archives_of_torch(tmp_path, inside, spoiled):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(inside, BOMB)
    raw = bytearray(buffer.getvalue())
    if spoiled:
        raw[raw.index(b"PK\x01\x02") + 16] ^= 1
    model = model_of(tmp_path, "m.pt", bytes(raw))
    assert model is not None
    assert model.dangerous == ("os.system",)


def test_arrays_of_objects(tmp_path):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + BOMB
    model = model_of(tmp_path, "a.npy", raw)
    assert model is not None
    assert (model.format, model.dangerous) == ("NumPy array of objects", ("os.system",))


def test_unpacking_stops_at_its_limit():
    assert len(unpacked(zlib.compress(bytes(5_000_000)), 1000)) == 1000
    assert unpacked(b"\x78\x9cnot really") == b""


FRAME = pd.DataFrame({"age": np.arange(60.0), "pay": np.arange(60.0) % 7})
TARGET = np.where(FRAME.age > 30, "yes", "no")


@pytest.mark.parametrize("protocol", [0, 2, 5, None], ids=["0", "2", "5", "joblib"])
def test_what_a_trained_model_tells_of_itself(protocol):
    fitted = Pipeline([("s", StandardScaler()), ("m", LogisticRegression())]).fit(FRAME, TARGET)
    buffer = io.BytesIO()
    if protocol is None:
        joblib.dump(fitted, buffer)
    else:
        pickle.dump(fitted, buffer, protocol)
    found = read_pickle(buffer.getvalue())
    assert (found.features, found.classes) == (("age", "pay"), ("no", "yes"))
    assert found.outermost == "sklearn.pipeline.Pipeline"
    assert (found.version.count("."), found.dangerous, found.unknown, found.problem) == (2, (), (), "")


def test_neighbours_hold_the_rows_they_learned_from(tmp_path):
    joblib.dump(KNeighborsClassifier().fit(FRAME, TARGET), tmp_path / "knn.joblib", compress=3)
    model = model_of(tmp_path, "copy.joblib", (tmp_path / "knn.joblib").read_bytes())
    assert model is not None
    assert (model.format, model.estimator, model.rows) == ("compressed pickle", "KNeighborsClassifier", 60)


def test_people_inside_a_pickle_are_counted_and_not_repeated(tmp_path):
    model = model_of(tmp_path, "p.pkl", pickle.dumps([f"person{n}@mail.example.org" for n in range(30)]))
    assert model is not None
    assert model.personal == "30 e-mail addresses"


@pytest.mark.parametrize(
    ("pin", "call", "unsafe"),
    [
        ("torch==2.3.0", "torch.load('m.pt')", True),
        ("torch==2.7.0", "torch.load('m.pt')", False),
        ("torch", "torch.load('m.pt')", False),
        ("torch==2.7.0", "torch.load('m.pt', weights_only=False)", True),
    ],
)
def test_torch_loads_only_weights_by_itself_since_2_6(tmp_path, pin, call, unsafe):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr("m/data.pkl", pickle.dumps({"w": 1}))
    folders.write(tmp_path, {"app.py": f"import torch\nmodel = {call}\n", "requirements.txt": f"{pin}\n"})
    assert ("UNSAFE-LOAD" in {each.code for each in judge(read_poc(tmp_path))}) is unsafe


def test_a_long_pickle_is_followed_in_part_and_still_searched(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.models.pickle_machine.MAX_OPERATIONS", 500)
    long_ = pickle.dumps(list(range(5000)))[:-1] + b"cos\nsystem\n."
    (tmp_path / "m.pkl").write_bytes(long_)
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(list(range(5000))))
    codes = [
        (each.code, each.evidence[0].path) for each in judge(read_poc(tmp_path)) if "MODEL-D" in each.code
    ]
    assert codes == []
    assert {m.path: m.dangerous for m in read_poc(tmp_path).models} == {
        "m.pkl": ("os.system",),
        "plain.pkl": (),
    }

"""A release whose model was not converted: a process of its own holds it, and the gateway asks that."""

import json
import os
import pickle
import signal
import sys
from pathlib import Path

import pytest
from bundle_made import release_of, written
from gateway_process import eventually, key, running

from causeway.core.features import Features, Numeric, Words, write_features
from causeway.core.release import Field, Model, Output
from causeway.core.routes import Route, Served

pytestmark = pytest.mark.integration

FIELDS = (Field("note", "text", required=False), Field("amount", "number", minimum=0, maximum=9))
FEATURES = Features(columns=("note", "amount"), rules=(Words("note", keeps_missing=True), Numeric("amount")))
CLASSES = ("no", "yes")
OUTPUTS = (Output("label", "label", CLASSES, "yes"), Output("probability", "probability", CLASSES, "yes"))
MODULE = """
import os
import socket
import time
import numpy as np

class Model:
    def predict(self, frame):
        notes = list(frame["note"])
        strange = {"minus": -1, "maybe": "maybe", "nothing": None, "half": "\\ud800", "object": object()}
        if strange.keys() & set(notes):
            return np.array([strange.get(note, "no") for note in notes], dtype=object)
        return np.where(self.predict_proba(frame)[:, 1] > 0.5, "yes", "no")

    def predict_proba(self, frame):
        notes = list(frame["note"])
        if "fewer" in notes:
            return np.zeros((len(notes) - 1, 2))
        if "unsure" in notes:
            return np.array([[0.5, np.nan if note == "unsure" else 0.5] for note in notes])
        if "stuck" in notes:
            time.sleep(60)
        if "dies" in notes:
            os._exit(3)
        if "broken" in notes:
            raise ValueError("no such note")
        if "network" in notes:
            socket.create_connection(("198.51.100.1", 80), timeout=1)
        if "write" in notes:
            open("/var/tmp/written", "w")
        length = np.array([0 if note != note else len(note) for note in notes])
        yes = np.clip(length / 10 + frame["amount"].to_numpy() / 10, 0, 1)
        return np.column_stack([1 - yes, yes])
"""


def saved(module=MODULE):
    """The bytes of a model whose class only the bundle's own module knows."""
    names = {"__name__": "notes"}
    exec(compile(module, "notes.py", "exec"), names)  # noqa: S102 - the module that this test writes
    sys.modules["notes"] = type(sys)("notes")
    sys.modules["notes"].Model = names["Model"]
    try:
        return pickle.dumps(names["Model"](), protocol=4)
    finally:
        del sys.modules["notes"]


def write(folder, signing, *, content=None):
    columns = [{"name": "note", "kind": "text"}, {"name": "amount", "kind": "float"}]
    spec = {
        "matrix": {"columns": columns, "named": True, "float32": False, "one_dimensional": False},
        "classifies": True,
        "definitions": "",
        "texts": {"notes.py": MODULE},
    }
    files = {
        "model.pkl": content or saved(),
        "worker.json": json.dumps(spec).encode(),
        "features.json": write_features(FEATURES),
    }
    model = Model(
        "model.pkl",
        "worker",
        "notes",
        "Model",
        output_names=("label", "probability"),
        spec="worker.json",
        reason="no converter",
    )
    release = release_of("notes", fields=FIELDS, outputs=OUTPUTS, files=files, model=model)
    return written(folder, signing, release, files)


def route(made, signing, *, python=sys.executable):
    name, folder = made
    served = (Served(name, str(folder), 100, python),)
    return Route("notes", served, (key(),), trusted_keys=(signing.pem,))


def workers(gateway):
    listed = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
    return [int(pid) for pid in listed if b"worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture(scope="module")
def beside(tmp_path_factory, signing):
    made = write(tmp_path_factory.mktemp("bundle"), signing)
    with running(tmp_path_factory.mktemp("gateway"), route(made, signing)) as started:
        yield started


def ask(gateway, *rows):
    return gateway.invoke(*rows, product="notes")


def test_raw_rows_are_answered_by_the_model_itself(beside):
    got = ask(beside, {"note": "four", "amount": 5}, {"note": None, "amount": 2}, {"amount": 20})
    assert got.body["predictions"] == [
        {"label": "yes", "probability": {"no": pytest.approx(0.1), "yes": pytest.approx(0.9)}},
        {"label": "no", "probability": {"no": pytest.approx(0.8), "yes": pytest.approx(0.2)}},
        {"label": "yes", "probability": {"no": 0.0, "yes": 1.0}},
    ]
    assert got.body["flags"] == {"2": ["range:amount"]}


def test_a_row_that_the_model_does_not_take_is_refused_by_its_number(beside):
    fine = {"note": "a", "amount": 1}
    got = ask(beside, fine, fine, {"note": "broken", "amount": 1}, fine)
    assert (got.status, got.body["code"]) == (422, "invalid_input")
    assert got.body["error"] == "row 2: the model does not take it: ValueError: no such note"
    got = ask(beside, {"note": "a", "amount": "much"})
    assert (got.status, got.body["error"]) == (422, "row 0, field 'amount': expected number, got 'much'")


@pytest.mark.parametrize(
    ("note", "status", "said"),
    [
        ("fewer", 500, "the model failed: it answers 1 labels and 1 x 2 numbers for 2 rows"),
        ("minus", 500, "the model answers '-1', which is none of its classes"),
        ("maybe", 500, "the model answers 'maybe', which is none of its classes"),
        ("half", 500, "the model answers '?', which is none of its classes"),
        ("nothing", 422, "row 1: the model does not take it: ValueError: it answers None, which is no label"),
        ("object", 422, "row 1: the model does not take it: ValueError: it answers <object"),
        ("unsure", 422, "row 1: the model makes no number of it"),
    ],
)
def test_what_is_no_answer_to_these_rows_is_not_given(beside, note, status, said):
    before = eventually(lambda: workers(beside))
    got = ask(beside, {"note": "a", "amount": 1}, {"note": note, "amount": 1})
    assert (got.status, got.body["error"][: len(said)]) == (status, said)
    assert workers(beside) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux confines it")
@pytest.mark.parametrize("does", ["network", "write"])
def test_the_model_reaches_neither_the_network_nor_the_disk(beside, does):
    got = ask(beside, {"note": does, "amount": 1})
    assert got.status == 422
    assert "OSError" in got.body["error"] or "PermissionError" in got.body["error"]


@pytest.mark.parametrize("how", ["dies", "killed"])
def test_a_model_that_dies_is_started_again_and_the_gateway_says_so(beside, how):
    (before,) = eventually(lambda: workers(beside))
    if how == "killed":
        os.kill(before, signal.SIGKILL)
    else:
        assert ask(beside, {"note": "dies", "amount": 1}).status == 503
    got = eventually(lambda: (got := ask(beside, {"note": "", "amount": 1})).status == 200 and got)
    assert got.body["predictions"][0]["label"] == "no"
    assert workers(beside) != [before]


def test_a_model_that_does_not_open_is_told_and_not_served(tmp_path, signing):
    broken = write(tmp_path, signing, content=b"no pickle")
    with running(tmp_path / "gateway", route(broken, signing)) as gateway:
        assert "the model (Model) does not start: it cannot be opened" in gateway.health()["problems"][0]
        assert gateway.invoke({"note": "", "amount": 1}, product="notes").status == 503


def test_without_its_environment_it_is_not_served(tmp_path, signing):
    made = write(tmp_path, signing)
    with running(tmp_path / "gateway", route(made, signing, python="/nowhere/python")) as gateway:
        assert "environment in which the model (Model) runs is gone" in gateway.health()["problems"][0]


PREPARE = """
def features(table):
    return table.assign(note=table["amount"] * 0 + 4, amount=table["amount"] + 1)[["note", "amount"]]
"""
SUM = """
class Model:
    def predict(self, frame):
        return frame["note"] + frame["amount"]
"""


def test_a_function_and_a_model_are_one_process(tmp_path, signing):
    columns = [{"name": "note", "kind": "float"}, {"name": "amount", "kind": "float"}]
    matrix = {"columns": columns, "named": True, "float32": False, "one_dimensional": False}
    spec = {"matrix": matrix, "classifies": False, "definitions": "", "texts": {"notes.py": SUM}}
    files = {
        "model.pkl": saved(SUM),
        "worker.json": json.dumps(spec).encode(),
        "features/prepare.py": PREPARE.encode(),
    }
    made_by = {"features": "prepare:features", "columns": ("note", "amount")}
    model = Model(
        "model.pkl", "worker", "notes", "Model", output_names=("value",), spec="worker.json", **made_by
    )
    outputs = (Output("value", "value"),)
    release = release_of(
        "notes", fields=FIELDS[1:], outputs=outputs, files=files, task="regression", model=model
    )
    with running(tmp_path / "gateway", route(written(tmp_path, signing, release, files), signing)) as gateway:
        got = gateway.invoke({"amount": 2}, {"amount": 5}, product="notes")
        assert got.body["predictions"] == [7.0, 10.0]
        assert len(workers(gateway)) == 1


def test_no_model_is_opened_in_the_gateway(beside):
    maps = Path(f"/proc/{beside.process.pid}/maps").read_text()
    assert "pandas" not in maps
    assert "notes.py" not in maps

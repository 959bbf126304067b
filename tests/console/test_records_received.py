"""What other servers logged becomes records of a product: by file, over HTTP, once each."""

import base64
import json

import pytest
from browser import Browser
from click.testing import CliRunner

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.seal import seal
from causeway.actions.segments import segment_files
from causeway.actions.ship import ship
from causeway.actions.shipped.bodies import Strange, outputs_of
from causeway.actions.shipped.events import halves_of
from causeway.actions.shipped.inbox import Inbox
from causeway.adapters import registry
from causeway.cli.main import main
from causeway.console.app import create_app
from causeway.core.errors import NotFound
from causeway.core.release import Field, Output, Signature

TOKEN = "a-token"  # noqa: S105 - of a test
PATH = "/api/v1/records/churn"
AT = "2026-03-01T08:30:00Z"
BOTH = Signature(
    shipyard.RELEASE.signature.inputs,
    tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability")),
)
V1 = {"instances": [[12, "One year"], {"tenure": 3, "Contract": "Two year", "name": "Ada"}]}
V2 = {
    "inputs": [
        {"name": "tenure", "shape": [2, 1], "datatype": "INT64", "data": [[12], [3]]},
        {"name": "Contract", "shape": [2], "datatype": "BYTES", "data": ["One year", "Two year"]},
    ]
}
ANSWER_V2 = {
    "model_name": "churn",
    "outputs": [
        {"name": "predict", "shape": [2, 1], "datatype": "INT64", "data": [1, 0]},
        {"name": "predict_proba", "shape": [2, 2], "datatype": "FP64", "data": [[0.25, 0.75], [0.9, 0.1]]},
    ],
}
TABLE = {
    "databricks_request_id": "d1",
    "timestamp_ms": 1772353800000,
    "status_code": 200,
    "execution_time_ms": 12,
    "request": json.dumps(
        {"dataframe_split": {"columns": ["tenure", "Contract"], "data": [[7, "One year"]]}}
    ),
    "response": json.dumps({"predictions": ["Yes"]}),
}


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


@pytest.fixture
def folder(tmp_path):
    made = shipyard.poc(tmp_path / "churn")
    shipyard.release(made, signature=BOTH)
    ship(shipyard.workspace(made), made, agree=lambda _: True)
    return made


@pytest.fixture
def work(folder):
    return shipyard.workspace(folder)


@pytest.fixture
def console(work):
    return Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}"})


def event(kind, data, name="k1", **more):
    told = {"specversion": "1.0", "id": name, "type": f"org.kubeflow.serving.inference.{kind}", "time": AT}
    return {**told, "source": "http://localhost:9081/", "data": data, **more}


def lines(*events):
    return b"\n".join(json.dumps(each).encode() for each in events)


def rows(work):
    seal(work, "churn")
    files = segment_files(work, "churn", "predictions")
    table = registry.segment_files().matching(
        files,
        {"k1", "k1.0", "k1.1", "d1"},
        columns=["id", "arm", "consumer", "in_tenure", "out_label", "out_probability"],
    )
    return [tuple(row) for row in zip(*(table.columns[name].values for name in table.columns), strict=True)]


def test_a_request_and_its_answer_are_one_record_however_they_come(console, work):
    headers = {"ce-id": "k1", "ce-time": AT, "ce-specversion": "1.0", "ce-source": "x"}
    told = Browser(
        console.app, {**console.headers, **headers, "ce-type": "org.kubeflow.serving.inference.response"}
    )
    first = told.post(PATH, json.dumps(ANSWER_V2).encode()).json()
    assert (first["status"], first["waiting"], first["rows"]) == ("waiting", 1, 0)
    second = console.post(PATH, lines(event("request", V2)))
    assert (second.status_code, second.json()["rows"], second.json()["waiting"]) == (201, 2, 0)
    again = console.post(PATH, lines(event("request", V2), event("response", ANSWER_V2))).json()
    assert (again["status"], again["rows"], again["already"]) == ("already_imported", 0, 2)
    expected = [
        ("k1.0", "shipped", "shipped", 12, "Yes", 0.75),
        ("k1.1", "shipped", "shipped", 3, "No", 0.1),
    ]
    assert rows(work) == expected
    # once they are sealed too
    fresh = Inbox(work, "churn").take(halves_of(lines(event("request", V2), event("response", ANSWER_V2))))
    assert (fresh.status, rows(work)) == ("already_imported", expected)
    live = next(iter(product_state(work, "churn").routings[-1].shares))
    assert fresh.release == live


def test_what_is_no_record_is_counted_and_told_in_the_ledger(console, work):
    bad = [
        event("request", {"instances": [[1, 2, 3]]}, "b1"),
        event("response", {"predictions": [1]}, "b1"),
        event("request", V1, "b2"),
        event("response", {"predictions": [1]}, "b2"),
        event("request", V1, ""),
        {"type": "other", "id": "b3"},
        {**TABLE, "databricks_request_id": "b4", "status_code": 400},
    ]
    taken = console.post(
        PATH, lines(*bad, event("request", V1), event("response", {"predictions": ["Yes", 0]}))
    )
    found = taken.json()
    assert (found["events"], found["rows"], found["refused"]) == (9, 2, 5)
    assert found["reasons"]["an answer of another number of rows than its request"] == 1
    assert [row[4] for row in rows(work)] == ["Yes", "No"]
    lost = product_state(work, "churn").lost
    assert sum(each.rows for each in lost) == 4
    assert all(each.because.startswith("shipped: ") for each in lost)
    refused = console.post(PATH, b"{not json")
    assert (refused.status_code, refused.json()["code"]) == (400, "no_record")
    assert console.post("/api/v1/records/nothing", lines(TABLE)).status_code == 404
    assert Browser(console.app, {}).post(PATH, lines(TABLE)).status_code == 401
    assert console.post(PATH, b"x" * (6 << 20)).status_code == 413


def test_files_of_an_inference_table(folder, work, tmp_path):
    file = tmp_path / "table.jsonl"
    data = base64.b64encode(json.dumps(V1).encode()).decode()
    other = event("request", None)
    del other["data"]
    answer = event("response", {"predictions": [{"label": "Yes", "probability": 0.5}] * 2})
    file.write_bytes(lines(TABLE, {**other, "data_base64": data}, answer, TABLE))
    work.ledger.close()

    def ran(*more):
        return CliRunner().invoke(main, ["import-records", str(file), "--folder", str(folder), *more])

    assert json.loads(ran("--json").stdout)["rows"] == 3
    assert "already here" in ran().stdout
    assert ran("--release", "ffff").exit_code == 2
    file.write_text('{"request": "{}"}\n')
    assert ran().exit_code == 1
    assert len(rows(shipyard.workspace(folder))) == 3


def test_a_product_without_a_release_takes_nothing(tmp_path):
    folder = shipyard.poc(tmp_path / "new")
    shipyard.release(folder)
    with pytest.raises(NotFound, match="no live release"):
        Inbox(shipyard.workspace(folder), "churn").take([])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"predictions": [0.2]}, {"probability": 0.2}),
        ({"predictions": [[0.8, 0.2]]}, {"probability": 0.2}),
        ({"predictions": [1]}, {"label": "Yes"}),
        ({"predictions": {"label": "No", "probability": [0.3]}}, {"label": "No", "probability": 0.3}),
        (["Yes"], {"label": "Yes"}),
        ({"predictions": ["Maybe"]}, None),
        ({"error": "no"}, None),
    ],
)
def test_answers_of_other_servers(answer, found):
    if found is None:
        with pytest.raises(Strange):
            outputs_of(answer, BOTH, 1)
    else:
        assert outputs_of(answer, BOTH, 1) == [found]


def test_answers_that_are_numbers():
    value = Signature((Field("a", "number"),), (Output("price", "value"),))
    assert outputs_of({"predictions": [[3]]}, value, 1) == [{"price": 3.0}]

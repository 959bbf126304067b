"""Events of other tools come in over HTTP, once each."""

import gzip
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from browser import Browser

import shipyard
from causeway.actions.lineage import begin_work, end_work
from causeway.actions.lineage_received import MAX_BODY_BYTES, MAX_EVENTS, received_events
from causeway.actions.lineage_walk import Lineage
from causeway.actions.workspace import load_product
from causeway.console.app import create_app
from causeway.core.errors import BadManifest
from causeway.core.events import LINEAGE_CHAIN, LineageReceived
from causeway.core.ids import digest_of
from causeway.core.lineage import Source, Work

TOKEN = "a-token"  # noqa: S105 - of a test
PATH = "/api/v1/lineage"
RUN = "01990000-0000-7000-8000-000000000001"
EVENT = {
    "eventTime": "2026-03-01T09:30:15.123456789Z",
    "eventType": "COMPLETE",
    "producer": "https://example.com/airflow",
    "run": {"runId": RUN, "facets": {"mine": {"deep": [1, {"x": None}]}}},
    "job": {"namespace": "airflow", "name": "nightly.load"},
    "inputs": [{"namespace": "s3://lake", "name": "raw/customers"}],
    "outputs": [{"namespace": "postgres://db:5432", "name": "crm.public.customers"}],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    return shipyard.poc(tmp_path / "poc")


@pytest.fixture
def work(folder):
    return shipyard.workspace(folder)


@pytest.fixture
def console(work):
    return Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}"})


def send(console, value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return console.post(PATH, body)


def facts(work, chain=LINEAGE_CHAIN):
    return [event.fact for event in work.ledger.read(chain) if isinstance(event.fact, LineageReceived)]


def test_an_event_is_kept_byte_for_byte_and_counts_once(console, work):
    body = json.dumps(EVENT, indent=3).encode()

    first, second = send(console, body), send(console, body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {
        "ok": True, "status": "received", "received": 1, "already": 0, "events": [digest_of(body)],
    }  # fmt: skip
    assert (second.json()["status"], second.json()["already"]) == ("already_received", 1)
    assert facts(work) == [
        LineageReceived(digest_of(body), "run", "airflow", "nightly.load", RUN, "COMPLETE")
    ]
    assert work.artifacts.get(digest_of(body)) == body
    # another process, which starts from the ledger alone, knows it too
    fresh = Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}"})
    assert send(fresh, body).json()["status"] == "already_received"


def test_a_list_is_taken_whole_or_not_at_all(console, work):
    other = {**EVENT, "eventType": "START"}

    refused = send(console, [EVENT, {"eventTime": "2026-01-01"}])
    assert (refused.status_code, refused.json()["code"]) == (400, "no_lineage_event")
    assert refused.json()["error"].startswith("event 2 of 2: ")
    assert facts(work) == []

    assert send(console, [EVENT, other, EVENT]).json()["received"] == 2
    assert send(console, [other]).json()["already"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"schemaURL": None},
        {"eventTime": "2020-12-28T19:51:01.641"},
        {"eventTime": "2020-12-28T19:51:01.641123456+10:00"},
        {"eventTime": "2020-12-28 19:51:01Z"},
        {"eventTime": "2020-08-30T09:00:00.000+10:00[Australia/Sydney]"},
        {"eventType": "CUSTOM"},
        {"eventType": None},
        {"inputs": None, "outputs": []},
        {"run": {"runId": "not-a-uuid", "facets": {"parent": "nonsense", "errorMessage": 3}}},
        {"inputs": [{"namespace": "a", "name": "b", "facets": {"schema": {"fields": "x"}, "odd": 1}}]},
    ],
)
def test_what_one_can_understand_is_taken(console, work, changes):
    assert send(console, {**EVENT, **changes}).status_code == 201
    assert len(received_events(work)) == 1


@pytest.mark.parametrize(
    ("event", "form"),
    [
        ({"eventTime": EVENT["eventTime"], "dataset": {"namespace": "a", "name": "b"}}, "dataset"),
        ({"eventTime": EVENT["eventTime"], "job": {"namespace": "a", "name": "b"}}, "job"),
    ],
)
def test_datasets_and_jobs_are_told_of_without_a_run(console, work, event, form):
    assert send(console, event).status_code == 201
    assert [(fact.form, fact.name) for fact in facts(work)] == [(form, "b")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "no_lineage_event"),
        (b"hello", 400, "no_lineage_event"),
        (b"\xff\xfe{}", 400, "no_lineage_event"),
        (b"{}", 400, "no_lineage_event"),
        (b"[1, 2]", 400, "no_lineage_event"),
        (b'"text"', 400, "no_lineage_event"),
        (b"[" * 100_000, 400, "no_lineage_event"),
        (b'{"a":' * 100_000, 400, "no_lineage_event"),
        (json.dumps({**EVENT, "eventTime": "yesterday"}).encode(), 400, "no_lineage_event"),
        (json.dumps({**EVENT, "eventTime": "2026-13-41T00:00:00Z"}).encode(), 400, "no_lineage_event"),
        (json.dumps({**EVENT, "job": {"namespace": "a"}}).encode(), 400, "no_lineage_event"),
        (json.dumps({**EVENT, "run": {}}).encode(), 400, "no_lineage_event"),
        (json.dumps({**EVENT, "inputs": {"a": 1}}).encode(), 400, "no_lineage_event"),
        (json.dumps({**EVENT, "inputs": [None]}).encode(), 400, "no_lineage_event"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "too_much"),
        (json.dumps([EVENT] * (MAX_EVENTS + 1)).encode(), 413, "too_much"),
    ],
)
def test_what_is_no_event_is_refused_in_one_shape(console, work, body, status, code):
    answer = send(console, body)

    assert (answer.status_code, answer.json()["code"], answer.json()["ok"]) == (status, code, False)
    assert answer.json()["hint"]
    assert facts(work) == []


def test_a_packed_body_is_unpacked_within_bounds(work):
    signed_in = {"authorization": f"Bearer {TOKEN}", "content-encoding": "gzip"}
    console = Browser(create_app(work, token=TOKEN), signed_in)

    assert send(console, gzip.compress(json.dumps(EVENT).encode())).status_code == 201
    assert send(console, gzip.compress(b" " * (MAX_BODY_BYTES * 50))).status_code == 413
    assert send(console, b"no gzip").status_code == 400


def test_only_the_bearer_token_opens_it(work):
    app = create_app(work, token=TOKEN, cookie="c")

    for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": f"c={TOKEN}"}):
        answer = send(Browser(app, headers), EVENT)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert Browser(app, {"authorization": f"Bearer {TOKEN}"}).get(PATH).status_code == 405
    assert facts(work) == []


@pytest.mark.parametrize("spoil", [lambda packed: packed[:-6], lambda packed: packed + packed])
def test_a_packed_body_is_one_whole_stream(work, spoil):
    zipped = Browser(
        create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}", "content-encoding": "gzip"}
    )
    answer = send(zipped, spoil(gzip.compress(json.dumps(EVENT).encode())))
    assert (answer.status_code, answer.json()["code"]) == (400, "no_lineage_event")
    assert received_events(work) == []


def test_nobody_tells_of_our_own_runs(console, work):
    ours = Work(
        "churn.read.crm", "01990000-0000-7000-8000-000000000002", "READ", "churn", (Source("a.csv", ()),)
    )
    begin_work(work, ours)
    end_work(work, ours)
    before = Lineage(work).walk(ours.run)
    assert send(console, {**EVENT, "run": {"runId": ours.run}}).status_code == 201
    assert Lineage(work).walk(ours.run) == before


def test_an_event_goes_to_the_product_whose_data_it_touches(console, work, folder):
    shipyard.release(folder)
    told = Work(
        "churn.read.crm", RUN, "READ", "churn",
        (Source("crm.public.customers", (), namespace="postgres://db:5432"), Source("crm.csv", ())),
    )  # fmt: skip
    begin_work(work, told)
    end_work(work, told)
    here = {"namespace": "file", "name": str(work.root / "crm.csv")}
    elsewhere = {"namespace": "s3://lake", "name": "raw"}

    for dataset in ({"namespace": "file:churn", "name": "x.csv"}, here, EVENT["outputs"][0], elsewhere):
        send(console, {**EVENT, "inputs": [], "outputs": [dataset]})

    assert len(facts(work, "churn")) == 3
    assert len(facts(work)) == 1
    # and what is no product is shown as none
    assert [each["name"] for each in console.get("/.json").json()["products"]] == ["churn"]


def test_the_chain_of_the_workspace_is_no_product(console, work, folder):
    shipyard.release(folder)
    send(console, EVENT)

    assert work.products() == ["churn"]
    assert work.ledger.products() == ["churn", LINEAGE_CHAIN]
    assert console.get("/products/lineage/events").status_code == 200
    shipyard.poc(folder, name=LINEAGE_CHAIN)
    with pytest.raises(BadManifest, match="cannot be called lineage"):
        load_product(work, folder)


def test_what_marquez_takes_is_taken(console, work):
    folder = os.environ.get("CAUSEWAY_MARQUEZ", "")
    found = sorted(Path(folder).rglob("*.json")) if folder and Path(folder).is_dir() else []
    if not found:
        pytest.skip("set CAUSEWAY_MARQUEZ to a folder of Marquez's own test events")
    for path in found:
        assert send(console, path.read_bytes()).status_code == 201, path
    assert len(received_events(work)) == len(found)


CLIENT = """
import sys, uuid
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
for compression in (None, "gzip"):
    config = {"url": sys.argv[1], "auth": {"type": "api_key", "apiKey": sys.argv[2]}}
    if compression: config["compression"] = compression
    client = OpenLineageClient(transport=HttpTransport(HttpConfig.from_dict(config)))
    run = Run(runId=str(uuid.uuid4()))
    for state in (RunState.START, RunState.COMPLETE):
        client.emit(RunEvent(eventType=state, eventTime="2026-03-01T09:30:15.123456Z", run=run,
            job=Job(namespace="airflow", name="nightly.load"), producer="https://example.com/x",
            inputs=[InputDataset(namespace="s3://lake", name="raw")],
            outputs=[OutputDataset(namespace="file:churn", name="crm.csv")]))
"""


@pytest.mark.integration
def test_the_real_client_sends_to_it(work, folder):
    python = os.environ.get("CAUSEWAY_OPENLINEAGE_PYTHON") or shutil.which("python3")
    known = subprocess.run([python, "-c", "import openlineage.client"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("set CAUSEWAY_OPENLINEAGE_PYTHON to a Python that has openlineage-python")
    shipyard.release(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(shipyard.workspace(folder), token=TOKEN)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        command = [python, "-c", CLIENT, f"http://127.0.0.1:{port}", TOKEN]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        server.should_exit = True
        thread.join()
    assert done.returncode == 0, done.stderr
    assert [fact.state for fact in facts(work, "churn")] == ["START", "COMPLETE", "START", "COMPLETE"]

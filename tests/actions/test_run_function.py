"""What no rule explains is made by one function that the manifest names, proven like the rules."""

import hashlib
import http.client
import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from functions import TRAIN, name, write_poc
from msgspec.structs import replace

from causeway.actions.run import run
from causeway.actions.ship import ship
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.core.environment import Environment
from causeway.core.errors import NotFound, Refused
from causeway.core.release import Release
from causeway.core.routes import Key, read_routes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


class Shop:
    """The real doors, but the environment is the interpreter that runs the tests, under a name of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.python = folder / "bin" / "python"

    def build_environment(self, _, **__):
        self.python.parent.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            self.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            self.python.chmod(0o755)
        (self.folder / "overlay").mkdir(exist_ok=True)
        (self.folder / "overlay" / ".ready").touch()
        version = ".".join(map(str, sys.version_info[:3]))
        return Environment(str(self.python), version, {"scikit-learn": "1"}, (), "this", str(self.folder))

    def __getattr__(self, door):
        return getattr(registry, door)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_KEYS", str(tmp_path_factory.mktemp("keys")))
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        yield


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def poc(keys, tmp_path_factory):
    return write_poc(tmp_path_factory.mktemp("poc") / "orders")


@pytest.fixture(scope="module")
def report(poc, shop):
    name(poc, "prepare:features")
    return run(open_workspace(poc), poc, workshop=shop)


def test_with_a_function_the_release_takes_raw_rows_and_holds_its_modules(report):
    assert (report.encoded_input, report.blocks) == (False, ())
    assert (report.parity.rows, report.parity.rows_equal, report.parity.label_flips) == (234, 234, 0)
    stages = [stage.stage for stage in report.stages]
    assert stages[stages.index("recover") + 1] == "features"
    bundle = described(report)
    assert (bundle.model.features, bundle.model.columns) == ("prepare:features", ("amount", "code"))
    assert [(f.name, f.kind, f.required) for f in bundle.signature.inputs] == [
        ("reference", "text", True),
        ("amount", "number", True),
    ]
    example = json.loads((Path(report.bundle) / "example.json").read_bytes())
    # a reference belongs to one order, so it is masked
    assert set(example["reference"]) <= set("A1")
    modules = {path for path in bundle.files if path.startswith("features/")}
    assert modules == {"features/prepare.py", "features/words.py"}


def described(report):
    return msgspec.json.decode((Path(report.bundle) / "release.json").read_bytes(), type=Release)


def test_the_gateway_answers_raw_rows_as_the_proof_of_concept_does(poc, shop, report, tmp_path, monkeypatch):
    name(poc, "prepare:features")
    work = open_workspace(poc)
    run(work, poc, workshop=shop)
    ship(work, poc, release=report.release, agree=lambda _: True)
    shutil.copy(poc / "orders.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    known = {}
    exec(compile(TRAIN, "train.py", "exec"), known)  # noqa: S102 - what this test's own folder trains
    rows = [
        {"reference": reference, "amount": amount}
        for reference, amount in zip(known["table"]["reference"], known["table"]["amount"], strict=True)
    ]

    with answering(work, tmp_path) as port:
        got = ask(port, rows)

    wanted = known["model"].predict_proba(known["x"])[:, 1]
    ours = [each["probability"]["yes"] for each in got["predictions"]]
    assert len(ours) == 234
    assert max(abs(a - b) for a, b in zip(ours, wanted, strict=True)) < 1e-5


@contextmanager
def answering(work, folder):
    """A real gateway that follows the shipped route, with one more key."""
    routes = read_routes(work.routes.read_bytes())
    key = Key("k", hashlib.sha256(b"token").hexdigest(), "tests")
    routes = replace(routes, routes=tuple(replace(route, keys=(key,)) for route in routes.routes))
    (folder / "routes.json").write_bytes(msgspec.json.encode(routes))
    command = [sys.executable, "-m", "causeway.gateway", "--routes", "routes.json", "--records", "records"]
    process = subprocess.Popen([*command, "--port-file", "port"], cwd=folder)
    try:
        until = time.monotonic() + 30
        while not (folder / "port").exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield int((folder / "port").read_text())
    finally:
        process.terminate()
        process.wait(30)


def ask(port, rows):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = json.dumps({"dataframe_records": rows})
    headers = {"authorization": "Bearer token", "content-type": "application/json"}
    connection.request("POST", "/invocations", body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status == 200, content
    return json.loads(content)


@pytest.mark.parametrize(
    ("function", "error", "said"),
    [
        ("prepare:ranked", Refused, "prepare:ranked makes other values .* beside it: amount"),
        ("prepare:shifted", Refused, r"code differs in \d+ of 234 rows; in row \d+ of orders.csv it is"),
        ("prepare:nothing", Refused, "prepare:nothing failed: AttributeError"),
        ("missing:features", NotFound, "there is no missing.py"),
    ],
)
def test_a_function_that_does_not_do_is_refused_by_name(poc, shop, function, error, said):
    name(poc, function)
    with pytest.raises(error, match=said):
        run(open_workspace(poc), poc, workshop=shop)


def test_the_route_names_the_python_and_ship_refuses_when_it_is_gone(poc, shop, report):
    name(poc, "prepare:features")
    work = open_workspace(poc)
    ship(work, poc, agree=lambda _: True)
    served = read_routes(work.routes.read_bytes()).routes[0].served
    assert [each.python for each in served] == [str(shop.python)]

    shutil.rmtree(shop.python.parent)
    with pytest.raises(Refused, match="environment in which prepare:features runs is gone") as refused:
        ship(work, poc, agree=lambda _: True)
    assert "causeway run" in refused.value.hint
    again = run(work, poc, workshop=shop)
    assert (again.status, again.release) == ("already_made", report.release)
    assert ship(work, poc, agree=lambda _: True).status == "already_live"

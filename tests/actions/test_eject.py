"""An ejected folder serves its release alone, and answers as the gateway does, refusals included."""

import ast
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner

import shipyard
from causeway.actions.eject.eject import eject
from causeway.actions.eject.sources import serving_sources
from causeway.actions.ship import Blocked
from causeway.actions.workspace import keys_folder
from causeway.adapters import registry
from causeway.cli.main import main
from causeway.core.environment import Pin
from causeway.core.errors import NotFound, OutsideError, UsageError
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.routes import Key, Route, RouteFile, Served

SITE = next(path for path in sys.path if path.endswith("site-packages"))
# -S leaves out what .pth files add, such as an editable install; the entry keeps a plain one out as well
ALONE = (
    "import sys, runpy; sys.path.append(sys.argv.pop(1)); sys.modules['causeway'] = None; "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)
TOKEN = "t0ken"  # noqa: S105 - of a gateway that lives for a test
CONTRACTS = ("Month-to-month", "One year", "Two year")
EXAMPLES = [{"tenure": t, "Contract": c} for t, c in product((0, 1, 12, 47, 72, 80), CONTRACTS)]
UNSKILLED = Finding("TARGET-LEAK", Severity.BLOCKER, "it was told", Remedy("stop here"), blocks_ship=True)
REFUSED = [
    b"{",
    b"[]",
    b'{"dataframe_records": []}',
    b'{"dataframe_records": [{"tenure": 1}]}',
    b'{"dataframe_records": [{"tenure": "1", "Contract": "One year"}]}',
    b'{"dataframe_records": [{"tenure": 1.5, "Contract": "One year"}]}',
    b'{"dataframe_records": [{"tenure": 1, "Contract": "Ten years"}]}',
    b'{"dataframe_records": [{"tenure": null, "Contract": "One year"}]}',
    b'{"dataframe_records": [{"tenure": 1, "Contract": "One year", "more": 1}]}',
    b'{"instances": [{"tenure": 1, "Contract": "One year"}], "inputs": {"tenure": 1}}',
]


def told_pins(lines, python, *, alone=False):
    return tuple(Pin(*line.split("=="), "sha256:" + "0" * 64) for line in lines)


def ejected(folder, to, **more):
    shipyard.answering(folder)
    return eject(shipyard.workspace(folder), folder, to, pins=told_pins, **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that was ejected once; tests must leave it as it is."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("eject")
        patch.setenv("CAUSEWAY_KEYS", str(root / "keys"))
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        folder = shipyard.poc(root / "poc")
        made = ejected(folder, root / "out")
        keys = tuple(registry.trusted_keys(keys_folder()).values())
        bundle = shipyard.workspace(folder).bundle(made.release)
        yield root / "out", made, bundle, keys


@contextmanager
def process(command, ready, **more):
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **more)
    try:
        line = started.stderr.readline()
        found = re.search(ready, line)
        assert found, line + started.stderr.read()
        yield found[1]
    finally:
        started.terminate()
        assert started.wait(20) in {0, -15}
        started.stderr.close()


def alone(out, *words):
    return [sys.executable, "-S", "-c", ALONE, SITE, "serve.py", *words]


@pytest.fixture(scope="module")
def served(place):
    out = place[0]
    with process(alone(out, "--port", "0"), r"on (http://127.0.0.1:\d+)", cwd=out) as address:
        yield address


@pytest.fixture(scope="module")
def gateway(place, tmp_path_factory):
    _, made, bundle, keys = place
    root = tmp_path_factory.mktemp("gateway")
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    served = (Served(made.release, str(bundle), 100),)
    route = Route("churn", served, (Key("key-1", digest, "test"),), records="off", trusted_keys=keys)
    (root / "routes.json").write_bytes(msgspec.json.encode(RouteFile(1, (route,))))
    words = ["--routes", root / "routes.json", "--records", root / "records", "--port", "0"]
    command = [sys.executable, "-m", "causeway.gateway", *map(str, words)]
    with process(command, r"ready on (http://127.0.0.1:\d+)") as address:
        yield address


def ask(address, path, body=None, *, media="application/json"):
    headers = {"content-type": media, "authorization": f"Bearer {TOKEN}", "x-request-id": "r1"}
    request = urllib.request.Request(address + path, body, headers)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def without_ids(answer):
    status, body = answer
    body.pop("ids", None)
    if "outputs" in body:
        body["outputs"] = [each for each in body["outputs"] if each["name"] != "prediction_id"]
    return status, body


def infer(rows):
    kinds = {"tenure": "INT64", "Contract": "BYTES"}
    inputs = [
        {"name": n, "shape": [len(rows)], "datatype": k, "data": [row[n] for row in rows]}
        for n, k in kinds.items()
    ]
    return json.dumps({"inputs": inputs}).encode()


@pytest.mark.integration
def test_every_example_row_gets_the_gateways_answer(served, gateway):
    body = json.dumps({"dataframe_records": EXAMPLES}).encode()
    here, there = (without_ids(ask(each, "/invocations", body)) for each in (served, gateway))
    assert here == there
    assert here[0] == 200
    assert len(here[1]["predictions"]) == len(EXAMPLES)
    for path, sent in (("/v2/models/churn/infer", infer(EXAMPLES)), ("/v2/models/churn", None)):
        mine, theirs = (without_ids(ask(each, path, sent)) for each in (served, gateway))
        assert mine == theirs
        assert mine[0] == 200


@pytest.mark.integration
@pytest.mark.parametrize("body", REFUSED)
def test_what_the_gateway_refuses_is_refused_in_the_same_words(served, gateway, body):
    here, there = (ask(each, "/invocations", body) for each in (served, gateway))
    assert here == there
    assert here[0] in {400, 422}


@pytest.mark.integration
def test_csv_and_the_addresses_of_health_answer_as_well(served, gateway):
    csv = b"tenure,Contract\n12,One year\n"
    here, there = (
        without_ids(ask(each, "/invocations", csv, media="text/csv")) for each in (served, gateway)
    )
    assert here == there
    for path in ("/ping", "/v2/health/live", "/v2/health/ready"):
        assert ask(served, path)[0] == 200
    assert ask(served, "/nowhere") == ask(gateway, "/nowhere")


@pytest.mark.integration
def test_platforms_that_send_no_key_are_answered_where_they_ask(place):
    rows = json.dumps({"instances": EXAMPLES, "parameters": {}}).encode()
    routes = {"AIP_HTTP_PORT": "0", "AIP_PREDICT_ROUTE": "/answer", "AIP_HEALTH_ROUTE": "/alive"}
    with process(
        alone(place[0], "--port", "0"),
        r"on (http://127.0.0.1:\d+)",
        cwd=place[0],
        env={**os.environ, **routes},
    ) as address:
        media = {"content-type": "application/json"}
        request = urllib.request.Request(f"{address}/answer", rows, media)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own
            assert len(json.loads(answer.read())["predictions"]) == len(EXAMPLES)
        assert ask(address, "/alive")[0] == 200
        status, said = ask(address, "/invocations", b"PAR1", media="application/vnd.apache.parquet")
        assert (status, said["code"]) == (415, "unsupported_media_type")


@pytest.mark.integration
def test_what_it_does_not_do_is_told_as_the_gateway_tells_it(served):
    host, port = served.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            b"PUT /invocations HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 405 ")
    assert b'"code":"method_not_allowed"' in told


@pytest.mark.integration
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"content-length: x\r\n",
        b"content-length: \xb2\r\n",
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 2\r\ncontent-length: 3\r\n",
        b"content-length : 2\r\n",
        b"content-length: 2\r\njunk\r\n",
        b"x: y\r\n content-length: 2\r\n",
    ],
)
def test_a_body_whose_length_is_not_plain_ends_the_connection(served, said):
    host, port = served.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nhost: x\r\n" + said + b"\r\n{}")
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"malformed"' in told


@pytest.mark.integration
def test_the_body_of_a_question_is_no_second_request(served):
    host, port = served.removeprefix("http://").split(":")
    inner = b"GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = b"GET /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
        connection.sendall(head % len(inner) + inner + inner)
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told.count(b"HTTP/1.1 ") == 2


@pytest.mark.integration
def test_one_changed_byte_keeps_it_from_starting(place, tmp_path):
    out = shutil.copytree(place[0], tmp_path / "out")
    model = out / "bundle" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    ended = subprocess.run(alone(out, "--check"), cwd=out, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "error: model.onnx" in ended.stderr
    model.unlink()
    (out / "bundle" / "model.onnx").write_bytes((place[0] / "bundle" / "model.onnx").read_bytes())
    told = subprocess.run(alone(out, "--check"), cwd=out, capture_output=True, text=True, check=False)
    assert (told.returncode, "every byte" in told.stdout) == (0, True)


def test_nothing_of_causeway_is_imported(place):
    for path in place[0].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] in {"causeway", "causeway_runner"}], path


def test_the_worker_goes_along_where_a_release_needs_one():
    plain, more = serving_sources(worker=False), serving_sources(worker=True)
    assert not [path for path in plain if "runner" in path]
    assert {"released/runner/worker.py", "released/runner/released_runner/whole.py"} <= more.keys()
    assert "causeway_runner" not in "".join(more.values())


def test_the_bundle_lies_there_whole_with_the_key_that_it_was_signed_by(place):
    out, made, bundle, _ = place
    kept = {path.relative_to(bundle): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert {p.relative_to(out / "bundle"): p.read_bytes() for p in (out / "bundle").rglob("*")} == kept
    assert [path.name for path in (out / "trusted").iterdir()] == [f"{made.key}.pub.pem"]
    assert "Apache License" in (out / "LICENSE").read_text()
    assert "renamed" in (out / "NOTICE").read_text()


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice."""

    def construct_mapping(self, node, deep=False):  # noqa: FBT002 - as PyYAML has it
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return super().construct_mapping(node, deep=deep)


def documents(path):
    return list(yaml.load_all(path.read_text(), Strict))


def test_the_kubernetes_files_say_what_a_cluster_asks_for(place):
    out, made, _, _ = place
    deployment, service = documents(out / "kubernetes.yaml")
    assert (deployment["kind"], deployment["apiVersion"]) == ("Deployment", "apps/v1")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["spec"]["selector"].items() <= labels.items()
    pod = deployment["spec"]["template"]["spec"]
    check_pod(pod, made)
    (container,) = pod["containers"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert service["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]


def test_the_kserve_file_runs_the_same_container(place):
    out, made, _, _ = place
    (service,) = documents(out / "kserve.yaml")
    assert (service["kind"], service["apiVersion"]) == ("InferenceService", "serving.kserve.io/v1beta1")
    check_pod(service["spec"]["predictor"], made)


def check_pod(pod, made):
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["image"] == f"churn:{made.release[7:19]}"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (
        {"cpu", "memory"}
        == container["resources"]["limits"].keys()
        == container["resources"]["requests"].keys()
    )
    assert [mount["name"] for mount in container["volumeMounts"]] == [each["name"] for each in pod["volumes"]]


def test_the_image_checks_the_release_and_runs_as_nobody(place):
    out = place[0]
    text = (out / "Dockerfile").read_text()
    assert "--require-hashes" in text
    assert "serve.py --check" in text
    assert text.index("USER 10001:10001") < text.index('CMD ["serve"]')
    assert (out / "sagemaker" / "serve").stat().st_mode & 0o111
    (compose,) = documents(out / "compose.yaml")
    (service,) = compose["services"].values()
    assert service["ports"] == ["127.0.0.1:8080:8080"]
    assert service["read_only"] is True
    left = [
        p
        for p in out.rglob("*")
        if p.is_file() and "bundle" not in p.parts and re.search(r"@[A-Z_]+@", p.read_text())
    ]
    assert [p.name for p in left] == []


def test_only_what_was_asked_for_is_written(folder, tmp_path):
    ejected(folder, tmp_path / "out", forms=("docker",))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "Dockerfile" in names
    assert not names & {"compose.yaml", "kubernetes.yaml", "kserve.yaml"}


def test_packages_without_hashes_are_told_as_such(folder, tmp_path):
    def lost(*_, **__):
        raise OutsideError("pip cannot find the packages", where="no route")

    shipyard.answering(folder)
    made = eject(shipyard.workspace(folder), folder, tmp_path / "out", pins=lost)
    assert (made.hashed, "no route" in made.unhashed) == (False, True)
    assert "--hash" not in (tmp_path / "out" / "requirements.txt").read_text()
    assert "--require-hashes" not in (tmp_path / "out" / "Dockerfile").read_text()
    assert "without hashes" in (tmp_path / "out" / "README.md").read_text()


def test_what_may_not_be_shipped_is_not_ejected(folder, tmp_path):
    shipyard.release(folder, findings=[UNSKILLED], seed=b"x")
    with pytest.raises(Blocked):
        eject(shipyard.workspace(folder), folder, tmp_path / "out", pins=told_pins)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_stays_as_it_is(folder, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        ejected(folder, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out-")]


def test_an_unknown_release_is_told_with_those_that_there_are(folder, tmp_path):
    digest = shipyard.answering(folder)
    with pytest.raises(NotFound, match="there is no release abc") as told:
        eject(shipyard.workspace(folder), folder, tmp_path / "out", release="abc", pins=told_pins)
    assert digest[7:19] in told.value.hint


def test_the_command_wants_a_place(folder):
    ended = CliRunner().invoke(main, ["eject", "abc", str(folder), "--json"], standalone_mode=True)
    assert ended.exit_code == 2
    assert "--to" in json.loads(ended.stdout)["error"]
    assert Path(folder).is_dir()

"""The protocols' own clients, unchanged, against a gateway.

CAUSEWAY_CLIENTS names the interpreters that have them, as in PATH: tritonclient, kserve, mlserver, mlflow.
"""

import json
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from gateway_process import BEARER, eventually, key, route, running
from test_protocols import expected
from test_protocols_binary import ROWS

CLIENTS = Path(__file__).parent / "clients"
pytestmark = pytest.mark.skipif(
    "CAUSEWAY_CLIENTS" not in os.environ, reason="CAUSEWAY_CLIENTS names no interpreter with the clients"
)
LEAVE = [expected(row) for row in ROWS]


@pytest.fixture(scope="module")
def ports(signing, churn, tmp_path_factory):
    """Where HTTP and gRPC are answered."""
    routes = [route("churn", churn, signing=signing, keys=(key(),))]
    grpc = find_spec("grpc") is not None
    options = ("--grpc-port", "0") if grpc else ()
    with running(tmp_path_factory.mktemp("clients"), *routes, options=options) as gateway:
        said = grpc and eventually(lambda: re.search(r"gRPC ready on \S+:(\d+)", gateway.said()), "gRPC")
        yield str(gateway.port), said[1] if said else ""


@pytest.fixture
def said(ports):
    """What a client's script printed, run by the first interpreter that has the client."""

    def of(script, library):
        for python in os.environ["CAUSEWAY_CLIENTS"].split(os.pathsep):
            has = subprocess.run([python, "-c", f"import {library}"], capture_output=True, check=False)
            if has.returncode == 0:
                break
        else:
            pytest.skip(f"no interpreter of CAUSEWAY_CLIENTS has {library}")
        command = [python, CLIENTS / script, *ports, BEARER]
        # what this interpreter is told of its modules is nothing to another
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        ran = subprocess.run(command, capture_output=True, text=True, env=env, timeout=100, check=False)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])

    return of


def is_right(answer):
    assert answer["label"] == ["stay", "stay"]
    leave = np.array(answer["probability"]).reshape(2, 2)[:, 1]
    np.testing.assert_allclose(leave, LEAVE, atol=1e-6)


def test_tritonclient_over_http(said):
    got = said("triton_http.py", "tritonclient.http")
    assert all(got[name] for name in ("live", "ready", "model", "version"))
    assert got["extensions"] == ["binary_tensor_data"]
    assert got["binary"]["dtype"] == "float32"
    for way in ("binary", "json", "mixed"):
        is_right(got[way])
    assert got["refused"].startswith("422: row 0, field 'visits': the field is missing")


def test_tritonclient_over_grpc(said):
    pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")
    got = said("triton_grpc.py", "tritonclient.grpc")
    assert all(got[name] for name in ("live", "ready", "model"))
    assert (got["server"], got["id"], got["inputs"]) == ("causeway", "9", ["tenure", "visits", "plan"])
    is_right(got["answer"])
    assert "INVALID_ARGUMENT: row 0, field 'visits': the field is missing" in got["refused"]


def test_kserve_over_rest_and_grpc(said):
    pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")
    got = said("kserve_client.py", "kserve")
    assert all(got[name] for name in ("live", "ready", "model", "v1 ready"))
    for way in ("json", "binary", "outputs", "grpc", "grpc raw"):
        is_right(got[way])
    assert [each["probability"]["leave"] for each in got["v1"]["predictions"]] == pytest.approx(
        LEAVE, abs=1e-6
    )


def test_mlserver_as_a_client_and_its_infer_command(said):
    got = said("mlserver_client.py", "mlserver")
    assert got["inputs"] == ["tenure", "visits", "plan"]
    for answer in (got["pandas"], got["bytes"], *got["batch"]):
        is_right(answer)
    assert len(got["batch"]) == 2


def test_mlflow_s_scoring_client_and_every_body_that_it_writes(said):
    got = said("mlflow_client.py", "mlflow.pyfunc.scoring_server")
    assert got["frame"] == ["label", "probability"]
    forms = ("dataframe", "rows", "dataframe_records", "instances", "inputs", "csv", "parquet")
    for form in forms:
        assert got[form] == pytest.approx(LEAVE, abs=1e-6), form
    assert "row 0, field 'plan': the field is missing" in got["refused"]

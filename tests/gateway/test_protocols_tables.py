"""Parquet, read by another process; `instances`; and the routes that platforms name."""

import base64
import io
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from bundle_made import write_columns
from gateway_process import BEARER, both_ways, key, route, running
from test_protocols import expected
from test_protocols_binary import ROWS

PARQUET = "application/vnd.apache.parquet"
INVOKE = "/products/churn/invocations"
LEAVE = [expected(row) for row in ROWS]


def parquet(table, **more):
    if not isinstance(table, pl.DataFrame):
        table = pl.DataFrame(table)
    file = io.BytesIO()
    table.write_parquet(file, **more)
    return file.getvalue()


def leave(got):
    assert got.status == 200, got.raw
    return [each["probability"]["leave"] for each in got.body["predictions"]]


@pytest.fixture(scope="module")
def lanes(signing, churn, tmp_path_factory):
    """A gateway on a platform that names its routes, with the short way and without."""
    routes = [route("churn", churn, signing=signing, keys=(key(),))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIP_PREDICT_ROUTE", "/answer")
        patch.setenv("AIP_HEALTH_ROUTE", "/alive")
        with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
            yield ways


def test_parquet_gets_the_answer_of_the_same_rows_in_json(lanes):
    for gateway in lanes:
        for compression in ("zstd", "snappy", "gzip"):
            got = gateway.call("POST", INVOKE, parquet(ROWS, compression=compression), content_type=PARQUET)
            assert leave(got) == leave(gateway.invoke(*ROWS))
        got = gateway.call("POST", "/invocations", parquet(ROWS), content_type=PARQUET.upper())
        assert leave(got) == pytest.approx(LEAVE, abs=1e-6)


def test_what_pandas_adds_or_cannot_say_is_understood(gateway):
    table = pl.DataFrame(ROWS).with_columns(
        pl.col("plan").cast(pl.Categorical),
        pl.col("visits").cast(pl.Float64),
        pl.Series("__index_level_0__", ["a", "b"]),
    )
    got = gateway.call("POST", INVOKE, parquet(table), content_type=PARQUET)
    assert leave(got) == pytest.approx(LEAVE, abs=1e-6)
    gap = table.with_columns(tenure=pl.Series([1.0, float("nan")]))
    got = gateway.call("POST", INVOKE, parquet(gap), content_type=PARQUET)
    assert got.status == 422
    assert got.body["error"] == "row 1, field 'tenure': a value is missing"


WRONG = {
    "nothing": (b"", 400),
    "no Parquet": (b"PAR1 but not really PAR1", 400),
    "cut short": (parquet(ROWS)[:-20], 400),
    "broken in the middle": (parquet(ROWS)[:40] + b"\xff" * 60 + parquet(ROWS)[100:], 400),
    "infinity": (parquet([ROWS[0] | {"tenure": float("inf")}]), 400),
    "a list": (parquet([ROWS[0] | {"plan": ["gold"]}]), 400),
    "an unknown column": (parquet([ROWS[0] | {"other": 1}]), 422),
    "too many rows": (parquet(ROWS * 5001), 413),
    "very many from few bytes": (parquet({"plan": ["x" * 300_000] * 1000}), 413),
    "no rows": (parquet(pl.DataFrame(ROWS).clear()), 422),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_table_that_is_none_gets_one_clear_refusal(lanes, case):
    body, status = WRONG[case]
    said = []
    for gateway in lanes:
        got = gateway.call("POST", INVOKE, body, content_type=PARQUET)
        assert got.status == status, got.raw
        assert 10 < len(got.body["error"]) < 500
        said.append(got.body)
    assert said[0] == said[1]
    assert leave(lanes[0].call("POST", INVOKE, parquet(ROWS), content_type=PARQUET))


def test_parquet_is_for_invocations_only(gateway):
    for path in ("/v2/models/churn/infer", "/v1/models/churn:predict"):
        got = gateway.call("POST", path, parquet(ROWS), content_type=PARQUET)
        assert got.status == 415, got.raw


@pytest.mark.parametrize(
    "path",
    ["/v1/models/churn:predict", "/v1/endpoints/7/deployedModels/8:predict", "/answer"],
)
def test_instances_are_answered_where_vertex_and_kserve_v1_ask(lanes, path):
    said = []
    for gateway in lanes:
        for more in ({}, {"parameters": {}}, {"parameters": None}):
            got = gateway.call("POST", path, {"instances": ROWS, **more})
            assert leave(got) == pytest.approx(LEAVE, abs=1e-6)
        got = gateway.call("POST", path, {"instances": ROWS, "parameters": {"top": 3}})
        assert got.status == 422
        said.append(got.body)
        for wrong in ({"instances": [[5.5, 3, "gold"]]}, {"instances": {}}, {}, {"inputs": []}, []):
            assert gateway.call("POST", path, wrong).status == 400
        assert gateway.call("POST", path, "a,b", content_type="text/csv").status == 415
        assert gateway.call("POST", path, {"instances": ROWS}, bearer=None).status == 401
    assert said[0] == said[1]


def test_a_platform_is_told_that_all_is_well_where_it_asks(lanes):
    for gateway in lanes:
        for path in ("/alive", "/ping", "/health", "/v1/endpoints/7/deployedModels/8"):
            assert gateway.call("GET", path, bearer=None).status == 200, path
        got = gateway.call("GET", "/v1/models/churn")
        assert got.body == {"name": "churn", "ready": True}
        assert gateway.call("GET", "/v1/models/churn:explain").status == 404
        assert gateway.call("GET", "/answer").status == 405


def test_a_key_may_be_the_password_of_a_client_that_knows_no_other(gateway):
    def called(secret):
        return gateway.call("GET", "/v2", bearer=None, authorization=f"Basic {secret}")

    assert called(base64.b64encode(f"anybody:{BEARER}".encode()).decode()).status == 200
    for wrong in (base64.b64encode(b"anybody:wrong").decode(), base64.b64encode(BEARER.encode()).decode()):
        assert called(wrong).status == 401
    assert called("no base64!").status == 401


def test_the_port_that_a_platform_wants_is_taken(signing, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AIP_HTTP_PORT", str(port))
    bundle = write_columns(tmp_path, signing, features=None)
    with running(tmp_path / "gateway", route("pipeline", bundle, signing=signing)) as gateway:
        assert gateway.port == port
        rows = [{"tenure": 1.5, "plan": "gold"}]
        got = gateway.call("POST", "/invocations", parquet(rows), content_type=PARQUET)
        np.testing.assert_allclose(got.body["predictions"], [21.5])


def test_a_few_tables_wait_for_the_reader_and_no_more(gateway):
    with ThreadPoolExecutor(40) as callers:
        asked = [
            callers.submit(gateway.call, "POST", INVOKE, parquet(ROWS * 2000), content_type=PARQUET)
            for _ in range(40)
        ]
        statuses = {each.result().status for each in asked}
    assert 200 in statuses
    assert statuses <= {200, 503}


def test_a_port_that_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("AIP_HTTP_PORT", "http")
    command = [sys.executable, "-m", "causeway.gateway", "--routes", "none", "--records", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: AIP_HTTP_PORT is 'http'")

"""Finished requests are told as spans and as lines, without what was in them, and nobody waits for it."""

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from gateway_process import eventually, key, route, running

from causeway.core.errors import UsageError
from causeway.gateway.telling.batches import Batches
from causeway.gateway.telling.collector import collector_of
from causeway.gateway.telling.sights import Sight
from causeway.gateway.telling.spans import span_of
from causeway.gateway.wire.trace_context import Parent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAID = f"00-{TRACE}-{SPAN}-01"
ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
PERSON = "Wilhelmina"


@contextmanager
def collecting(status=200):
    """A collector, and what it was sent."""
    got = []

    class Taker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            got.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def spans_in(got):
    return [
        span
        for _, _, body in got
        for resource in body["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def attributes(span):
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


@pytest.fixture(params=["0", "1"])
def lane(request, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", request.param)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    return request.param


def routes(churn, signing):
    return [route("churn", churn, signing=signing, records="durable", keys=(key(),))]


def test_each_request_is_a_span_of_its_callers_trace(lane, signing, churn, tmp_path, monkeypatch):
    with collecting() as (address, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "scores")
        with running(tmp_path, *routes(churn, signing)) as gateway:
            traced = gateway.invoke(ROW, traceparent=SAID, x_request_id=PERSON)
            own = gateway.invoke(ROW | {"plan": "gold"})
            wrong = gateway.invoke(ROW | {"tenure": PERSON})
            gateway.invoke(ROW, traceparent=SAID[:-2] + "00")
            gateway.call("GET", "/v2/models/churn")
            gateway.call("GET", "/ping")
            gateway.call("GET", "/metrics")
            gateway.call("POST", f"/{PERSON}", b"{}")
            assert wrong.status == 422
            assert gateway.stop() == 0
    path, headers, body = got[0]
    assert (path, headers["x-tenant"]) == ("/v1/traces", "a b")
    resource = body["resourceSpans"][0]["resource"]
    assert attributes(resource)["service.name"] == "scores"
    spans = spans_in(got)
    assert len(spans) == 5
    first, second, third, model, nowhere = spans
    assert (first["traceId"], first["parentSpanId"], first["kind"]) == (TRACE, SPAN, 2)
    assert first["name"] == "POST /products/{product}/invocations"
    told = attributes(first)
    prediction = traced.body["ids"][0]
    assert told.pop("causeway.release")
    assert told == {
        "http.request.method": "POST",
        "http.route": "/products/{product}/invocations",
        "http.response.status_code": "200",
        "causeway.product": "churn",
        "causeway.arm": "champion",
        "causeway.prediction_id": prediction,
    }
    assert second["traceId"] == own.body["ids"][0].replace("-", "")
    assert "parentSpanId" not in second
    assert (attributes(third)["causeway.code"], "error.type" in attributes(third)) == ("invalid_input", False)
    assert attributes(model)["http.route"] == "/v2/models/{product}"
    assert (attributes(nowhere)["causeway.code"], nowhere["name"]) == ("not_found", "HTTP")
    assert PERSON not in json.dumps([each[2] for each in got])
    assert int(first["endTimeUnixNano"]) > int(first["startTimeUnixNano"])


def test_a_collector_that_takes_nothing_costs_its_spans_only(lane, signing, churn, tmp_path, monkeypatch):
    with collecting(status=503) as (address, _):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{address}/traces?token={PERSON}")
        with running(tmp_path, *routes(churn, signing), options=("--log", "json")) as gateway:
            assert gateway.invoke(ROW).status == 200
            line = 'causeway_telling_dropped_total{kind="spans",reason="failed"} 1'
            eventually(lambda: line in gateway.call("GET", "/metrics").raw.decode(), "the drop")
            events = [json.loads(each) for each in gateway.said().splitlines()]
    failing = next(each for each in events if each["event"] == "spans_failing")
    assert (failing["level"], f"{address} takes no spans: it says 503" in failing["message"]) == (
        "warning",
        True,
    )
    assert PERSON not in json.dumps(events)


def sight(**more):
    given = {"ended_ns": 2_000_000_000, "seconds": 0.5, "method": "POST", "route": "/invocations"}
    given |= {"status": 200, "code": "", "product": "churn", "release": "r1", "arm": "champion"}
    given |= {"consumer": "a", "request": "n", "prediction": "", "trace": TRACE, "parent": None}
    return Sight(**given | more)


def test_a_failure_of_ours_is_an_error_and_a_callers_is_none():
    failed = json.loads(span_of(sight(status=500, code="model_failed")))
    assert (failed["status"], attributes(failed)["error.type"]) == ({"code": 2}, "model_failed")
    refused = json.loads(span_of(sight(status=422, code="invalid_input")))
    assert "status" not in refused
    assert refused["startTimeUnixNano"] == "1500000000"


LOW, HIGH = "0" * 24 + "0" * 12, "0" * 24 + "f" * 12
ON, OFF = Parent(TRACE, SPAN, sampled=True), Parent(TRACE, SPAN, sampled=False)


@pytest.mark.parametrize(
    ("sampler", "share", "sampled"),
    [
        ("", "", "on root"),
        ("parentbased_always_off", "", "on"),
        ("parentbased_traceidratio", "0.5", "on low"),
        ("always_on", "", "on off root low"),
        ("always_off", "", ""),
        ("traceidratio", "0.5", "low"),
        ("traceidratio", "0", ""),
        ("traceidratio", "1", "on off root low"),
    ],
)
def test_samplers_say_who_is_told_of(sampler, share, sampled):
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/"}
    given |= {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": share}
    collector = collector_of(given)
    assert (collector.host, collector.port, collector.path) == ("127.0.0.1", 4318, "/v1/traces")
    requests = {
        "on": sight(parent=ON, trace=HIGH),
        "off": sight(parent=OFF, trace=HIGH),
        "root": sight(trace=HIGH),
        "low": sight(trace=LOW),
    }
    told = [name for name, each in requests.items() if collector.samples(each)]
    expected = sampled.split() + (["low"] if sampled.split()[-1:] == ["root"] else [])
    assert told == expected


@pytest.mark.parametrize(
    "given",
    [{}, {"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}],
)
def test_it_is_off_where_nobody_is_named_or_somebody_says_so(given):
    address = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"} if given else {}
    assert collector_of(given | address) is None


@pytest.mark.parametrize(
    "given",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:99999"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_TRACES_SAMPLER": "sometimes"},
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
        {"OTEL_BSP_SCHEDULE_DELAY": "soon"},
    ],
)
def test_what_cannot_be_meant_is_said(given):
    with pytest.raises(UsageError) as told:
        collector_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"} | given)
    assert told.value.where.startswith("OTEL_")
    assert told.value.hint


def test_a_full_queue_drops_at_once_and_says_how_many():
    dropped, gate = [], threading.Event()

    def slow(batch):
        gate.wait(20)
        return True

    batches = Batches(
        slow, lambda why, count: dropped.append((why, count)), most=3, batch=1, every_seconds=20
    )
    for n in range(20):
        batches.put(n)
    assert dropped.count(("full", 1)) >= 16
    gate.set()
    batches.close(20)


def test_an_access_log_tells_who_asked_and_never_what(lane, signing, churn, tmp_path, monkeypatch):
    for form in ("json", "plain"):
        monkeypatch.setenv("CAUSEWAY_LOG", form)
        with running(tmp_path / form, *routes(churn, signing), options=("--access-log",)) as gateway:
            gateway.invoke(ROW | {"plan": "gold"}, traceparent=SAID, x_request_id='order "17"')
            gateway.invoke(ROW | {"tenure": PERSON})
            gateway.call("POST", f"/nowhere?token={PERSON}", b"{}", bearer=PERSON)
            assert gateway.stop() == 0
            said = gateway.said()
        assert PERSON not in said
        if form == "json":
            lines = [json.loads(line) for line in said.splitlines()]
            first, second, third = (line for line in lines if line["event"] == "request")
            assert (first["request"], first["trace"], first["consumer"]) == ('order "17"', TRACE, "team-a")
            assert (first["status"], first["product"], second["code"]) == (200, "churn", "invalid_input")
            assert (third["code"], "product" in third) == ("not_found", False)
            assert {line["event"] for line in lines} >= {"routes_followed", "ready", "stopping"}
        else:
            line = next(line for line in said.splitlines() if TRACE in line)
            assert " 200 - " in line
            assert r'"order \"17\""' in line

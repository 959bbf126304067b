"""A caller's trace goes through: it names the request, and its record."""

from types import SimpleNamespace

import pytest
from gateway_process import key, route, running

from causeway.gateway.calls.asking import Settled
from causeway.gateway.quick.heads import Heads
from causeway.gateway.wire.trace_context import Parent, parent_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAID = f"00-{TRACE}-{SPAN}-01"
ROW = {"tenure": 3, "visits": 2, "plan": "gold"}


@pytest.mark.parametrize(
    ("said", "sampled"),
    [
        (SAID, True),
        (SAID[:-2] + "00", False),
        (SAID[:-2] + "ff", True),
        (SAID[:-2] + "02", False),
        ("01" + SAID[2:], True),
        ("cc" + SAID[2:] + "-what-comes-later", True),
    ],
)
def test_a_valid_parent_is_read(said, sampled):
    assert parent_of({b"traceparent": said.encode()}) == Parent(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "ff" + SAID[2:],
        SAID + "-more",
        "01" + SAID[2:] + "more",
        SAID.upper(),
        SAID[:-1],
        SAID.replace("-", "_"),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f" {SAID}",
        SAID + "\n",
        "\u0660" + SAID[1:],
    ],
)
def test_any_other_is_ignored(said):
    assert parent_of({b"traceparent": said.encode()}) is None


def head(*lines):
    return "\r\n".join(["POST /invocations HTTP/1.1", "host: a", *lines, "", ""]).encode()


def settled(name="", **headers):
    known = {each.replace("_", "-").encode(): value.encode() for each, value in headers.items()}
    return Settled(None, known, SimpleNamespace(), None, "", name)


def test_a_head_is_known_whatever_names_its_request():
    heads = Heads()
    heads.keep(head("traceparent: " + SAID, "accept: a"), settled(TRACE, traceparent=SAID), length=3)
    other = SAID.replace("4bf9", "abcd")
    known = heads.get(head("accept: a", "Traceparent: " + other))
    assert (known.settled.name, known.length) == ("abcd" + TRACE[4:], 3)
    assert known.settled.headers == {b"traceparent": other.encode()}
    named = heads.get(head("x-request-id: order 17", "tracestate: a=1, b=2", "accept: a", "traceparent: no"))
    assert named.settled.name == "order 17"
    plain = heads.get(head("accept: a"))
    assert (plain.settled.name, plain.settled.headers) == ("", {})


def test_a_head_that_names_its_request_oddly_is_left_to_the_parser():
    heads = Heads()
    heads.keep(head("x-request-id:tight"), settled("tight", x_request_id="tight"), length=3)
    heads.keep(head("x-request-id: a", "x-request-id: b"), settled("b", x_request_id="b"), length=3)
    both = head("x-request-id: a", "X-REQUEST-ID: b")
    heads.keep(both, settled("b", x_request_id="b"), length=3)
    assert (heads.get(both), heads.get(head("X-REQUEST-ID: b"))) == (None, None)
    heads.keep(head("traceparent: " + SAID + " "), settled(TRACE, traceparent=SAID), length=3)
    # said twice, once in a spelling that is not taken out
    heads.keep(head("x-request-id: a", "X-REQUEST-ID: b"), settled("b", x_request_id="b"), length=3)
    assert heads.get(head("X-REQUEST-ID: b")) is None
    assert heads.get(head("x-request-id: a", "X-REQUEST-ID: b")) is None
    assert heads.get(head()) is None
    heads.keep(head(), settled(), length=3)
    assert heads.get(head("x-request-id: a", "x-request-id: b")) is None
    assert heads.get(head("x-request-id: a", " folded")) is None
    assert heads.get(head("x-request-id: a")).settled.name == "a"


def test_thousands_of_traces_leave_one_head():
    heads = Heads()
    for n in range(3000):
        said = f"00-{n + 1:032x}-{SPAN}-01"
        heads.keep(head("traceparent: " + said), settled("x", traceparent=said), length=3)
    assert len(heads._known) == 1


@pytest.mark.parametrize("lane", ["0", "1"])
def test_the_trace_names_the_request_and_its_record(lane, signing, churn, tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", lane)
    routes = [route("churn", churn, signing=signing, records="durable", keys=(key(),))]
    with running(tmp_path, *routes) as gateway:
        for _ in range(2):
            # known heads answer as unknown ones
            traced = gateway.invoke(ROW, traceparent=SAID)
            assert traced.headers["x-request-id"] == TRACE
            both = gateway.invoke(ROW, traceparent=SAID, x_request_id="order-17")
            assert both.headers["x-request-id"] == "order-17"
            wrong = gateway.invoke(ROW, traceparent=SAID.upper())
            assert wrong.headers["x-request-id"] == wrong.body["ids"][0]
        assert gateway.invoke(ROW, traceparent=SAID, x_request_id="x" * 500).headers["x-request-id"] == TRACE
        named = [record.request for record in gateway.recorded()]
    assert named.count(TRACE) == 3
    assert named.count("order-17") == 2

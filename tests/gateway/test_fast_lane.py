"""The short way and the long way say the same, in order, whoever shares a turn with whom."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway_process import BEARER, both_ways, key, route

ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
INVOKE = "/products/churn/invocations"
OIP = {
    "inputs": [
        {"name": "tenure", "shape": [1], "datatype": "FP64", "data": [3]},
        {"name": "visits", "shape": [1], "datatype": "INT64", "data": [2]},
        {"name": "plan", "shape": [1], "datatype": "BYTES", "data": ["gold"]},
    ]
}
BODIES = {
    "a row": (INVOKE, {"dataframe_records": [ROW]}),
    "two rows": (INVOKE, {"dataframe_records": [ROW, ROW | {"tenure": 99}]}),
    "a protocol": ("/v2/models/churn/infer", OIP),
    "a wrong type": (INVOKE, {"dataframe_records": [ROW | {"tenure": "3"}]}),
    "an unknown field": (INVOKE, {"dataframe_records": [ROW | {"other": 1}]}),
    "an unseen category": (INVOKE, {"dataframe_records": [ROW | {"plan": "silver"}]}),
    "no rows": (INVOKE, {"dataframe_records": []}),
    "no form": (INVOKE, {}),
    "another product": ("/products/nothing/invocations", {"dataframe_records": [ROW]}),
    "an output that is not": ("/v2/models/churn/infer", OIP | {"outputs": [{"name": "other"}]}),
}


@pytest.fixture(scope="module")
def lanes(signing, churn, tmp_path_factory):
    """The same gateway twice: with the short way, and with the long one only."""
    routes = [route("churn", churn, signing=signing, records="durable", keys=(key(),))]
    with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
        yield ways


def without_names(got):
    headers = {k: v for k, v in got.headers.items() if k not in ("date", "x-request-id")}
    headers.pop("causeway-prediction-id", None)
    body = {k: v for k, v in got.body.items() if k not in ("ids", "id")}
    body["outputs"] = [o for o in body.get("outputs", []) if o["name"] != "prediction_id"]
    headers.pop("content-length", None)
    return got.status, headers, body


@pytest.mark.parametrize("case", BODIES)
def test_both_ways_say_the_same(lanes, case):
    path, body = BODIES[case]
    short, long = (lane.call("POST", path, body) for lane in lanes)
    assert without_names(short) == without_names(long)
    assert list(short.headers) == list(long.headers)


@pytest.mark.parametrize("bearer", [None, "wrong"])
def test_both_ways_refuse_who_has_no_key(lanes, bearer):
    short, long = (lane.call("POST", INVOKE, {"dataframe_records": [ROW]}, bearer=bearer) for lane in lanes)
    assert (short.status, short.raw, short.headers.keys()) == (401, long.raw, long.headers.keys())


def asked(body: bytes, *, path=INVOKE, more="", version="1.1") -> bytes:
    head = f"POST {path} HTTP/{version}\r\nhost: a\r\nauthorization: Bearer {BEARER}\r\n{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def answers(caller: socket.socket, count: int) -> list[tuple[int, dict]]:
    """So many replies, in the order in which they come."""
    read = caller.makefile("rb")
    found = []
    for _ in range(count):
        status = int(read.readline().split()[1])
        headers = {}
        while line := read.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        found.append((status, json.loads(read.read(int(headers["content-length"])))))
    return found


def named(n: int) -> bytes:
    return json.dumps({"dataframe_records": [ROW | {"tenure": n % 80}] * (n % 3 + 1)}).encode()


def test_requests_one_behind_another_are_answered_in_order(lanes):
    chunked = (
        f"POST {INVOKE} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {BEARER}\r\n"
        "transfer-encoding: chunked\r\n\r\n"
    ).encode()
    body = named(1)
    parts = [
        asked(named(0)),
        asked(named(1)),
        b"GET /ping HTTP/1.1\r\nhost: a\r\n\r\n",
        chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n",
        asked(b"{"),
        asked(named(5)),
    ]
    for lane in lanes:
        with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
            caller.sendall(b"".join(parts))
            got = answers(caller, len(parts))
        assert [status for status, _ in got] == [200, 200, 200, 200, 400, 200]
        assert [len(body.get("ids", ())) for _, body in got] == [1, 2, 0, 2, 0, 3]


def test_what_comes_behind_the_body_is_no_header(lanes):
    body, own = named(0), f"authorization: Bearer {BEARER}\r\n"
    chunks = f"{len(body):x}\r\n{body.decode()}\r\n0\r\n"
    begin = f"POST {INVOKE} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
    late = f"{begin}\r\n{chunks}{own}\r\n"
    other = f"{begin}{own}\r\n{chunks}authorization: Bearer nobody\r\nx-request-id: behind\r\n\r\n"
    for lane in lanes:
        with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
            caller.sendall((late + other).encode() + asked(body))
            assert [status for status, _ in answers(caller, 3)] == [401, 200, 200]


def test_a_body_may_come_byte_by_byte_and_the_connection_goes_on(lanes):
    for lane in lanes:
        with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in asked(named(2)):
                caller.sendall(bytes([byte]))
            assert answers(caller, 1)[0][0] == 200
            caller.sendall(asked(named(2), more="expect: 100-continue\r\n"))
            assert caller.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert answers(caller, 1)[0][0] == 200


def test_an_old_client_and_one_that_leaves_are_let_go(lanes):
    for lane in lanes:
        for request in (asked(named(1), version="1.0"), asked(named(1), more="connection: close\r\n")):
            with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
                caller.sendall(request)
                said = caller.makefile("rb").read()
            assert said.startswith(b"HTTP/1.1 200")
            assert b"connection: close\r\n" in said


def test_a_caller_who_goes_before_the_answer_harms_nobody(lanes):
    for lane in lanes:
        for part in (asked(named(1)), asked(named(1))[:-5]):
            with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
                caller.sendall(part)
        assert lane.invoke(ROW).status == 200


def test_whoever_shares_a_turn_gets_its_own_answer(lanes):
    short = lanes[0]

    def ask(n: int):
        row = ROW | {"tenure": n % 80, "visits": n}
        wrong = {0: {"plan": "silver"}, 1: {"tenure": 1e39}}.get(n % 7, {})
        return n, bool(wrong), short.invoke(row | wrong)

    with ThreadPoolExecutor(16) as callers:
        told = list(callers.map(ask, range(200)))

    alone = {n: short.invoke(ROW | {"tenure": n % 80, "visits": n}) for n in range(0, 200, 23)}
    for n, wrong, got in told:
        assert got.status == (422 if wrong else 200)
        if n in alone and not wrong:
            assert got.body["predictions"] == alone[n].body["predictions"]
    ids = [got.body["ids"][0] for _, wrong, got in told if not wrong]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {record.id for record in short.recorded()}

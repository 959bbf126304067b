"""The Python client against a real gateway: answers, ids, one error a cause, and what is tried again."""

import socket
import socketserver
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from gateway_process import BEARER, key, route, running

from causeway import client as asked
from causeway.client import Client

pytestmark = pytest.mark.integration
ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}


@pytest.fixture
def caller(gateway):
    with Client(f"http://127.0.0.1:{gateway.port}", token=BEARER, product="churn") as caller:
        yield caller


def test_answers_come_with_the_ids_that_outcomes_are_joined_by(gateway, caller):
    answers = caller.predict([ROW, ROW | {"tenure": 99.0}], request="order-7")
    assert len(answers) == 2
    assert len(set(answers.ids)) == 2
    assert answers.request == "order-7"
    assert answers.release.startswith("sha256:")
    first, second = answers
    assert first.prediction["label"] == "stay"
    assert (first.flags, second.flags) == ((), ("range:tenure",))
    assert answers[-1] == second
    alone = caller.predict(ROW)
    assert alone.predictions == [first.prediction]


def test_numbers_of_numpy_and_missing_ones_are_sent(gateway):
    with Client(f"127.0.0.1:{gateway.port}", token=BEARER, product="lenient") as caller:
        row = {"tenure": np.float64(5.5), "visits": np.int64(3), "plan": "gold"}
        assert caller.predict(row).flags == {}
        assert caller.predict(row | {"tenure": float("nan")}).flags == {0: ("missing:tenure",)}


def test_many_rows_go_in_several_requests(caller):
    parts = list(caller.predict_each(({**ROW, "visits": n} for n in range(7)), batch=3))
    assert [len(part) for part in parts] == [3, 3, 1]


def test_a_connection_is_used_again_and_one_that_ended_is_not(gateway, caller):
    caller.predict(ROW)
    (kept,) = caller._connections._idle
    caller.predict(ROW)
    assert list(caller._connections._idle) == [kept]
    kept.sock.shutdown(socket.SHUT_RDWR)
    assert caller.predict(ROW).ids
    assert list(caller._connections._idle) != [kept]


def test_threads_share_one_client(caller):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: caller.predict(ROW | {"visits": n}), range(64)))
    assert len({one.ids[0] for one in answers}) == 64


def test_who_is_answered_together_with_others_is_answered_as_alone(caller):
    row = ROW | {"tenure": 99.0}
    alone = caller.predict(row)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: caller.predict(row), range(160)))
    assert {(str(one.predictions), str(one.flags)) for one in answers} == {
        (str(alone.predictions), str({0: ("range:tenure",)}))
    }


@pytest.mark.parametrize(
    ("how", "row", "expected", "says"),
    [
        ({"token": ""}, ROW, asked.Unauthorized, "no key"),
        ({"token": "wrong"}, ROW, asked.Unauthorized, "not known"),
        ({"product": "nothing"}, ROW, asked.NotFound, "nothing"),
        ({"product": "lenient", "token": "reader"}, ROW, asked.Forbidden, "may not predict"),
        ({}, [ROW, ROW | {"tenure": "5"}], asked.RefusedRow, "row 1, field 'tenure'"),
        ({}, [], asked.RefusedRow, "no rows"),
        ({}, [ROW] * 10_001, asked.TooLarge, "10,000 rows"),
        ({}, [ROW | {"plan": "g" * 5_000_000}], asked.TooLarge, "than 4 MB"),
        ({}, ROW | {"visits": [1]}, asked.Malformed, "not as it should be"),
    ],
)
def test_every_cause_has_its_error_with_the_words_of_the_gateway(gateway, how, row, expected, says):
    options = {"token": BEARER, "product": "churn"} | how
    with Client(f"http://127.0.0.1:{gateway.port}", **options) as caller:
        with pytest.raises(expected, match=says) as refused:
            caller.predict(row)
        assert refused.type is expected
        assert refused.value.hint
    if expected is asked.RefusedRow and row:
        assert (refused.value.row, refused.value.field) == (1, "tenure")


def test_without_a_gateway_nothing_was_sent_and_that_is_said():
    caller = Client("http://127.0.0.1:9", token=BEARER, retry_seconds=0.1)
    with pytest.raises(asked.Unreachable, match=r"nobody answers at http://127\.0\.0\.1:9"):
        caller.predict(ROW)
    assert not caller.ready()
    with pytest.raises(ValueError, match="no address"):
        Client("ftp://somewhere")


def test_over_the_cap_it_comes_back_when_told_or_says_when(signing, churn, tmp_path):
    capped = route("churn", churn, signing=signing, keys=(key(),), requests_per_minute=1)
    with running(tmp_path, capped) as gateway, Client(f"127.0.0.1:{gateway.port}", token=BEARER) as caller:
        caller.predict(ROW)
        with pytest.raises(asked.TooMany) as refused:
            caller.predict(ROW)
        assert 0 < refused.value.retry_after <= 60


@contextmanager
def a_server(*replies):
    """Answers each connection with the next of these bytes, and ends it."""
    waiting = list(replies)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(waiting.pop(0))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", waiting
        server.shutdown()


def reply(status, body, *headers):
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *headers, "connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def test_busy_is_tried_again_only_where_it_says_when():
    good = reply(200, b'{"predictions":[1],"ids":["a"]}')
    busy = reply(503, b'{"error":"starting","code":"not_ready"}', "retry-after: 0")
    with a_server(busy, busy, good) as (address, waiting):
        assert Client(address, token=BEARER).predict(ROW).ids == ["a"]
        assert not waiting
    with a_server(reply(503, b'{"error":"down","code":"not_ready"}'), good) as (address, waiting):
        with pytest.raises(asked.NotReady, match="down"):
            Client(address, token=BEARER).predict(ROW)
        assert waiting


def test_what_may_have_been_answered_is_not_asked_again():
    with a_server(b"", b"") as (address, waiting):
        with pytest.raises(asked.Interrupted, match="before the answer"):
            Client(address, token=BEARER).predict(ROW)
        assert len(waiting) == 1


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<html>"),
        reply(200, b'{"ids":[],"predictions":[1]}'),
        reply(500, b"oops"),
        reply(502, b'{"error":1}'),
    ],
)
def test_what_is_no_answer_of_a_gateway_is_said_so(answer):
    with a_server(answer) as (address, _), pytest.raises(asked.Failed):
        Client(address, token=BEARER).predict(ROW)


def test_an_application_gets_nothing_else_of_ours():
    program = (
        "import sys, causeway.client; "
        "print([n for n in sys.modules if n.startswith('causeway') and not n.startswith('causeway.client')], "
        "[n for n in ('numpy', 'click', 'yaml', 'rich', 'onnxruntime') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['causeway'] []"

"""What a connection may do before it is known who asks."""

import asyncio
import socket
import time
from contextlib import suppress

import pytest
import uvicorn
from gateway_process import route, running

from causeway.actions.up import _config
from causeway.gateway.wire.http_limits import BoundedProtocol


@pytest.fixture
def caller(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        yield caller


def status_of(caller) -> bytes:
    return caller.recv(4096).split(b"\r\n")[0]


def flood(caller, part: bytes, times: int) -> None:
    try:
        for _ in range(times):
            caller.sendall(part)
    except ConnectionError:
        pass


GET = b"GET /ping HTTP/1.1\r\nhost: a\r\n"
FLOODS = {
    "many headers": (GET, b"x: " + b"a" * 1000 + b"\r\n", 1000),
    "one header": (GET + b"x: ", b"a" * 10_000, 1000),
    "an address": (b"GET /", b"a" * 10_000, 1000),
    "lines before a request": (b"\r\n", b"\r\n" * 5_000, 1000),
    "whole headers at once": (GET + b"x: a\r\n" * 20_000 + b"\r\n", b"", 1),
}


@pytest.mark.parametrize("case", FLOODS)
def test_headers_without_end_are_refused(caller, case):
    start, part, times = FLOODS[case]
    flood(caller, start, 1)
    flood(caller, part, times)
    # what is still on its way when it closes can make the answer be lost
    with suppress(ConnectionResetError):
        assert status_of(caller) == b"HTTP/1.1 431 Request Header Fields Too Large"


def test_trailers_without_end_are_refused(caller):
    flood(
        caller,
        b"POST /invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer churn-only\r\n"
        b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        1,
    )
    flood(caller, b"x: " + b"a" * 1000 + b"\r\n", 1000)
    with pytest.raises(ConnectionError):
        flood_until_closed(caller)


def flood_until_closed(caller) -> None:
    while True:
        caller.sendall(b"x: y\r\n")


@pytest.mark.parametrize("hosts", [b"", b"host: a\r\nhost: b\r\n"])
def test_a_request_names_one_host(caller, hosts):
    caller.sendall(b"GET /ping HTTP/1.1\r\n" + hosts + b"\r\n")
    assert status_of(caller) == b"HTTP/1.1 400 Bad Request"


def test_the_console_has_the_same_limits():
    assert _config(lambda *_: None).http is BoundedProtocol


def test_an_old_request_needs_no_host(caller):
    caller.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
    assert status_of(caller) == b"HTTP/1.1 200 OK"


def test_no_request_gets_the_one_shape(caller):
    caller.sendall(b"hello\r\n\r\n")
    answer = caller.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"malformed"' in answer


BODY_TO_COME = (
    b"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer s3cret-token\r\n"
    b"content-length: 100\r\n\r\n"
)


def test_a_body_that_does_not_come_holds_nobody_up_who_stops_the_gateway(tmp_path, signing, churn):
    with (
        running(tmp_path, route("churn", churn, signing=signing)) as gateway,
        socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller,
    ):
        caller.sendall(BODY_TO_COME)
        gateway.health()
        since = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - since < 4


@pytest.fixture
def served():
    """Serves nothing at all, and says what came back to a caller who sends this and then waits."""

    async def nothing(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def story(sent, callers):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = uvicorn.Server(
                uvicorn.Config(nothing, http=BoundedProtocol, lifespan="off", log_config=None)
            )
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            opened = [await asyncio.open_connection(*listening.getsockname()) for _ in range(callers)]
            answers = []
            for reader, writer in opened:
                writer.write(sent)
                try:
                    answers.append(await reader.read())
                except ConnectionResetError:
                    answers.append(b"")
                writer.close()
            server.should_exit = True
            await serving
        return answers

    return lambda sent, callers=1: asyncio.run(story(sent, callers))


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost", b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET"])
def test_a_request_that_does_not_come_is_not_waited_for(served, monkeypatch, sent):
    monkeypatch.setattr("causeway.gateway.wire.http_limits.HEADER_SECONDS", 0.1)
    (answer,) = served(sent)
    assert b"HTTP/1.1 408 Request Timeout" in answer
    assert answer.count(b"HTTP/1.1 204") == sent.count(b"\r\n\r\n")


def test_a_body_that_nobody_reads_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr("causeway.gateway.wire.http_limits.HEADER_SECONDS", 0.1)
    (answer,) = served(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\na")
    assert answer.startswith(b"HTTP/1.1 204")
    assert b"HTTP/1.1 408" in answer


def test_more_connections_than_may_be_take_the_place_of_the_idle(served, monkeypatch):
    monkeypatch.setattr("causeway.gateway.wire.http_limits.HEADER_SECONDS", 0.1)
    monkeypatch.setattr("causeway.gateway.wire.http_limits.MAX_CONNECTIONS", 2)
    answers = served(b"", 3)
    assert answers[0] == b""
    assert [answer.split()[1] for answer in answers[1:]] == [b"408", b"408"]

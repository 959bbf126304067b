"""HTTP/1.1 as the standard has it (RFC 9110 and 9112), the same on the short way and on the long one."""

import json
import random
import socket
import time
from contextlib import suppress

import pytest
from bundle_made import write_bundle
from gateway_process import BEARER, both_ways, eventually, route, running

ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
BODY = json.dumps({"dataframe_records": [ROW]}).encode()
PATIENCE_SECONDS = 10


@pytest.fixture(scope="module")
def lanes(signing, churn, tmp_path_factory):
    """The same gateway twice: with the short way, and with the long one only."""
    quick = write_bundle(tmp_path_factory.mktemp("bundles"), signing, product="quick")
    routes = [
        route("churn", churn, signing=signing, records="durable"),
        route("quick", quick, signing=signing, records="off"),
    ]
    with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
        yield ways


def post(
    *headers: str, body=BODY, target="/products/churn/invocations", version="1.1", host="host: a"
) -> bytes:
    """A request for an answer; its length is declared unless these headers say otherwise."""
    lines = [f"POST {target} HTTP/{version}", host, f"authorization: Bearer {BEARER}", *headers]
    framed = any(each.lower().startswith(("content-length", "transfer-encoding")) for each in headers)
    lines += [] if framed else [f"content-length: {len(body)}"]
    return "\r\n".join([line for line in lines if line] + ["", ""]).encode() + body


def get(path="/ping", *headers: str, method="GET", version="1.1", host="host: a") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", host, *headers]
    return "\r\n".join([line for line in lines if line] + ["", ""]).encode()


def chunks(*parts: bytes, trailers="") -> bytes:
    sized = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return sized + b"0\r\n" + trailers.encode() + b"\r\n"


PING = get()
CHUNKED = "transfer-encoding: chunked"
UPGRADE = ("connection: keep-alive, Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk")


class Reader:
    """The replies on one connection, whatever their framing."""

    def __init__(self, caller: socket.socket, methods=()):
        self.read = caller.makefile("rb")
        self.methods = list(methods)

    def reply(self):
        """Status, headers and body of the next reply; None at the end."""
        line = self.read.readline()
        if not line:
            return None
        assert line.startswith(b"HTTP/1.1 "), line
        status, headers = int(line.split()[1]), {}
        while line := self.read.readline().strip():
            name, _, value = line.decode().partition(": ")
            assert name not in headers, f"two {name}"
            headers[name] = value
        bare = status < 200 or (self.methods and self.methods.pop(0) == "HEAD" and status >= 200)
        body = b"" if bare else self.read.read(int(headers["content-length"]))
        return status, headers, body

    def all(self):
        """All replies until the end of the connection."""
        found = []
        with suppress(ConnectionResetError):
            while reply := self.reply():
                found.append(reply)
        return found


def talk(lane, sent: bytes, methods=()) -> list:
    """What comes back for these bytes, until the gateway hangs up."""
    with socket.create_connection(("127.0.0.1", lane.port), timeout=PATIENCE_SECONDS) as caller:
        with suppress(ConnectionError):
            caller.sendall(sent)
            caller.shutdown(socket.SHUT_WR)
        return Reader(caller, methods).all()


def statuses(replies) -> list[int]:
    return [status for status, _, _ in replies]


GOOD = {
    "several": (post() + PING + post(), [200, 200, 200]),
    "chunks": (post(CHUNKED, body=chunks(BODY[:7], BODY[7:])) + PING, [200, 200]),
    "a chunk's extension": (
        post(CHUNKED, body=b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)) + PING,
        [200, 200],
    ),
    "trailers": (post(CHUNKED, body=chunks(BODY, trailers="x: y\r\nhost: b\r\n")) + PING, [200, 200]),
    "a coding in capitals": (post("Transfer-Encoding:\tCHUNKED", body=chunks(BODY)) + PING, [200, 200]),
    "an expectation": (post("expect: 100-continue") + PING, [100, 200, 200]),
    "another protocol": (post(*UPGRADE) + PING, [200, 200]),
    "another protocol, in chunks": (post(*UPGRADE, CHUNKED, body=chunks(BODY)) + PING, [200, 200]),
    "another protocol, without a body": (get("/ping", *UPGRADE) * 3 + post(), [200] * 4),
    "web sockets": (
        get("/ping", "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13") + PING,
        [200, 200],
    ),
    "another protocol, for the last time": (
        get("/ping", "connection: close, upgrade", "upgrade: h2c") + PING,
        [200],
    ),
    "another protocol, many times": (get("/ping", *UPGRADE) * 300, [200] * 300),
    "an absolute address": (post(target="http://b/products/churn/invocations") + PING, [200, 200]),
    "a query": (post(target="/products/churn/invocations?a=b") + PING, [200, 200]),
    "escapes": (get("/%70ing") + PING, [200, 200]),
    "what is not there": (get("/nothing") + PING, [404, 200]),
    "options": (get("/ping", method="OPTIONS") + get("*", method="OPTIONS") + PING, [405, 404, 200]),
    "another method": (
        get("/products/churn/invocations") + get("/ping", method="DELETE") + PING,
        [405, 405, 200],
    ),
    "a body that nobody wants": (get("/ping", "content-length: 3") + b"abc" + PING, [200, 200]),
    "no body": (post("content-length: 0", body=b"") + PING, [400, 200]),
    "neither body nor length": (
        post(body=b"").replace(b"content-length: 0\r\n", b"") + PING,
        [400, 200],
    ),
    "an empty line before": (b"\r\n" + PING + b"\r\n" + post(), [200, 200]),
    "a port in the host": (get(host="host: a.example:8080") + get(host="host: [::1]:80"), [200, 200]),
    "an old client": (get(version="1.0", host="") + PING, [200]),
    "an old client's answer": (post(version="1.0") + PING, [200]),
    "the last": (post("connection: foo, close") + PING, [200]),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_the_standard_allows_is_answered(lanes, case):
    sent, expected = GOOD[case]
    short, long = (talk(lane, sent) for lane in lanes)
    assert statuses(short) == statuses(long) == expected
    assert [list(headers) for _, headers, _ in short] == [list(headers) for _, headers, _ in long]


LENGTH = f"content-length: {len(BODY)}"
SHORTER = "content-length: 3"
REFUSED = {
    "no host": get(host=""),
    "two hosts": get("/ping", "host: a"),
    "two hosts, one empty": get("/ping", "host:"),
    "no such host": get(host="host: a b"),
    "a path for a host": get(host="host: a/b"),
    "a list of hosts": get(host="host: a, b"),
    "someone in the host": get(host="host: me@a"),
    "length and chunks": post(LENGTH, CHUNKED, body=chunks(BODY)),
    "chunks and length": post(CHUNKED, LENGTH, body=chunks(BODY)),
    "two lengths": post(LENGTH, SHORTER),
    "the same length twice": post(LENGTH, LENGTH),
    "a list of lengths": post(f"{LENGTH}, {len(BODY)}"),
    "a length with a sign": post(f"content-length: +{len(BODY)}"),
    "a negative length": post("content-length: -1"),
    "a hexadecimal length": post(f"content-length: 0x{len(BODY):x}"),
    "an empty length": post("content-length:"),
    "a length without end": post("content-length: " + "9" * 30),
    "space before the colon": post(f"content-length : {len(BODY)}"),
    "space before the colon of chunks": post("transfer-encoding : chunked", body=chunks(BODY)),
    "chunks in HTTP/1.0": post(CHUNKED, body=chunks(BODY), version="1.0"),
    "chunks in HTTP/1.0 that would go on": post(
        CHUNKED, "connection: keep-alive", body=chunks(BODY), version="1.0"
    ),
    "chunks twice": post(CHUNKED, CHUNKED, body=chunks(BODY)),
    "chunks, then identity": post(CHUNKED, "transfer-encoding: identity", body=chunks(BODY)),
    "identity": post("transfer-encoding: identity"),
    "chunks within something": post("transfer-encoding: gzip, chunked", body=chunks(BODY)),
    "something within chunks": post("transfer-encoding: chunked, gzip", body=chunks(BODY)),
    "almost chunks": post("transfer-encoding: xchunked", body=chunks(BODY)),
    "chunks behind a control character": post("transfer-encoding: \x0bchunked", body=chunks(BODY)),
    "chunks in quotes": post('transfer-encoding: "chunked"', body=chunks(BODY)),
    "a folded header": post("x: a\r\n b"),
    "chunks in a fold": post("transfer-encoding:\r\n chunked", LENGTH, body=chunks(BODY)),
    "bare line feeds": post().replace(b"\r\n", b"\n"),
    "one bare line feed": post("x: a\ny: b"),
    "a bare carriage return": post("x: a\rb"),
    "a zero": post("x: a\0b"),
    "a header's name with a space": post("x y: a"),
    "a header without a name": post(": a"),
    "a header without a colon": post("x"),
    "a space before the headers": post(host=" host: a"),
    "a chunk without end": post(CHUNKED, body=b"f" * 17 + b"\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk": post(CHUNKED, body=b"-1\r\nabc\r\n0\r\n\r\n"),
    "a chunk in the other notation": post(CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n"),
    "chunks with line feeds": post(CHUNKED, body=b"%x\n%b\n0\n\n" % (len(BODY), BODY)),
    "a line feed in an extension": post(CHUNKED, body=b"%x;\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)),
    "a chunk longer than it says": post(CHUNKED, body=b"3\r\nabcd\r\n0\r\n\r\n"),
    "a space behind a chunk's length": post(CHUNKED, body=b"3 \r\nabc\r\n0\r\n\r\n"),
    "another version": get(version="2.0"),
    "a version yet to come": get(version="1.9"),
    "the words before HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no method of ours": get(method="BREW"),
    "a method in small letters": get(method="get"),
    "a tunnel": get("a:443", method="CONNECT"),
    "a space in the address": get("/pi ng"),
    "no address": get(""),
    "letters beyond ASCII": "GET /p\u00e4 HTTP/1.1\r\nhost: a\r\n\r\n".encode(),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_be_read_in_two_ways_ends_the_connection(lanes, case):
    # what comes behind could be another's request, or a part of this one
    for lane in lanes:
        replies = talk(lane, REFUSED[case] + PING)
        assert statuses(replies) == [400]
        _, headers, body = replies[0]
        assert headers["connection"] == "close"
        assert json.loads(body)["code"] == "malformed"


def test_a_head_is_what_the_answer_would_be_without_its_body(lanes):
    for lane in lanes:
        sent = get(method="HEAD") + get("/nothing", method="HEAD") + get("/nothing") + PING
        head, missing, told, _ = talk(lane, sent, ["HEAD", "HEAD", "GET", "GET"])
        assert (head[0], missing[0], told[0]) == (200, 404, 404)
        assert missing[1]["content-length"] == str(len(told[2]))


def test_a_wrong_method_says_which_are_right(lanes):
    for lane in lanes:
        first, second = talk(lane, get("/ping", method="PUT") + get("/products/churn/invocations"))
        assert (first[1]["allow"], second[1]["allow"]) == ("GET, HEAD", "POST")


KINDS = {
    "durable": (lambda name: post(f"x-request-id: {name}"), 200),
    "quick": (lambda name: post(f"x-request-id: {name}", target="/products/quick/invocations"), 200),
    "chunks": (lambda name: post(CHUNKED, f"x-request-id: {name}", body=chunks(BODY[:9], BODY[9:])), 200),
    "upgrade": (lambda name: post(*UPGRADE, f"x-request-id: {name}"), 200),
    "expectation": (lambda name: post("expect: 100-continue", f"x-request-id: {name}"), 200),
    "wrong": (lambda name: post(f"x-request-id: {name}", body=b"{"), 400),
    "ordinary": (
        lambda name: get("/v2/models/churn", f"authorization: Bearer {BEARER}", f"x-request-id: {name}"),
        200,
    ),
}


@pytest.mark.parametrize("seed", range(4))
def test_answers_come_in_the_order_of_their_requests(lanes, seed):
    chance = random.Random(seed)
    kinds = [chance.choice(list(KINDS)) for _ in range(60)]
    sent = b"".join(KINDS[kind][0](f"n{number}") for number, kind in enumerate(kinds))
    cuts = sorted(chance.sample(range(1, len(sent)), 12))
    parts = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    for lane in lanes:
        with socket.create_connection(("127.0.0.1", lane.port), timeout=PATIENCE_SECONDS) as caller:
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                caller.sendall(part)
            caller.shutdown(socket.SHUT_WR)
            replies = [reply for reply in Reader(caller).all() if reply[0] != 100]
        assert statuses(replies) == [KINDS[kind][1] for kind in kinds]
        names = [headers.get("x-request-id") for status, headers, _ in replies if status == 200]
        assert names == [f"n{number}" for number, kind in enumerate(kinds) if kind != "wrong"]


def test_connections_that_wait_are_let_go_when_the_gateway_ends(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing, records="durable")) as gateway:
        callers = [
            socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE_SECONDS) for _ in range(4)
        ]
        silent, used, half, asking = callers
        used.sendall(PING)
        reader = Reader(used)
        assert reader.reply()[0] == 200
        half.sendall(post()[:-3])
        asking.sendall(post())
        eventually(gateway.recorded)
        since = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - since < 4
        assert statuses(Reader(asking).all()) == [200]
        assert (reader.reply(), silent.recv(10)) == (None, b"")
        for each in callers:
            each.close()

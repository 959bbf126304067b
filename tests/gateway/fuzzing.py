"""Requests that are almost right, and what must be so of whatever comes back."""

import random
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

PATIENCE_SECONDS = 5.0
STATUSES = {100, 200, 400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 431, 503}
TOKENS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"\xff",
        b"0",
        b"-1",
        b"\r\n\r\n",
        b"{",
        b"]",
    ),
    *(b"host: b\r\n", b"content-length: 3\r\n", b"content-length: 99999999999\r\n", b"connection: close\r\n"),
    *(b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"expect: 100-continue\r\n"),
    *(b"connection: upgrade\r\nupgrade: h2c\r\n", b"upgrade: websocket\r\n", b"0\r\n\r\n", b"ffffffff\r\n"),
    *(b"HTTP/1.0", b"HTTP/2.0", b"GET", b"POST", b"CONNECT", b"HEAD", b"NaN", b"1e999", b"null", b"\xc3\x28"),
)


def requests(bearer: str, body: bytes) -> list[bytes]:
    """Right ones, of every kind; `%d` stands where each is named."""
    key = f"host: a\r\nauthorization: Bearer {bearer}\r\nx-request-id: n%d\r\n"
    to = "POST /products/churn/invocations HTTP/1.1\r\n"
    length = f"content-length: {len(body)}\r\n\r\n"
    half = len(body) // 2
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])
    return [
        (to + key + length).encode() + body,
        (to + key + "expect: 100-continue\r\n" + length).encode() + body,
        (to + key + "connection: upgrade\r\nupgrade: h2c\r\n" + length).encode() + body,
        (to + key + "transfer-encoding: chunked\r\n\r\n").encode() + chunks,
        (to + key + "content-type: text/csv\r\ncontent-length: 28\r\n\r\n").encode()
        + b"tenure,visits,plan\n3,2,gold\n",
        f"GET /v2/models/churn HTTP/1.1\r\n{key}\r\n".encode(),
        f"GET /v2/health/live HTTP/1.1\r\n{key}\r\n".encode(),
    ]


def stories(seed: int, right: list[bytes]) -> Iterator[list[bytes]]:
    """Packets for one connection after another, without end; the same for the same seed."""
    chance = random.Random(seed)
    while True:
        count = chance.randint(1, 5)
        sent = b"".join(chance.choice(right).replace(b"n%d", b"n%d" % number) for number in range(count))
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
            sent = _mutated(chance, sent)
        cuts = sorted(chance.randrange(len(sent) + 1) for _ in range(chance.choice((0, 0, 1, 3))))
        yield [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


def _mutated(chance: random.Random, sent: bytes) -> bytes:
    at = chance.randrange(len(sent) + 1)
    end = min(len(sent), at + chance.choice((1, 1, 2, 5, 30)))
    match chance.randrange(6):
        case 0:
            return sent[:at] + bytes(chance.randrange(256) for _ in range(end - at)) + sent[end:]
        case 1:
            return sent[:at] + sent[end:]
        case 2:
            return sent[:end] + sent[at:end] * chance.choice((1, 2, 50)) + sent[end:]
        case 3:
            return sent[:at] or b"\r\n"
        case _:
            # where a header begins most of the time, as that is where it matters
            lines = [each.end() for each in re.finditer(rb"\r\n", sent)]
            place = chance.choice(lines) if lines and chance.random() < 0.7 else at
            return sent[:place] + chance.choice(TOKENS) + sent[place:]


def answered(port: int, packets: list[bytes]) -> bytes:
    """All that comes back; raises TimeoutError where the gateway goes on holding the connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as caller:
        # whoever is refused may find the connection ended
        with suppress(OSError):
            for packet in packets:
                caller.sendall(packet)
            caller.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while part := caller.recv(1 << 16):
                got += part
    return got


def faults(got: bytes) -> list[str]:
    """What is wrong with these replies; empty when all is well."""
    found, names, rest = [], [], got
    while rest:
        head, end, after = rest.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (\d{3}) [A-Za-z -]+\r\n", head + b"\r\n")
        if not match or not end:
            return [*found, f"no reply: {rest[:80]!r}"]
        status = int(match[1])
        if status not in STATUSES:
            found.append(f"status {status}")
        if name := re.search(rb"\r\nx-request-id: n(\d)(?:\r|$)", head):
            names.append(int(name[1]))
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        if status != 100 and not length:
            return [*found, f"no length: {head!r}"]
        size = int(length[1]) if length else 0
        # a HEAD has a length without a body
        rest = after if after.startswith(b"HTTP/1.1 ") else after[size:]
    if names != sorted(names):
        found.append(f"out of order: {names}")
    return found

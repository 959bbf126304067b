"""Callers of a port who ask again at once, with the request on standard input, whatever they are told.

python benchmarks/serving/closed_loop.py PORT SECONDS CALLERS DEPTH < request

Each sends DEPTH requests together and reads as many answers; with a DEPTH of 0 each asks once on a connection
and then opens another. Times count from sending, and from connecting where each has its own. Prints one JSON
object.
"""

import json
import re
import selectors
import socket
import sys
import time

from open_loop import summed_up

HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n(?:[^\r\n]*\r\n)*?content-length: (\d+)\r\n", re.IGNORECASE)


class Caller:
    """One who waits for as many answers as it sent requests."""

    def __init__(self, port: int, depth: int) -> None:
        self.port, self.depth = port, depth
        self.connection = socket.socket()
        self.connect()

    def connect(self) -> None:
        """Opens a connection, without waiting for it where it serves one request only."""
        self.at, self.left, self.said, self.sent = time.perf_counter(), 0, b"", False
        self.connection = socket.socket()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.setblocking(bool(self.depth))
        self.connection.connect_ex(("127.0.0.1", self.port))
        self.connection.setblocking(False)

    def send(self, request: bytes) -> None:
        """Asks."""
        if self.depth:
            self.at = time.perf_counter()
        self.sent, self.left = True, max(1, self.depth)
        self.connection.send(request * self.left)

    def hear(self, told: dict[str, list[float]]) -> bool:
        """Takes what came; whether the connection goes on."""
        try:
            part = self.connection.recv(1 << 18)
        except ConnectionError:
            part = b""
        self.said += part
        while found := HEAD.match(self.said):
            end = self.said.find(b"\r\n\r\n") + 4 + int(found[2])
            if end > len(self.said):
                break
            told.setdefault(found[1].decode(), []).append(time.perf_counter() - self.at)
            self.said = self.said[end:]
            self.left -= 1
        if not part and self.left:
            told.setdefault("broken", []).append(0.0)
        return bool(part)


def main() -> None:
    port, seconds, callers, depth = (float(word) for word in sys.argv[1:5])
    told = asked(int(port), seconds=seconds, callers=int(callers), depth=int(depth))
    answers, refusals = told.pop("200", []), told.pop("503", []) + told.pop("429", [])
    print(json.dumps(summed_up(answers, refusals, told)))


def asked(port: int, *, seconds: float, callers: int, depth: int) -> dict[str, list[float]]:
    """How long each answer took, by its status."""
    request = sys.stdin.buffer.read()
    select, told = selectors.DefaultSelector(), {}
    for _ in range(callers):
        caller = Caller(port, depth)
        select.register(caller.connection, selectors.EVENT_READ | selectors.EVENT_WRITE, caller)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for ready, events in select.select(0.05):
            caller = ready.data
            if events & selectors.EVENT_WRITE and not caller.sent:
                if refused := caller.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    told.setdefault(f"errno {refused}", []).append(0.0)
                    renew(select, caller)
                    continue
                caller.send(request)
                select.modify(caller.connection, selectors.EVENT_READ, caller)
            if events & selectors.EVENT_READ:
                goes_on = caller.hear(told)
                if not goes_on or (not depth and not caller.left):
                    renew(select, caller)
                elif not caller.left:
                    caller.send(request)
    return told


def renew(select: selectors.BaseSelector, caller: Caller) -> None:
    """Has it open another connection."""
    select.unregister(caller.connection)
    caller.connection.close()
    caller.connect()
    select.register(caller.connection, selectors.EVENT_READ | selectors.EVENT_WRITE, caller)


if __name__ == "__main__":
    main()

"""Asks a gateway at a given rate, in a process of its own: requests go out when due, answered or not.

usage: python -m causeway.actions.load_generator < {"port": ..., "path": ..., ...} and a step a line

The first line is a `Setup`, each other a `Step`; each is answered by one line of JSON. Nobody waits for an
answer before asking again (open loop), and a request that has to wait for a connection is waited for. How
late it is sent by the clock's own fault is told apart, as that is not the gateway's.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, cast

HOST = "127.0.0.1"
MOST_CONNECTIONS = 256
PATIENCE_SECONDS = 5.0
QUEUE_SECONDS = 2.0
"""So much behind, the rest of a step tells nothing new."""
OK = 200


@dataclass(frozen=True)
class Setup:
    """Whom to ask, and with what bodies, in turn."""

    port: int
    path: str
    token: str
    bodies: list[str]


@dataclass(frozen=True)
class Step:
    """At `rate` for so long; with `connections` instead, each asks again as soon as it is answered."""

    seconds: float
    rate: float = 0.0
    connections: int = 0
    each: bool = False
    """Every body once, one after the other, to see which are answered."""


class Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, asker: "Asker") -> None:
        self._asker = asker
        self._seen = b""
        self._due = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Is ready."""
        self.transport = cast("asyncio.Transport", transport)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._due)

    def end(self) -> None:
        """Ends it at once."""
        if self.transport is not None:
            self.transport.abort()

    def ask(self, due: float, request: bytes) -> None:
        """Sends this."""
        self._due, self._seen = due, b""
        if self.transport is not None:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Reads on until the answer is whole."""
        seen = self._seen = self._seen + data if self._seen else data
        head = seen.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = seen[:head].lower()
        place = lower.find(b"content-length:")
        length = int(lower[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(seen) - head - 4 < length:
            return
        closes = b"connection: close" in lower
        self._seen = b""
        due, self._due = self._due, 0.0
        self._asker.answered(self, due, int(seen[9:12]), closes=closes)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        """Forgets it; what was asked is not answered."""
        self._asker.lost(self, asked=bool(self._due))


class Asker:
    """Sends what is due over as many connections as that takes."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._requests = [_request(setup, body.encode()) for body in setup.bodies]
        self._next = 0
        self._idle: list[Connection] = []
        self._open = 0
        self._all: set[Connection] = set()
        self._queue: deque[float] = deque()
        self._empty = asyncio.Event()
        self._clear()

    def _clear(self) -> None:
        self._took: list[float] = []
        self._late: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._waiting = self._sent = 0
        self._again = False
        self._queue.clear()

    async def run(self, step: Step) -> dict[str, Any]:
        """What came of the step."""
        self._clear()
        cpu, began = time.process_time(), time.perf_counter()
        if step.each:
            return {"answered": await self._each()}
        if step.connections:
            await self._closed(step)
        else:
            await self._open_loop(step)
        spent = time.perf_counter() - began
        return self._told(step, seconds=spent, cpu=time.process_time() - cpu)

    async def _open_loop(self, step: Step) -> None:
        drawn = random.Random(7)
        start = time.perf_counter()
        due, until = start + drawn.expovariate(step.rate), start + step.seconds
        while due < until:
            now = time.perf_counter()
            if now < due:
                await asyncio.sleep(due - now)
                now = time.perf_counter()
            while due <= now and due < until:
                self._late.append(now - due)
                self._ask(now)
                due += drawn.expovariate(step.rate)
            if self._queue and now - self._queue[0] > QUEUE_SECONDS:
                break
            # what came back must be read, however much is due
            await asyncio.sleep(0)
        await self._drained()

    async def _closed(self, step: Step) -> None:
        self._again = True
        for _ in range(step.connections):
            self._ask(time.perf_counter())
        await asyncio.sleep(step.seconds)
        self._again = False
        await self._drained()

    async def _each(self) -> list[int]:
        good: list[int] = []
        for number in range(len(self._requests)):
            self._next = number
            before = self._statuses[OK]
            self._ask(time.perf_counter())
            await self._drained()
            if self._statuses[OK] > before:
                good.append(number)
        return good

    async def _drained(self) -> None:
        if not self._waiting:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._empty.wait()
        except TimeoutError:
            # an answer that still came would be taken for one of the next step
            for connection in [each for each in self._all if each.busy]:
                connection.end()

    def _done(self, status: int) -> None:
        self._waiting -= 1
        self._statuses[status] += 1
        if not self._waiting:
            self._empty.set()

    def _ask(self, due: float) -> None:
        self._waiting += 1
        self._sent += 1
        if self._idle:
            self._send(self._idle.pop(), due)
        elif self._open < MOST_CONNECTIONS:
            self._open += 1
            asyncio.get_running_loop().create_task(self._connect(due))
        else:
            self._queue.append(due)

    async def _connect(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: Connection(self), HOST, self._setup.port)
        except OSError:
            self._open -= 1
            self._done(0)
            return
        self._all.add(connection)
        self._send(connection, due)

    def _send(self, connection: Connection, due: float) -> None:
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        connection.ask(due, request)

    def answered(self, connection: Connection, due: float, status: int, *, closes: bool) -> None:
        """Takes one answer, and gives its connection to whoever waits."""
        now = time.perf_counter()
        self._done(status)
        if status == OK:
            self._took.append(now - due)
        if closes:
            return
        if self._again:
            self._waiting += 1
            self._sent += 1
            self._send(connection, now)
        elif self._queue:
            self._send(connection, self._queue.popleft())
        else:
            self._idle.append(connection)

    def lost(self, connection: Connection, *, asked: bool) -> None:
        """Counts a connection that ended."""
        self._open -= 1
        self._all.discard(connection)
        if asked:
            self._done(0)
        elif connection in self._idle:
            self._idle.remove(connection)

    def _told(self, step: Step, *, seconds: float, cpu: float) -> dict[str, Any]:
        took, late = sorted(self._took), sorted(self._late)
        # what is still on its way is no answer
        left = max(0, self._sent - sum(self._statuses.values()))
        return {
            "requests": self._sent,
            "good": len(took),
            "errors": self._sent - len(took),
            "unanswered": left,
            "p50_ms": _at(took, 0.5) * 1000,
            "p99_ms": _at(took, 0.99) * 1000,
            "late_ms": _at(late, 0.99) * 1000,
            "seconds": min(seconds, step.seconds) if not left else seconds,
            "cpu": cpu / max(seconds, 1e-9),
            "statuses": {str(status): count for status, count in self._statuses.items()},
        }


def _request(setup: Setup, body: bytes) -> bytes:
    head = (
        f"POST {setup.path} HTTP/1.1\r\nhost: {HOST}:{setup.port}\r\n"
        f"authorization: Bearer {setup.token}\r\ncontent-type: application/json\r\n"
        f"x-request-id: causeway-load\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    asker: Asker | None = None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        said = json.loads(line)
        if asker is None:
            asker = Asker(Setup(**said))
            told: dict[str, Any] = {"ready": True}
        else:
            told = await asker.run(Step(**said))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Answers steps until there are no more."""
    try:
        import uvloop  # noqa: PLC0415 - faster where it is, and not needed
    except ImportError:
        asyncio.run(_serve())
    else:
        uvloop.run(_serve())


if __name__ == "__main__":
    main()

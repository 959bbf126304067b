"""Uvicorn's HTTP, with a short way for what is asked most.

A request for answers is given to the desk from the parser's callbacks, without a scope, a task or a future.
In uvicorn's books a `Turn` stands where its own cycle would, so that timeouts, pipelining and shutdown stay
uvicorn's. Whatever is remarkable about a request (an expectation, an upgrade, a chunked body, one that waits
behind another on its connection, a caller who does not read) goes the long way, through the ASGI application.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from causeway.gateway.asking import Opened
from causeway.gateway.desk import Desk, Door
from causeway.gateway.http import BODY_SECONDS, MAX_BODY_BYTES, Reply, declared_bytes, too_late
from causeway.gateway.http_limits import BoundedProtocol


class Turn:
    """One request on the short way, from its headers to its reply."""

    call: Opened

    def __init__(self, lane: "FastLane", headers: Mapping[bytes, bytes]) -> None:
        self.headers = headers
        self.body = b""
        self.started = time.perf_counter()
        self.keep_alive = lane.parser.should_keep_alive() and lane.parser.get_http_version() != "1.0"
        self.more_body = True
        self.response_complete = self.disconnected = False
        self.message_event = _NOBODY_WAITS
        self._lane = lane

    def reply(self, reply: Reply) -> None:
        """Sends it, and lets the connection go on."""
        if not self.response_complete:
            self.response_complete = True
            self._lane.replied(self, reply)


class _Nobody:
    """What uvicorn sets when a connection is lost, for whoever reads a body; here nobody waits for one."""

    def set(self) -> None:
        """Nothing."""


_NOBODY_WAITS = _Nobody()


class FastLane(BoundedProtocol):
    """Gives what the desk can answer to the desk, and all else to uvicorn."""

    _turn: Turn | None = None
    _late_body: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, desk: Desk, **more: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*given, **more)
        self._desk = desk
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Reads on; a body that comes in pieces has so much time."""
        super().data_received(data)
        if self._turn is not None and self._late_body is None:
            self._late_body = self.loop.call_later(BODY_SECONDS, self._body_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it, and what it had begun to ask."""
        self._forget_body()
        super().connection_lost(exc)

    def start(self) -> bool:
        """Takes the short way if the request whose headers are there may."""
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        if self.transport.is_closing():
            # the answer before this one, in the same packet, was the last
            return True
        door = self._desk.door(self.url)
        if door is None or not self._is_plain():
            return False
        headers = dict(self.headers)
        declared = declared_bytes(headers)
        if declared is None or declared > MAX_BODY_BYTES:
            return False
        self._open(Turn(self, headers), door)
        return True

    def _is_plain(self) -> bool:
        parser = self.parser
        remarkable = self.expect_100_continue or self.flow.write_paused or parser.should_upgrade()
        return parser.get_method() == b"POST" and not remarkable

    def _open(self, turn: Turn, door: Door) -> None:
        self.cycle = turn  # type: ignore[assignment]
        call = self._desk.opened(turn, door)
        if call is not None:
            turn.call = call
            self._turn = turn

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._turn is None:
            super().on_body(body)
            return
        self._silent_bytes = 0
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        turn = self._turn
        if turn is None:
            super().on_message_complete()
            return
        self._awaits_headers = True
        self._silent_bytes = 0
        parts = self._parts
        self._forget_body()
        turn.more_body = False
        turn.body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._desk.take(turn, turn.call)

    def replied(self, turn: Turn, reply: Reply) -> None:
        """Writes the reply, and lets the next request in."""
        transport = self.transport
        if transport.is_closing():
            return
        closes = not turn.keep_alive or ("connection", "close") in reply.headers
        transport.write(_head(reply, self.server_state.default_headers, closes=closes) + reply.body)
        if closes:
            transport.close()
        self.on_response_complete()

    def _forget_body(self) -> None:
        self._turn = None
        self._parts = []
        if self._late_body is not None:
            self._late_body.cancel()
            self._late_body = None

    def _body_is_late(self) -> None:
        turn = self._turn
        self._forget_body()
        if turn is not None:
            self._desk.refuse(turn, turn.call, too_late())


def _head(reply: Reply, defaults: list[tuple[bytes, bytes]], *, closes: bool) -> bytes:
    lines = [f"content-type: {reply.media}\r\ncontent-length: {len(reply.body)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers if name != "connection"]
    lines.append("connection: close\r\n\r\n" if closes else "\r\n")
    said = b"".join([b"%b: %b\r\n" % pair for pair in defaults])
    return STATUS_LINE[reply.status] + said + "\r\n".join(lines).encode("latin-1")

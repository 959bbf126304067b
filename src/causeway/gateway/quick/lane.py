"""Uvicorn's HTTP, with a short way for what is asked most.

A request for answers is given to the desk from the parser's callbacks, without a scope, a task or a future.
In uvicorn's books a `Turn` stands where its own cycle would, so that timeouts, pipelining and shutdown stay
uvicorn's. Whatever is remarkable about a request (an expectation, an upgrade, a chunked body, one that waits
behind another on its connection, a caller who does not read) goes the long way, through the ASGI application.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from causeway.gateway.calls.asking import Opened
from causeway.gateway.door.admission import is_whole_post, overloaded
from causeway.gateway.door.resting import UNREAD_SECONDS
from causeway.gateway.protocols.parquet import PARQUET
from causeway.gateway.quick.desk import Desk, Door
from causeway.gateway.quick.heads import Known
from causeway.gateway.wire.http import BODY_SECONDS, MAX_BODY_BYTES, Reply, declared_bytes, reply_to, too_late
from causeway.gateway.wire.http_limits import BoundedProtocol

OK = 200
_PARQUET = PARQUET.encode()
"""What another process reads; it goes the long way."""
_HEAD_ENDS = b"\r\n\r\n"
OVERLOADED = reply_to(overloaded())


class Turn:
    """One request on the short way, from its headers to its reply."""

    call: Opened

    def __init__(self, lane: "FastLane", headers: Mapping[bytes, bytes], *, keep_alive: bool) -> None:
        self.headers = headers
        self.body = b""
        self.started = time.perf_counter()
        self.keep_alive = keep_alive
        self.more_body = True
        self.response_complete = self.disconnected = self.turned_away = False
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
    _idle_from = 0.0
    _between = True
    """Whether the parser stands between two requests, as one that has read nothing."""
    _packet: tuple[bytes, int] | None = None
    """What is being read, from the first byte of a request on, and how long its head is."""
    _late_body: asyncio.TimerHandle | None = None
    _held = 0
    """How many bytes of room it has for a body that comes in pieces."""

    def __init__(self, *given: Any, desk: Desk, **more: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*given, **more)
        self._desk = desk
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Reads on; a body that comes in pieces has so much time."""
        if self._between:
            full = self._desk.admission.full
            head = data[: data.find(_HEAD_ENDS) + len(_HEAD_ENDS)]
            # of what is too odd to be refused unread the parser decides, and then the door is shut to it
            known = self._desk.known(head)
            if known is not None and len(data) - len(head) == known.length and self._is_idle():
                if full and known.settled.live.product in full:
                    self._shed()
                else:
                    self._again(known, data[len(head) :])
                return
            if full and self._desk.admission.alone and self._is_idle() and is_whole_post(data):
                self._shed()
                return
            self._packet = data, len(head)
        super().data_received(data)
        self._packet = None
        if self._turn is not None and self._late_body is None:
            self._late_body = self.loop.call_later(BODY_SECONDS, self._body_is_late)
            self._hold(self._turn)

    def _is_idle(self) -> bool:
        """Whether the next request may be answered at once."""
        idle = self.cycle is None or self.cycle.response_complete
        return idle and not (self._ends or self.flow.write_paused or self.transport.is_closing())

    def _again(self, known: Known, body: bytes) -> None:
        """A whole request whose head was read before, byte for byte: the parser would say the same of it."""
        if self._timer is not None:
            self._unwatch()
        self._silent_bytes = 0
        turn = self.cycle = Turn(self, known.settled.headers, keep_alive=not self.leaves)  # type: ignore[assignment]
        turn.more_body = False
        call = self._desk.again(turn, known.settled)
        if call is not None:
            turn.body = body
            self._desk.take(turn, call)

    def _hold(self, turn: Turn) -> None:
        """Keeps room for a body that comes in pieces, or refuses the request."""
        size = declared_bytes(turn.headers) or 0
        if self._desk.admission.hold(size):
            self._held = size
            return
        self._forget_body()
        self._desk.refuse(turn, turn.call, overloaded())

    def _shed(self) -> None:
        """Refuses a request of which nothing was read but its end."""
        if self._timer is not None:
            self._unwatch()
        admission = self._desk.admission
        admission.shed()
        admission.resting.spent(UNREAD_SECONDS)
        self.turned_away()
        self.server_state.total_requests += 1
        self.transport.write(_SHED.text(self.server_state.default_headers, closes=self.leaves))
        if self.leaves:
            self.transport.close()
            return
        self._idles()
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it, and what it had begun to ask."""
        self._forget_body()
        cycle = self.cycle
        super().connection_lost(exc)
        if cycle is not None and cycle.disconnected:
            self._desk.leave()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._between = False

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
        if _PARQUET in headers.get(b"content-type", b"").lower():
            return False
        stays = self.parser.should_keep_alive() and not self.leaves
        keep_alive = stays and self.parser.get_http_version() != "1.0"
        self._open(Turn(self, headers, keep_alive=keep_alive), door)
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
        self._between = turn.keep_alive
        if self._packet is not None and turn.keep_alive:
            self._learn(turn, *self._packet)
        self._desk.take(turn, turn.call)

    def _learn(self, turn: Turn, packet: bytes, head: int) -> None:
        """Remembers the head, where the packet was this one request and nothing else."""
        self._packet = None
        if len(packet) - head == len(turn.body) and packet.endswith(turn.body):
            self._desk.keep(packet[:head], turn.call, length=len(turn.body))

    def replied(self, turn: Turn, reply: Reply) -> None:
        """Writes the reply, and lets the next request in."""
        transport = self.transport
        if transport.is_closing():
            return
        if turn.turned_away:
            self.turned_away()
        closes = not turn.keep_alive or (reply.status != OK and ("connection", "close") in reply.headers)
        transport.write(_head(reply, self.server_state.default_headers, closes=closes) + reply.body)
        if closes or self.pipeline or self._ends or not self._awaits_headers:
            if closes:
                transport.close()
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idles()
        if self._may_rest:
            self._rest()

    def _idles(self) -> None:
        """Waits for the next request for so long; one timer goes on from request to request."""
        self._idle_from = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection that was idle for so long."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        rest = self._idle_from + self.timeout_keep_alive - self.loop.time()
        if self.cycle is not None and not self.cycle.response_complete:
            rest = self.timeout_keep_alive
        if rest > 0:
            self.timeout_keep_alive_task = self.loop.call_later(rest, self.timeout_keep_alive_handler)
        else:
            self.transport.close()

    @property
    def ends_at(self) -> float:
        """When it ends, if nothing comes; never while it is being answered."""
        if self._timer is not None:
            return self._timer.when()
        if self.cycle is not None and not self.cycle.response_complete:
            return math.inf
        return max(super().ends_at, self._idle_from + self.timeout_keep_alive)

    def _forget_body(self) -> None:
        self._turn = None
        self._parts = []
        if self._late_body is not None:
            self._late_body.cancel()
            self._late_body = None
            self._desk.admission.free(self._held)
            self._held = 0

    def _body_is_late(self) -> None:
        turn = self._turn
        self._forget_body()
        if turn is not None:
            self._desk.refuse(turn, turn.call, too_late())


def _head(reply: Reply, defaults: list[tuple[bytes, bytes]], *, closes: bool) -> bytes:
    first, rest = _constant(reply.status, reply.media, reply.headers)
    said = b"".join([b"%b: %b\r\n" % pair for pair in defaults])
    named = ""
    if reply.request:
        named = f"\r\nx-request-id: {reply.request}"
    if reply.prediction:
        named += f"\r\ncauseway-prediction-id: {reply.prediction}"
    end = "\r\nconnection: close\r\n\r\n" if closes else "\r\n\r\n"
    return first + said + rest + f"{len(reply.body)}{named}{end}".encode("latin-1")


class _Shed:
    """The refusal of what was not read, as it is sent: made anew when the date in its headers is."""

    _defaults: list[tuple[bytes, bytes]] | None = None
    _text = b""

    def text(self, defaults: list[tuple[bytes, bytes]], *, closes: bool) -> bytes:
        """All its bytes."""
        if closes:
            return _head(OVERLOADED, defaults, closes=True) + OVERLOADED.body
        if self._defaults is not defaults:
            self._defaults = defaults
            self._text = _head(OVERLOADED, defaults, closes=False) + OVERLOADED.body
        return self._text


_SHED = _Shed()


@lru_cache(maxsize=256)
def _constant(status: int, media: str, headers: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes]:
    """The status line, and the headers that many replies share, up to their length."""
    lines = [f"content-type: {media}"]
    lines += [f"{name}: {value}" for name, value in headers if name != "connection"]
    return STATUS_LINE[status], "\r\n".join([*lines, "content-length: "]).encode("latin-1")

"""Uvicorn's HTTP, with a short way for what is asked most.

A request for answers is given to the desk from the parser's callbacks, without a scope, a task or a future.
In uvicorn's books a `Turn` stands where its own cycle would, so that timeouts, pipelining and shutdown stay
uvicorn's. Whatever is remarkable about a request (an expectation, an upgrade, a chunked body, a caller who
does not read) goes the long way, through the ASGI application. Of requests that come together each is read
when the one before it is answered.
"""

import asyncio
import math
from typing import Any

from causeway.gateway.door.admission import is_whole_post, overloaded
from causeway.gateway.door.resting import BEHIND_SECONDS, UNREAD_SECONDS
from causeway.gateway.protocols.parquet import PARQUET
from causeway.gateway.quick.behind import HEAD_ENDS, LEFT, Behind
from causeway.gateway.quick.desk import Desk, Door
from causeway.gateway.quick.heads import Known
from causeway.gateway.quick.replies import UNREAD, written
from causeway.gateway.quick.turn import Turn
from causeway.gateway.wire.http import BODY_SECONDS, MAX_BODY_BYTES, Reply, declared_bytes, too_late
from causeway.gateway.wire.http_limits import BoundedProtocol

OK = 200
_PARQUET = PARQUET.encode()
"""What another process reads; it goes the long way."""


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
    _behind: Behind | None = None
    """What came and is not read yet."""
    _before = b""
    """The last bytes that the parser was given."""
    _reads = False
    """Whether it is being read."""
    _no_more = False
    """Whether nothing comes behind it any more."""

    def __init__(self, *given: Any, desk: Desk, **more: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*given, **more)
        self._desk = desk
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Reads on; what comes behind a request waits until that one is answered."""
        if self._behind is not None:
            self._behind.add(data)
            self.flow.pause_reading()
            return
        if self._between and not self._desk.admission.full:
            head = data[: data.find(HEAD_ENDS) + len(HEAD_ENDS)]
            known = self._desk.known(head)
            if known is not None and len(data) - len(head) == known.length and self._is_idle():
                self._again(known, data[len(head) :])
                return
        self._behind = Behind(data)
        self._go_on()

    def _go_on(self) -> None:
        """Reads what is there, until a request has to be answered before the next is read."""
        behind = self._behind
        if behind is None or self._reads:
            return
        self._reads = True
        unread = 0
        while behind and not (self._ends or self.transport.is_closing()):
            if self._between and self._answers():
                # reading it now would have it wait at uvicorn's, and go the long way
                break
            piece, known = self._piece(behind)
            if self._refuses(piece, known):
                unread += 1
                continue
            if unread:
                self._shed(unread)
                unread = 0
            self._take_in(piece, known)
        self._reads = False
        if unread:
            self._shed(unread)
        self._has_read(behind)

    def _piece(self, behind: Behind) -> tuple[bytes, Known | None]:
        """What is read next: one request, as far as can be seen from outside."""
        if self._turn is not None:
            declared = declared_bytes(self._turn.headers) or 0
            return behind.take(max(1, declared - sum(map(len, self._parts)))), None
        if not self._between:
            return behind.through_head(self._before), None
        known = self._desk.known(behind.head())
        return behind.request(known.length if known is not None else None), known

    def _refuses(self, piece: bytes, known: Known | None) -> bool:
        """Whether it is a request that is refused unread."""
        full = self._desk.admission.full
        if not (full and self._between and self._is_idle()):
            return False
        if known is not None and len(piece) - piece.find(HEAD_ENDS) - len(HEAD_ENDS) == known.length:
            return known.settled.live.product in full
        # of what is too odd to be refused unread the parser decides, and then the door is shut to it
        return self._desk.admission.alone and is_whole_post(piece)

    def _take_in(self, piece: bytes, known: Known | None) -> None:
        size = len(piece)
        if self._between:
            head = piece.find(HEAD_ENDS) + len(HEAD_ENDS)
            if known is not None and size - head == known.length and self._is_idle():
                self._again(known, piece[head:])
                return
            self._packet = piece, head
        super().data_received(piece)
        self._packet = None
        if not self._between:
            self._before = (self._before + piece[-LEFT:])[-LEFT:]
        if self._turn is not None and self._late_body is None:
            self._late_body = self.loop.call_later(BODY_SECONDS, self._body_is_late)
            self._hold(self._turn)

    def _has_read(self, behind: Behind) -> None:
        """Waits for the answer that is due, or for what comes next."""
        if self._ends or self.transport.is_closing():
            self._behind = None
        elif behind:
            self.flow.pause_reading()
        else:
            self._behind = None
            self.flow.resume_reading()
            if self._between and not self._answers():
                self._idles()
            if self._may_rest:
                self._rest()
            if self._no_more and not (self.eof_received() or self._ends):
                self.transport.close()

    def _answers(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def eof_received(self) -> bool:
        """Whoever sends no more still gets the answers to what was asked."""
        if self._behind is not None:
            self._no_more = True
            return self.scheme != "https"
        return super().eof_received()

    def shutdown(self) -> None:
        """Ends the connection once what came is answered."""
        if self._behind is not None:
            self._no_more = True
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        """Whether the next request may be answered at once."""
        return not (self._answers() or self._ends or self.flow.write_paused or self.transport.is_closing())

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

    def _shed(self, count: int) -> None:
        """Refuses requests of which nothing was read but their ends."""
        if self._timer is not None:
            self._unwatch()
        if self.leaves:
            count = 1
        admission = self._desk.admission
        admission.shed(count)
        admission.resting.spent(UNREAD_SECONDS + (count - 1) * BEHIND_SECONDS)
        self.turned_away()
        self.server_state.total_requests += count
        self.transport.write(UNREAD.text(self.server_state.default_headers, closes=self.leaves) * count)
        if self.leaves:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it, and what it had begun to ask."""
        self._forget_body()
        self._behind = None
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
        if self._answers():
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
            self._between = self._is_between()
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

    def _is_between(self) -> bool:
        """Whether the parser, after a request for the long way, reads on as from the beginning."""
        parser = self.parser
        return not (self._unwished or parser.should_upgrade()) and (
            parser.should_keep_alive() and parser.get_http_version() == "1.1"
        )

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
        self._is_new = False
        closes = not turn.keep_alive or (reply.status != OK and ("connection", "close") in reply.headers)
        transport.write(written(reply, self.server_state.default_headers, closes=closes))
        if closes or self.pipeline or self._ends or not self._awaits_headers:
            if closes:
                transport.close()
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        if self._behind is not None:
            self._go_on()
            return
        self.flow.resume_reading()
        self._idles()
        if self._may_rest:
            self._rest()

    def on_response_complete(self) -> None:
        """Lets the next in."""
        super().on_response_complete()
        if self._behind is not None and not self.pipeline:
            self._go_on()

    def _rest(self) -> None:
        if self._behind is None:
            super()._rest()

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
        if self._answers():
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
        if self._answers():
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

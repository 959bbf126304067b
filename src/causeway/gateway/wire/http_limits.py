"""What a connection may send before it is known who asks: so many bytes, so much time, so many at once."""

import asyncio
import math
import socket
from collections.abc import Mapping, MutableSet
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from causeway.gateway.door.resting import Resting
from causeway.gateway.refusals import HeadersTooLarge, Malformed, NotReady, TooSlow
from causeway.gateway.wire.http import APART, TURNED_AWAY, Reply, reply_to
from causeway.gateway.wire.http_head import head_problem, head_without_upgrade, host_of
from causeway.gateway.wire.proxies import Proxies

MAX_HEADER_BYTES = 64 << 10
HEADER_COST_BYTES = 32
"""What keeping a header costs beside its text, as HTTP/2 counts it."""
HEADER_SECONDS = 10.0
CUT_SECONDS = 1.0
NEW_SECONDS = 2.0
"""How long who has just come may take to ask, once the process is to end."""
MAX_CONNECTIONS = 1024
PROBE_SECONDS = 0.1
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What may come before any answer."""


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP, which ends whoever sends headers without end, or none for too long."""

    _awaits_headers = True
    _silent_bytes = _header_bytes = 0
    _timer: asyncio.TimerHandle | None = None
    _refusal: Reply | None = None
    _ends = False
    """Whether it ends once what is owed was said."""
    _last: Reply | None = None
    _probed = False
    _unwished = b""
    """The head of a request that wished for another protocol, without that wish."""
    _host: bytes | None = None
    """The host that the first request named."""
    leaves = False
    """Whether each answer ends its connection, as this process is to end soon."""
    arriving: MutableSet[asyncio.Protocol] | None = None
    """Those that were taken and are not there yet, as they still agree on TLS."""
    proxies: Proxies | None = None
    """Whose word is taken for who asked; nobody's where there are none."""
    resting: Resting | None = None
    """Where those rest who were refused because too much is asked; nobody does where there is none."""
    _is_new = True
    """Whether nothing was answered on it yet."""
    _may_rest = False
    """Whether it is to rest once it is between two requests."""
    _rests = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection; where there are too many, in place of the idle one that has to end first."""
        if self.arriving:
            self.arriving.discard(self)
        oldest = min(self.connections, key=_ends_at) if len(self.connections) >= MAX_CONNECTIONS else None
        super().connection_made(transport)
        if oldest and _ends_at(oldest) == math.inf:
            self._refuse(reply_to(NotReady("too many connections", hint="close some, or come back later")))
            return
        if oldest:
            oldest.transport.abort()
        self._watch()

    @property
    def ends_at(self) -> float:
        """When it ends, if nothing comes; never while it is being answered."""
        timer = self._timer or self.timeout_keep_alive_task
        return timer.when() if timer else math.inf

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self._unwatch()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        # it knows us, too, and what knows each other is freed by the collector only, which comes late
        self.cycle = None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Reads on, unless too much came that ended no headers and was no body."""
        if self._ends or self.transport.is_closing():
            return
        if self._awaits_headers:
            self._watch()
        # whatever is progress sets it back to 0, so that what is kept without being used is bounded
        self._silent_bytes += len(data)
        self._unset_keepalive_if_required()
        self._read(data)
        if self._silent_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self._refuse(_too_large())
        if self._may_rest:
            self._rest()

    def _read(self, data: bytes) -> None:
        """Has it parsed; a wish for another protocol is passed over (RFC 9110, 7.8)."""
        rest = memoryview(data)
        try:
            while True:
                try:
                    self.parser.feed_data(rest)
                except httptools.HttpParserUpgrade as upgrade:
                    rest = rest[upgrade.args[0] :]
                    head = self._unwished
                    self._unwished = b""
                    # that one passed over the body, too: another gets the head without the wish
                    self.parser = _parser(self)
                    self.parser.feed_data(head)
                else:
                    return
        except httptools.HttpParserError:
            self.send_400_response("")

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever sends no more still gets the answers to what was asked."""
        self._ends = self._ends or self._owes()
        # with TLS there is no half of a connection
        half = self._ends and self.scheme != "https"
        if half:
            self.loop.call_later(PROBE_SECONDS, self._probe)
        return half

    def _probe(self) -> None:
        """Finds out whether who sends no more still listens: who closed altogether answers with a reset."""
        cycle, transport = self.cycle, self.transport
        if transport.is_closing() or cycle.response_complete or getattr(cycle, "response_started", False):
            return
        if transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            transport.abort()
            return
        if not self._probed and _is_apart(cycle) and self.parser.get_http_version() == "1.1":
            self._probed = True
            transport.write(INTERIM)
        self.loop.call_later(PROBE_SECONDS, self._probe)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._awaits_headers = True
        self._header_bytes = 0
        self._watch()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keeps a header, or a trailer, within the limit."""
        self._header_bytes += len(name) + len(value) + HEADER_COST_BYTES
        if self._header_bytes > MAX_HEADER_BYTES:
            self._refusal = _too_large()
            raise ValueError
        # of what comes behind the body nothing is a header of the request (RFC 9110, 6.5.1)
        if self._awaits_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Lets the request in."""
        self._unwatch()
        # an answer that was given while this packet is read began to count
        self._unset_keepalive_if_required()
        self._awaits_headers = False
        self._silent_bytes = 0
        parser = self.parser
        version = parser.get_http_version()
        if problem := head_problem(self.headers, version, known=self._host):
            self._refusal = reply_to(Malformed(problem, hint="speak HTTP/1.1, as RFC 9112 has it"))
            raise ValueError
        if self._host is None:
            self._host = host_of(self.headers)
        if parser.should_upgrade():
            if parser.get_method() == b"CONNECT":
                raise ValueError
            self._unwished = head_without_upgrade(parser.get_method(), self.url, version, self.headers)
            return
        if self.proxies:
            self._settle_origin(self.proxies)
        if not self.start():
            super().on_headers_complete()
            if self.leaves:
                self.cycle.keep_alive = False

    def _settle_origin(self, proxies: Proxies) -> None:
        peer = self.client[0] if self.client else ""
        origin = proxies.origin(peer, self.scheme or "http", self.headers)
        self.scope["client"] = (origin.address, 0) if origin.address else None
        self.scope["scheme"] = origin.scheme

    def start(self) -> bool:
        """Whether the request was taken another way than uvicorn's."""
        return False

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next is another request."""
        if self._unwished:
            return
        self._awaits_headers = True
        self._silent_bytes = 0
        self._unwatch()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Lets the next in, or ends where nothing more is owed; a body that nobody reads has so much time."""
        more = bool(self.pipeline)
        super().on_response_complete()
        if getattr(self.cycle, "scope", _NOTHING).get("state", _NOTHING).get(TURNED_AWAY):
            self.turned_away()
        self._is_new = False
        if self._may_rest:
            self._rest()
        if more or self.transport.is_closing():
            return
        if self._ends:
            self._end()
        elif not self._awaits_headers and self.cycle.response_complete:
            self._watch()

    def turned_away(self) -> None:
        """Says that a request was refused because too much is asked."""
        self._may_rest = not self.leaves
        if self._is_new and self.resting:
            self.resting.newcomer()
        self._is_new = False

    def _rest(self) -> None:
        """Reads nothing for a while, once the request that was refused has come to its end."""
        idle = self.cycle is None or self.cycle.response_complete
        if not (idle and self._awaits_headers) or self._ends or self.transport.is_closing():
            return
        self._may_rest = False
        if self.resting and not self._rests and self.resting.rest(self):
            self._rests = True
            self.transport.pause_reading()

    def listen(self) -> None:
        """Reads on after a rest."""
        self._rests = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words; ours are in the refusal
        """What the parser could not read, or we did not let it."""
        self._refuse(self._refusal or _unreadable())

    def shutdown(self) -> None:
        """Ends the connection once its request is answered; a body that does not come is not waited for."""
        # what is on its way is answered before it ends, and who has just come is given time to ask
        self.leaves = True
        if self._rests:
            self.listen()
        self.loop.call_later(NEW_SECONDS if self._is_new else PROBE_SECONDS, super().shutdown)
        self.loop.call_later(CUT_SECONDS, self._cut)

    def _cut(self) -> None:
        if self.cycle and self.cycle.more_body and not self.transport.is_closing():
            self.transport.close()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._late)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self.cycle and not self.cycle.response_complete:
            # the headers of a request behind one that is still being answered
            self._watch()
        elif not self.transport.is_closing():
            self._refuse(_late())

    def _refuse(self, reply: Reply) -> None:
        # what was asked before on this connection is answered before
        self._last = reply
        self._ends = self._owes()
        if not self._ends:
            self._end()

    def _owes(self) -> bool:
        """Whether a request that is whole waits for its answer; one that is not is forgotten."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        if cycle.more_body and self.pipeline:
            self.pipeline.popleft()
            return True
        return not cycle.more_body

    def _end(self) -> None:
        if reply := self._last:
            self.transport.write(
                STATUS_LINE[reply.status]
                + f"content-type: {reply.media}\r\ncontent-length: {len(reply.body)}\r\n".encode()
                + b"connection: close\r\n\r\n"
                + reply.body
            )
        self.transport.close()


def _parser(protocol: BoundedProtocol) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes it."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def _is_apart(cycle: object) -> bool:
    """Whether this request waits for another process."""
    return bool(getattr(cycle, "scope", {}).get("state", {}).get(APART))


def _ends_at(connection: object) -> float:
    return connection.ends_at if isinstance(connection, BoundedProtocol) else math.inf


_NOTHING: Mapping[str, Any] = {}


def _unreadable() -> Reply:
    return reply_to(Malformed("this is no HTTP request", hint="speak HTTP/1.1"))


def _too_large() -> Reply:
    return reply_to(
        HeadersTooLarge(f"the headers are larger than {MAX_HEADER_BYTES >> 10} kB", hint="send fewer")
    )


def _late() -> Reply:
    return reply_to(
        TooSlow(f"no request came within {HEADER_SECONDS:.0f} seconds", hint="send the headers at once")
    )

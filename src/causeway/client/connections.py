"""Connections that are kept and used again, and what one request over them came to."""

import contextlib
import http.client
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from causeway.client.refusals import Interrupted, TimedOut, Unreachable

IDLE_SECONDS = 20.0
"""Longer unused, a connection is made anew: the gateway ends those that idle for 30 seconds."""


class Got(Struct, frozen=True):
    """A reply."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    seconds: float


class _Connection(http.client.HTTPConnection):
    """One that sends at once what is written."""

    used_at = 0.0

    def connect(self) -> None:
        """Connects, without waiting for more to send."""
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def fresh(self) -> bool:
        """Whether it may be used again: young, and not ended by the other side."""
        if self.sock is None or time.monotonic() - self.used_at > IDLE_SECONDS:
            return False
        readable, _, _ = select.select([self.sock], [], [], 0)
        # nothing was asked, so whatever can be read is its end
        return not readable


class _SecureConnection(http.client.HTTPSConnection, _Connection):
    """The same over TLS."""


class Connections:
    """Every thread takes one, and gives it back for whoever comes next."""

    def __init__(self, address: str, *, tls: ssl.SSLContext | None) -> None:
        self._place = _place(address)
        self._tls = tls
        self._idle: deque[_Connection] = deque()

    @property
    def prefix(self) -> str:
        """What stands before every path."""
        return self._place.path.rstrip("/")

    def request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, timeout: float
    ) -> Got:
        """The reply; Unreachable only where nothing was sent."""
        connection = self._connected(timeout)
        started = time.perf_counter()
        try:
            # who refuses a body hangs up while it is still sent, and has said why before
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, self.prefix + path, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read()
        except TimeoutError as error:
            connection.close()
            raise TimedOut(f"no answer from {self._place.netloc} within {timeout:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            said = str(error) or type(error).__name__
            raise Interrupted(
                f"the connection to {self._place.netloc} ended before the answer came: {said}",
                hint="it may have been answered and recorded; ask again where that does no harm",
            ) from error
        seconds = time.perf_counter() - started
        self._give_back(connection, response)
        named = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, named, content, seconds)

    def close(self) -> None:
        """Ends all that idle."""
        while self._idle:
            self._idle.pop().close()

    def _connected(self, timeout: float) -> _Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._new(timeout)
            if connection.fresh:
                connection.sock.settimeout(timeout)
                return connection
            connection.close()

    def _new(self, timeout: float) -> _Connection:
        place = self._place
        connection = (
            _SecureConnection(place.hostname or "", place.port, timeout=timeout, context=self._tls)
            if place.scheme == "https"
            else _Connection(place.hostname or "", place.port, timeout=timeout)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            said = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise Unreachable(
                f"nobody answers at {place.scheme}://{place.netloc}: {said}",
                hint="start the gateway (causeway up), or check the address",
            ) from error
        return connection

    def _give_back(self, connection: _Connection, response: http.client.HTTPResponse) -> None:
        if response.will_close or connection.sock is None:
            connection.close()
            return
        connection.used_at = time.monotonic()
        self._idle.append(connection)


def _place(address: str) -> SplitResult:
    place = urlsplit(address if "://" in address else f"http://{address}")
    try:
        known = place.scheme in ("http", "https") and place.hostname and place.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{address!r} is no address of a gateway; write http://127.0.0.1:8080")
    return place

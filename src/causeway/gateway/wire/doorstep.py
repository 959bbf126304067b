"""Where new connections are taken, or left waiting in the kernel for a while."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from causeway.gateway.wire.certificate import HANDSHAKE_SECONDS, Certificate
from causeway.gateway.wire.listening import BACKLOG

CONNECTIONS_A_TURN = 16


class Doorstep:
    """The sockets of one event loop; `servers` are those at which it listens now."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        protocol: Callable[[], asyncio.Protocol],
        certificate: Certificate | None,
    ) -> None:
        self.servers: list[asyncio.AbstractServer] = []
        self._sockets, self._protocol, self._certificate = sockets, protocol, certificate
        self._opening: asyncio.Task[None] | None = None
        self._times = 0
        """How often it was shut: whoever still opens it then has to stop."""
        self._closed = False

    async def take(self) -> None:
        """Takes connections, at most so many in a turn of the loop."""
        loop, times = asyncio.get_running_loop(), self._times
        for each in self._sockets:
            secret = self._certificate if each.family != socket.AF_UNIX else None
            # libuv takes one new connection of each copy in a turn
            for _ in range(CONNECTIONS_A_TURN):
                taken = await loop.create_server(
                    self._protocol,
                    sock=each.dup(),
                    backlog=BACKLOG,
                    ssl=secret.context if secret else None,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS if secret else None,
                )
                if times != self._times:
                    taken.close()
                    return
                self.servers.append(taken)

    def shut(self) -> None:
        """Takes no more for now."""
        self._times += 1
        for each in self.servers:
            each.close()
        self.servers.clear()

    def open(self) -> None:
        """Takes them again."""
        if self._closed:
            return
        self._opening = asyncio.get_running_loop().create_task(self.take())

    def close(self) -> None:
        """Lets it be opened no more."""
        self._closed = True
        self._times += 1

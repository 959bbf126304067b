"""One request on the short way, where uvicorn's books have its own cycle."""

import time
from collections.abc import Mapping
from typing import Protocol

from causeway.gateway.calls.asking import Opened
from causeway.gateway.wire.http import Reply


class Lane(Protocol):
    """The connection on which it came."""

    def replied(self, turn: "Turn", reply: Reply) -> None:
        """Sends the reply."""
        ...


class Turn:
    """One request on the short way, from its headers to its reply."""

    call: Opened

    def __init__(self, lane: Lane, headers: Mapping[bytes, bytes], *, keep_alive: bool) -> None:
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

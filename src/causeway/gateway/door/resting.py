"""Who was just refused is not listened to at once, so that refusing takes no more than its share of the time.

What such a connection sends meanwhile waits in the kernel, and when its buffers are full, at the caller: that
is the one way to have fewer requests come. None rests longer than those who wait to be answered take, so
there is always somebody to let in when they are.
"""

import asyncio
import time
from collections import deque
from typing import Protocol

SHARE = 0.05
"""So much of its time a process spends on refusing."""
UNREAD_SECONDS, READ_SECONDS, LONG_WAY_SECONDS = 35e-6, 80e-6, 300e-6
"""What it costs to refuse a request unread; when its head was parsed; and the long way."""
LEAST_SECONDS = 0.005
"""Nobody rests for less."""


class Connection(Protocol):
    """One that can be read, or not."""

    def listen(self) -> None:
        """Reads on."""
        ...


class Resting:
    """The connections of one event loop that are not read for a while, at most `most` seconds."""

    def __init__(self, most: float) -> None:
        self.most = most
        self._paid_until = 0.0
        """When all refusals until now will have taken their share of the time, and no more."""
        self._queue: deque[tuple[float, Connection]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def spent(self, seconds: float) -> None:
        """Counts what a refusal has cost."""
        now = time.monotonic()
        self._paid_until = min(max(self._paid_until, now) + seconds / SHARE, now + self.most)

    def rest(self, connection: Connection) -> bool:
        """Whether this one is to rest; if so it is told when to listen again."""
        seconds = self._paid_until - time.monotonic()
        if seconds < LEAST_SECONDS:
            return False
        self._queue.append((self._paid_until, connection))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._wake)
        return True

    def _wake(self) -> None:
        self._timer = None
        now, queue = time.monotonic(), self._queue
        while queue and queue[0][0] <= now + LEAST_SECONDS:
            queue.popleft()[1].listen()
        if queue:
            self._timer = asyncio.get_running_loop().call_later(queue[0][0] - now, self._wake)

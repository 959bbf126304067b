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
"""So much of the processor that it has a process spends on refusing."""
UNREAD_SECONDS, READ_SECONDS, LONG_WAY_SECONDS = 35e-6, 80e-6, 300e-6
"""What it costs to refuse a request unread; when its head was parsed; and the long way."""
LEAST_SECONDS = 0.005
"""Nobody rests for less."""
LOOK_SECONDS, LOOKED_LATELY_SECONDS = 0.1, 1.0
LEAST_PROCESSOR = 0.2


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
        self._processor = 1.0
        """How much of one it has, as others want it, too, or it may not have more."""
        self._looked = self._used = 0.0

    def spent(self, seconds: float) -> None:
        """Counts what a refusal has cost."""
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._look(now)
        share = SHARE * self._processor
        self._paid_until = min(max(self._paid_until, now) + seconds / share, now + self.most)

    def _look(self, now: float) -> None:
        """Sees how much of a processor it had; while nobody was refused it may not have wanted more."""
        used, past = time.process_time(), now - self._looked
        lately = past < LOOKED_LATELY_SECONDS
        self._processor = min(1.0, max(LEAST_PROCESSOR, (used - self._used) / past)) if lately else 1.0
        self._looked, self._used = now, used

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

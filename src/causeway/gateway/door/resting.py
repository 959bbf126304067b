"""Who was just refused is not listened to at once, so that refusing takes no more than its share of the time.

What such a connection sends meanwhile waits in the kernel, and when its buffers are full, at the caller: that
is the one way to have fewer requests come. Where the process has less of a processor a rest is longer, as all
that waits takes longer, too; and whoever rests is listened to before, where there is room again.
"""

import asyncio
import time
from collections import deque
from typing import Protocol

SHARE = 0.025
"""So much of the processor that it has a process spends on refusing."""
UNREAD_SECONDS, BEHIND_SECONDS, READ_SECONDS, LONG_WAY_SECONDS = 35e-6, 4e-6, 80e-6, 300e-6
"""What it costs to refuse a request unread; one behind it; when its head was parsed; and the long way."""
NEW_SECONDS = 250e-6
"""What a new connection costs beside that."""
LEAST_SECONDS = 0.005
"""Nobody rests for less."""
LEAST_SHUT_SECONDS = 0.01
"""The door is shut for no less; one new connection that is refused is no reason."""
LOOK_SECONDS, LOOKED_LATELY_SECONDS = 0.1, 1.0
LEAST_PROCESSOR = 0.05
LONGEST_SECONDS = 2.5
"""Nobody rests for longer, however little of a processor there is."""
EARLY = 4
"""So many are listened to at a time while there is room."""


class Connection(Protocol):
    """One that can be read, or not."""

    def listen(self) -> None:
        """Reads on."""
        ...


class Doorstep(Protocol):
    """Where new connections are taken."""

    def shut(self) -> None:
        """Leaves them waiting in the kernel."""
        ...

    def open(self) -> None:
        """Takes them again."""
        ...


class Resting:
    """The connections of one event loop that are not read for a while.

    That is `most` seconds at most where it has a processor for itself, and `longest` in any case.
    """

    def __init__(self, most: float) -> None:
        self.most = most
        self.longest = max(most, LONGEST_SECONDS)
        self._paid_until = 0.0
        """When all refusals until now will have taken their share of the time, and no more."""
        self._queue: deque[tuple[float, Connection]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._roomy = False
        """Whether those who rest may come back early."""
        self._processor = 1.0
        """How much of one it has, as others want it, too, or it may not have more."""
        self._looked = self._used = 0.0
        self.doorstep: Doorstep | None = None
        self.shut = False
        """Whether new connections wait."""
        self._opens: asyncio.TimerHandle | None = None

    def spent(self, seconds: float) -> None:
        """Counts what a refusal has cost."""
        self._roomy = False
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._look(now)
        share = SHARE * self._processor
        longest = min(self.most / self._processor, self.longest)
        self._paid_until = min(max(self._paid_until, now) + seconds / share, now + longest)

    def _look(self, now: float) -> None:
        """Sees how much of a processor it had; while nobody was refused it may not have wanted more."""
        used, past = time.process_time(), now - self._looked
        lately = past < LOOKED_LATELY_SECONDS
        self._processor = min(1.0, max(LEAST_PROCESSOR, (used - self._used) / past)) if lately else 1.0
        self._looked, self._used = now, used

    @property
    def ends_at(self) -> float | None:
        """When a rest that began now would end; None where there is no need for one."""
        return self._paid_until if self._paid_until - time.monotonic() >= LEAST_SECONDS else None

    def rest(self, connection: Connection) -> bool:
        """Whether this one is to rest; if so it is told when to listen again."""
        if self.ends_at is None:
            return False
        seconds = self._paid_until - time.monotonic()
        self._queue.append((self._paid_until, connection))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._wake)
        return True

    def recall(self) -> None:
        """Has those who rest be listened to again, a few at a time, until somebody has to be refused."""
        if self._queue and not self._roomy:
            self._roomy = True
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(LEAST_SECONDS, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now, queue = time.monotonic(), self._queue
        early = EARLY if self._roomy else 0
        while queue and (early > 0 or queue[0][0] <= now + LEAST_SECONDS):
            early -= 1
            queue.popleft()[1].listen()
        if queue:
            seconds = LEAST_SECONDS if self._roomy else queue[0][0] - now
            self._timer = asyncio.get_running_loop().call_later(seconds, self._wake)
        else:
            self._roomy = False

    def newcomer(self) -> None:
        """Counts a new connection whose first request was refused; others may have to wait for a while."""
        self.spent(NEW_SECONDS)
        seconds = self._paid_until - time.monotonic()
        if self.shut or self.doorstep is None or seconds < LEAST_SHUT_SECONDS:
            return
        self.shut = True
        self.doorstep.shut()
        self._opens = asyncio.get_running_loop().call_later(seconds, self.open)

    def open(self) -> None:
        """Has new connections be taken again."""
        if self._opens is not None:
            self._opens.cancel()
            self._opens = None
        if self.shut and self.doorstep is not None:
            self.shut = False
            self.doorstep.open()

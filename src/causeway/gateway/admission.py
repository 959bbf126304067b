"""Who is let in while more comes than can be answered: so much work a turn of the event loop, no more.

Whatever arrives while the loop is busy is read in its next turn, so nobody who is let in waits longer than
two turns. A turn is bounded by the time that its work takes, as measured lately, not by a number of requests.
Whoever comes when it is full is refused at once, before anything of the request was looked at.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from causeway.gateway.refusals import Overloaded

TURN_SECONDS = 0.25
"""How much work is let in in one turn of the event loop."""
LEAST_CALLS = 4
"""So many calls are let in in any case, however slow the model."""
MAX_ROWS_TOGETHER = 512
"""Whoever comes after them waits for the next run."""
FIRST_ROWS = 16
"""So many rows are answered at once while it is not known how long they take."""
MAX_BYTES_BESIDE = 256 << 20
"""So much the bodies of all requests on the long way may hold together."""
PACES_KEPT = 9
SLOWEST_FADES = 0.99


class Pace:
    """How many seconds a release takes for a row: the median of the last runs, so that no stall counts."""

    def __init__(self) -> None:
        self.last: deque[float] = deque(maxlen=PACES_KEPT)

    @property
    def seconds(self) -> float:
        """Seconds for one row; 0 while nothing is known."""
        return sorted(self.last)[len(self.last) // 2] if self.last else 0.0


class Paced(Protocol):
    """A call that waits: how many rows, answered how fast."""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        ...

    @property
    def pace(self) -> Pace:
        """How fast its release answers."""
        ...


class Admission:
    """The door to one event loop."""

    def __init__(self) -> None:
        self.full = False
        """Whether there is work enough for this turn."""
        self.room = FIRST_ROWS
        """At so many rows waiting it is looked at how long they will take."""
        self.shed = 0
        """How many were refused in this turn before anything of them was read."""
        self.seconds = TURN_SECONDS
        self._began = 0.0
        self._open = False
        self._slowest = 0.0
        self._bytes = 0

    def heed(self, deadlines_ms: Iterable[float]) -> None:
        """Lets in less at once where callers wait for less: they may be read a turn after they came."""
        self.seconds = min([TURN_SECONDS, *(each / 2000 for each in deadlines_ms)])

    def began(self, now: float) -> bool:
        """Says that a request came; True where it is the first of its turn."""
        if self._open:
            return False
        self._open = True
        self._began = now
        return True

    def turned(self) -> int:
        """Ends the turn; how many were refused in it before anything of them was read."""
        shed, self.shed = self.shed, 0
        self.full = self._open = False
        self.room = self._usual_room()
        return shed

    def learn(self, pace: Pace, *, seconds: float, rows: int) -> None:
        """Takes note of how long a run took."""
        took = seconds / rows if rows else 0.0
        pace.last.append(took)
        if took * self.room > self.seconds:
            self._slowest = max(pace.seconds, self._slowest)

    def weigh(self, waiting: Sequence[Paced], now: float) -> bool:
        """Whether those who wait should be answered now; closes the door where they are work enough."""
        rows = sum(each.rows for each in waiting)
        spent = now - self._began
        if rows >= MAX_ROWS_TOGETHER and spent + rows * self._slowest < self.seconds:
            return True
        paces = {id(each.pace): each.pace.seconds for each in waiting}
        spent += sum(paces[id(each.pace)] * each.rows for each in waiting)
        slowest = max(paces.values())
        self._slowest = max(slowest, self._slowest * SLOWEST_FADES)
        if spent >= self.seconds and (len(waiting) >= LEAST_CALLS or self.late(now)):
            self.full = True
            return False
        if rows >= MAX_ROWS_TOGETHER or not all(paces.values()):
            return True
        self.room = min(MAX_ROWS_TOGETHER, rows + 1 + int(max(0.0, self.seconds - spent) / slowest))
        return False

    def check(self, now: float = 0.0) -> None:
        """Refuses what comes where there is work enough, or this turn has lasted too long."""
        if self.full or (now and self.late(now)):
            raise overloaded()

    def late(self, now: float) -> bool:
        """Whether this turn has lasted too long to begin anything more in it."""
        return self._open and now - self._began >= self.seconds

    @contextmanager
    def beside(self, size: int) -> Iterator[None]:
        """Counts a body of so many bytes on the long way; refused where there is no room for it."""
        if self._bytes + size > MAX_BYTES_BESIDE:
            raise overloaded()
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    def _usual_room(self) -> int:
        if not self._slowest:
            return FIRST_ROWS
        return max(1, min(MAX_ROWS_TOGETHER, int(self.seconds / self._slowest)))


def overloaded() -> Overloaded:
    """Why a request is not begun."""
    return Overloaded(
        "more is asked than can be answered in time", hint="send it again after Retry-After seconds"
    )


def is_whole_post(data: bytes) -> bool:
    """Whether these bytes are one plain POST, from its first to its last, with nothing remarkable in it."""
    end = data.find(b"\r\n\r\n")
    if end < 0 or data[:5] != b"POST ":
        return False
    head = data[:end].lower()
    start = head.find(_LENGTH)
    if start < 0 or head.find(_LENGTH, start + 1) >= 0 or any(map(head.__contains__, _REMARKABLE)):
        return False
    # a line that ends otherwise could hide a header from us that others see
    if head.count(b"\n") != head.count(b"\r\n") or not head[: head.find(b"\r\n")].endswith(b" http/1.1"):
        return False
    length = head[start + len(_LENGTH) :].partition(b"\r\n")[0].strip(b" \t")
    return length.isdigit() and len(length) < 10 and int(length) == len(data) - end - 4


_LENGTH = b"\r\ncontent-length:"
_REMARKABLE = (b"\r\ntransfer-encoding", b"\r\nexpect", b"\r\nupgrade", b"close", b"\r\n ", b"\r\n\t", b"\0")

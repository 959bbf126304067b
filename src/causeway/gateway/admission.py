"""Who is let in while more comes than can be answered: so much work may wait, measured in seconds.

Rows are answered in slices, and between two of them the sockets are read. Whoever comes while those who wait
will take longer than a bound, as the last runs went, is refused at once, and nothing of the request is looked
at but where it ends. So nobody who is let in waits much longer than the bound, and refusing stays cheap.
"""

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Protocol

from causeway.gateway.refusals import Overloaded

QUEUE_SECONDS = 0.25
"""How long those who wait may take to be answered."""
SLICE_SECONDS = 0.01
"""How long nobody is listened to, while some are answered."""
LEAST_CALLS = 4
"""So many may wait in any case, however slow the model."""
MAX_ROWS_TOGETHER = 512
"""Whoever comes after them waits for the next run."""
FIRST_ROWS = 16
"""So many rows are answered at once while it is not known how long they take."""
MAX_BYTES_HELD = 256 << 20
"""So much all bodies may hold together that come in pieces, or go the long way."""
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
        """Whether those who wait are work enough."""
        self.room = self.slice_rows = FIRST_ROWS
        """At so many rows waiting it is looked at how long they will take; so many fit into one slice."""
        self.seconds = QUEUE_SECONDS
        self.stirred = False
        """Whether anything is to be settled at the end of the turn."""
        self._shed = 0
        self._slowest = 0.0
        self._bytes = 0
        self._began = 0.0
        self._open = False
        self._begun = 0

    def heed(self, deadlines_ms: Iterable[float]) -> None:
        """Lets fewer wait where callers wait for less: half of their time is for what comes after."""
        self.seconds = max(SLICE_SECONDS, min([QUEUE_SECONDS, *(each / 2000 for each in deadlines_ms)]))

    def check(self) -> None:
        """Refuses what comes while there is work enough."""
        if self.full:
            raise overloaded()

    def shed(self) -> None:
        """Counts a request that was refused before anything of it was read."""
        self._shed += 1
        self.stirred = True

    def take_shed(self) -> int:
        """How many were refused like that since the last time."""
        shed, self._shed = self._shed, 0
        return shed

    def learn(self, pace: Pace, *, seconds: float, rows: int) -> None:
        """Takes note of how long a run took."""
        took = seconds / rows if rows else 0.0
        pace.last.append(took)
        if took * self.slice_rows > SLICE_SECONDS:
            self._slowest = max(pace.seconds, self._slowest)
            self.stirred = True

    def weigh(self, waiting: Sequence[Paced]) -> bool:
        """Whether those who wait are to be answered now; closes the door where they are work enough."""
        self.stirred = True
        rows = sum(each.rows for each in waiting)
        if rows >= MAX_ROWS_TOGETHER and 0.0 < rows * self._slowest < SLICE_SECONDS:
            return True
        work, slowest = _work(waiting)
        if not slowest:
            return True
        self._slowest = max(slowest, self._slowest * SLOWEST_FADES)
        if rows >= MAX_ROWS_TOGETHER and work < SLICE_SECONDS:
            return True
        self.full = work >= self.seconds and len(waiting) >= LEAST_CALLS
        self.room = rows + 1 + int(max(0.0, self.seconds - work) / slowest)
        return False

    def cut(self, waiting: Sequence[Paced]) -> int:
        """How many of those who wait are answered before the others are listened to again."""
        work, rows = 0.0, 0
        for count, each in enumerate(waiting):
            if count and (work >= SLICE_SECONDS or rows >= MAX_ROWS_TOGETHER):
                return count
            work += each.pace.seconds * each.rows
            rows += each.rows
        return len(waiting)

    def settle(self, waiting: Sequence[Paced]) -> None:
        """Opens the door again where those who still wait are not work enough."""
        self.stirred = bool(waiting)
        self.slice_rows = self.room = FIRST_ROWS
        if self._slowest:
            self.slice_rows = self.room = max(1, min(MAX_ROWS_TOGETHER, int(SLICE_SECONDS / self._slowest)))
        self.full = bool(waiting) and len(waiting) >= LEAST_CALLS and _work(waiting)[0] >= self.seconds

    def began(self, now: float) -> bool:
        """Says that a request came the long way; True where it is the first of its turn of the loop."""
        if self._open:
            return False
        self._open = True
        self._began = now
        self._begun = 0
        return True

    def turned(self) -> None:
        """Ends the turn."""
        self._open = False

    def check_turn(self, now: float) -> None:
        """Refuses what comes where this turn has lasted too long to begin anything more in it."""
        if self.full or (self._begun >= LEAST_CALLS and now - self._began >= self.seconds):
            raise overloaded()
        self._begun += 1

    @contextmanager
    def beside(self, size: int) -> Generator[None]:
        """Holds a body of so many bytes on the long way; refused where there is no room for it."""
        if not self.hold(size):
            raise overloaded()
        try:
            yield
        finally:
            self.free(size)

    def hold(self, size: int) -> bool:
        """Whether there is room for a body of so many bytes, which is kept for it if so."""
        if self._bytes + size > MAX_BYTES_HELD:
            return False
        self._bytes += size
        return True

    def free(self, size: int) -> None:
        """Gives that room back."""
        self._bytes -= size


def _work(waiting: Sequence[Paced]) -> tuple[float, float]:
    """How many seconds these will take, and what a row of the slowest does; 0 where one is not known."""
    paces = {id(each.pace): each.pace.seconds for each in waiting}
    known = all(paces.values())
    return sum(paces[id(each.pace)] * each.rows for each in waiting), max(paces.values()) if known else 0.0


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

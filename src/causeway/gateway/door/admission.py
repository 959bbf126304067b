"""Who is let in while more comes than can be answered: so much work may wait, measured in seconds.

Rows are answered in slices, and between two of them the sockets are read. Whoever comes while those who wait
will take longer than a bound, as the last runs went, is refused at once, and nothing of the request is looked
at but where it ends. So nobody who is let in waits much longer than the bound, and refusing stays cheap.

Each product has its share of that bound, and the products take turns: a slow model closes its own door only.
"""

import math
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from causeway.gateway.door.resting import LONGEST_SECONDS, Resting
from causeway.gateway.refusals import Overloaded

QUEUE_SECONDS = 0.25
"""How long those who wait may take to be answered, where the process has a processor for itself."""
REST_SECONDS = 0.5
"""How long a connection may not be read of which a request was just refused."""
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
    """How many seconds a release takes for a row: the median of the last runs, so that no stall counts.

    The first run does not count, as it makes what later ones have.
    """

    def __init__(self) -> None:
        self.fresh = True
        self.last: deque[float] = deque(maxlen=PACES_KEPT)

    @property
    def seconds(self) -> float:
        """Seconds for one row; 0 while nothing is known."""
        return sorted(self.last)[(len(self.last) - 1) // 2] if self.last else 0.0


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

    @property
    def product(self) -> str:
        """What is asked for."""
        ...


P = TypeVar("P", bound=Paced)


class Admission:
    """The door to one event loop."""

    def __init__(self) -> None:
        self.full: frozenset[str] = frozenset()
        """The products of which those who wait are work enough."""
        self.alone = True
        """Whether there is one product at most, so that of any request it is known what it asks for."""
        self.room = self.slice_rows = FIRST_ROWS
        """At so many rows waiting it is looked at how long they will take; so many fit into one slice."""
        self.seconds = QUEUE_SECONDS
        self.resting = Resting(REST_SECONDS)
        """The connections of which a request was refused just now."""
        self.stirred = False
        """Whether anything is to be settled at the end of the turn."""
        self._shed = 0
        self._slowest = 0.0
        self._bytes = 0
        self._began = 0.0
        self._open = False
        self._asked = ""
        self._begun: dict[str, tuple[float, int]] = {}
        self._turns: dict[str, int] = {}

    def heed(self, deadlines_ms: Iterable[float]) -> None:
        """Lets fewer wait where callers wait for less: half of their time is for what comes after."""
        half = min((each / 2000 for each in deadlines_ms), default=math.inf)
        self.seconds = max(SLICE_SECONDS, min(QUEUE_SECONDS, half))
        self.resting.most = max(SLICE_SECONDS, min(REST_SECONDS, half))
        self.resting.longest = max(SLICE_SECONDS, min(LONGEST_SECONDS, half))

    def check(self, product: str) -> None:
        """Refuses what comes for a product of which there is work enough."""
        if product in self.full:
            raise overloaded()

    def shed(self, count: int = 1) -> None:
        """Counts requests that were refused before anything of them was read."""
        self._shed += count
        self.stirred = True

    def take_shed(self) -> int:
        """How many were refused like that since the last time."""
        shed, self._shed = self._shed, 0
        return shed

    def learn(self, pace: Pace, *, seconds: float, rows: int) -> None:
        """Takes note of how long a run took."""
        if pace.fresh:
            pace.fresh = False
            return
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
        shares, slowest = _work(waiting)
        if not slowest:
            return True
        self._slowest = max(slowest, self._slowest * SLOWEST_FADES)
        if rows >= MAX_ROWS_TOGETHER and sum(work for work, _ in shares.values()) < SLICE_SECONDS:
            return True
        self.full = self._full(shares)
        share = self.seconds / len(shares)
        left = min(
            (share - work for product, (work, _) in shares.items() if product not in self.full), default=0
        )
        self.room = rows + 1 + int(max(0.0, left) / slowest)
        if len(shares) > 1:
            # one that has no share left, or is that slow, must not have the others weighed row by row
            self.room += rows >> 4
        return False

    def _full(self, shares: "Shares") -> frozenset[str]:
        """The products of which more waits than their share, and some calls in any case."""
        share = self.seconds / max(1, len(shares))
        return frozenset(
            product for product, (work, calls) in shares.items() if work >= share and calls >= LEAST_CALLS
        )

    def _calm(self, shares: "Shares") -> bool:
        """Whether no product has half of the work that may wait."""
        half = self.seconds / max(1, len(shares)) / 2
        return all(work < half for work, _ in shares.values())

    def cut(self, waiting: Sequence[P]) -> tuple[Sequence[P], Sequence[P]]:
        """Those who wait that are answered before others are listened to again, and the rest of them."""
        queues: dict[str, list[P]] = {}
        for each in waiting:
            queues.setdefault(each.product, []).append(each)
        if len(queues) == 1:
            count = _fit(waiting, SLICE_SECONDS)[0]
            return waiting[:count], waiting[count:]
        first: list[P] = []
        left = SLICE_SECONDS
        # whoever had its turn least lately comes first
        for product in sorted(queues, key=lambda each: self._turns.get(each, 0)):
            if first and left <= 0.0:
                break
            count, work = _fit(queues[product], SLICE_SECONDS / len(queues))
            first += queues[product][:count]
            left -= work
            self._turns[product] = max(self._turns.values(), default=0) + 1
        chosen = {id(each) for each in first}
        return first, [each for each in waiting if id(each) not in chosen]

    def settle(self, waiting: Sequence[Paced]) -> None:
        """Opens the door again where those who still wait are not work enough."""
        self.stirred = bool(waiting)
        self.slice_rows = self.room = FIRST_ROWS
        if self._slowest:
            self.slice_rows = self.room = max(1, min(MAX_ROWS_TOGETHER, int(SLICE_SECONDS / self._slowest)))
        enough = len(waiting) >= LEAST_CALLS
        shares = _work(waiting)[0] if enough else {}
        self.full = self._full(shares)
        if self._calm(shares):
            # there is room for those who wait to be let in, so that nobody has to be refused
            self.resting.open()
            self.resting.recall()

    def began(self, now: float) -> bool:
        """Says that a request came the long way; True where it is the first of its turn of the loop."""
        if self._open:
            return False
        self._open = True
        self._began = now
        self._asked = ""
        self._begun = {}
        return True

    def turned(self) -> None:
        """Ends the turn."""
        self._open = False

    def check_turn(self, now: float, product: str) -> None:
        """Refuses what comes for a product that has had its share of this turn."""
        spent, calls = self._begun.get(self._asked, (0.0, 0))
        # what took the time since the last one is what was begun then
        self._begun[self._asked] = spent + now - self._began, calls
        self._began, self._asked = now, product
        spent, calls = self._begun.get(product, (0.0, 0))
        self._begun[product] = spent, calls + 1
        share = self.seconds / max(1, len(self._begun.keys() - {""}))
        if calls >= LEAST_CALLS and spent >= share:
            raise overloaded()

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


Shares = Mapping[str, tuple[float, int]]
"""Of each product how many seconds those will take who wait, and how many they are."""


def _work(waiting: Sequence[Paced]) -> tuple[Shares, float]:
    """The products' shares, and how long a row of the slowest takes; 0 where one is not known."""
    paces = {id(each.pace): each.pace.seconds for each in waiting}
    shares: dict[str, tuple[float, int]] = {}
    for each in waiting:
        work, calls = shares.get(each.product, (0.0, 0))
        shares[each.product] = work + paces[id(each.pace)] * each.rows, calls + 1
    return shares, max(paces.values(), default=0.0) if all(paces.values()) else 0.0


def _fit(waiting: Sequence[Paced], seconds: float) -> tuple[int, float]:
    """How many of these are answered in about so many seconds, one at least; and in how many."""
    work, rows = 0.0, 0
    for count, each in enumerate(waiting):
        if count and (work >= seconds or rows >= MAX_ROWS_TOGETHER):
            return count, work
        work += each.pace.seconds * each.rows
        rows += each.rows
    return len(waiting), work


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

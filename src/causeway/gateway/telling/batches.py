"""Things on their way to whoever is told of them, many at once, by a thread of its own."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
HandOn = Callable[[Sequence[T]], bool]
Dropped = Callable[[str, int], None]

FULL, FAILED = "full", "failed"


class Batches(Generic[T]):
    """A bounded queue and a thread that empties it; what finds no room is dropped, and nobody waits.

    `hand_on` says whether it could; `dropped` is told why how many were not, from either thread.
    """

    def __init__(
        self, hand_on: HandOn[T], dropped: Dropped, *, most: int, batch: int, every_seconds: float
    ) -> None:
        self._hand_on, self._dropped = hand_on, dropped
        self._most, self._batch, self._every_seconds = most, batch, every_seconds
        self._waiting: deque[T] = deque()
        self._wake = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)
        self._thread.start()

    def put(self, thing: T) -> None:
        """Takes it, if there is room."""
        waiting = len(self._waiting)
        if waiting >= self._most:
            self._dropped(FULL, 1)
            return
        self._waiting.append(thing)
        if waiting + 1 == self._batch:
            self._wake.set()

    def close(self, patience_seconds: float) -> None:
        """Hands on what is there, for so long at most."""
        self._ends = True
        self._wake.set()
        self._thread.join(patience_seconds)
        if self._thread.is_alive() and self._waiting:
            self._dropped(FAILED, len(self._waiting))

    def _run(self) -> None:
        while not self._ends:
            self._wake.wait(self._every_seconds)
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                if not self._hand_on(batch):
                    self._dropped(FAILED, len(batch))

"""The one thread that touches the logs."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from causeway.core.clock import SystemClock
from causeway.core.records import Lost
from causeway.gateway.records.flushing import Flusher
from causeway.gateway.records.logs import AppendLog

HOUSEKEEPING_SECONDS = 0.2


class Group:
    """Frames that are committed together, and who waits for that."""

    def __init__(self) -> None:
        self.frames: dict[str, list[bytes]] = {}
        self.bytes = 0
        self.waiters: list[tuple[str, Callable[[bool], object]]] = []
        self.failures: dict[str, str] = {}
        self.waited: dict[str, int] = {}
        """How many of the frames somebody waits for, who gets no answer without them."""
        self.told: dict[str, Lost] = {}
        """What is said in these frames of records that were lost."""

    def add(self, product: str, frames: Sequence[bytes]) -> None:
        """Puts these frames behind those of the same product."""
        self.frames.setdefault(product, []).extend(frames)
        self.bytes += sum(map(len, frames))


Done = Callable[[], object]


class Writer:
    """Writes groups in the order in which they come, and rotates the logs in between."""

    def __init__(self, folder: Path, *, rotate_seconds: float) -> None:
        self._folder = folder
        self._rotate_seconds = rotate_seconds
        self._logs: dict[str, AppendLog] = {}
        self._work: queue.SimpleQueue[tuple[Group, Done] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._looked_at = 0.0
        self.flusher = Flusher()

    def commit(self, group: Group, done: Done) -> None:
        """Has the group written; `done` is called from the thread once that was tried."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="records", daemon=True)
            self._thread.start()
        self._work.put((group, done))

    def close(self) -> None:
        """Returns when all groups are written and the logs are closed."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()

    def log(self, product: str) -> AppendLog | None:
        """The product's log, if it has one yet."""
        return self._logs.get(product)

    def logs(self) -> dict[str, AppendLog]:
        """The logs by product; they belong to the thread, others only look."""
        return dict(self._logs)

    def _run(self) -> None:
        while True:
            try:
                item = self._work.get(timeout=HOUSEKEEPING_SECONDS)
            except queue.Empty:
                self._housekeep()
                continue
            if item is None:
                break
            group, done = item
            for product, frames in group.frames.items():
                self._append(group, product, frames)
            done()
            if time.monotonic() - self._looked_at > HOUSEKEEPING_SECONDS:
                self._housekeep()
        for log in self._logs.values():
            _try(log.close)
        self.flusher.close()

    def _append(self, group: Group, product: str, frames: Sequence[bytes]) -> None:
        if product not in self._logs:
            self._logs[product] = AppendLog(
                self._folder / product, rotate_seconds=self._rotate_seconds, now=SystemClock().now
            )
        content, log = b"".join(frames), self._logs[product]

        def keep() -> None:
            if product in group.waited:
                log.commit(content, rows=len(frames))
            else:
                self.flusher.flush(product, log.write(content, rows=len(frames)))
                self.flusher.later(log.settled())

        if failure := _try(keep):
            group.failures[product] = failure

    def _housekeep(self) -> None:
        self._looked_at = time.monotonic()
        for log in self._logs.values():
            # a log that cannot be closed says so itself (`trouble`), and another one is opened
            if log.due:
                self.flusher.later(log.released())


def _try(act: Callable[[], None]) -> str:
    """What the disk said against it; empty when it was done."""
    try:
        act()
    except OSError as error:
        return error.strerror or str(error)
    return ""

"""Every answered row, appended to a log by group commit: one write and one flush for many requests.

All state is touched on the event loop only. Whole groups, with the answers that wait for them, are
handed to one writer thread; while it works, the next group gathers.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from causeway.core.records import Lost, frame
from causeway.gateway.records.writer import Group, Writer

# half of what may be lost at most: the other half is for a machine that is busy
GROUP_SECONDS = 0.025
MAX_PENDING_BYTES = 64 << 20


class Recorder:
    """Appends records without making the event loop wait for the disk."""

    def __init__(self, folder: Path, *, rotate_seconds: float) -> None:
        self.folder = folder
        self.written: dict[str, int] = {}
        self.dropped: dict[str, int] = {}
        self.failures: dict[str, str] = {}
        """Products whose last commit failed, and why."""
        self._untold: dict[str, Lost] = {}
        """Answers that went out without a record, until a log says so."""
        self._removed: dict[str, int] = {}
        self._group = Group()
        self._busy = self._due = False
        self._timer: asyncio.Handle | None = None
        self._writer = Writer(folder, rotate_seconds=rotate_seconds)

    @property
    def troubles(self) -> dict[str, str]:
        """Products whose records are not kept as they should be, and why."""
        closed = {name: log.trouble for name, log in self._writer.logs().items() if log.trouble}
        return closed | self._writer.flusher.trouble | self.failures

    @property
    def lost(self) -> dict[str, int]:
        """Records by product that are not on the disk: never written, or removed with their log."""
        removed = {name: log.lost for name, log in self._writer.logs().items() if log.lost}
        return self.dropped | {name: self.dropped.get(name, 0) + count for name, count in removed.items()}

    def append(self, product: str, frames: Sequence[bytes]) -> None:
        """Keeps these frames within the next 50 ms; the answer does not wait."""
        if not self._room(product, frames):
            self._lose(product, len(frames), self.failures[product])
            return
        self._group.add(product, frames)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GROUP_SECONDS, self._commit)

    async def durable(self, product: str, frames: Sequence[bytes]) -> bool:
        """True once these frames are on the disk, False if they could not be written."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.commit(product, frames, lambda done: None if kept.done() else kept.set_result(done))
        return await kept

    def commit(self, product: str, frames: Sequence[bytes], done: Callable[[bool], object]) -> None:
        """Calls `done` with True once these frames are on the disk, with False if they cannot be written."""
        if not self._room(product, frames):
            done(False)
            return
        self._group.add(product, frames)
        self._group.waiters.append((product, done))
        self._group.waited[product] = self._group.waited.get(product, 0) + len(frames)
        if not self._due:
            # at the end of this turn of the loop, so that requests read together share one flush
            self._due = True
            asyncio.get_running_loop().call_soon(self._commit_when_free)

    async def close(self) -> None:
        """Returns when everything is on the disk and the logs are closed."""
        if self._timer is not None:
            self._timer.cancel()
        for product in self._untold:
            self._group.frames.setdefault(product, [])
        # behind the group in hand, if there is one: the writer keeps the order
        self._hand_over()
        await asyncio.to_thread(self._writer.close)

    def _room(self, product: str, frames: Sequence[bytes]) -> bool:
        if self._group.bytes < MAX_PENDING_BYTES:
            return True
        self.dropped[product] = self.dropped.get(product, 0) + len(frames)
        self.failures[product] = "the disk is too slow"
        return False

    def _lose(self, product: str, rows: int, because: str) -> None:
        if rows:
            now = time.time_ns()
            known = self._untold.get(product)
            first = known.first_ns if known else now
            self._untold[product] = Lost(rows + (known.rows if known else 0), first, now, because)

    def _miss_removed(self, product: str) -> None:
        """Counts what somebody removed together with its log."""
        log = self._writer.log(product)
        if log is not None and log.lost > self._removed.get(product, 0):
            self._lose(product, log.lost - self._removed.get(product, 0), "its log was removed")
            self._removed[product] = log.lost

    def _tell(self, group: Group) -> None:
        """Has the log say what it lacks, in front of what it is given now."""
        for product, frames in group.frames.items():
            if product in self._untold:
                group.told[product] = self._untold.pop(product)
                frames.insert(0, frame(group.told[product]))

    def _commit_when_free(self) -> None:
        if not self._busy:
            self._commit()

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._busy:
            self._due = True
            return
        self._hand_over()

    def _hand_over(self) -> None:
        self._due = False
        if self._group.frames:
            group, self._group = self._group, Group()
            if self._untold:
                self._tell(group)
            self._busy = True
            loop = asyncio.get_running_loop()
            self._writer.commit(group, lambda: loop.call_soon_threadsafe(self._committed, group))

    def _committed(self, group: Group) -> None:
        self._busy = False
        for product, frames in group.frames.items():
            failure = group.failures.get(product)
            tally = self.dropped if failure else self.written
            told = group.told.get(product)
            rows = len(frames) - (told is not None)
            tally[product] = tally.get(product, 0) + rows
            if failure:
                self.failures[product] = failure
                if told:
                    self._untold[product] = told
                self._lose(product, rows - group.waited.get(product, 0), failure)
            else:
                self.failures.pop(product, None)
            self._miss_removed(product)
        for product, done in group.waiters:
            done(product not in group.failures)
        if self._due:
            self._commit()

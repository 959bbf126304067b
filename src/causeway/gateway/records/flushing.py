"""The thread that does what nobody waits for, so that writing never waits for a slow disk."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress


class Flusher:
    """Flushes the logs that were written to, each as often as the disk can, and closes them."""

    def __init__(self) -> None:
        self.trouble: dict[str, str] = {}
        """Products whose records may not be on the disk, and why."""
        self._doubtful: dict[str, int] = {}
        """The log of each of them: that it can be flushed again does not bring back what it did not keep."""
        self._handles: dict[str, int] = {}
        self._acts: list[Callable[[], None]] = []
        self._alone = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ends = False

    def flush(self, product: str, handle: int) -> None:
        """Has the file behind this handle flushed, and the handle closed."""
        with self._alone:
            before = self._handles.pop(product, -1)
            self._handles[product] = handle
            self._wake()
        if before >= 0:
            # of the same log, or of one that is flushed before it is closed
            os.close(before)

    def later(self, act: Callable[[], None] | None) -> None:
        """Has this done, in order; an act says itself what the disk had against it."""
        if act is not None:
            with self._alone:
                self._acts.append(act)
                self._wake()

    def close(self) -> None:
        """Returns when everything is done."""
        with self._alone:
            self._ends = True
            self._alone.notify()
        if self._thread is not None:
            self._thread.join()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="flush", daemon=True)
            self._thread.start()
        self._alone.notify()

    def _run(self) -> None:
        while True:
            with self._alone:
                while not (self._handles or self._acts or self._ends):
                    self._alone.wait()
                if not (self._handles or self._acts):
                    return
                handles, self._handles = self._handles, {}
                acts, self._acts = self._acts, []
            for product, handle in handles.items():
                self._flushed(product, handle)
            for act in acts:
                with suppress(OSError):
                    act()

    def _flushed(self, product: str, handle: int) -> None:
        log = os.fstat(handle).st_ino
        try:
            os.fdatasync(handle)
            if self._doubtful.get(product, log) != log:
                del self._doubtful[product], self.trouble[product]
        except OSError as error:
            self._doubtful[product] = log
            self.trouble[product] = f"what was written may not be on the disk: {error.strerror}"
        finally:
            os.close(handle)

"""The thread that flushes what nobody waits for, so that writing never waits for a slow disk."""

import os
import threading


class Flusher:
    """Flushes the logs that were written to, each as often as the disk can."""

    def __init__(self) -> None:
        self.trouble: dict[str, str] = {}
        """Products whose records may not be on the disk, and why."""
        self._handles: dict[str, int] = {}
        self._alone = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ends = False

    def flush(self, product: str, handle: int) -> None:
        """Has the file behind this handle flushed, and the handle closed."""
        with self._alone:
            before = self._handles.pop(product, -1)
            self._handles[product] = handle
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="flush", daemon=True)
                self._thread.start()
            self._alone.notify()
        if before >= 0:
            # of the same log, or of one that was flushed when it was closed
            os.close(before)

    def close(self) -> None:
        """Returns when everything is flushed."""
        with self._alone:
            self._ends = True
            self._alone.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._alone:
                while not self._handles and not self._ends:
                    self._alone.wait()
                if not self._handles:
                    return
                handles, self._handles = self._handles, {}
            for product, handle in handles.items():
                self._flushed(product, handle)

    def _flushed(self, product: str, handle: int) -> None:
        try:
            os.fdatasync(handle)
            self.trouble.pop(product, None)
        except OSError as error:
            self.trouble[product] = f"what was written may not be on the disk: {error.strerror}"
        finally:
            os.close(handle)

"""The most memory that a piece of work holds: in this process and in all that it starts."""

import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

LOOK_EVERY_SECONDS = 0.1
PROC = Path("/proc")
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""What the system counts a process's greatest size in."""


class PeakMemory:
    """Watches while it is entered; `bytes` is the most that was held, all processes together.

    Processes are looked at ten times a second, so a shorter peak of several together may be missed; that of
    any one of them is not, for the kernel keeps it.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        _forget_peak()
        self._children = _greatest_child()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        greatest = _greatest_child()
        grown = greatest if greatest > self._children else 0
        self.bytes = max(self.bytes, _own_peak(), grown)

    def _watch(self) -> None:
        while not self._done.wait(LOOK_EVERY_SECONDS):
            self.bytes = max(self.bytes, sum(_held(process) for process in _grown_from("self")))


def _grown_from(process: str) -> Iterator[str]:
    """The process, and those that it started, and those that they did."""
    yield process
    try:
        for task in (PROC / process / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _grown_from(child)
    except OSError:
        # it ended while we looked, or this system does not tell
        return


def _held(process: str) -> int:
    try:
        pages = int((PROC / process / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _greatest_child() -> int:
    """The most that any one process held which we started and which ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * MAXRSS_BYTES


def _forget_peak() -> None:
    """Sets this process's own peak back to what it holds now, where the system can."""
    # where it cannot, the peak is that of the process so far, an upper bound
    with suppress(OSError):
        (PROC / "self" / "clear_refs").write_text("5")


def _own_peak() -> int:
    try:
        status = (PROC / "self" / "status").read_text()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
    return int(line.split()[1]) * 1024 if line else 0

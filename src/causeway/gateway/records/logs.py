"""Append logs on disk: one open file a product, closed ones for the sealer to take.

An open log is named `<utc>-<pid>-<n>.open` and locked by its writer; when it is rotated it becomes
`.log`. An `.open` file that nobody holds a lock on belonged to a process that is gone.
"""

import fcntl
import os
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

ROTATE_BYTES = 64 << 20
REQUEST = "rotate"
"""Touching a file of this name in a product's folder asks for its open log to be closed."""

Now = Callable[[], datetime]


class AppendLog:
    """One product's open log; used by one thread only."""

    def __init__(self, folder: Path, *, rotate_seconds: float, now: Now) -> None:
        self._folder = folder
        self._rotate_seconds = rotate_seconds
        self._now = now
        self._number = 0
        self._file = -1
        self._path = folder
        self._size = self._rows = 0
        self._new = False
        self._opened = 0.0
        self._asked = 0
        self.lost = 0
        """Records that were on the disk, in logs that somebody removed before they were closed."""
        self.trouble = ""
        """What befell the log before this one; empty once one was closed well."""

    def commit(self, content: bytes, *, rows: int) -> None:
        """Appends and flushes to the disk; on failure the log is as it was before."""
        self._append(content, rows=rows, flushed=True)

    def write(self, content: bytes, *, rows: int) -> int:
        """Appends, which outlives this process; a handle to flush, so that it outlives the machine too."""
        self._append(content, rows=rows, flushed=False)
        return os.dup(self._file)

    def _append(self, content: bytes, *, rows: int, flushed: bool) -> None:
        self._forget_removed()
        if self._file < 0:
            self._open()
        try:
            _write_all(self._file, content)
            if flushed:
                os.fdatasync(self._file)
                if settle := self.settled():
                    settle()
        except OSError:
            self._take_back()
            raise
        self._size += len(content)
        self._rows += rows

    @property
    def due(self) -> bool:
        """Whether the log is large, old, or somebody asked for it to be closed."""
        self._forget_removed()
        if self._file < 0 or not self._size:
            return False
        old = time.monotonic() - self._opened >= self._rotate_seconds
        return old or self._size >= ROTATE_BYTES or self._request() not in (0, self._asked)

    def close(self) -> None:
        """Hands the log over to the sealer; whatever the disk says, later records go to another."""
        if rest := self.released():
            rest()

    def released(self) -> Callable[[], None] | None:
        """Lets go of the log; what is left to be done for the sealer to get it, by whichever thread."""
        self._forget_removed()
        if self._file < 0:
            return None
        file, self._file = self._file, -1
        return partial(self._handed_over, file, self._path)

    def settled(self) -> Callable[[], None] | None:
        """What makes the log's name outlive the machine, where that was not done yet."""
        if not self._new:
            return None
        self._new = False
        return partial(_sync_folder, self._folder)

    def _handed_over(self, file: int, path: Path) -> None:
        try:
            os.fdatasync(file)
            path.rename(path.with_suffix(".log"))
            _sync_folder(self._folder)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"a log could not be closed: {error.strerror}"
            raise
        finally:
            os.close(file)

    def _forget_removed(self) -> None:
        if self._file >= 0 and not os.fstat(self._file).st_nlink:
            file, self._file = self._file, -1
            self.lost += self._rows
            self.trouble = f"somebody removed {self._path.name}, with {self._rows} records"
            os.close(file)

    def _take_back(self) -> None:
        """What was partly written must not lie before later records."""
        try:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
        except OSError:
            # then it stays as the torn end of this log, and the next records go to another
            self.close()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._asked = self._request()
        while self._file < 0:
            self._number += 1
            name = f"{self._now():%Y%m%dT%H%M%SZ}-{os.getpid()}-{self._number}.open"
            self._path = self._folder / name
            self._file = _claim(self._path)
        self._size = self._rows = 0
        self._new = True
        self._opened = time.monotonic()

    def _request(self) -> int:
        try:
            return (self._folder / REQUEST).stat().st_mtime_ns
        except OSError:
            return 0


def _claim(path: Path) -> int:
    """A new file that is ours alone; -1 if a sealer took it for an orphan before we held the lock."""
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(file).st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(file)
    return -1


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)

"""The records of a product as they come: open logs are followed, closed ones too, until they are sealed."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from causeway.core.records import FAILED_SUFFIX, Failed, Lost, Record, Torn, frames

LOG_SUFFIXES = (".open", ".log")

_failed = msgspec.json.Decoder(Failed).decode


class _Followed:
    """A file that is read on from where one was; it stays readable when somebody removes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.offset = 0
        self.rows = 0

    @property
    def removed(self) -> bool:
        return not os.fstat(self.file).st_nlink

    def more(self) -> bytes:
        size = os.fstat(self.file).st_size
        return os.pread(self.file, size - self.offset, self.offset) if size > self.offset else b""


class Logs:
    """Follows a product's folder of records; each record and each line of failures is told once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[int, int], _Followed] = {}
        self.sealed = 0
        """How many of the records told so far were in logs that are gone now."""

    def records(self) -> Iterator[Record]:
        """Whole records that came since the last time."""
        for file in self._follow(LOG_SUFFIXES):
            for found in frames(content := file.more()):
                if isinstance(found, Torn):
                    # its end is still being written
                    file.offset -= found.length
                    break
                if isinstance(found, Lost):
                    continue
                file.rows += 1
                yield found
            file.offset += len(content)
        self._forget()

    def failures(self) -> Iterator[Failed]:
        """Counts of refused and failed requests that came since the last time."""
        for file in self._follow((FAILED_SUFFIX,)):
            whole = file.more().rpartition(b"\n")[0]
            for line in whole.splitlines():
                yield _failed(line)
            file.offset += len(whole) + 1 if whole else 0

    def forget_failures(self, *, before: float) -> None:
        """Removes counts of failures that nobody added to since then, in seconds since 1970."""
        for path in self._folder.glob(f"*{FAILED_SUFFIX}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def close(self) -> None:
        """Lets go of all files."""
        for file in self._files.values():
            os.close(file.file)
        self._files.clear()

    def _follow(self, suffixes: tuple[str, ...]) -> list[_Followed]:
        for path in self._folder.glob("*"):
            if path.suffix in suffixes:
                self._open(path)
        return [file for file in self._files.values() if file.path.suffix in suffixes]

    def _open(self, path: Path) -> None:
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) not in self._files:
                self._files[status.st_dev, status.st_ino] = _Followed(path)
        except FileNotFoundError:
            # sealed just now, or closed under another name: the next look finds it, or its segment
            return

    def _forget(self) -> None:
        for key in [key for key, file in self._files.items() if file.removed]:
            file = self._files.pop(key)
            self.sealed += file.rows
            os.close(file.file)

"""Where answers go: a file, a folder, or a table of a database."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from causeway.actions.score.files import PartFiles
from causeway.actions.source import digest_file
from causeway.actions.workspace import write_whole
from causeway.adapters import registry
from causeway.adapters.ports import AnswerTable
from causeway.core.errors import OutsideError, UsageError, outside
from causeway.core.ids import digest_of_value
from causeway.core.manifest_sources import is_database

FORMS = (".csv", ".tsv", ".parquet", ".pq")
SCORE = "score"
"""The column of a table that says which scoring a row is of."""
MARK = "target.digest"
"""Says in the scratch folder what was about to take the target's name."""


class Target(Protocol):
    """A place that answers go to."""

    told: str
    place: str
    """The same, wherever one stands."""
    apart: str
    """Where the rows go that are set apart."""
    columns: tuple[str, ...]
    """What it has beside the answers' own columns."""

    def holds(self, score: str, *, digest: str, rows: int) -> bool:
        """Whether it is what this scoring made of so many answered rows."""
        ...

    def check(self, score: str, *, begun: bool, scratch: Path) -> None:
        """Refuses what is something else, or cannot be written; a scoring that was begun left its own."""
        ...

    def put(self, score: str, files: PartFiles, *, apart: int) -> None:
        """Takes one part."""
        ...

    def finish(self, parts: Sequence[PartFiles], *, apart: Sequence[PartFiles], scratch: Path) -> str:
        """Puts everything in its place; the digest of what is there, empty for a table."""
        ...


class FileTarget:
    """A CSV or Parquet file, or a folder of Parquet files; it is there when it is whole."""

    columns: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.told = str(path)
        self.place = str(path.resolve())
        self._path = path
        self._apart = path.with_name(f"{path.stem}.set-aside{path.suffix}")
        self.apart = str(self._apart)

    def holds(self, score: str, *, digest: str, rows: int) -> bool:  # noqa: ARG002 - as a table's
        """Whether its bytes are what was written."""
        return bool(digest) and self._path.exists() and _digest(self._path) == digest

    def check(self, score: str, *, begun: bool, scratch: Path) -> None:  # noqa: ARG002 - the same
        """Refuses a path that is taken, or a folder that nothing can be written to."""
        for taken in (self._path,) if begun else (self._path, self._apart):
            if not taken.exists() or self._put_there(scratch):
                continue
            raise UsageError(
                f"{taken} is there already, and is something else",
                hint="name another file, or take it away first",
            )
        above = self._path.resolve().parent
        if not above.is_dir():
            raise UsageError(f"there is no folder {above}", hint="make it, or name another place")
        if not os.access(above, os.W_OK | os.X_OK):
            raise OutsideError(
                f"nothing can be written to {above}", hint="check its permissions, or name another place"
            )

    def put(self, score: str, files: PartFiles, *, apart: int) -> None:
        """Everything is put together at the end."""

    def finish(self, parts: Sequence[PartFiles], *, apart: Sequence[PartFiles], scratch: Path) -> str:
        """What is set apart first, so that nobody who sees the answers looks for it in vain."""
        if there := self._put_there(scratch):
            return there
        tables = registry.tables()
        if apart:
            _clear(self._apart)
            tables.join([files.apart for files in apart], self._apart)
        mark = scratch / MARK
        tables.join(
            [files.answers for files in parts],
            self._path,
            before=lambda made: write_whole(mark, _digest(made).encode()),
        )
        return mark.read_text(encoding="utf-8")

    def _put_there(self, scratch: Path) -> str:
        """The digest of what this scoring put in its place before it was stopped; empty where it did not."""
        mark = scratch / MARK
        noted = mark.read_text(encoding="utf-8") if mark.is_file() else ""
        return noted if noted and self._path.exists() and _digest(self._path) == noted else ""


class TableTarget:
    """A table of a database, which gets each part in a transaction."""

    columns: tuple[str, ...] = (SCORE,)

    def __init__(self, table: AnswerTable, *, told: str) -> None:
        self._table = table
        self.told = self.place = told
        self.apart = f"{told}_set_aside"

    def holds(self, score: str, *, digest: str, rows: int) -> bool:  # noqa: ARG002 - as a file's
        """Whether it has as many rows of this scoring."""
        return self._table.count(score) == rows

    def check(self, score: str, *, begun: bool, scratch: Path) -> None:  # noqa: ARG002 - as a file's
        """Refuses a table that is not one of answers."""
        there = self._table.columns()
        if there and self._table.count(score) < 0:
            raise UsageError(
                f"the table {self.told} is something else: {', '.join(there[:8])}",
                hint="name a table that is not there yet",
            )

    def put(self, score: str, files: PartFiles, *, apart: int) -> None:
        """All rows of the part, or none; again does no harm."""
        self._table.put(score, files.answers, files.apart if apart else None)

    def finish(self, parts: Sequence[PartFiles], *, apart: Sequence[PartFiles], scratch: Path) -> str:  # noqa: ARG002 - as a file's
        """It is all there."""
        return ""


def target_of(wanted: str) -> Target:
    """The place that this address or path names."""
    address, _, table = wanted.partition("#")
    if is_database(address):
        if not table:
            raise UsageError(
                f"{registry.tables().sql(address, '').told} names no table",
                hint="write it behind a #: sqlite:///file.db#table",
            )
        opened = registry.tables().sql(address, table)
        return TableTarget(opened, told=opened.told)
    path = Path(wanted)
    if path.suffix and path.suffix.lower() not in FORMS:
        raise UsageError(
            f"answers cannot go to a {path.suffix} file",
            hint=f"name one of {', '.join(FORMS)}, a folder, or a table",
        )
    return FileTarget(path)


def _digest(path: Path) -> str:
    if path.is_dir():
        return digest_of_value({each.name: digest_file(each) for each in sorted(path.iterdir())})
    return digest_file(path)


def _clear(path: Path) -> None:
    """Takes away what an interrupted scoring of ours set apart in a folder."""
    if path.is_dir():
        try:
            for each in path.iterdir():
                each.unlink()
            path.rmdir()
        except OSError as error:
            raise outside(error) from error

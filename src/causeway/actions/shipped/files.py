"""Files of events that other servers wrote, brought in a piece at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from causeway.actions.shipped.events import halves_of
from causeway.actions.shipped.inbox import Imported, Inbox, added
from causeway.actions.workspace import Workspace
from causeway.core.errors import NotFound, UsageError, outside

LINES_AT_ONCE = 5_000
PIECE_BYTES = 64 << 20
MOST_WHOLE = 256 << 20


def import_records(work: Workspace, product: str, files: Sequence[Path], *, release: str = "") -> Imported:
    """Brings in the events of these files; the same ones a second time change nothing."""
    inbox = Inbox(work, product, release=release)
    found: Imported | None = None
    for file in files:
        for piece in _pieces(file):
            taken = inbox.take(halves_of(piece))
            found = taken if found is None else added(found, taken)
    if found is None:
        raise UsageError("the file is empty", hint="one event a line")
    return found


def _pieces(file: Path) -> Iterator[bytes]:
    """The lines, some thousands at a time; a list, and one object over several lines, at once."""
    if not file.is_file():
        raise NotFound(f"there is no file {file}", hint="name a file of JSON lines")
    try:
        with file.open("rb") as stream:
            first = stream.readline(MOST_WHOLE)
            if not first.strip().endswith(b"}"):
                if file.stat().st_size > MOST_WHOLE:
                    raise UsageError(f"{file} is no file of JSON lines", hint="write one event a line")
                yield first + stream.read()
                return
            piece = [first]
            while piece:
                yield b"".join(piece)
                piece = _lines(stream, file)
    except OSError as error:
        raise outside(error) from error


def _lines(stream: BinaryIO, file: Path) -> list[bytes]:
    """The next lines, as many as are taken at once."""
    found: list[bytes] = []
    size = 0
    while len(found) < LINES_AT_ONCE and size < PIECE_BYTES and (line := stream.readline(MOST_WHOLE)):
        if len(line) == MOST_WHOLE and not line.endswith(b"\n"):
            raise UsageError(
                f"{file} has a line of more than {MOST_WHOLE:,} bytes", hint="write one event a line"
            )
        found.append(line)
        size += len(line)
    return found

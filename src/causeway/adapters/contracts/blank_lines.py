"""Text files without their empty lines, which are no records; a record of empty fields is one."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

CHUNK_BYTES = 4_000_000
SIGNS = (b"\n\n", b"\n\r\n")


def may_have_blank_lines(path: Path) -> bool:
    """Whether an empty line may stand in the file; what looks like one may be inside a quoted field."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return held[:1] == b"\n" or held[:2] == b"\r\n" or any(held.find(sign) >= 0 for sign in SIGNS)


def without_blank_lines(path: Path, copy: Path) -> None:
    """The same text, less the lines outside quotes that have no character."""
    with path.open("rb") as given, copy.open("wb") as written:
        for piece in _kept(_pieces(given)):
            written.write(piece)


def _pieces(given: BinaryIO) -> Iterator[bytes]:
    """The file in pieces, none of which parts the two marks of a line's end."""
    while piece := given.read(CHUNK_BYTES):
        yield piece + given.read(1) if piece.endswith(b"\r") else piece


def _kept(pieces: Iterator[bytes]) -> Iterator[bytes]:
    quoted, begun = 0, 0
    for piece in pieces:
        data = np.frombuffer(piece, np.uint8)
        marks = np.cumsum(data == ord('"'), dtype=np.uint32) + np.uint32(quoted)
        ends = np.flatnonzero((data == ord("\n")) & (marks % 2 == 0))
        lengths = np.diff(ends, prepend=-1 - begun) - 1
        empty, returned = lengths == 0, (lengths == 1) & (data[ends - 1] == ord("\r"))
        kept = np.ones(data.size, np.bool_)
        kept[ends[empty | returned]] = False
        kept[ends[returned] - 1] = False
        yield data[kept].tobytes()
        quoted = int(marks[-1]) % 2
        # all that counts of the line that goes on is that it has begun
        last = int(ends[-1]) if ends.size else -1
        begun = 2 if begun and last < 0 else 2 * (last < data.size - 1)

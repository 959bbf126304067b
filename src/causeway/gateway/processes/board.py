"""What the processes of one gateway tell each other: memory that was made before they were forked."""

import fcntl
import mmap
import zlib
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from causeway.gateway.processes.tallies import REGION_BYTES, Tallies

NOTE_BYTES = 64 << 10
HEADER_BYTES = 8
ARENA_BYTES = 32 << 20
READ_TIMES = 5

Said = TypeVar("Said")


class State(Struct, frozen=True):
    """How one process is."""

    pid: int = 0
    up: bool = False
    """Whether it takes requests."""
    ready: bool = False
    version: int = 0
    """Of the routes that it follows."""
    problems: tuple[str, ...] = ()
    lost: dict[str, int] = {}
    """Records by product that did not reach the disk."""
    failing: tuple[str, ...] = ()
    """Products whose records are not kept as they should be."""
    refused: tuple[str, ...] = ()
    """Products whose newest route could not be followed."""
    cpu: float = 0.0
    """Share of one processor that it used lately."""
    lag_ms: float = 0.0
    """How late its event loop was lately."""


class Crew(Struct, frozen=True):
    """Which seats are meant to be taken."""

    seats: tuple[int, ...] = (0,)


class Board:
    """Room for so many processes; pages that nobody wrote take no memory."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        size = (seats + 1) * NOTE_BYTES + seats * REGION_BYTES + ARENA_BYTES
        memory = memoryview(mmap.mmap(-1, size))
        self._notes = [memory[at * NOTE_BYTES : (at + 1) * NOTE_BYTES] for at in range(seats + 1)]
        rest = memory[(seats + 1) * NOTE_BYTES :]
        self._tallies = [rest[at * REGION_BYTES : (at + 1) * REGION_BYTES] for at in range(seats)]
        self.arena = rest[seats * REGION_BYTES :]
        from tempfile import mkstemp  # noqa: PLC0415 - one process alone has no board, and is to be small

        # an open file of no name, for as long as the process lives
        self.lock, name = mkstemp(prefix="causeway-board-")
        Path(name).unlink()

    def tallies(self, seat: int) -> Tallies:
        """Where the process in this seat counts."""
        return Tallies(self._tallies, seat)

    def write(self, seat: int, state: State) -> None:
        """Says how the process in this seat is."""
        _write(self._notes[seat], msgspec.msgpack.encode(state))

    def states(self) -> list[State]:
        """How each process is, seat by seat."""
        return [_read(note, State) or State() for note in self._notes[: self.seats]]

    @property
    def crew(self) -> Crew:
        """Which seats are meant to be taken."""
        return _read(self._notes[self.seats], Crew) or Crew()

    @crew.setter
    def crew(self, crew: Crew) -> None:
        _write(self._notes[self.seats], msgspec.msgpack.encode(crew))


class Locked:
    """Keeps the other processes out of one part of the board; the kernel lets go if its holder dies."""

    def __init__(self, board: Board, byte: int) -> None:
        self._file, self._byte = board.lock, byte

    def __enter__(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, self._byte)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._byte)


def _write(note: memoryview, content: bytes) -> None:
    if len(content) > NOTE_BYTES - HEADER_BYTES:
        return
    note[HEADER_BYTES : HEADER_BYTES + len(content)] = content
    note[:HEADER_BYTES] = zlib.crc32(content).to_bytes(4) + len(content).to_bytes(4)


def _read(note: memoryview, kind: type[Said]) -> Said | None:
    """What stands there; None where nothing does, or only half of it, time after time."""
    for _ in range(READ_TIMES):
        header = bytes(note[:HEADER_BYTES])
        length = int.from_bytes(header[4:])
        content = bytes(note[HEADER_BYTES : HEADER_BYTES + length])
        if length and zlib.crc32(content) == int.from_bytes(header[:4]):
            return msgspec.msgpack.decode(content, type=kind)
    return None

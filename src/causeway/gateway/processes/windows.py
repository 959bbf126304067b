"""Allowances that hold over all processes of a gateway: when each request was taken lies in shared memory."""

from collections.abc import Callable

import msgspec

from causeway.gateway.door.allowance import Allowance
from causeway.gateway.processes.board import Board, Locked

TABLE_BYTES = 1 << 20
TABLE_LOCK = 0
NEVER = 0.0

Allowances = Callable[[str, int], Allowance]
"""The allowance of so many requests a minute under this name."""

_decode = msgspec.json.Decoder(tuple[str, int]).decode


class SharedAllowance(Allowance):
    """At most `per_minute` requests in any sixty seconds, counted exactly over all processes."""

    def __init__(self, per_minute: int, ring: "memoryview[float]", lock: Locked) -> None:
        super().__init__(per_minute)
        self._ring, self._lock = ring, lock

    def take(self, now: float) -> None:
        """Counts one request, or refuses it and says when to come back."""
        if not self.per_minute:
            super().take(now)
        ring = self._ring
        with self._lock:
            # the last `per_minute` of them lie in a ring behind the place of the oldest
            place = int(ring[0])
            oldest = ring[1 + place]
            if oldest == NEVER or oldest <= now - self.seconds:
                ring[1 + place] = now
                ring[0] = (place + 1) % self.per_minute
                return
        raise self.refusal(oldest, now)


def shared_allowances(board: Board) -> Allowances:
    """Allowances in this board; the same name and number are the same allowance in every process."""

    def allowance(name: str, per_minute: int) -> Allowance:
        with Locked(board, TABLE_LOCK):
            found = _place(board, name, per_minute)
        if found is None:
            # no room for more: each process gets its part
            return Allowance(max(1, per_minute // board.seats))
        start, number = found
        ring = board.arena[start : start + 8 * (per_minute + 1)].cast("d")
        return SharedAllowance(per_minute, ring, Locked(board, number))

    return allowance


def _place(board: Board, name: str, per_minute: int) -> tuple[int, int] | None:
    """Where this ring lies, and which one it is."""
    arena = board.arena
    used = int.from_bytes(arena[:8])
    start = TABLE_BYTES
    number = 0
    for number, line in enumerate(bytes(arena[8 : 8 + used]).splitlines(), 1):
        known = _decode(line)
        if known == (name, per_minute):
            return start, number
        start += 8 * (known[1] + 1)
    line = msgspec.json.encode((name, per_minute)) + b"\n"
    if 8 + used + len(line) > TABLE_BYTES or start + 8 * (per_minute + 1) > len(arena):
        return None
    arena[8 + used : 8 + used + len(line)] = line
    arena[:8] = (used + len(line)).to_bytes(8)
    return start, number + 1

"""Numbers under names in memory that several processes share: each adds to its own, all are read together."""

import mmap
from collections.abc import Sequence

import msgspec

MOST_SERIES = 16_384
NAMES_BYTES = 2 << 20
REGION_BYTES = NAMES_BYTES + 8 * (MOST_SERIES + 1)
"""Of one process; pages that were never written take no memory."""
OVERFLOW = 0

Key = tuple[str, ...]

_decode = msgspec.json.Decoder(tuple[str, ...]).decode


class Tallies:
    """The numbers of one process, and the sums over all of them.

    A region is a count of bytes, that many bytes of names, one a line, and one number for each.
    """

    def __init__(self, regions: Sequence[memoryview] = (), own: int = 0) -> None:
        regions = regions or [memoryview(mmap.mmap(-1, REGION_BYTES))]
        self._regions = [_Region(region) for region in regions]
        self._own = self._regions[own]
        self._cells = {key: cell for cell, key in enumerate(self._own.read(), 1)}
        self.numbers = self._own.numbers
        """Add to these; nobody else does."""

    def cell(self, *key: str) -> int:
        """Where this number is; whoever began this region before is gone, and it goes on from there."""
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = self._own.add(key)
        return cell

    def sums(self, name: str) -> dict[Key, float]:
        """Every number of this name, by the rest of its key, over all processes."""
        return self._sums(self._regions, name)

    def of_others(self, name: str) -> dict[Key, float]:
        """The same over all processes but this one."""
        return self._sums([region for region in self._regions if region is not self._own], name)

    def of_own(self, name: str) -> dict[Key, float]:
        """The same of this process alone."""
        return self._sums([self._own], name)

    @staticmethod
    def _sums(regions: Sequence["_Region"], name: str) -> dict[Key, float]:
        out: dict[Key, float] = {}
        for region in regions:
            for cell, key in enumerate(region.read(), 1):
                if key[0] == name:
                    out[key[1:]] = out.get(key[1:], 0.0) + region.numbers[cell]
        return out


class _Region:
    """One process's memory."""

    def __init__(self, memory: memoryview) -> None:
        self._used = memory[:8].cast("Q")
        self._names = memory[8:NAMES_BYTES]
        self.numbers = memory[NAMES_BYTES:REGION_BYTES].cast("d")
        self._known: list[Key] = []
        self._read = 0

    def read(self) -> Sequence[Key]:
        """The keys, in the order of their numbers."""
        used = self._used[0]
        if used > self._read:
            lines = bytes(self._names[self._read : used]).splitlines()
            self._known += map(_decode, lines)
            self._read = used
        return self._known

    def add(self, key: Key) -> int:
        """A new number; where there is no more room, one that nobody reads."""
        line = msgspec.json.encode(key) + b"\n"
        used = self._used[0]
        count = len(self.read())
        if count >= MOST_SERIES or used + len(line) > len(self._names):
            return OVERFLOW
        self._names[used : used + len(line)] = line
        # last, so that nobody reads half a name
        self._used[0] = used + len(line)
        return count + 1

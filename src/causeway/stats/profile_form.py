"""What a segment's columns look like, in little: counts that add up, so that hours make days.

A number falls into a bin by its distance from `shift`: bin 0 is nearer than 2**-32, and from there each
doubling is cut into 64 equal parts, below `shift` with a negative sign: a bin is never wider than a 64th of
that distance. Of texts the frequent ones are counted (Misra and Gries, 1982; merged as by Agarwal et al.,
2012): a count is never too high, and too low by at most `slack`. Where that is not all of them, each text
also counts in one of 64 groups, by its CRC-32, and those counts are exact.

Format 2 added the groups of texts and the relations of columns; what format 1 wrote is read as before.
"""

import zlib

import msgspec
from msgspec import Struct
from numpy import float64, int64
from numpy.typing import NDArray

TEXTS_COUNTED = 256
VALUES_COUNTED = 64
TEXT_GROUPS = 64
HOUR_US = 3_600_000_000


class NumberProfile(Struct, frozen=True, array_like=True, tag="number"):
    """So many numbers in one column; what is no finite number is missing."""

    count: int
    missing: int
    mean: float
    spread: float
    """Sum of the squared distances from the mean."""
    minimum: float | None
    maximum: float | None
    shift: float
    bins: tuple[int, ...]
    """Those that hold anything, in order."""
    counts: tuple[int, ...]
    values: tuple[float, ...] = ()
    """All different values in order, where they are 64 at most."""
    value_counts: tuple[int, ...] = ()


class TextProfile(Struct, frozen=True, array_like=True, tag="text"):
    """So many texts in one column."""

    count: int
    missing: int
    counts: dict[str, int]
    uncounted: int = 0
    """Numbers among them of which nobody knows any more which they were."""
    groups: tuple[int, ...] = ()
    """How many texts fall into each group, where not all of them are named with their whole count."""

    @property
    def slack(self) -> int:
        """By how much any count may be too low, also that of a text which is not named."""
        taken_off = self.count - self.uncounted - sum(self.counts.values())
        return self.uncounted + taken_off // (TEXTS_COUNTED + 1)


ColumnProfile = NumberProfile | TextProfile


class Relations(Struct, frozen=True, array_like=True):
    """Which columns go together, pair by pair, whatever each does alone."""

    pairs: tuple[tuple[str, str], ...]
    sums: tuple[int, ...]
    """Spearman's rank correlation in each window, in hundredths, times its rows, over all windows."""
    rows: tuple[int, ...]
    """How many rows stand behind each pair."""


class Window(Struct, frozen=True, array_like=True):
    """The answers of one release, in one arm, in one hour."""

    hour: int
    """Hours since 1970 in UTC."""
    release: str
    arm: str
    rows: int
    columns: dict[str, ColumnProfile]
    relations: Relations | None = None


class Profile(Struct, frozen=True, array_like=True):
    """A segment's windows, by hour, release and arm."""

    windows: tuple[Window, ...]
    format: int = 2


class TableProfile(Struct, frozen=True):
    """What a whole table holds, column by column."""

    rows: int
    columns: dict[str, ColumnProfile]
    relations: Relations | None
    left_out: dict[str, str]
    """Columns of which no profile is made, and of what type they are."""

    @property
    def shifts(self) -> dict[str, float]:
        """From where the numbers of each column are counted."""
        numbers = self.columns.items()
        return {name: each.shift for name, each in numbers if isinstance(each, NumberProfile)}


class Coded(Struct, frozen=True):
    """A column of texts: each row's place in `names`, -1 where there is none."""

    codes: NDArray[int64]
    names: tuple[str, ...]


Arrays = dict[str, NDArray[float64] | Coded]

_decode = msgspec.msgpack.Decoder(Profile).decode
_encode = msgspec.msgpack.Encoder(order="sorted").encode


def write_profile(profile: Profile) -> bytes:
    """The profile as the bytes of one file."""
    return zlib.compress(_encode(profile), 6)


def read_profile(content: bytes) -> Profile:
    """The profile in these bytes; a ValueError where there is none."""
    try:
        return _decode(zlib.decompress(content))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error

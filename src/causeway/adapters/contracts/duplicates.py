"""Rows whose key stood before, found by the hashes of keys: 8 bytes a row, and never all at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from causeway.adapters.contracts.values import Cell

KEYS_AT_ONCE = 24_000_000
"""So many hashes are held in memory at a time; more take another pass over their columns."""

DENSE_SPAN = 16
MAX_MAP_BYTES = 200_000_000
KEYS_AT_A_STEP = 50_000

Hashes = NDArray[np.uint64]
_SEED, _SECOND_SEED = 20_240_131, 77_003
_KEY, _SECOND = "key", "second"


@dataclass(frozen=True)
class Key:
    """The columns that together must not stand twice; where one has no value, nothing is compared."""

    cells: tuple[Cell, ...]

    @property
    def present(self) -> pl.Expr:
        """True where every part has a value."""
        return pl.all_horizontal(cell.value.is_not_null() for cell in self.cells)

    def hashed(self, seed: int = _SEED) -> pl.Expr:
        """The key in 64 bits: a whole number or moment as it is, all else by its hash."""
        if len(self.cells) > 1:
            return pl.struct(cell.value.alias(str(n)) for n, cell in enumerate(self.cells)).hash(seed)
        cell = self.cells[0]
        if cell.type.is_integer() and cell.type not in {pl.Int128, pl.UInt128}:
            return cell.value.cast(pl.Int64, wrap_numerical=True).reinterpret(signed=False)
        return cell.value.hash(seed)


@dataclass(frozen=True)
class Repeated:
    """The keys that stand more than once, and how many rows are not the first with theirs."""

    keys: Hashes
    rows: int


@dataclass(frozen=True)
class Pass:
    """Keys that are looked at together, by number; where one is too many, one part of it after the other."""

    keys: Sequence[int]
    part: int
    parts: int


def passes_of(keys: Sequence[int], rows: int) -> Iterator[Pass]:
    """How keys of so many rows are looked at, that never too many are held."""
    together, parts = max(1, KEYS_AT_ONCE // max(1, rows)), max(1, -(-rows // KEYS_AT_ONCE))
    for begin in range(0, len(keys), together):
        for part in range(parts):
            yield Pass(keys[begin : begin + together], part, parts)


def gathered(key: Key, looked: Pass, into: list[pl.Series]) -> pl.Expr:
    """How many hashes of the key one pass looks at; as the scan brings them, they are put into the list."""

    def kept(hashes: pl.Series) -> pl.Series:
        into.append(hashes.drop_nulls() if hashes.null_count() else hashes)
        return hashes

    # collected by Polars they would be copied, and to filter them it holds other columns back without bound
    hashes = pl.when(_chosen(key, looked)).then(key.hashed())
    return hashes.map_batches(kept, return_dtype=pl.UInt64, is_elementwise=True).count()


def _chosen(key: Key, looked: Pass) -> pl.Expr:
    if looked.parts == 1:
        return key.present
    return key.present & (key.hashed() % looked.parts == looked.part)


def repeated(pieces: Sequence[Hashes]) -> Repeated:
    """What stands more than once among these, in whatever pieces they come."""
    pieces = [piece for piece in pieces if piece.size]
    if not pieces or _all_differ(pieces):
        return Repeated(np.zeros(0, np.uint64), 0)
    ordered = np.concatenate(pieces)
    ordered.sort()
    again = ordered[1:] == ordered[:-1]
    # each once; numpy's own unique loads its masked arrays first, which takes longer than a small scan
    first = again & ~np.concatenate(([False], again[:-1])) if again.size else again
    return Repeated(ordered[1:][first], int(again.sum()))


def _all_differ(pieces: Sequence[Hashes]) -> bool:
    """Whether they are numbers close together, as counters are, each once: a map tells it without sorting."""
    size = sum(piece.size for piece in pieces)
    least, most = min(piece.min() for piece in pieces), max(piece.max() for piece in pieces)
    span = int(most) - int(least)
    if span >= min(DENSE_SPAN * size, MAX_MAP_BYTES):
        return False
    there = np.zeros(span + 1, bool)
    for piece in pieces:
        for begin in range(0, piece.size, KEYS_AT_A_STEP):
            # so small a number is the same with a sign, and numpy need not convert it to find its place
            there[(piece[begin : begin + KEYS_AT_A_STEP] - least).view(np.int64)] = True
    return int(np.count_nonzero(there)) == size


def together(parts: Sequence[Repeated]) -> Repeated:
    """What all parts found."""
    keys = np.sort(np.concatenate([part.keys for part in parts]))
    return Repeated(keys, sum(part.rows for part in parts))


def among(values: Hashes) -> Callable[[pl.Series], pl.Series]:
    """True for each of a series of hashes that stands among these, which are sorted."""

    def found(series: pl.Series) -> pl.Series:
        # beside a null numpy would turn whole numbers into floats
        return pl.Series(_places(series.fill_null(0).to_numpy(), values)[1])

    return found


def _places(hashes: Hashes, values: Hashes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if not values.size:
        return np.zeros(hashes.size, np.int64), np.zeros(hashes.size, bool)
    at = np.minimum(np.searchsorted(values, hashes), values.size - 1)
    return at, values[at] == hashes


def marked(frame: pl.LazyFrame, row: str, *, key: Key, found: Repeated, rows: int) -> NDArray[np.bool_]:
    """For each row number, whether its key stood before; a second hash tells chance from repetition."""
    marks = np.zeros(rows + 1, bool)
    second, seen = np.zeros(found.keys.size, np.uint64), np.zeros(found.keys.size, bool)
    wanted = key.hashed().map_batches(among(found.keys), return_dtype=pl.Boolean, is_elementwise=True)
    candidates = frame.filter(key.present & wanted).select(
        pl.col(row), key.hashed().alias(_KEY), key.hashed(_SECOND_SEED).alias(_SECOND)
    )
    for batch in candidates.collect_batches(maintain_order=True, engine="streaming"):
        at, _ = _places(batch[_KEY].to_numpy(), found.keys)
        hashes = batch[_SECOND].to_numpy()
        new = np.zeros(at.size, bool)
        new[np.unique(at, return_index=True)[1]] = True
        new &= ~seen[at]
        second[at[new]] = hashes[new]
        seen[at] = True
        marks[batch[row].to_numpy()] = ~new & (second[at] == hashes)
    return marks


def is_marked(row: str, marks: NDArray[np.bool_]) -> pl.Expr:
    """True in the rows that are marked."""
    return pl.col(row).map_batches(
        lambda numbers: pl.Series(marks[numbers.to_numpy()]), return_dtype=pl.Boolean, is_elementwise=True
    )

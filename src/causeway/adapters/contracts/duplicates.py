"""Rows whose key stood before, found by the hashes of keys: 8 bytes a row, and never all at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from causeway.adapters.contracts.values import Cell

KEYS_AT_ONCE = 24_000_000
"""So many keys are sorted in memory at a time; more take another pass over their columns."""

DENSE_SPAN = 16
MAX_MAP_BYTES = 200_000_000
KEYS_AT_A_STEP = 1_000_000

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


def parts_of(rows: int, keys: int) -> int:
    """In how many parts so many keys of so many rows are looked at."""
    return max(1, -(-rows * keys // KEYS_AT_ONCE))


def gathered(key: Key, part: int, parts: int) -> pl.Expr:
    """The hashes of one part of the keys, as one list."""
    chosen = key.present if parts == 1 else key.present & (key.hashed() % parts == part)
    return key.hashed().filter(chosen).implode()


def repeated(hashes: Hashes) -> Repeated:
    """What stands more than once among these."""
    if _is_dense(hashes) and _all_differ(hashes):
        return Repeated(np.zeros(0, np.uint64), 0)
    ordered = np.sort(hashes)
    again = ordered[1:] == ordered[:-1]
    # each once; numpy's own unique loads its masked arrays first, which takes longer than a small scan
    first = again & ~np.concatenate(([False], again[:-1])) if again.size else again
    return Repeated(ordered[1:][first], int(again.sum()))


def _is_dense(hashes: Hashes) -> bool:
    """Whether the keys are numbers so close together, as counters are, that a map of them is small."""
    if not hashes.size:
        return False
    span = int(hashes.max()) - int(hashes.min())
    return span < min(DENSE_SPAN * hashes.size, MAX_MAP_BYTES)


def _all_differ(hashes: Hashes) -> bool:
    """Five times as fast as sorting them."""
    least = hashes.min()
    there = np.zeros(int(hashes.max() - least) + 1, bool)
    for begin in range(0, hashes.size, KEYS_AT_A_STEP):
        there[hashes[begin : begin + KEYS_AT_A_STEP] - least] = True
    return int(np.count_nonzero(there)) == hashes.size


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

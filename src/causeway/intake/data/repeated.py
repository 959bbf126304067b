"""How many records repeat another one in every column that is learned, and how many chance would make."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from causeway.core.poc import Repeated

FEWEST = 10
SHARE = 0.01
"""The share of records from which on copies matter to a figure."""
TIMES_CHANCE = 3.0
MAX_CELLS = 600_000
MOST_LOOSE = 8
"""Columns that are looked at two by two: those that alone keep most rows from being equal."""

Codes = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def repeated(rows: Sequence[Sequence[str]], places: Sequence[int]) -> Repeated | None:
    """The records that are copies of another, where chance explains at most a third of their pairs.

    Rows that agree in all columns but one tell what chance does: had that last column been drawn by
    itself, so and so many of their pairs would agree in it too. How often it agrees by itself is seen
    among rows that differ elsewhere, and so are no copies. Of all columns what explains most counts, so
    that tables of few answers, and texts that many people write, are not accused.
    """
    if len(rows) < 2 * FEWEST or not places or len(rows) * len(places) > MAX_CELLS:
        return None
    random = np.random.default_rng(0)
    columns = [_codes([row[place].strip() for row in rows]) for place in places]
    hashes = [random.integers(0, 2**63, int(c.max()) + 1, dtype=np.uint64)[c] for c in columns]
    whole = np.zeros(len(rows), np.uint64)
    for column in hashes:
        whole += column  # wraps around, as a sum of hashes may
    pairs, copies = _pairs(whole)
    if copies < max(FEWEST, SHARE * len(rows)):
        return None
    chance = _by_chance(columns, hashes, whole, pairs)
    by_chance = round(copies * min(1.0, chance / pairs))
    if pairs <= TIMES_CHANCE * chance or copies - by_chance < SHARE * len(rows):
        return None
    return Repeated(copies, len(rows), by_chance)


def _by_chance(columns: list[Codes], hashes: list[Hashes], whole: Hashes, pairs: float) -> float:
    """The most pairs that chance explains, with each column by itself and given all the others."""
    near = [_pairs(whole - hashed)[0] - pairs for hashed in hashes]
    found = [_explained(column, nearly) for column, nearly in zip(columns, near, strict=True)]
    loose = sorted(range(len(near)), key=lambda place: -near[place])[:MOST_LOOSE]
    for first, second in combinations(loose, 2):
        without = _pairs(whole - hashes[first] - hashes[second])[0]
        both = without - pairs - near[first] - near[second]
        if both >= FEWEST:
            found.append(near[first] * near[second] / both)
    return max(found)


def _codes(values: list[str]) -> Codes:
    return np.unique(np.array(values), return_inverse=True)[1].astype(np.int64)


def _pairs(keys: Hashes) -> tuple[float, int]:
    """How many pairs of rows agree, and how many rows repeat an earlier one."""
    counts = np.unique(keys, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum()), len(keys) - len(counts)


def _explained(column: Codes, nearly: float) -> float:
    """How many pairs would agree in this column too, given those that agree in all others and not in it."""
    alike = float(((np.bincount(column) / len(column)) ** 2).sum())
    return nearly * alike / (1 - alike) if alike < 1 else 0.0

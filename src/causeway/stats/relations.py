"""Which columns of a window go together: rank correlations of pairs, which add up over windows.

Within a window ranks tell how two columns go together whatever each does alone, so that a change of the one
or the other, as by the time of the day, is no change of the relation. Texts take the rank of their CRC-32.
"""

import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.chances import normal_sf
from causeway.stats.profile_form import Coded, Relations

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SAMPLED = 512
"""Of a window's rows so many are looked at, spread evenly."""
LEAST = 20
PAIRS = 496
"""All pairs of 32 columns; of more pairs, so many that their names choose."""
_FEW_COLUMNS = 48
_GOLDEN = (math.sqrt(5) - 1) / 2
# whatever the dependence, the errors of a rank correlation spread at most so much more than of a normal one
_SPREAD = 1.8
_HIGHEST = 0.999


class RelationChange(Struct, frozen=True):
    """How two columns went together in the reference, and do now."""

    first: str
    second: str
    before: float
    now: float
    p: float
    rows: int

    @property
    def effect(self) -> float:
        """By how much the rank correlation changed."""
        return abs(self.now - self.before)


def relations_of(columns: Mapping[str, Floats | Coded]) -> Relations | None:
    """How the columns of a window's sample go together; None where there are too few rows."""
    names = tuple(sorted(columns))
    if len(names) < 2 or min(len(_plain(each)) for each in columns.values()) < LEAST:
        return None
    ranks, held = _ranks(np.array([_numbers(columns[name]) for name in names]))
    there, squares, places = held.astype(np.float64), np.square(ranks), _places(names)
    both = _products(there, there, places)
    size = np.sqrt(_products(squares, there, places) * _products(there, squares, places))
    count = np.where((size > 0) & (both >= LEAST), both, 0.0)
    together = _products(ranks, ranks, places) / np.where(size > 0, size, 1.0)
    sums = np.rint(100 * together * count).astype(np.int64)
    return Relations(pairs_of(names), tuple(sums.tolist()), tuple(count.astype(np.int64).tolist()))


def sample_of(column: Floats | Coded) -> Floats | Coded:
    """The rows of one column that are looked at."""
    taken = sampled_places(len(_plain(column)))
    return Coded(column.codes[taken], column.names) if isinstance(column, Coded) else column[taken]


def merged_relations(parts: Iterable[Relations | None]) -> Relations | None:
    """The relations over all these windows."""
    known = [each for each in parts if each is not None]
    if len({each.pairs for each in known}) == 1:
        sums, rows = (
            np.array([getattr(each, what) for each in known]).sum(axis=0) for what in ("sums", "rows")
        )
        return Relations(known[0].pairs, tuple(sums.tolist()), tuple(rows.tolist()))
    table: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in known:
        for pair, total, count in zip(each.pairs, each.sums, each.rows, strict=True):
            table[pair][0] += total
            table[pair][1] += count
    if not table:
        return None
    pairs = tuple(sorted(table))
    return Relations(pairs, tuple(table[pair][0] for pair in pairs), tuple(table[pair][1] for pair in pairs))


def relation_changes(reference: Relations, seen: Relations) -> tuple[RelationChange, ...]:
    """Every pair that both know, by Fisher's z with the errors of ranks (Bonett and Wright, 2000)."""
    known = {pair: (total, rows) for pair, total, rows in _each(reference)}
    found: list[RelationChange] = []
    for pair, total, rows in _each(seen):
        before_total, before_rows = known.get(pair, (0, 0))
        if min(rows, before_rows) < LEAST:
            continue
        before, now = before_total / before_rows / 100, total / rows / 100
        far = abs(_fisher(before) - _fisher(now))
        middle = (before * before_rows + now * rows) / (before_rows + rows)
        error = _SPREAD * (1 + middle**2 / 2) * (1 / (rows - 3) + 1 / (before_rows - 3))
        found.append(
            RelationChange(*pair, before, now, min(1.0, 2 * normal_sf(far / math.sqrt(error))), rows)
        )
    return tuple(found)


@cache
def pairs_of(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The pairs of these columns that are looked at, in their order."""
    pairs = list(combinations(sorted(names), 2))
    if len(pairs) <= PAIRS:
        return tuple(pairs)
    return tuple(sorted(sorted(pairs, key=lambda pair: zlib.crc32("|".join(pair).encode()))[:PAIRS]))


@cache
def _places(names: tuple[str, ...]) -> tuple[Integers, Integers]:
    where = {name: place for place, name in enumerate(names)}
    pairs = np.array([(where[one], where[other]) for one, other in pairs_of(names)], np.int64)
    return pairs[:, 0], pairs[:, 1]


def _products(one: Floats, other: Floats, places: tuple[Integers, Integers]) -> Floats:
    """The product of two rows for each pair; not by the library that would start threads for it."""
    first, second = places
    if len(one) <= _FEW_COLUMNS:
        return np.einsum("ij,kj->ik", one, other)[first, second]
    return np.einsum("ij,ij->i", one[first], other[second])


def _each(relations: Relations) -> Iterable[tuple[tuple[str, str], int, int]]:
    return zip(relations.pairs, relations.sums, relations.rows, strict=True)


def _fisher(correlation: float) -> float:
    return math.atanh(max(-_HIGHEST, min(_HIGHEST, correlation)))


def sampled_places(rows: int) -> Integers:
    """Evenly spread places, one in each of equal parts, at no fixed distance."""
    if rows <= SAMPLED:
        return np.arange(rows)
    parts = np.arange(SAMPLED)
    return ((parts + np.modf(parts * _GOLDEN)[0]) * (rows / SAMPLED)).astype(np.int64)


def _plain(column: Floats | Coded) -> NDArray[np.generic]:
    return column.codes if isinstance(column, Coded) else column


def _numbers(column: Floats | Coded) -> Floats:
    if not isinstance(column, Coded):
        found = column.astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan)
    codes: list[int] = column.codes.tolist()
    scores = {code: float(zlib.crc32(column.names[code].encode())) for code in set(codes) if code >= 0}
    return np.array([scores.get(code, math.nan) for code in codes])


def _ranks(values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The rank of each number in its row from the middle one, ties sharing theirs, and which are there."""
    order = np.argsort(values, axis=1)
    ranked = np.take_along_axis(values, order, axis=1)
    size = len(values[0])
    here = np.arange(size, dtype=np.int64)
    fresh = np.ones(values.shape, bool)
    fresh[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    last = np.ones(values.shape, bool)
    last[:, :-1] = fresh[:, 1:]
    low = np.maximum.accumulate(np.where(fresh, here, 0), axis=1)
    high = np.minimum.accumulate(np.where(last, here, size)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (low + high) / 2, axis=1)
    held = ~np.isnan(values)
    ranks -= (held.sum(axis=1, keepdims=True) - 1) / 2
    return np.where(held, ranks, 0.0), held

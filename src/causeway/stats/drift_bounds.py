"""What is certain of a column's drift over several windows together, each beside its own reference."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.drift_shares import Floats
from causeway.stats.drift_texts import NAMED
from causeway.stats.profile import groups_of, rebased
from causeway.stats.profile_form import ColumnProfile, NumberProfile, TextProfile

Integers = NDArray[np.int64]
_BLOCK = 256


class Certain(Struct, frozen=True):
    """The effect over the last windows together, and the least that it may be; one for each window."""

    effect: Floats
    low: Floats


class Chance(Struct, frozen=True):
    """How often a bound may fail: `alpha` for all `tests` of one window together."""

    alpha: float
    tests: int
    strict: bool = True
    """Whether the radii of both samples are added, which holds always; else they count as one sample's."""


class _Rows(Struct, frozen=True):
    """Counts seen by window and place, the shares of its reference, and how many rows either has."""

    seen: Floats
    reference: Floats
    m: Floats
    n: Floats
    ordered: bool


def certain_drift(
    references: Sequence[ColumnProfile],
    seen: Sequence[ColumnProfile],
    *,
    horizons: Sequence[int],
    chance: Chance,
) -> list[Certain]:
    """For each horizon, what is certain of the drift in so many last windows, each beside its own reference.

    References may share rows. By Dvoretzky, Kiefer, Wolfowitz and Massart (1990) for numbers, by McDiarmid
    (1989) for texts.
    """
    size, most = len(seen), max(horizons)
    found = [Certain(np.zeros(size), np.zeros(size)) for _ in horizons]
    for start in range(0, size, _BLOCK):
        first = max(0, start - most + 1)
        block = slice(first, min(size, start + _BLOCK))
        rows = _rows_of(references[block], seen[block])
        missing = _missing_rows(references[block], seen[block])
        for into, horizon in zip(found, horizons, strict=True):
            for each in (rows, missing):
                effect, low = (part[start - first :] for part in _over(each, horizon, chance=chance))
                part = slice(start, block.stop)
                np.maximum(into.effect[part], effect, out=into.effect[part])
                np.maximum(into.low[part], low, out=into.low[part])
    return found


def _over(rows: _Rows, horizon: int, *, chance: Chance) -> tuple[Floats, Floats]:
    m = _rolling(rows.m, horizon)
    some = np.maximum(m, 1.0)
    apart = rows.seen - rows.m[:, None] * rows.reference
    # references may share rows, so that their errors may add up
    rough = _rolling(rows.m / np.sqrt(np.maximum(rows.n, 1.0)), horizon) / some
    if rows.ordered:
        effect = np.abs(_rolling(np.cumsum(apart, axis=1), horizon)).max(axis=1, initial=0.0) / some
        low = effect - _numbers_radius(some, rough, chance)
    else:
        effect = np.abs(_rolling(apart, horizon)).sum(axis=1) / 2 / some
        low = effect - _texts_radius(rows, horizon, some=some, rough=rough, chance=chance)
    held = m > 0
    return np.where(held, effect, 0.0), np.where(held, np.maximum(low, 0.0), 0.0)


def _numbers_radius(m: Floats, rough: Floats, chance: Chance) -> Floats:
    if chance.strict:
        return math.sqrt(math.log(4 * chance.tests / chance.alpha) / 2) * (1 / np.sqrt(m) + rough)
    return np.sqrt(math.log(2 * chance.tests / chance.alpha) / 2 * (1 / m + rough**2))


def _texts_radius(rows: _Rows, horizon: int, *, some: Floats, rough: Floats, chance: Chance) -> Floats:
    now = _rolling(rows.seen, horizon) / some[:, None]
    before = _rolling(rows.m[:, None] * rows.reference, horizon) / some[:, None]
    # one row more in each group than is seen: that none came does not say that none can
    least, least_before = (1 / some)[:, None], (rough**2)[:, None]
    usual = np.sqrt((now + least) * least).sum(axis=1)
    usual += np.sqrt((before + least_before) * least_before).sum(axis=1)
    return usual / 2 + np.sqrt(math.log(chance.tests / chance.alpha) / 2 * (1 / some + rough**2))


def _rolling(values: Floats, horizon: int) -> Floats:
    total = np.cumsum(values, axis=0)
    total[horizon:] = total[horizon:] - total[:-horizon]
    return total


def _rows_of(references: Sequence[ColumnProfile], seen: Sequence[ColumnProfile]) -> _Rows:
    both = [*references, *seen]
    held = [each for each in both if each.count]
    if held and all(isinstance(each, NumberProfile) for each in held):
        return _number_rows(references, seen)
    return _text_rows(references, seen)


def _number_rows(references: Sequence[ColumnProfile], seen: Sequence[ColumnProfile]) -> _Rows:
    held = [each for each in (*references, *seen) if isinstance(each, NumberProfile) and each.count]
    few = all(each.values for each in held)
    shift = held[0].shift

    def table(each: ColumnProfile) -> tuple[Sequence[float], Sequence[int]]:
        if not isinstance(each, NumberProfile) or not each.count:
            return (), ()
        if few:
            return each.values, each.value_counts
        same = each if each.shift == shift else rebased(each, shift)
        return same.bins, same.counts

    return _filled(references, seen, table, ordered=True)


def _text_rows(references: Sequence[ColumnProfile], seen: Sequence[ColumnProfile]) -> _Rows:
    texts = [each for each in (*seen, *references) if isinstance(each, TextProfile) and each.count]
    known = texts[-1].counts if texts else {}
    named = sorted(known, key=lambda name: (-known[name], name))[:NAMED]
    many = any(each.slack for each in texts)

    def table(each: ColumnProfile) -> tuple[Sequence[float], Sequence[int]]:
        if not isinstance(each, TextProfile):
            return (), ()
        if many:
            groups = groups_of(each)
            return range(len(groups)), groups
        counts = [each.counts.get(name, 0) for name in named]
        return range(len(named) + 1), [*counts, each.count - sum(counts)]

    return _filled(references, seen, table, ordered=False)


def _missing_rows(references: Sequence[ColumnProfile], seen: Sequence[ColumnProfile]) -> _Rows:
    """Whether a value is there at all, as a number of two values."""
    pairs = [
        np.array([(each.missing, each.count) for each in part], np.float64) for part in (references, seen)
    ]
    n, m = pairs[0].sum(axis=1), pairs[1].sum(axis=1)
    held = (n > 0) & (m > 0)
    shares = pairs[0] / np.maximum(n, 1.0)[:, None]
    return _Rows(pairs[1] * held[:, None], shares * held[:, None], m * held, n, ordered=True)


def _filled(
    references: Sequence[ColumnProfile],
    seen: Sequence[ColumnProfile],
    table: Callable[[ColumnProfile], tuple[Sequence[float], Sequence[int]]],
    *,
    ordered: bool,
) -> _Rows:
    """The counts of each at the places of all; a window counts where it and its reference hold anything."""
    different = {id(each): each for each in (*references, *seen)}
    tables = {key: tuple(map(np.asarray, table(each))) for key, each in different.items()}
    places = np.unique(np.concatenate([np.zeros(0), *(each[0] for each in tables.values())]))
    rows: dict[int, Floats] = {}
    for key, (where, counts) in tables.items():
        rows[key] = np.zeros(len(places))
        rows[key][np.searchsorted(places, where)] = counts
    before = np.array([rows[id(each)] for each in references])
    now = np.array([rows[id(each)] for each in seen])
    n, m = before.sum(axis=1), now.sum(axis=1)
    held = (n > 0) & (m > 0)
    return _Rows(now * held[:, None], before / np.maximum(n, 1.0)[:, None], m * held, n, ordered=ordered)

"""What answered rows brought: every value that was told, laid to the row that it came of."""

import math
from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.assess.value.plan import HOURS, ROWS, UNITS
from causeway.core.manifest import Manifest
from causeway.stats.quality_form import Floats, Integers

DAY_US = 86_400e6
MEAN, SUM = "mean", "sum"
_ODD = np.int64(0x1E3779B97F4A7C15)

Bools = NDArray[np.bool_]
Keys = NDArray[np.uint64]


class Rules(Struct, frozen=True):
    """What the manifest's `[value]` says of values: which of them count, and what several come to."""

    per: str
    """`mean`, `sum`, or `any`: whether there is one."""
    horizon_us: float
    """How long after a row a value of its entity still comes of it; without end where rows are counted."""
    final_days: float
    """After so many days everything is told that came of a row."""


class Told(Struct, frozen=True, eq=False):
    """Values that count, each of a prediction or of an entity at a moment."""

    own: Bools
    """Whether it is a prediction's own."""
    key: Keys
    """Of a prediction's own: what that is known by."""
    unit: Integers
    """Of an entity's: its number."""
    at_us: Floats
    value: Floats
    known_us: Floats
    """When it was told."""

    def __len__(self) -> int:
        return len(self.value)


class Answered(Struct, frozen=True, eq=False):
    """Rows that somebody got an answer to, in the order in which they were recorded."""

    keys: Keys
    unit: Integers
    at_us: Floats

    def __len__(self) -> int:
        return len(self.keys)


class Concerned:
    """Which rows any value may be of."""

    def __init__(self, told: Told) -> None:
        self._keys = np.sort(told.key[told.own])
        self._units = np.sort(told.unit[~told.own])

    @property
    def by_entity(self) -> bool:
        """Whether any value is an entity's."""
        return bool(len(self._units))

    def keys(self, keys: Keys) -> Bools:
        """The rows that a value names."""
        return _among(self._keys, keys)

    def units(self, unit: Integers) -> Bools:
        """The rows of entities that a value is of."""
        return _among(self._units, unit)


def rules_of(manifest: Manifest) -> Rules:
    """The rules of this manifest, which are those of `causeway measure`."""
    value = manifest.value
    counts = value.counts or (ROWS if manifest.kpi.family == HOURS else UNITS)
    horizon = math.inf if counts == ROWS else max(value.horizon_days * DAY_US, 1.0)
    return Rules(value.per, horizon, value.horizon_days + value.lag_days)


def places(rows: Answered, told: Told, *, horizon_us: float) -> Integers:
    """The row that each value came of; -1 where it came of none.

    A prediction's own is that row's; an entity's is that of its last row until then, if not too long before.
    """
    found = np.full(len(told), -1)
    if not len(rows):
        return found
    mine = np.flatnonzero(told.own)
    mine = mine[np.argsort(told.key[mine])]
    order = np.argsort(rows.keys, kind="stable")
    known, named = rows.keys[order], told.key[mine]
    at = np.minimum(np.searchsorted(known, named), len(order) - 1)
    found[mine] = np.where(known[at] == named, order[at], -1)
    its = np.flatnonzero(~told.own)
    found[its] = _last_rows(rows, told.unit[its], told.at_us[its], horizon_us=horizon_us)
    return found


def _last_rows(rows: Answered, unit: Integers, at_us: Floats, *, horizon_us: float) -> Integers:
    theirs = np.flatnonzero(_among(np.sort(unit), rows.unit))
    if not len(theirs):
        return np.full(len(unit), -1)
    is_value = np.repeat([False, True], [len(theirs), len(unit)])
    units, times = np.append(rows.unit[theirs], unit), np.append(rows.at_us[theirs], at_us)
    order = np.lexsort((is_value, times, units))
    said = is_value[order]
    before = np.maximum.accumulate(np.where(said, -1, np.arange(len(order))))[said]
    # the first of all may be a value, with no row before it
    row, which = order[np.maximum(before, 0)], order[said]
    fits = (before >= 0) & (units[row] == units[which]) & (times[which] < times[row] + horizon_us)
    found = np.full(len(unit), -1)
    found[which - len(theirs)] = np.where(fits, theirs[np.minimum(row, len(theirs) - 1)], -1)
    return found


def come_to(values: Floats, group: Integers, groups: int, *, per: str) -> Floats:
    """What the values of each group come to; NaN is the mean of none."""
    if per not in (MEAN, SUM):
        return (np.bincount(group, weights=values != 0, minlength=groups) > 0).astype(np.float64)
    sums = np.asarray(np.bincount(group, weights=values, minlength=groups), np.float64)
    if per == SUM:
        return sums
    known = np.bincount(group, minlength=groups)
    return np.where(known > 0, sums / np.maximum(known, 1), np.nan)


def paired(unit: Integers, other: Integers) -> Integers:
    """A number for each pair of a unit and something small, as unlikely to come twice as a unit's own."""
    return unit ^ (other * _ODD)


def rows_of(many: Iterable[Answered]) -> Answered:
    """All of these rows."""
    every = [Answered(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0)), *many]
    return Answered(
        np.concatenate([each.keys for each in every]),
        np.concatenate([each.unit for each in every]),
        np.concatenate([each.at_us for each in every]),
    )


def _among(known: NDArray[np.generic], values: NDArray[np.generic]) -> Bools:
    """Which of the values are among the known ones, which are in order."""
    found = np.zeros(len(values), bool)
    if len(known):
        # in order they are looked up ten times as fast among millions
        order = np.argsort(values)
        inside = values[order]
        at = np.minimum(np.searchsorted(known, inside), len(known) - 1)
        found[order] = known[at] == inside
    return found

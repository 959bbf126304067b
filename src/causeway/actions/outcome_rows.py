"""Outcomes beside segments of predictions: which of them belong to which, and what came of each row."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.segments import segment_source
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.assess.quality_rows import Came
from causeway.core.events import SegmentSealed
from causeway.core.ids import short
from causeway.stats.profile_form import Coded
from causeway.stats.quality_form import Floats, Integers

MOST_ROWS = 12_000_000
"""Of outcomes that are held at once, at 28 bytes each."""
MOST_KEYS = 4_000_000
"""Of predictions that are held from one look to the next, at 8 bytes each."""
NUMBER, AT, TEXT = "outcome_number", "outcome_at", "outcome"

Keys = NDArray[np.uint64]


_KEYS: dict[str, Keys] = {}
"""Of the predictions that were looked at last, by segment."""


class _Looked(Struct, array_like=True):
    """Up to which place outcomes were looked for of one segment of predictions, and where there were some."""

    until: int = 0
    hits: list[int] = []


class _Touched(Struct):
    """Which segments of outcomes say anything about which predictions, by the place of their names."""

    outcomes: list[str] = []
    predictions: dict[str, _Looked] = {}

    def less(self, predictions: set[str], outcomes: set[str]) -> "_Touched":
        """The same of what is still there."""
        left = [name for name in self.outcomes if name in outcomes]
        if len(left) == len(self.outcomes):
            return _Touched(
                left, {name: self.predictions[name] for name in self.predictions if name in predictions}
            )
        places = {name: place for place, name in enumerate(left)}
        moved = {place: places[name] for place, name in enumerate(self.outcomes) if name in outcomes}
        return _Touched(
            left,
            {
                name: _Looked(
                    sum(place in moved for place in range(each.until)),
                    [moved[place] for place in each.hits if place in moved],
                )
                for name, each in self.predictions.items()
                if name in predictions
            },
        )


class _Known(Struct, frozen=True, eq=False):
    """One segment's outcomes by their keys, in order; of several for one prediction the last, and when the
    first of them was known.
    """

    keys: Keys
    codes: NDArray[np.int32]
    names: tuple[str, ...]
    numbers: Floats
    first_us: Floats


class Outcomes:
    """The outcomes of one product, read when they are asked for."""

    def __init__(
        self, work: Workspace, segments: Sequence[SegmentSealed], folder: Path, *, texts: bool
    ) -> None:
        """Texts are only read where they are classes: of numbers there are too many different ones."""
        self._work, self._segments = work, segments
        self._columns = (NUMBER, AT, TEXT) if texts else (NUMBER, AT)
        self._held: dict[str, _Known] = {}
        self._file = folder / "touched.json"
        self._touched = _read(self._file)
        places = {name: place for place, name in enumerate(self._touched.outcomes)}
        for each in segments:
            if places.setdefault(_name(each), len(places)) == len(self._touched.outcomes):
                self._touched.outcomes.append(_name(each))
        self._order = {places[_name(each)]: number for number, each in enumerate(segments)}

    def touching(self, fact: SegmentSealed) -> list[SegmentSealed]:
        """The segments of outcomes that say anything about these predictions, in their order."""
        known = self._touched.predictions.setdefault(_name(fact), _Looked())
        last = len(self._touched.outcomes)
        unknown = [place for place in range(known.until, last) if place in self._order]
        if unknown:
            keys = self._keys(fact)
            known.hits += [
                place for place in unknown if _meet(keys, self._of(self._segments[self._order[place]]).keys)
            ]
        known.until = last
        found = {self._order[place] for place in known.hits if place in self._order}
        return [self._segments[number] for number in sorted(found)]

    def save(self, predictions: Sequence[SegmentSealed]) -> None:
        """Remembers which belong to which, less what is gone."""
        content = msgspec.json.encode(
            self._touched.less(
                {_name(each) for each in predictions}, {_name(each) for each in self._segments}
            )
        )
        if not self._file.is_file() or self._file.read_bytes() != content:
            write_whole(self._file, content)

    def _keys(self, fact: SegmentSealed) -> Keys:
        """The keys of these predictions in order; held, since new outcomes may be of any of them."""
        if fact.segment not in _KEYS:
            parts = [keys for keys, _ in registry.segment_files().keyed(segment_source(self._work, fact), ())]
            keys = np.sort(np.concatenate(parts)) if parts else np.empty(0, np.uint64)
            while _KEYS and sum(map(len, _KEYS.values())) + len(keys) > MOST_KEYS:
                del _KEYS[next(iter(_KEYS))]
            _KEYS[fact.segment] = keys
        return _KEYS[fact.segment]

    def came(self, keys: Keys, touching: Sequence[SegmentSealed]) -> Came:
        """What came of the predictions with these keys: the outcome brought in last, known since the
        first.
        """
        codes: Integers = np.full(len(keys), -1)
        numbers, first_us = np.full(len(keys), np.nan), np.full(len(keys), np.nan)
        names: dict[str, int] = {}
        # in their order, they are looked up several times as fast
        order = np.argsort(keys)
        sorted_keys = keys[order]
        for each in touching:
            known = self._of(each)
            places, at = _found(sorted_keys, known.keys)
            rows = order[places]
            table = [names.setdefault(name, len(names)) for name in known.names]
            codes[rows] = np.array([*table, -1], np.int64)[known.codes[at]]
            numbers[rows] = known.numbers[at]
            first_us[rows] = np.fmin(first_us[rows], known.first_us[at])
        return Came(codes, tuple(names), numbers, first_us)

    def _of(self, fact: SegmentSealed) -> _Known:
        if fact.segment not in self._held:
            made = _known(self._work, fact, self._columns)
            while self._held and sum(len(each.keys) for each in self._held.values()) + fact.rows > MOST_ROWS:
                del self._held[next(iter(self._held))]
            self._held[fact.segment] = made
        return self._held[fact.segment]


def _known(work: Workspace, fact: SegmentSealed, columns: Sequence[str]) -> _Known:
    keys: list[Keys] = []
    codes: list[NDArray[np.int32]] = []
    numbers: list[Floats] = []
    times: list[Floats] = []
    names: dict[str, int] = {}
    for part, found in registry.segment_files().keyed(segment_source(work, fact), columns):
        code = _codes(found.get(TEXT), names, len(part))
        number, at = _floats(found.get(NUMBER), len(part)), _floats(found.get(AT), len(part))
        # a row may tell something else of its prediction, and no outcome
        told = (code >= 0) | np.isfinite(number)
        keys.append(part[told])
        codes.append(code[told])
        numbers.append(number[told])
        times.append(at[told])
    every = np.concatenate([np.empty(0, np.uint64), *keys])
    if not len(every):
        return _Known(every, np.empty(0, np.int32), (), np.empty(0), np.empty(0))
    order = np.argsort(every, kind="stable")
    every = every[order]
    first = np.flatnonzero(np.r_[True, every[1:] != every[:-1]])
    last = order[np.r_[first[1:], len(every)] - 1]
    earliest = np.fmin.reduceat(np.concatenate(times)[order], first)
    return _Known(
        every[first], np.concatenate(codes)[last], tuple(names), np.concatenate(numbers)[last], earliest
    )


def _codes(column: Floats | Coded | None, names: dict[str, int], rows: int) -> NDArray[np.int32]:
    """Each text's place among all names that came up so far."""
    if not isinstance(column, Coded):
        return np.full(rows, -1, np.int32)
    table = [names.setdefault(name, len(names)) for name in column.names]
    return np.array([*table, -1], np.int32)[column.codes]


def _floats(column: Floats | Coded | None, rows: int) -> Floats:
    return np.full(rows, np.nan) if column is None or isinstance(column, Coded) else column


def _meet(first: Keys, second: Keys) -> bool:
    """Whether two sorted lists have anything in common."""
    few, many = (first, second) if len(first) <= len(second) else (second, first)
    return bool(len(_found(few, many)[0]))


def _found(keys: Keys, among: Keys) -> tuple[Integers, Integers]:
    """Which of the keys are among the sorted others, and where."""
    if not len(among):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    rows = np.flatnonzero(among[at] == keys)
    return rows, at[rows]


def _name(fact: SegmentSealed) -> str:
    return short(fact.segment)


def _read(file: Path) -> _Touched:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Touched)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _Touched()

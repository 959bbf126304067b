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
NUMBER, AT, TEXT = "outcome_number", "outcome_at", "outcome"

Keys = NDArray[np.uint64]


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
        self._touched: dict[str, dict[str, bool]] = _read(self._file)

    def touching(self, fact: SegmentSealed) -> list[SegmentSealed]:
        """The segments of outcomes that say anything about these predictions, in their order."""
        known = self._touched.setdefault(short(fact.segment), {})
        unknown = [each for each in self._segments if short(each.segment) not in known]
        if unknown:
            parts = [keys for keys, _ in registry.segment_files().keyed(segment_source(self._work, fact), ())]
            keys = np.sort(np.concatenate(parts)) if parts else np.empty(0, np.uint64)
            for each in unknown:
                known[short(each.segment)] = _meet(keys, self._of(each).keys)
        return [each for each in self._segments if known[short(each.segment)]]

    def save(self, predictions: Sequence[SegmentSealed]) -> None:
        """Remembers which belong to which, less what is gone."""
        there = {short(each.segment) for each in predictions}
        theirs = {short(each.segment) for each in self._segments}
        kept = {
            name: {other: hit for other, hit in found.items() if other in theirs}
            for name, found in self._touched.items()
            if name in there
        }
        content = msgspec.json.encode(kept)
        if not self._file.is_file() or self._file.read_bytes() != content:
            write_whole(self._file, content)

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


def _read(file: Path) -> dict[str, dict[str, bool]]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, bool]])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}

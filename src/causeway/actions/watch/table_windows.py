"""The rows of a table in windows: profiles of what came in and was answered, and answers beside outcomes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.actions.watch.table_spans import Spans
from causeway.assess.quality_rows import Asked, Came, Parts, windows_of
from causeway.assess.table_roles import ColumnFacts, Roles
from causeway.core.assignment import unit_of
from causeway.stats.profile import profile_of
from causeway.stats.profile_form import HOUR_US, Arrays, Coded, Window
from causeway.stats.profile_many import merged_rows
from causeway.stats.quality_form import QualityWindow
from causeway.stats.quality_window import merged_windows
from causeway.stats.relations import merged_relations

Floats = NDArray[np.float64]
IN, OUT = "in_", "out_"
PREDICTION, CHANCE = "prediction", "chance"
PARTS_HELD = 16
"""So many profiles of one window are held before they are merged."""


class Rows(Protocol):
    """A table that can be read in pieces."""

    told: str
    columns: tuple[ColumnFacts, ...]

    @property
    def kinds(self) -> dict[str, str]:
        """What each column holds."""
        ...

    @property
    def rows(self) -> int:
        """How many rows there are."""
        ...

    def values(self, name: str, *, most: int) -> tuple[str, ...]:
        """The different values of a column as texts, sorted; none where there are more than so many."""
        ...

    def span(self, time: str) -> tuple[float, float] | None:
        """The first and the last time, in microseconds since 1970; None where there is none."""
        ...

    def batches(self, names: Sequence[str]) -> Iterator[dict[str, Floats | Coded]]:
        """The rows in their order."""
        ...


class Gathered(Struct, frozen=True):
    """Every window that has rows, by its number."""

    windows: Mapping[int, Window]
    quality: Mapping[int, QualityWindow]
    rows: int
    timeless: int
    """Rows whose time is not known, which belong to no window."""


def gathered(
    table: Rows,
    roles: Roles,
    spans: Spans,
    *,
    there: Sequence[str],
    shifts: Mapping[str, float],
    asked: Asked | None,
) -> Gathered:
    """The windows of all rows, read once; `there` are the columns that the table has."""
    held: dict[int, list[Window]] = {}
    answered: dict[int, list[QualityWindow]] = {}
    compared = {name: f"{IN}{name}" for name in roles.features if name in there}
    compared |= {name: f"{OUT}{name}" for name in roles.answers if name in there}
    names = dict.fromkeys([*compared, *(each for each in (roles.time, roles.outcome) if each in there)])
    rows = timeless = 0
    for batch in table.batches(list(names)):
        placed, ordinals, size = _in_windows(batch, roles, spans, rows)
        rows += size
        timeless += size - len(ordinals)
        if not len(ordinals):
            continue
        for window in _profiled(placed, compared, ordinals, shifts):
            _add(held, window)
        if asked is not None:
            for each in _answered(placed, roles, ordinals, asked):
                answered.setdefault(each.since_us // HOUR_US, []).append(each)
    quality = {place: one for place, many in answered.items() if (one := merged_windows(many))}
    return Gathered(
        {place: _merged(many) for place, many in sorted(held.items())},
        {place: _timed(one, spans, place) for place, one in sorted(quality.items())},
        rows,
        timeless,
    )


def _in_windows(
    batch: Mapping[str, Floats | Coded], roles: Roles, spans: Spans, first: int
) -> tuple[Mapping[str, Floats | Coded], NDArray[np.int64], int]:
    """The rows that are in a window, which one each is in, and how many there were."""
    size = len(_plain(next(iter(batch.values()))))
    at = batch.get(roles.time)
    ordinals = spans.ordinals(at if isinstance(at, np.ndarray) else None, first, size)
    ordinals = np.minimum(ordinals, spans.count - 1)
    known = ordinals >= 0
    if known.all():
        return batch, ordinals, size
    return {name: _kept(column, known) for name, column in batch.items()}, ordinals[known], size


def _profiled(
    batch: Mapping[str, Floats | Coded],
    compared: Mapping[str, str],
    ordinals: NDArray[np.int64],
    shifts: Mapping[str, float],
) -> Sequence[Window]:
    arrays: Arrays = {called: batch[name] for name, called in compared.items()}
    arrays |= _places(ordinals)
    counted_from = {called: shifts[name] for name, called in compared.items() if name in shifts}
    return profile_of(arrays, shifts={"": counted_from}, columns=list(compared.values())).windows


def _answered(
    batch: Mapping[str, Floats | Coded], roles: Roles, ordinals: NDArray[np.int64], asked: Asked
) -> Iterator[QualityWindow]:
    arrays: Arrays = dict(_places(ordinals))
    if roles.prediction in batch:
        arrays[f"{OUT}{PREDICTION}"] = batch[roles.prediction]
    if roles.score in batch:
        arrays[f"{OUT}{CHANCE}"] = batch[roles.score]
    at = arrays["at"]
    came = _came(batch.get(roles.outcome), at if isinstance(at, np.ndarray) else np.zeros(len(ordinals)))
    return windows_of(arrays, came, asked={"": asked}, parts=Parts())


def _came(outcome: Floats | Coded | None, at: Floats) -> Came:
    """What came of each row, at once."""
    size = len(at)
    if outcome is None:
        return Came(np.full(size, -1), (), np.full(size, np.nan), np.full(size, np.nan))
    if isinstance(outcome, Coded):
        known = outcome.codes >= 0
        return Came(outcome.codes, outcome.names, np.full(size, np.nan), np.where(known, at, np.nan))
    values, where = np.unique(outcome, return_inverse=True)
    names = tuple(unit_of(value) for value in values.tolist())
    known = np.isfinite(outcome)
    return Came(np.where(known, where, -1), names, outcome, np.where(known, at, np.nan))


def _places(ordinals: NDArray[np.int64]) -> Arrays:
    """Windows stand for hours: they are counted from 0."""
    nobody = Coded(np.zeros(len(ordinals), np.int64), ("",))
    return {"release": nobody, "arm": nobody, "at": (ordinals * HOUR_US).astype(np.float64)}


def _add(held: dict[int, list[Window]], window: Window) -> None:
    parts = held.setdefault(window.hour, [])
    parts.append(window)
    if len(parts) >= PARTS_HELD:
        held[window.hour] = [_merged(parts)]


def _merged(parts: Sequence[Window]) -> Window:
    if len(parts) == 1:
        return parts[0]
    rows = sum(each.rows for each in parts)
    together = merged_relations(each.relations for each in parts)
    return structs.replace(parts[0], rows=rows, columns=merged_rows(parts), relations=together)


def _timed(window: QualityWindow, spans: Spans, place: int) -> QualityWindow:
    return structs.replace(window, since_us=spans.since_us(place), until_us=spans.since_us(place + 1))


def _kept(column: Floats | Coded, rows: NDArray[np.bool_]) -> Floats | Coded:
    return Coded(column.codes[rows], column.names) if isinstance(column, Coded) else column[rows]


def _plain(column: Floats | Coded) -> NDArray[np.generic]:
    return column.codes if isinstance(column, Coded) else column

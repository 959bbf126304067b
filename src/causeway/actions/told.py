"""Every value of a measure that was told, in columns: with outcomes, of predictions, of entities.

Of each the last word counts, by the rules of `last_word`, and no value counts twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.actions.last_word import received_in
from causeway.actions.segments import OUTCOMES, VALUES, segment_source
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.brought import Keys, Told
from causeway.core.assignment import unit_of
from causeway.core.events import Event, SegmentSealed
from causeway.core.records import SegmentColumn
from causeway.core.value import KPI, ValuesReceived
from causeway.stats.profile_form import Arrays, Coded
from causeway.stats.quality_form import Floats, Integers

AHEAD = timedelta(days=3)
"""A value may be of so much later than it was sealed: clocks differ, and days are put together."""

Bools = NDArray[np.bool_]
Numbered = Callable[[Floats | Coded | None, int], Integers]
"""A number for every unit's name in a column of so many rows; -1 where none is named."""


class Labels(Struct, frozen=True, eq=False):
    """What outcomes told of the business measure, each prediction once."""

    keys: Keys
    """In order."""
    value: Floats
    known_us: Floats
    """When the outcome was known."""
    word_us: Floats
    """When the measure was received."""

    def only(self, mine: Bools) -> "Labels":
        """Those predictions."""
        return Labels(self.keys[mine], self.value[mine], self.known_us[mine], self.word_us[mine])


class Words(Struct, frozen=True, eq=False):
    """What counts of everything that was told of a measure."""

    labels: Labels
    """But for those that were told otherwise since."""
    sent: Told
    """By itself: of predictions (with their unit, too) and of entities."""

    def told(self) -> Told:
        """All of it."""
        labels, sent, rows = self.labels, self.sent, len(self.labels.keys)
        return Told(
            np.append(np.ones(rows, bool), sent.own),
            np.append(labels.keys, sent.key),
            np.append(np.full(rows, -1), sent.unit),
            np.append(np.full(rows, np.nan), sent.at_us),
            np.append(labels.value, sent.value),
            np.append(labels.known_us, sent.known_us),
        )


def is_sent(events: Sequence[Event]) -> bool:
    """Whether the business measure was ever sent by itself."""
    return any(isinstance(each.fact, ValuesReceived) and KPI in each.fact.names for each in events)


def words_of(
    work: Workspace,
    events: Sequence[Event],
    *,
    numbered: Numbered,
    measure: str = KPI,
    since: datetime | None = None,
) -> Words:
    """The last words of one measure; `since`: only what may be of rows since then."""
    labels = _labels(work, events, since) if measure == KPI else _no_labels()
    ids, sent = _sent(work, events, measure, numbered, since)
    place = np.minimum(np.searchsorted(labels.keys, sent.key), max(len(labels.keys) - 1, 0))
    both = sent.own & (labels.keys[place] == sent.key) if len(labels.keys) else np.zeros(len(sent), bool)
    counts = ~both
    counts[both] = sent.known_us[both] > labels.word_us[place[both]]
    overruled = np.zeros(len(labels.keys), bool)
    overruled[place[both & counts]] = True
    ids, sent = ids[counts], _only(sent, counts)
    return Words(labels.only(~overruled), _only(sent, last_of(ids)))


def hashed(column: Floats | Coded | None, rows: int) -> Integers:
    """A number for every unit's name, the same wherever it comes up in this process; -1 for none."""
    if column is None:
        return np.full(rows, -1)
    if isinstance(column, Coded):
        names, at = column.names, column.codes
    else:
        known, at = np.unique(column, return_inverse=True)
        names = [unit_of(each) for each in known.tolist()]
    table = keys_of(names).view(np.int64)
    nobody = [name in ("", "nan") for name in names]
    return np.append(np.where(np.array(nobody, bool), -1, table), -1)[at]


def keys_of(ids: Sequence[str]) -> Keys:
    """What rows of these ids are known by in this process."""
    if not ids:
        return np.empty(0, np.uint64)
    files = registry.segment_files()
    # only who reads segments knows by what their rows go: these become one
    content = files.encode({"id": SegmentColumn("text", list(ids))})
    return np.concatenate([keys for keys, _ in files.keyed(content, [])])


def last_of(keys: Keys) -> Integers:
    """Where each key stands last, in the order of the keys."""
    _, places = np.unique(keys[::-1], return_index=True)
    return len(keys) - 1 - places


def picked(column: Floats | Coded | None, mine: Bools) -> Floats | Coded | None:
    """These rows of a column, with the texts that come up there."""
    if column is None or mine.all():
        return column
    if not isinstance(column, Coded):
        return column[mine]
    used, codes = np.unique(column.codes[mine], return_inverse=True)
    none = int(len(used) > 0 and used[0] < 0)
    return Coded(codes - none, tuple(column.names[at] for at in used[none:].tolist()))


def says(column: Floats | Coded | None, words: set[str] | frozenset[str], rows: int) -> Bools:
    """The rows that say one of these words."""
    if not isinstance(column, Coded):
        return np.zeros(rows, bool)
    return np.array([*(name in words for name in column.names), False])[column.codes]


def floats(column: Floats | Coded | None, rows: int) -> Floats:
    """A column of numbers; NaN in every row where it is none."""
    return np.full(rows, np.nan) if column is None or isinstance(column, Coded) else column


def _labels(work: Workspace, events: Sequence[Event], since: datetime | None) -> Labels:
    parts = [_no_labels()]
    for fact, sealed in _later(events, OUTCOMES, since):
        for keys, rows in registry.segment_files().keyed(
            segment_source(work, fact), ["kpi", "outcome_at", "kpi_at"]
        ):
            value, known = (floats(rows.get(name), len(keys)) for name in ("kpi", "outcome_at"))
            word = _or(floats(rows.get("kpi_at"), len(keys)), sealed)
            parts.append(Labels(keys, value, known, word).only(np.isfinite(value)))
    keys, value, known, word = (
        np.concatenate(each) for each in zip(*map(structs.astuple, parts), strict=True)
    )
    last = last_of(keys)
    return Labels(keys[last], value[last], known[last], word[last])


def _no_labels() -> Labels:
    return Labels(np.empty(0, np.uint64), np.empty(0), np.empty(0), np.empty(0))


def _sent(
    work: Workspace, events: Sequence[Event], measure: str, numbered: Numbered, since: datetime | None
) -> tuple[Keys, Told]:
    """What was sent, and what each value is known by."""
    ids = [np.empty(0, np.uint64)]
    parts = [_nothing()]
    wanted = ["unit", "at", "name", "value", "prediction", "known_at"]
    for fact, sealed in _later(events, VALUES, since):
        for keys, rows in registry.segment_files().keyed(segment_source(work, fact), wanted):
            told = _of_part(rows, len(keys), measure, numbered, sealed)
            mine = says(rows.get("name"), {measure}, len(keys)) & (told.unit != -1)
            ids.append(keys[mine])
            parts.append(_only(told, mine))
    columns = (np.concatenate(each) for each in zip(*map(structs.astuple, parts), strict=True))
    return np.concatenate(ids), Told(*columns)


def _of_part(rows: Arrays, count: int, measure: str, numbered: Numbered, sealed: float) -> Told:
    prediction = rows.get("prediction")
    own, keys = np.zeros(count, bool), np.zeros(count, np.uint64)
    if isinstance(prediction, Coded):
        own = np.array([*(bool(name) for name in prediction.names), False])[prediction.codes]
    if isinstance(prediction, Coded) and measure == KPI:
        keys = np.append(keys_of(prediction.names), np.uint64(0))[prediction.codes]
    return Told(
        own,
        keys,
        numbered(rows.get("unit"), count),
        floats(rows.get("at"), count),
        floats(rows.get("value"), count),
        _or(floats(rows.get("known_at"), count), sealed),
    )


def _later(
    events: Sequence[Event], stream: str, since: datetime | None
) -> Iterator[tuple[SegmentSealed, float]]:
    """The segments of a stream, less those that were about earlier rows alone, whenever they were sealed."""
    for fact, sealed in received_in(events, stream):
        early = since is not None and sealed < (since - AHEAD).timestamp() * 1e6
        if not (early and since and fact.last_at and fact.last_at < since):
            yield fact, sealed


def _nothing() -> Told:
    return Told(
        np.empty(0, bool),
        np.empty(0, np.uint64),
        np.empty(0, np.int64),
        np.empty(0),
        np.empty(0),
        np.empty(0),
    )


def _only(told: Told, mine: Bools | Integers) -> Told:
    return Told(*(each[mine] for each in structs.astuple(told)))


def _or(times: Floats, other: float) -> Floats:
    return np.where(np.isfinite(times), times, other)

"""The business measure of a prediction comes with its outcome, or sent by itself: the last word counts."""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct

from causeway.actions.segments import OUTCOMES, VALUES, segment_source
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.adapters.ports import Source
from causeway.core.assignment import unit_of
from causeway.core.events import Event, SegmentSealed
from causeway.core.keeping import SegmentErased
from causeway.core.table import Table
from causeway.core.value import KPI
from causeway.stats.quality_form import Floats
from causeway.views.segments import follow


class Word(Struct, frozen=True):
    """A value, and when it was received: always later than what it corrects, whatever clocks say."""

    value: float
    at_us: float

    def is_after(self, other: "Word | None") -> bool:
        """Whether it is the last word of the two."""
        return other is None or self.at_us > other.at_us


def received_us(now: datetime, *before: Word | None) -> int:
    """The moment of a word that is received now and corrects those."""
    return max(round(now.timestamp() * 1e6), *(round(each.at_us) + 1 for each in before if each), 0)


class Labelled(Struct, frozen=True):
    """What `label` brought of a prediction: what happened, and the business measure if that came too."""

    outcome: str
    kpi: Word | None = None


def received(work: Workspace, product: str, stream: str) -> list[tuple[SegmentSealed, float]]:
    """The segments that hold the stream's rows now, each with when it was sealed, in microseconds."""
    return received_in(work.ledger.read(product), stream)


def received_in(events: Sequence[Event], stream: str) -> list[tuple[SegmentSealed, float]]:
    """The same by these events of the product, which are all of them."""
    segments: list[SegmentSealed] = []
    sealed: dict[int, float] = {}
    for event in events:
        if isinstance(event.fact, SegmentSealed | SegmentErased) and event.fact.stream == stream:
            gone = follow(segments, event.fact)
            # by itself and not by its digest: the same rows may have been sealed twice; what is
            # put together anew was received when the first of it was
            times = [sealed[id(each)] for each in gone] or [event.body.at.timestamp() * 1e6]
            sealed[id(event.fact)] = min(times)
    return [(each, sealed[id(each)]) for each in segments]


def labelled(work: Workspace, product: str, predictions: Collection[str]) -> dict[str, Labelled]:
    """What outcomes say of these predictions."""
    found: dict[str, Labelled] = {}
    for fact, sealed in received(work, product, OUTCOMES) if predictions else ():
        table = _matching(segment_source(work, fact), predictions, ["id", "outcome", "kpi", "kpi_at"])
        ids, outcomes = (_texts(table, name) for name in ("id", "outcome"))
        values, ats = _numbers(table, "kpi"), _numbers(table, "kpi_at")
        for id_, outcome, value, at in zip(ids, outcomes, values.tolist(), ats.tolist(), strict=True):
            before = found.get(id_)
            word = (
                Word(value, at if np.isfinite(at) else sealed)
                if np.isfinite(value)
                else before.kpi
                if before
                else None
            )
            found[id_] = Labelled(outcome, word)
    return found


def sent(work: Workspace, product: str, ids: Collection[str]) -> dict[str, Word]:
    """The last of the values that are known by these ids."""
    found: dict[str, Word] = {}
    for fact, sealed in received(work, product, VALUES) if ids else ():
        table = _matching(segment_source(work, fact), ids, ["id", "value", "known_at"])
        values, ats = _numbers(table, "value"), _numbers(table, "known_at")
        for id_, value, at in zip(_texts(table, "id"), values.tolist(), ats.tolist(), strict=True):
            found[id_] = Word(value, at if np.isfinite(at) else sealed)
    return found


def sent_of(work: Workspace, product: str, predictions: Collection[str]) -> dict[str, Word]:
    """The last value of the business measure that was sent of each of these predictions by its id."""
    files, found = registry.segment_files(), dict[str, Word]()
    for fact, sealed in received(work, product, VALUES) if predictions else ():
        source = segment_source(work, fact)
        ids = files.ids_of(source, "prediction", predictions)
        if not ids:
            continue
        table = _matching(source, ids, ["prediction", "name", "value", "known_at"])
        values, ats = _numbers(table, "value"), _numbers(table, "known_at")
        names = zip(_texts(table, "prediction"), _texts(table, "name"), strict=True)
        for (prediction, name), value, at in zip(names, values.tolist(), ats.tolist(), strict=True):
            word = Word(value, at if np.isfinite(at) else sealed)
            if name == KPI and word.is_after(found.get(prediction)):
                found[prediction] = word
    return found


def _matching(source: Source, ids: Collection[str], columns: list[str]) -> Table:
    return registry.segment_files().matching([source], ids, columns=columns)


def _texts(table: Table, column: str) -> list[str]:
    return [unit_of(value) for value in table.columns[column].values]


def _numbers(table: Table, column: str) -> Floats:
    """NaN where there is none: a column that a segment lacks comes as empty texts."""
    return np.asarray(table.columns[column].values, np.float64)

"""Many small segments of one day become one; readers see the ones or the other, never both."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from msgspec import Struct, structs

from causeway.actions.replaced import expect_removal, remove_replaced
from causeway.actions.seal import alone
from causeway.actions.segments import (
    EXPOSURES,
    OUTCOMES,
    PREDICTIONS,
    VALUES,
    day_of,
    new_segment,
    put_segment,
    segment_source,
    segments_of,
)
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.events import SegmentSealed

TURN_SECONDS = 10.0
FEW = 2
# today's grow all the time: they are joined when they are many, or the day is over
MANY_TODAY = 24
MAX_ROWS = 1_000_000
STREAMS = (PREDICTIONS, OUTCOMES, VALUES, EXPOSURES)


class Compacted(Struct, frozen=True):
    """So many segments became so many."""

    segments: int
    into: int
    rows: int


def compact(work: Workspace, product: str) -> Compacted:
    """Joins the small segments of each day, of predictions and of everything that was told of them."""
    joined = into = rows = 0
    with alone(work, product, seconds=TURN_SECONDS):
        for stream in STREAMS:
            for group in groups(segments_of(work, product, stream), work.clock.now()):
                rows += _join(work, product, stream, group)
                joined, into = joined + len(group), into + 1
        remove_replaced(work, product)
    return Compacted(joined, into, rows)


def groups(segments: Sequence[SegmentSealed], now: datetime) -> Iterator[list[SegmentSealed]]:
    """Segments of one day that are to become one; of one stream, given in their order."""
    today = f"{now.astimezone(UTC):%Y-%m-%d}"
    ordered = segments if _in_order(segments) else sorted(segments, key=day_of)
    for day, found in groupby(ordered, key=day_of):
        small = [fact for fact in found if fact.rows < MAX_ROWS]
        fewest = MANY_TODAY if day >= today else FEW
        yield from (group for group in _cut(small) if len(group) >= fewest)


def _in_order(segments: Sequence[SegmentSealed]) -> bool:
    """Outcomes are joined with their neighbours only: a later one overrules an earlier."""
    return any(fact.stream != PREDICTIONS for fact in segments)


def _cut(segments: Sequence[SegmentSealed]) -> Iterator[list[SegmentSealed]]:
    group: list[SegmentSealed] = []
    for fact in segments:
        if group and sum(each.rows for each in group) + fact.rows > MAX_ROWS:
            yield group
            group = []
        group.append(fact)
    if group:
        yield group


def _join(work: Workspace, product: str, stream: str, group: Sequence[SegmentSealed]) -> int:
    by = ("at", "id") if stream == PREDICTIONS else ()
    made = registry.segment_files().merged([segment_source(work, fact) for fact in group], by=by)
    replaces = tuple(fact.segment for fact in group)
    new = new_segment(work, product, stream, made, day=day_of(group[0]), replaces=replaces)
    put_segment(work, new)
    fact = structs.replace(new.fact, torn_bytes=sum(each.torn_bytes for each in group))
    expect_removal(work, product)
    work.ledger.append(product, [fact], actor=work.actor, at=work.clock.now())
    return fact.rows

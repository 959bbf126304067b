"""Outcomes: what really happened, joined to predictions by their ids. Added to, never rewritten."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.segments import (
    OUTCOMES,
    PREDICTIONS,
    NewSegment,
    put_segment,
    segment_files,
    segment_path,
)
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import CausewayError, Conflict, NotFound, UsageError
from causeway.core.events import OutcomesLabelled, SegmentSealed
from causeway.core.ids import digest_of
from causeway.core.records import SegmentColumn
from causeway.core.table import Table

SHOWN_IDS = 5
TRIES = 5
_WHOLE = re.compile(r"([-+]?\d+)\.0+")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
# what tables write where nothing is known
_NOTHING = frozenset({"", "nan", "-nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nat"})


class Columns(Struct, frozen=True):
    """What the file calls the prediction's id, its outcome, and when that was known."""

    id: str = "id"
    outcome: str = "outcome"
    at: str = "at"


class Labelled(Struct, frozen=True):
    """What a labelling did: `labelled`, `already_labelled`, or `nothing_joined`.

    Every row of the file is one of joined, unmatched and duplicate, which says nothing new or is
    overruled further down; `corrected` of the joined ones replace another outcome.
    """

    product: str
    status: str
    rows: int
    joined: int
    unmatched: int
    duplicates: int
    corrected: int
    segment: str = ""
    unmatched_ids: tuple[str, ...] = ()
    """The first few, to look at."""


class _Outcome(Struct, frozen=True):
    id: str
    value: str
    at: datetime | None


class _Sorted(Struct, frozen=True):
    joined: list[_Outcome]
    unmatched: list[str]
    duplicates: int
    corrected: int


def label(work: Workspace, product: str, file: Path, *, columns: Columns | None = None) -> Labelled:
    """Brings the outcomes in this file in; the same file a second time changes nothing."""
    outcomes = _read(file, columns or Columns(), classes=cache(partial(_classes, work, product)))
    for _ in range(TRIES):
        head = work.ledger.head(product).seq
        sorted_out = _sort(work, product, outcomes)
        if not sorted_out.joined:
            return _labelled(product, outcomes, sorted_out)
        fact, content = _segment(work, product, sorted_out.joined)
        put_segment(work, NewSegment(fact, content))
        result = _labelled(product, outcomes, sorted_out, segment=fact.segment)
        facts = [fact, _event(result)]
        try:
            work.ledger.append(product, facts, actor=work.actor, at=work.clock.now(), expected=head)
        except Conflict:
            # somebody wrote in between, perhaps outcomes of the same predictions: judge again
            continue
        return result
    raise Conflict(f"others kept writing to {product}", hint="label again; nothing was changed")


def outcomes_joined(work: Workspace, product: str) -> Table:
    """Each prediction whose outcome is known: all its columns, `outcome`, `outcome_number`, `outcome_at`."""
    predictions = segment_files(work, product, PREDICTIONS)
    outcomes = segment_files(work, product, OUTCOMES)
    return registry.segment_files().joined(predictions, outcomes)


def _classes(work: Workspace, product: str) -> frozenset[str]:
    """Every class that a release of the product answers; one may be called `none`."""
    classes: set[str] = set()
    for release in product_state(work, product).releases:
        # what cannot be read any more names no class
        with suppress(CausewayError):
            outputs = describe(work, release).release.signature.outputs
            classes.update(*(output.classes for output in outputs))
    return frozenset(classes)


def _read(file: Path, columns: Columns, *, classes: Callable[[], frozenset[str]]) -> list[_Outcome]:
    texts = registry.segment_files().read_texts(file, [columns.id, columns.outcome, columns.at])
    ids, values = texts[columns.id], texts[columns.outcome]
    times = texts.get(columns.at) or [None] * len(ids)
    if not ids:
        raise UsageError(f"{file.name} has no rows", where=str(file), hint="one row for each known outcome")
    return [
        _Outcome(
            _filled(id_, columns.id, row, file),
            _canonical(_filled(value, columns.outcome, row, file, classes=classes)),
            _time(time, row, file),
        )
        for row, (id_, value, time) in enumerate(zip(ids, values, times, strict=True), start=1)
    ]


def _filled(
    text: str | None,
    column: str,
    row: int,
    file: Path,
    *,
    classes: Callable[[], frozenset[str]] = frozenset,
) -> str:
    empty = text is None or text.strip().lower() in _NOTHING
    if text is None or (empty and text.strip() not in classes()):
        said = f": it says {text.strip()!r}" if text and text.strip() else ""
        raise UsageError(
            f"row {row} has no {column}{said}",
            hint="leave rows out as long as their outcome is not known",
            where=str(file),
        )
    return text.strip()


def _canonical(text: str) -> str:
    """Whole numbers without a fraction: a float column says 1.0 where its neighbour says 1."""
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _time(text: str | None, row: int, file: Path) -> datetime | None:
    if text is None or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"row {row}: {text!r} is no time", hint="write 2026-01-31T12:00:00Z", where=str(file)
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _sort(work: Workspace, product: str, outcomes: Sequence[_Outcome]) -> _Sorted:
    files = registry.segment_files()
    ids = {outcome.id for outcome in outcomes}
    predictions = segment_files(work, product, PREDICTIONS)
    if not predictions:
        raise NotFound(f"{product} has no sealed predictions yet", hint="ask the endpoint first: causeway up")
    answered = _texts(files.matching(predictions, ids, columns=["id"]), "id")
    before = segment_files(work, product, OUTCOMES)
    known: dict[str, str] = {}
    if before:
        earlier = files.matching(before, ids, columns=["id", "outcome"])
        known = dict(zip(_texts(earlier, "id"), _texts(earlier, "outcome"), strict=True))
    return _sorted(outcomes, set(answered), known)


def _sorted(outcomes: Sequence[_Outcome], answered: set[str], known: dict[str, str]) -> _Sorted:
    last = {outcome.id: outcome for outcome in outcomes}
    joined: list[_Outcome] = []
    unmatched: list[str] = []
    duplicates = corrected = 0
    for outcome in outcomes:
        if outcome.id not in answered:
            unmatched.append(outcome.id)
        elif outcome is not last[outcome.id] or known.get(outcome.id) == outcome.value:
            duplicates += 1
        else:
            corrected += outcome.id in known
            joined.append(outcome)
    return _Sorted(joined, unmatched, duplicates, corrected)


def _texts(table: Table, column: str) -> list[str]:
    return [str(value) for value in table.columns[column].values]


def _segment(work: Workspace, product: str, joined: Sequence[_Outcome]) -> tuple[SegmentSealed, bytes]:
    now = work.clock.now()
    times = [outcome.at or now for outcome in joined]
    columns = {
        "id": SegmentColumn("text", [outcome.id for outcome in joined]),
        "outcome": SegmentColumn("text", [outcome.value for outcome in joined]),
        "outcome_number": SegmentColumn("number", [_number(outcome.value) for outcome in joined]),
        "outcome_at": SegmentColumn("time", [_microseconds(at) for at in times]),
    }
    content = registry.segment_files().encode(columns)
    fact = SegmentSealed(
        segment=digest_of(content),
        stream=OUTCOMES,
        path=segment_path(product, OUTCOMES, day=f"{now:%Y-%m-%d}", digest=digest_of(content)),
        rows=len(joined),
        first_at=min(times),
        last_at=max(times),
    )
    return fact, content


def _number(text: str) -> float | None:
    number = float(text) if _NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _labelled(product: str, outcomes: Sequence[_Outcome], found: _Sorted, *, segment: str = "") -> Labelled:
    status = "labelled" if segment else "already_labelled" if found.duplicates else "nothing_joined"
    return Labelled(
        product=product,
        status=status,
        rows=len(outcomes),
        joined=len(found.joined),
        unmatched=len(found.unmatched),
        duplicates=found.duplicates,
        corrected=found.corrected,
        segment=segment,
        unmatched_ids=tuple(found.unmatched[:SHOWN_IDS]),
    )


def _event(result: Labelled) -> OutcomesLabelled:
    return OutcomesLabelled(
        segment=result.segment,
        rows=result.rows,
        joined=result.joined,
        unmatched=result.unmatched,
        duplicates=result.duplicates,
        corrected=result.corrected,
    )

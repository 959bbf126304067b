"""Takes rows out of sealed segments for good: those about one entity on request, or those that are too old.

What is to be erased on request is written down first (`erasing.json`), so an erasure that was killed
anywhere is carried out by the next, or by `tick`. The ledger says how many rows, and never whose.
"""

import math
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.personal import hashing
from causeway.actions.replaced import expect_removal, remove_replaced
from causeway.actions.seal import alone, log_folder, seal
from causeway.actions.segments import (
    EXPOSURES,
    OUTCOMES,
    PREDICTIONS,
    VALUES,
    day_of,
    new_segment,
    put_segment,
    remove_segment,
    segment_files,
    segment_source,
    segments_of,
)
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import Conflict, UsageError
from causeway.core.events import AnyFact, SegmentSealed
from causeway.core.ids import check_product_name
from causeway.core.keeping import SegmentErased
from causeway.core.personal import plain

TURN_SECONDS = 10.0
ENTITY, RETENTION = "entity", "retention"
_WHOLE = re.compile(r"(-?\d+)\.0+")


class Erased(Struct, frozen=True):
    """What an erasure did: `erased`, or `nothing_to_erase`."""

    product: str
    status: str
    rows: int
    """Predictions that were taken out."""
    outcomes: int
    segments: int
    """How many segments were written anew, or removed as a whole."""
    torn_logs: int = 0
    """Logs with a torn end, kept aside until now, that were removed with it."""
    hidden: int = 0
    """Rows of which nobody can tell whose they are: recorded as a mask, or as a hash under another key."""


class Erasing(Struct, frozen=True):
    """What is to be erased, in the words in which it is recorded."""

    column: str
    values: tuple[str, ...]
    asked: str = ""


def erase(work: Workspace, product: str, value: str, *, column: str, asked: str = "") -> Erased:
    """Takes every recorded row out in which this input has this value; logs are sealed first."""
    check_product_name(product)
    if not column:
        raise UsageError(
            "nothing says which input names whom a row is about",
            hint='write it under [serving] in causeway.toml (entity = "..."), or name it: --column',
        )
    if not value.strip():
        raise UsageError("there is no value to look for", hint="name whom the rows are about: --entity")
    if seal(work, product).open_logs:
        raise Conflict(
            f"a gateway still writes to a log of {product}", hint="repeat; nothing was erased until now"
        )
    known = hashing(work, product)
    said = plain(value)
    whole = _WHOLE.fullmatch(said)
    said = whole[1] if whole else said
    values = (said, known.hashed(said)) if known else (said,)
    with alone(work, product, seconds=TURN_SECONDS):
        plan = Erasing(f"in_{column}", values, asked)
        before = _carried_on(work, product)
        hidden = _hidden(work, product, plan.column, key=known.name if known else "")
        write_whole(_plan_file(work, product), msgspec.json.encode(plan))
        done = _carry_out(work, product, plan)
    return structs.replace(_both(before, done) if before else done, hidden=hidden)


def erasing(work: Workspace, product: str) -> bool:
    """Whether an erasure was begun and not finished."""
    return _plan_file(work, product).exists()


def carry_on(work: Workspace, product: str) -> Erased | None:
    """Carries an erasure out that was stopped in the middle; None where there is none."""
    if not erasing(work, product):
        return None
    with alone(work, product, seconds=TURN_SECONDS):
        return _carried_on(work, product)


def expire(work: Workspace, product: str, *, days: int) -> Erased:
    """Takes out the segments whose last row is older than so many days, with the outcomes of their rows."""
    with alone(work, product, seconds=TURN_SECONDS):
        old = expired(segments_of(work, product, PREDICTIONS), work.clock.now(), days=days)
        files = registry.segment_files()
        ids = {id_ for fact in old for id_ in files.ids_of(segment_source(work, fact), "", ())}
        outcomes = _taken_out(work, product, OUTCOMES, ids, because=RETENTION)
        told = [fact for each in (VALUES, EXPOSURES) for fact in segments_of(work, product, each)]
        for fact in (*old, *expired(told, work.clock.now(), days=days)):
            _gone(work, product, fact, because=RETENTION)
        remove_replaced(work, product, grace=timedelta())
        oldest = (work.clock.now() - timedelta(days=days)).timestamp()
        torn = _without_torn(log_folder(work, product), before=oldest)
    done = _erased(product, sum(fact.rows for fact in old), len(old), outcomes)
    return structs.replace(done, torn_logs=torn)


def expired(segments: Sequence[SegmentSealed], now: datetime, *, days: int) -> list[SegmentSealed]:
    """The segments of which every row is older than so many days."""
    oldest = now - timedelta(days=days)
    return [fact for fact in segments if fact.last_at is not None and fact.last_at < oldest]


def _carried_on(work: Workspace, product: str) -> Erased | None:
    try:
        plan = msgspec.json.decode(_plan_file(work, product).read_bytes(), type=Erasing)
    except FileNotFoundError:
        return None
    return _carry_out(work, product, plan)


def _carry_out(work: Workspace, product: str, plan: Erasing) -> Erased:
    # outcomes first: as long as the predictions are there, the next can find them again
    ids = _ids(work, product, plan)
    outcomes = _taken_out(work, product, OUTCOMES, ids, because=ENTITY, asked=plan.asked)
    told = _told_out(work, product, plan, ids)
    rows = _taken_out(work, product, PREDICTIONS, ids, because=ENTITY, asked=plan.asked)
    # somebody may have labelled them in the meantime
    late = _taken_out(work, product, OUTCOMES, ids, because=ENTITY, asked=plan.asked)
    late = (late[0] + told[0], late[1] + told[1])
    # somebody may have brought files back from a copy
    remove_replaced(work, product, grace=timedelta(), again=True)
    torn = _without_torn(log_folder(work, product))
    _plan_file(work, product).unlink(missing_ok=True)
    done = _erased(product, *rows, (outcomes[0] + late[0], outcomes[1] + late[1]))
    return structs.replace(done, torn_logs=torn)


def _told_out(work: Workspace, product: str, plan: Erasing, ids: Collection[str]) -> tuple[int, int]:
    """Takes out what was told of the entity itself, or of its predictions, and how it was assigned."""
    rows = segments = 0
    files = registry.segment_files()
    for stream, columns in (
        (VALUES, (("unit", plan.values), ("prediction", ids))),
        (EXPOSURES, (("unit", plan.values),)),
    ):
        found = {
            id_
            for fact in segments_of(work, product, stream)
            for column, values in columns
            for id_ in (files.ids_of(segment_source(work, fact), column, values) if values else ())
        }
        gone = _taken_out(work, product, stream, found, because=ENTITY, asked=plan.asked)
        rows, segments = rows + gone[0], segments + gone[1]
    return rows, segments


def _ids(work: Workspace, product: str, plan: Erasing) -> set[str]:
    files = registry.segment_files()
    return {
        id_
        for fact in segments_of(work, product, PREDICTIONS)
        for id_ in files.ids_of(segment_source(work, fact), plan.column, plan.values)
    }


def _hidden(work: Workspace, product: str, column: str, *, key: str) -> int:
    """In how many rows nobody can tell whom the column names; refused where no row has it."""
    files = segment_files(work, product, PREDICTIONS)
    found = [registry.segment_files().hidden(file, column, key=key) for file in files]
    if found and all(each is None for each in found):
        name = column.removeprefix("in_")
        raise UsageError(
            f"no record of {product} has an input {name!r}",
            hint="name the input that says whom a row is about, as it is recorded: --column",
        )
    return sum(each or 0 for each in found)


def _taken_out(
    work: Workspace, product: str, stream: str, ids: Collection[str], *, because: str, asked: str = ""
) -> tuple[int, int]:
    """How many rows of these predictions were taken out, of how many segments."""
    rows = segments = 0
    if not ids:
        return 0, 0
    segments_now = segments_of(work, product, stream)
    for fact in segments_now:
        kept = registry.segment_files().without(segment_source(work, fact), ids)
        if kept.rows == fact.rows:
            continue
        left = ""
        facts: list[AnyFact] = []
        if kept.rows:
            new = new_segment(work, product, stream, kept, day=day_of(fact), replaces=(fact.segment,))
            put_segment(work, new)
            facts.append(structs.replace(new.fact, torn_bytes=fact.torn_bytes))
            left = new.fact.segment
        taken = fact.rows - kept.rows
        facts.append(SegmentErased(fact.segment, fact.path, stream, taken, left, because, asked))
        expect_removal(work, product)
        work.ledger.append(product, facts, actor=work.actor, at=work.clock.now())
        if [each.path for each in segments_now].count(fact.path) == 1:
            remove_segment(work, fact.path)
        rows, segments = rows + taken, segments + 1
    return rows, segments


def _gone(work: Workspace, product: str, fact: SegmentSealed, *, because: str) -> None:
    erased = SegmentErased(fact.segment, fact.path, fact.stream, fact.rows, "", because)
    expect_removal(work, product)
    work.ledger.append(product, [erased], actor=work.actor, at=work.clock.now())
    remove_segment(work, fact.path)


def _without_torn(folder: Path, *, before: float = math.inf) -> int:
    """Removes the logs that were put aside: their rows are sealed, and nobody can read the rest."""
    torn = [log for log in folder.glob("*.torn") if log.stat().st_mtime < before]
    for log in torn:
        log.unlink(missing_ok=True)
    return len(torn)


def _erased(product: str, rows: int, segments: int, outcomes: tuple[int, int]) -> Erased:
    status = "erased" if rows or outcomes[0] else "nothing_to_erase"
    return Erased(product, status, rows, outcomes[0], segments + outcomes[1])


def _both(before: Erased, done: Erased) -> Erased:
    both = _erased(done.product, before.rows + done.rows, before.segments + done.segments, (0, 0))
    return structs.replace(
        both,
        status="erased" if "erased" in (before.status, done.status) else done.status,
        outcomes=before.outcomes + done.outcomes,
        torn_logs=before.torn_logs + done.torn_logs,
    )


def _plan_file(work: Workspace, product: str) -> Path:
    return work.state / "segments" / product / "erasing.json"

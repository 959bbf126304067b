"""The parts of a scoring, answered and kept: records in their place, facts in the ledger."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec

from causeway.actions.score.answering import Setup
from causeway.actions.score.crew import answered
from causeway.actions.score.files import PartFiles, part_files
from causeway.actions.score.target import Target
from causeway.actions.segments import (
    PREDICTIONS,
    NewSegment,
    profile_content,
    put_segment,
    segment_path,
)
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.cost.usage import usage_of
from causeway.core.events import AnyFact, ScorePartFinished, SegmentSealed
from causeway.core.ids import digest_of
from causeway.core.score import Part, PartDone
from causeway.views.score import Scoring

Watch = Callable[[int, int, int], None]
"""Told how many rows are done, of how many, and how many of them were set apart."""


def all_parts(
    work: Workspace,
    setup: Setup,
    parts: Sequence[Part],
    *,
    past: Scoring,
    target: Target,
    watch: Watch,
) -> tuple[list[PartDone], int]:
    """Every part, done now or before; and how many were done before."""
    scratch, total = Path(setup.scratch), sum(part.rows for part in parts)
    before = {part.number: found for part in parts if (found := _read_done(scratch, part.number))}
    done: list[PartDone] = []
    rows = apart = 0
    waiting = [part for part in parts if part.number not in before]
    for part in chain(before.values(), answered(setup, waiting)):
        _commit(work, setup, part, past, target)
        done.append(part)
        rows, apart = rows + part.scored + part.set_apart, apart + part.set_apart
        watch(rows, total, apart)
    return sorted(done, key=lambda each: each.number), len(before)


def _read_done(scratch: Path, number: int) -> PartDone | None:
    try:
        return msgspec.json.decode(part_files(scratch, number).done.read_bytes(), type=PartDone)
    except FileNotFoundError:
        return None


def _commit(work: Workspace, setup: Setup, done: PartDone, past: Scoring, target: Target) -> None:
    """The part's rows into their table, its records into their place, and both into the ledger."""
    files = part_files(Path(setup.scratch), done.number)
    target.put(setup.score, files, apart=done.set_apart)
    if done.number in past.parts:
        return
    facts: list[AnyFact] = []
    if done.segment and done.number not in past.recorded:
        facts.append(_sealed(work, setup, done, files, past.at or work.clock.now()))
    facts.append(ScorePartFinished(setup.score, done.number, done.scored, done.set_apart))
    work.ledger.append(setup.route.product, facts, actor=work.actor, at=work.clock.now())


def _sealed(work: Workspace, setup: Setup, done: PartDone, files: PartFiles, at: datetime) -> SegmentSealed:
    product = setup.route.product
    content = files.segment.read_bytes()
    arrays = registry.segment_files().arrays(content)
    profile = profile_content(work, arrays)
    fact = SegmentSealed(
        segment=done.segment,
        stream=PREDICTIONS,
        path=segment_path(product, PREDICTIONS, day=f"{at:%Y-%m-%d}", digest=done.segment),
        rows=done.scored,
        first_at=at,
        last_at=at,
        profile=digest_of(profile),
        bytes=len(content) + len(profile),
        usage=usage_of(arrays, batch=True),
    )
    put_segment(work, NewSegment(fact, content, profile))
    return fact

"""Outcomes: what really happened, joined to predictions by their ids. Added to, never rewritten."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from msgspec import Struct, structs

from causeway.actions import last_word
from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.last_word import Word
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
from causeway.core.score import REHEARSAL
from causeway.core.table import Table

SHOWN_IDS = 5
TRIES = 5
_WHOLE = re.compile(r"([-+]?\d+)\.0+")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_YES_OR_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
# what tables write where nothing is known
_NOTHING = frozenset({"", "nan", "-nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nat"})


class Columns(Struct, frozen=True):
    """What the file calls the prediction's id, its outcome, when that was known, and the measure's value."""

    id: str = "id"
    outcome: str = "outcome"
    at: str = "at"
    kpi: str = ""
    """Of the business measure; empty where the file does not have it."""


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
    kpi: int = 0
    """How many of the joined ones came with a value of the business measure."""
    kpi_mean: float | None = None
    """The mean of these values."""
    rehearsed: int = 0
    """How many predictions of a rehearsal got their first outcome."""


class _Outcome(Struct, frozen=True):
    id: str
    value: str
    at: datetime | None
    kpi: float | None = None
    kpi_us: int | None = None
    """When the measure was received, where that was before; None where it is now."""


class _Known(Struct, frozen=True):
    """What was told of a prediction: what happened, the measure that came with it, and as sent since."""

    outcome: str = ""
    kpi: Word | None = None
    sent: Word | None = None

    @property
    def word(self) -> Word | None:
        """The measure, by whichever way it came last."""
        return self.sent or self.kpi

    def says(self, outcome: _Outcome) -> bool:
        """Whether it is what this outcome says."""
        kpi = self.kpi.value if self.kpi else None
        return (self.outcome, kpi) == (outcome.value, outcome.kpi) and not self._is_other(outcome)

    def is_corrected_by(self, outcome: _Outcome) -> bool:
        """Whether this outcome replaces another one; a measure where there was none corrects nothing."""
        return (bool(self.outcome) and self.outcome != outcome.value) or self._is_other(outcome)

    def _is_other(self, outcome: _Outcome) -> bool:
        """Whether the measure was another one than the outcome tells."""
        return self.word is not None and outcome.kpi_us is None and outcome.kpi != self.word.value


class _Sorted(Struct, frozen=True):
    joined: list[_Outcome]
    unmatched: list[str]
    duplicates: int
    corrected: int
    rehearsed: int


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
    named = list(dict.fromkeys([columns.id, columns.outcome, columns.at, *filter(None, [columns.kpi])]))
    texts = registry.segment_files().read_texts(file, named)
    if columns.kpi and columns.kpi not in texts:
        raise UsageError(f"{file.name} has no column {columns.kpi!r}", where=str(file), hint="see --kpi")
    ids, values = texts[columns.id], texts[columns.outcome]
    nothing: list[str | None] = [None] * len(ids)
    times, kpis = texts.get(columns.at, nothing), texts.get(columns.kpi, nothing)
    if not ids:
        raise UsageError(f"{file.name} has no rows", where=str(file), hint="one row for each known outcome")
    return [
        _Outcome(
            _filled(id_, columns.id, row, file),
            _canonical(_filled(value, columns.outcome, row, file, classes=classes)),
            time_told(time, row, file),
            number_told(kpi, columns.kpi, row, file),
        )
        for row, (id_, value, time, kpi) in enumerate(zip(ids, values, times, kpis, strict=True), start=1)
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


def number_told(text: str | None, column: str, row: int, file: Path) -> float | None:
    """The value of the business measure, as a number; None where it is not known yet."""
    said = (text or "").strip()
    if said.lower() in _NOTHING:
        return None
    number = _YES_OR_NO.get(said.lower(), _number(said))
    if number is None:
        raise UsageError(
            f"row {row}: {said!r} in {column} is no number",
            hint="write plain digits, or yes and no; leave it empty as long as it is not known",
            where=str(file),
        )
    return number


def time_told(text: str | None, row: int, file: Path) -> datetime | None:
    """The moment that a text says; None where it says nothing."""
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
    answers = files.matching(predictions, ids, columns=["id", "consumer"])
    answered = dict(zip(_texts(answers, "id"), _texts(answers, "consumer"), strict=True))
    known = _known(work, product, outcomes)
    return _sorted(_filled_up(outcomes, known), answered, known, now=work.clock.now())


def _known(work: Workspace, product: str, outcomes: Sequence[_Outcome]) -> dict[str, _Known]:
    """What was told of these predictions, with outcomes or by itself."""
    before = last_word.labelled(work, product, {each.id for each in outcomes})
    known = {name: _Known(each.outcome, each.kpi) for name, each in before.items()}
    told = {each.id for each in outcomes if each.kpi is not None}
    for name, word in last_word.sent_of(work, product, told).items():
        earlier = known.get(name, _Known())
        if word.is_after(earlier.kpi):
            known[name] = structs.replace(earlier, sent=word)
    return known


def _filled_up(outcomes: Sequence[_Outcome], known: dict[str, _Known]) -> list[_Outcome]:
    """The outcomes with what is known of the business measure: who says nothing of it takes nothing back."""
    told = {each.id: each.kpi for each in outcomes if each.kpi is not None}
    words = {name: each.kpi for name, each in known.items() if each.kpi}
    return [
        structs.replace(each, kpi=words[each.id].value, kpi_us=round(words[each.id].at_us))
        if each.id in words and each.id not in told
        else structs.replace(each, kpi=told.get(each.id))
        for each in outcomes
    ]


def _sorted(
    outcomes: Sequence[_Outcome], answered: dict[str, str], known: dict[str, _Known], *, now: datetime
) -> _Sorted:
    """What becomes of each; `answered` are the predictions there are, and who asked."""
    last = {outcome.id: outcome for outcome in outcomes}
    joined: list[_Outcome] = []
    unmatched: list[str] = []
    duplicates = corrected = rehearsed = 0
    for outcome in outcomes:
        earlier = known.get(outcome.id, _Known())
        if outcome.id not in answered:
            unmatched.append(outcome.id)
        elif outcome is not last[outcome.id] or earlier.says(outcome):
            duplicates += 1
        else:
            corrected += earlier.is_corrected_by(outcome)
            rehearsed += not earlier.outcome and answered[outcome.id] == REHEARSAL
            joined.append(_received(outcome, earlier, now=now))
    return _Sorted(joined, unmatched, duplicates, corrected, rehearsed)


def _received(outcome: _Outcome, earlier: _Known, *, now: datetime) -> _Outcome:
    if outcome.kpi is None or outcome.kpi_us is not None:
        return outcome
    return structs.replace(outcome, kpi_us=last_word.received_us(now, earlier.kpi, earlier.sent))


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
    kpis = [outcome.kpi for outcome in joined]
    if any(each is not None for each in kpis):
        columns["kpi"] = SegmentColumn("number", kpis)
        # a value that a later outcome only repeats is no later word
        columns["kpi_at"] = SegmentColumn("time", [each.kpi_us for each in joined])
    content = registry.segment_files().encode(columns)
    fact = SegmentSealed(
        segment=digest_of(content),
        stream=OUTCOMES,
        path=segment_path(product, OUTCOMES, day=f"{now:%Y-%m-%d}", digest=digest_of(content)),
        rows=len(joined),
        first_at=min(times),
        last_at=max(times),
        bytes=len(content),
    )
    return fact, content


def _number(text: str) -> float | None:
    number = float(text) if _NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _labelled(product: str, outcomes: Sequence[_Outcome], found: _Sorted, *, segment: str = "") -> Labelled:
    kpis = [each.kpi for each in found.joined if each.kpi is not None]
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
        kpi=len(kpis),
        kpi_mean=math.fsum(kpis) / len(kpis) if kpis else None,
        rehearsed=found.rehearsed,
    )


def _event(result: Labelled) -> OutcomesLabelled:
    return OutcomesLabelled(
        segment=result.segment,
        rows=result.rows,
        joined=result.joined,
        unmatched=result.unmatched,
        duplicates=result.duplicates,
        corrected=result.corrected,
        kpi=result.kpi,
        rehearsed=result.rehearsed,
    )

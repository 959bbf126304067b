"""Closed record logs become segments: columnar files whose names and places are facts in the ledger.

What is being done is written down first (`sealing.json`), so a seal that was killed anywhere is
carried out by the next one, with the same logs and the same result.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.lease import holding
from causeway.actions.source import digest_file
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import Conflict, OutsideError
from causeway.core.events import AnyFact, RecordsTorn, SegmentSealed
from causeway.core.ids import check_product_name, digest_of, short
from causeway.core.records import Record, Torn, columns_of, frames
from causeway.ledger import BrokenLedger

PREDICTIONS = "predictions"
BATCH_BYTES = 32 << 20
WAIT_SECONDS = 3.0
TURN_SECONDS = 10.0
POLL_SECONDS = 0.02
REQUEST = "rotate"


class Sealed(Struct, frozen=True):
    """What a seal did: `sealed`, `nothing_to_seal`, or `torn` where the logs held no whole record."""

    product: str
    status: str
    rows: int
    segments: tuple[SegmentSealed, ...]
    duplicates: int
    torn_bytes: int
    open_logs: int
    """Logs that a gateway went on writing to; the next seal takes them."""


class Plan(Struct, frozen=True):
    """The logs that are being sealed, and the segments once their files are whole."""

    logs: tuple[str, ...]
    segments: tuple[SegmentSealed, ...] | None = None
    duplicates: int = 0
    torn: tuple[str, ...] = ()
    """Logs that end in a torn record; they are put aside, not thrown away."""
    torn_bytes: int = 0


class _Read(Struct, frozen=True):
    records: list[Record]
    duplicates: int
    torn: dict[str, int]


def seal(
    work: Workspace, product: str, *, wait_seconds: float = WAIT_SECONDS, turn_seconds: float = TURN_SECONDS
) -> Sealed:
    """Seals every closed log of the product, asking a running gateway to close the one it writes to."""
    check_product_name(product)
    with _alone(work, product, seconds=turn_seconds):
        done = [_carry_out(work, product, plan) for plan in _interrupted(work, product)]
        still_open = _close_logs(log_folder(work, product), wait_seconds=wait_seconds)
        done += [_carry_out(work, product, plan) for plan in _batches(log_folder(work, product))]
    segments = tuple(segment for plan in done for segment in plan.segments or ())
    torn_bytes = sum(plan.torn_bytes for plan in done)
    return Sealed(
        product=product,
        status="sealed" if segments else "torn" if torn_bytes else "nothing_to_seal",
        rows=sum(segment.rows for segment in segments),
        segments=segments,
        duplicates=sum(plan.duplicates for plan in done),
        torn_bytes=torn_bytes,
        open_logs=still_open,
    )


def segment_files(work: Workspace, product: str, stream: str) -> list[Path]:
    """The product's segments of one stream in the order of the ledger, which alone says what they are."""
    facts = (event.fact for event in work.ledger.read(product))
    return [segment_file(work, f) for f in facts if isinstance(f, SegmentSealed) and f.stream == stream]


def segment_file(work: Workspace, fact: SegmentSealed) -> Path:
    """Where the segment lies; refused where the ledger names a place that is none for segments."""
    folder, place = work.state / "segments", Path(os.path.normpath(work.state / fact.path))
    if not place.is_relative_to(folder):
        raise BrokenLedger(
            f"a segment is said to lie outside of {folder}",
            where=fact.path,
            hint="this was not written by Causeway: ask whoever gave you this ledger",
        )
    return place


def write_segment(work: Workspace, fact: SegmentSealed, content: bytes) -> None:
    """Puts a segment's file in its place."""
    write_whole(segment_file(work, fact), content)


def segment_path(product: str, stream: str, *, day: str, digest: str) -> str:
    """Where a segment lies below the state's folder."""
    return f"segments/{product}/{stream}/{day}/{short(digest)}.parquet"


def log_folder(work: Workspace, product: str) -> Path:
    """Where the product's record logs lie."""
    check_product_name(product)
    return work.state / "records" / product


def _plan_file(work: Workspace, product: str) -> Path:
    return work.state / "segments" / product / "sealing.json"


def _interrupted(work: Workspace, product: str) -> Iterator[Plan]:
    with suppress(FileNotFoundError):
        yield msgspec.json.decode(_plan_file(work, product).read_bytes(), type=Plan)


def _batches(folder: Path) -> Iterator[Plan]:
    """The closed logs, as many at a time as fit into memory."""
    names: list[str] = []
    size = 0
    for log in sorted(folder.glob("*.log")):
        length = log.stat().st_size
        if names and size + length > BATCH_BYTES:
            yield Plan(tuple(names))
            names, size = [], 0
        names.append(log.name)
        size += length
    if names:
        yield Plan(tuple(names))


def _carry_out(work: Workspace, product: str, plan: Plan) -> Plan:
    facts = [event.fact for event in work.ledger.read(product)]
    known = {fact.segment for fact in facts if isinstance(fact, SegmentSealed)}
    if plan.segments is None or not all(s.segment in known or _whole(work, s) for s in plan.segments):
        plan = _write(work, product, Plan(plan.logs))
    fresh: list[AnyFact] = [segment for segment in plan.segments or () if segment.segment not in known]
    if (torn := _all_torn(plan)) and torn not in facts:
        fresh.append(torn)
    if fresh:
        work.ledger.append(product, fresh, actor=work.actor, at=work.clock.now())
    _retire(log_folder(work, product), plan)
    _plan_file(work, product).unlink(missing_ok=True)
    return plan


def _write(work: Workspace, product: str, plan: Plan) -> Plan:
    _save(work, product, plan)
    read = _read_logs(log_folder(work, product), plan.logs)
    segments: list[SegmentSealed] = []
    torn_bytes = sum(read.torn.values())
    for day, rows in groupby(read.records, key=_day):
        records = list(rows)
        content = registry.segment_files().encode(columns_of(records))
        fact = SegmentSealed(
            segment=digest_of(content),
            stream=PREDICTIONS,
            path=segment_path(product, PREDICTIONS, day=day, digest=digest_of(content)),
            rows=len(records),
            first_at=_moment(records[0]),
            last_at=_moment(records[-1]),
            torn_bytes=0 if segments else torn_bytes,
        )
        write_segment(work, fact, content)
        segments.append(fact)
    written = Plan(plan.logs, tuple(segments), read.duplicates, tuple(read.torn), torn_bytes)
    _save(work, product, written)
    return written


def _all_torn(plan: Plan) -> RecordsTorn | None:
    """What no segment can carry: how much was lost where there is no row at all."""
    return RecordsTorn(plan.torn, plan.torn_bytes) if plan.torn_bytes and not plan.segments else None


def _read_logs(folder: Path, names: Sequence[str]) -> _Read:
    records: dict[str, Record] = {}
    torn: dict[str, int] = {}
    seen = 0
    for name in names:
        for found in frames(_content(folder / name)):
            if isinstance(found, Torn):
                torn[name] = found.length
                continue
            seen += 1
            records.setdefault(found.id, found)
    ordered = sorted(records.values(), key=lambda record: (record.at_ns, record.id))
    return _Read(ordered, seen - len(ordered), torn)


def _content(log: Path) -> bytes:
    try:
        return log.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"cannot read {log}: {error.strerror}", hint="check the disk and its permissions"
        ) from error


def _save(work: Workspace, product: str, plan: Plan) -> None:
    write_whole(_plan_file(work, product), msgspec.json.encode(plan))


def _whole(work: Workspace, segment: SegmentSealed) -> bool:
    try:
        return digest_file(segment_file(work, segment)) == segment.segment
    except OutsideError:
        return False


def _retire(folder: Path, plan: Plan) -> None:
    for name in plan.logs:
        log = folder / name
        if name in plan.torn:
            with suppress(FileNotFoundError):
                log.rename(log.with_suffix(".torn"))
        else:
            log.unlink(missing_ok=True)


def _close_logs(folder: Path, *, wait_seconds: float) -> int:
    """Takes over logs whose gateway is gone, has the others closed; how many stayed open."""
    held = [log for log in folder.glob("*.open") if not _adopted(log)]
    if not held:
        return 0
    request = folder / REQUEST
    request.touch()
    until = time.monotonic() + wait_seconds
    while any(log.exists() for log in held) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    request.unlink(missing_ok=True)
    return sum(log.exists() for log in held)


def _adopted(log: Path) -> bool:
    """Whether nobody writes to this log any more, so that it is closed now."""
    try:
        with log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            log.rename(log.with_suffix(".log"))
    except BlockingIOError:
        return False
    except FileNotFoundError:
        # its gateway closed it in the meantime
        return True
    return True


@contextmanager
def _alone(work: Workspace, product: str, *, seconds: float) -> Iterator[None]:
    """Waits until no other process seals this product; `causeway up` does so whenever much is waiting."""
    deadline = time.monotonic() + seconds
    while True:
        with holding(work, f"seal:{product}") as lease:
            if lease is not None:
                yield
                return
        if time.monotonic() > deadline:
            raise Conflict(f"another process is sealing {product}", hint="repeat once it is done")
        time.sleep(POLL_SECONDS)


def _moment(record: Record) -> datetime:
    return datetime.fromtimestamp(record.at_ns // 1000 / 1e6, UTC)


def _day(record: Record) -> str:
    return f"{_moment(record):%Y-%m-%d}"

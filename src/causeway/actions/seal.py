"""Closed record logs become segments: columnar files whose names and places are facts in the ledger.

What is being done is written down first (`sealing.json`), so a seal that was killed anywhere is
carried out by the next one, with the same logs and the same result.
"""

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.lease import holding
from causeway.actions.segments import PREDICTIONS, is_there, new_segment, put_segment
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import Conflict, OutsideError
from causeway.core.events import AnyFact, RecordsTorn, SegmentSealed
from causeway.core.ids import check_product_name
from causeway.core.keeping import RecordsLost
from causeway.core.records import Lost, Record, SegmentContent, Torn, columns_of, frames

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
    lost: int = 0
    """Answers whose records never reached the disk, as the gateway counted them."""


class Plan(Struct, frozen=True):
    """The logs that are being sealed, and the segments once their files are whole."""

    logs: tuple[str, ...]
    segments: tuple[SegmentSealed, ...] | None = None
    duplicates: int = 0
    torn: tuple[str, ...] = ()
    """Logs that end in a torn record; they are put aside, not thrown away."""
    torn_bytes: int = 0
    lost: tuple[RecordsLost, ...] = ()


class _Read(Struct, frozen=True):
    records: list[Record]
    duplicates: int
    torn: dict[str, int]
    lost: tuple[RecordsLost, ...]


def seal(
    work: Workspace, product: str, *, wait_seconds: float = WAIT_SECONDS, turn_seconds: float = TURN_SECONDS
) -> Sealed:
    """Seals every closed log of the product, asking a running gateway to close the one it writes to."""
    check_product_name(product)
    with alone(work, product, seconds=turn_seconds):
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
        lost=sum(lost.rows for plan in done for lost in plan.lost),
    )


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
    if plan.segments is None or not all(s.segment in known or is_there(work, s) for s in plan.segments):
        plan = _write(work, product, Plan(plan.logs))
    fresh: list[AnyFact] = [segment for segment in plan.segments or () if segment.segment not in known]
    if (torn := _all_torn(plan)) and torn not in facts:
        fresh.append(torn)
    fresh += [lost for lost in plan.lost if lost not in facts]
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
        new = new_segment(
            work,
            product,
            PREDICTIONS,
            _content_of(list(rows)),
            day=day,
            torn_bytes=0 if segments else torn_bytes,
        )
        put_segment(work, new)
        segments.append(new.fact)
    written = Plan(plan.logs, tuple(segments), read.duplicates, tuple(read.torn), torn_bytes, read.lost)
    _save(work, product, written)
    return written


def _all_torn(plan: Plan) -> RecordsTorn | None:
    """What no segment can carry: how much was lost where there is no row at all."""
    return RecordsTorn(plan.torn, plan.torn_bytes) if plan.torn_bytes and not plan.segments else None


def _read_logs(folder: Path, names: Sequence[str]) -> _Read:
    records: dict[str, Record] = {}
    torn: dict[str, int] = {}
    lost: list[RecordsLost] = []
    seen = 0
    for name in names:
        for found in frames(_content(folder / name)):
            match found:
                case Torn():
                    torn[name] = found.length
                case Lost():
                    lost.append(
                        RecordsLost(found.rows, _time(found.first_ns), _time(found.last_ns), found.because)
                    )
                case Record():
                    seen += 1
                    records.setdefault(found.id, found)
    ordered = sorted(records.values(), key=lambda record: (record.at_ns, record.id))
    return _Read(ordered, seen - len(ordered), torn, tuple(lost))


def _content_of(records: Sequence[Record]) -> SegmentContent:
    content = registry.segment_files().encode(columns_of(records))
    return SegmentContent(content, len(records), records[0].at_ns // 1000, records[-1].at_ns // 1000)


def _content(log: Path) -> bytes:
    try:
        return log.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"cannot read {log}: {error.strerror}", hint="check the disk and its permissions"
        ) from error


def _save(work: Workspace, product: str, plan: Plan) -> None:
    write_whole(_plan_file(work, product), msgspec.json.encode(plan))


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
def alone(work: Workspace, product: str, *, seconds: float) -> Iterator[None]:
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


def _time(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // 1000 / 1e6, UTC)


def _day(record: Record) -> str:
    return f"{_time(record.at_ns):%Y-%m-%d}"

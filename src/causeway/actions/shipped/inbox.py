"""Brings records of other servers into a product's log: each once, with its id, as answers of one release.

A request and its answer may come apart, in any order; the half that came first waits for the other for a day.
What is no record is counted by its reason, and told in the ledger as answers whose records were lost.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.seal import alone, log_folder
from causeway.actions.segments import PREDICTIONS, segment_source, segments_of
from causeway.actions.shipped.bodies import Strange, inputs_of, outputs_of
from causeway.actions.shipped.events import Half, merged
from causeway.actions.watch.gather import live_release
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import NotFound
from causeway.core.ids import short
from causeway.core.records import MAX_FRAME_BYTES, Lost, Record, frame, frames
from causeway.core.release import Release, Signature

SHIPPED = "shipped"
"""The arm, and the consumer, of everything that comes this way."""
WAITS_US = 24 * 3600 * 1_000_000
AHEAD_US = 3600 * 1_000_000
FAILED = "a call that failed"
NEVER_CAME = "the other half of a request and its answer never came"
UNWRITABLE = "values that no record can hold"
_NAMED = 32


class Imported(Struct, frozen=True):
    """What became of events: `imported`, `waiting`, `already_imported` or `nothing_imported`."""

    product: str
    status: str
    release: str
    events: int
    rows: int
    """Predictions that are new."""
    already: int
    """Events that said nothing new."""
    waiting: int
    """Requests and answers whose other half has not come, these and earlier ones."""
    refused: int
    """Events that are no record of an answer."""
    reasons: dict[str, int]
    """Why, and how many each."""


class Inbox:
    """Takes events of one product; what its logs hold is read once."""

    def __init__(self, work: Workspace, product: str, *, release: str = "") -> None:
        self._work, self._product = work, product
        self._lock = threading.Lock()
        self._wanted = release
        self._logs: dict[str, frozenset[str]] = {}
        self._spool = work.state / SHIPPED / product

    def take(self, events: Iterable[Half | Strange]) -> Imported:
        """Takes these events in; when this returns, what is new is on the disk."""
        digest, release = self._release()
        with self._lock, alone(self._work, self._product, seconds=10.0):
            return self._taken(list(events), digest, release.signature)

    def _release(self) -> tuple[str, Release]:
        state = product_state(self._work, self._product)
        live = live_release(state)
        named = [
            digest for digest in state.releases if self._wanted and short(digest).startswith(self._wanted)
        ]
        if self._wanted and len(named) != 1:
            raise NotFound(
                f"{self._product} has no release {self._wanted}",
                hint=f"there are: {', '.join(map(short, state.releases)) or 'none'}",
            )
        if not named and live is None:
            raise NotFound(
                f"{self._product} has no live release whose answers these could be",
                hint="name it with --release, or ship it; rows alone: causeway watch FILE",
            )
        digest = named[0] if named else live[0] if live else ""
        return digest, describe(self._work, digest).release

    def _taken(self, events: Sequence[Half | Strange], release: str, signature: Signature) -> Imported:
        reasons = Counter(str(each) for each in events if isinstance(each, Strange))
        halves = [each for each in events if isinstance(each, Half)]
        known = self._known(halves)
        fresh = [each for each in halves if not {each.id, f"{each.id}.0"} & known]
        ready, unready, again = self._paired(fresh)
        waiting = [(half, content) for half in unready if (content := _written(half, reasons))]
        now = self._now_us()
        records: list[Record] = []
        # whoever brought one in may have been killed before its half was taken away
        done = [each.id for each in halves if {each.id, f"{each.id}.0"} & known]
        for half in ready:
            done.append(half.id)
            try:
                records += _records(half, signature, product=self._product, release=release, now=now)
            except Strange as strange:
                reasons[str(strange)] += 1
        old = self._expired(now)
        if old:
            reasons[NEVER_CAME] += len(old)
        self._write(records, reasons, now)
        for half, content in waiting:
            write_whole(self._place(half.id), content)
        for place in (*map(self._place, done), *old):
            place.unlink(missing_ok=True)
        left = sum(1 for _ in self._spool.glob("*.json"))
        return Imported(
            product=self._product,
            status=_status(records, waiting, reasons),
            release=release,
            events=len(events),
            rows=len(records),
            already=len(halves) - len(fresh) + again,
            waiting=left,
            refused=reasons.total(),
            reasons=dict(reasons.most_common()),
        )

    def _paired(self, halves: Sequence[Half]) -> tuple[list[Half], list[Half], int]:
        """Those that are whole, those that wait, and how many said what another one had said."""
        held: dict[str, Half] = {}
        again = 0
        for half in halves:
            before = held.get(half.id) or self._waiting(half.id)
            if before is None:
                held[half.id] = half
            elif _is_whole(before) or (before.request is None) == (half.request is None):
                held[half.id] = half if _is_whole(half) else before
                again += 1
            else:
                held[half.id] = merged(before, half)
        ready = [each for each in held.values() if _is_whole(each)]
        return ready, [each for each in held.values() if not _is_whole(each)], again

    def _waiting(self, name: str) -> Half | None:
        with suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(self._place(name).read_bytes(), type=Half)
        return None

    def _place(self, name: str) -> Path:
        return self._spool / f"{hashlib.sha256(name.encode()).hexdigest()[:_NAMED]}.json"

    def _expired(self, now: int) -> list[Path]:
        """Halves that have waited for a day."""
        since = (now - WAITS_US) / 1e6
        return [each for each in self._spool.glob("*.json") if each.stat().st_mtime < since]

    def _known(self, halves: Sequence[Half]) -> frozenset[str]:
        """Which of these are in the logs or in sealed segments already."""
        ids = {name for half in halves for name in (half.id, f"{half.id}.0")}
        found = {name for log in self._shipped_logs() for name in log & ids}
        times = [half.at_us for half in halves if half.at_us is not None]
        open_ended = len(times) < len(halves)
        # the same event has the same time, so older and younger segments do not hold it
        sources = [
            segment_source(self._work, fact)
            for fact in segments_of(self._work, self._product, PREDICTIONS)
            if open_ended or _overlaps(fact.first_at, fact.last_at, times)
        ]
        if ids and sources:
            table = registry.segment_files().matching(sources, ids, columns=["id"])
            found |= {str(each) for each in table.columns["id"].values}
        return frozenset(found)

    def _shipped_logs(self) -> Iterator[frozenset[str]]:
        """The ids in logs that are not sealed yet."""
        there = {each.name: each for each in log_folder(self._work, self._product).glob(f"{SHIPPED}-*.log")}
        for name in set(self._logs) - set(there):
            del self._logs[name]
        for name, log in there.items():
            if name not in self._logs:
                read = (each for each in frames(log.read_bytes()) if isinstance(each, Record))
                self._logs[name] = frozenset(each.id for each in read)
            yield self._logs[name]

    def _write(self, records: Sequence[Record], reasons: Mapping[str, int], now: int) -> None:
        lost = [
            Lost(count, now * 1000, now * 1000, f"{SHIPPED}: {reason}")
            for reason, count in reasons.items()
            if not reason.startswith(FAILED)
        ]
        content = b"".join(map(frame, (*records, *lost)))
        if content:
            folder = log_folder(self._work, self._product)
            folder.mkdir(parents=True, exist_ok=True)
            stamp = hashlib.sha256(content).hexdigest()[:16]
            write_whole(folder / f"{SHIPPED}-{now:020}-{stamp}.log", content)

    def _now_us(self) -> int:
        return round(self._work.clock.now().timestamp() * 1e6)


def _is_whole(half: Half) -> bool:
    return half.request is not None and half.response is not None


def _overlaps(first: datetime | None, last: datetime | None, times: Sequence[int]) -> bool:
    if first is None or last is None or not times:
        return True
    begin, end = min(times), max(times)
    # a pair that was brought in has the time of its request, which may lie before that of its answer
    earliest = begin - (end - begin) - WAITS_US
    return first.timestamp() * 1e6 <= end and last.timestamp() * 1e6 >= earliest


def _records(half: Half, signature: Signature, *, product: str, release: str, now: int) -> list[Record]:
    """The records of one request's rows, all of which can be written and read again."""
    try:
        found = _read(half, signature, product=product, release=release, now=now)
        longest = max(len(frame(each)) for each in found)
    except (OverflowError, RecursionError, UnicodeEncodeError):
        # what they say may quote a row
        raise Strange(UNWRITABLE) from None
    if longest > MAX_FRAME_BYTES:
        raise Strange(UNWRITABLE)
    return found


def _read(half: Half, signature: Signature, *, product: str, release: str, now: int) -> list[Record]:
    at = now if half.at_us is None else half.at_us
    if at > now + AHEAD_US or at < 0:
        raise Strange("an event whose time lies ahead, or before 1970")
    sent = inputs_of(half.request, signature)
    answered = outputs_of(half.response, signature, len(sent))
    several = len(sent) > 1
    return [
        Record(
            id=f"{half.id}.{row}" if several else half.id,
            at_ns=at * 1000,
            product=product,
            release=release,
            arm=SHIPPED,
            consumer=SHIPPED,
            inputs=inputs,
            outputs=outputs,
            latency_us=half.latency_us,
            request=half.id,
        )
        for row, (inputs, outputs) in enumerate(zip(sent, answered, strict=True))
    ]


def _written(half: Half, reasons: Counter[str]) -> bytes:
    """The half as it waits; nothing of one that cannot be written, which is counted."""
    try:
        return msgspec.json.encode(half)
    except (ValueError, OverflowError, RecursionError):
        reasons[UNWRITABLE] += 1
        return b""


def _status(records: Sequence[Record], waiting: Sequence[object], reasons: Mapping[str, int]) -> str:
    if records:
        return "imported"
    if waiting:
        return "waiting"
    return "nothing_imported" if reasons else "already_imported"


def added(first: Imported, second: Imported) -> Imported:
    """Both as one; the second was taken later."""
    reasons = Counter(first.reasons) + Counter(second.reasons)
    ranks = ("already_imported", "nothing_imported", "waiting", "imported")
    return structs.replace(
        second,
        status=max(first.status, second.status, key=ranks.index),
        events=first.events + second.events,
        rows=first.rows + second.rows,
        already=first.already + second.already,
        refused=first.refused + second.refused,
        reasons=dict(reasons.most_common()),
    )

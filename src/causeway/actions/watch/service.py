"""What callers asked and how long it took: what the gateway wrote by the minute, and the times of rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from causeway.actions.seal import log_folder
from causeway.actions.segments import PREDICTIONS, segment_source
from causeway.actions.watch.history import BESIDE, NOBODY, History, hour_of
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.service_facts import Asked, Scored, Service, Timed
from causeway.core.events import Event, ScoreFinished
from causeway.core.minutes import MINUTES_SUFFIX, Minute
from causeway.stats.profile import support
from causeway.stats.profile_form import Coded, NumberProfile, Window
from causeway.views.product import ProductState

MINUTE, HOUR = 60, 3600
DAYS = 28
KEPT_SECONDS = 36 * 86_400
FINE_HOURS = 2
"""So many of the last hours are looked at by the minute."""
LONGEST = 2 * MINUTE
"""A line about longer tells of a process that stood still."""
CONTRACT = frozenset({"invalid_input"})
SHADOW = "shadow"

_decode = msgspec.json.Decoder(Minute).decode


def service_of(
    work: Workspace, state: ProductState, past: History, *, now: datetime, latency_ms: float | None
) -> Service:
    """The service in 28 days."""
    asked = tuple(_asked(minutes_of(log_folder(work, state.product)), now))
    if latency_ms is None:
        return Service(asked)
    fine = hour_of(now) - FINE_HOURS + 1
    callers = [*past.live, *(each for each in past.beside if each.arm != SHADOW)]
    hours = [each for each in callers if hour_of(now) - 24 * DAYS <= each.hour < fine]
    timed = (*_by_hour(hours, latency_ms), *_by_minute(work, state, fine * HOUR, latency_ms))
    return Service(asked, timed)


def forget_minutes(folder: Path, *, now: datetime) -> None:
    """Takes away what the gateway wrote so long ago that nobody looks at it."""
    for file in folder.glob(f"*{MINUTES_SUFFIX}"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < now.timestamp() - KEPT_SECONDS:
                file.unlink()


def failed_since(folder: Path, moment: datetime) -> bool:
    """Whether the gateway failed a request since then; such requests leave no rows that would be news."""
    for file in folder.glob(f"*{MINUTES_SUFFIX}"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime >= moment.timestamp() and any(
                each.until_ns > moment.timestamp() * 1e9 and any(code >= "500" for code in each.codes)
                for each in _lines(file)
            ):
                return True
    return False


def scored_of(events: Iterable[Event], *, since: datetime) -> tuple[Scored, ...]:
    """The scorings of tables since then."""
    return tuple(
        Scored(event.body.at, event.fact.rows, event.fact.set_apart)
        for event in events
        if isinstance(event.fact, ScoreFinished) and event.body.at >= since
    )


def minutes_of(folder: Path, *, without: Collection[str] = ()) -> Iterator[Minute]:
    """Every line that processes of the gateway wrote about a product, but those of files of these days."""
    for file in sorted(folder.glob(f"*{MINUTES_SUFFIX}")):
        if file.name[: len("2026-01-31")] in without:
            continue
        with suppress(FileNotFoundError):
            yield from _lines(file)


def _lines(file: Path) -> Iterator[Minute]:
    # the last line may be on its way
    for line in file.read_bytes().rpartition(b"\n")[0].splitlines():
        with suppress(msgspec.MsgspecError):
            yield _decode(line)


def _asked(minutes: Iterable[Minute], now: datetime) -> Iterator[Asked]:
    """All processes together, by the minute in the last hours and by the hour before."""
    first, fine = now.timestamp() - DAYS * 86_400, (hour_of(now) - FINE_HOURS + 1) * HOUR
    found: dict[tuple[int, int], list[Minute]] = {}
    for each in minutes:
        since = each.since_ns / 1e9
        if first <= since <= now.timestamp():
            size = MINUTE if since >= fine else HOUR
            found.setdefault((int(since // size) * size, size), []).append(each)
    for (since, _), mine in sorted(found.items()):
        yield _together(mine, since, now.timestamp())


def _together(minutes: Sequence[Minute], since: int, now: float) -> Asked:
    codes = [(int(code), count) for each in minutes for code, count in each.codes.items() if code.isdigit()]
    # a caller who went away was neither answered nor refused
    refused = sum(count for code, count in codes if 400 <= code < 500)
    until = max(each.until_ns for each in minutes) / 1e9
    return Asked(
        since=since,
        until=min(now, max(until, since + 1.0)),
        up_seconds=up_seconds(minutes),
        answered=sum(count for code, count in codes if code < 400),
        refused=refused,
        failed=sum(count for code, count in codes if code >= 500),
        by_contract=sum(each.reasons.get(reason, 0) for each in minutes for reason in CONTRACT),
    )


def up_seconds(minutes: Sequence[Minute]) -> float:
    """Seconds in which any process was up."""
    up, reached = 0.0, 0.0
    for each in sorted(minutes, key=lambda one: one.since_ns):
        since, until = each.since_ns / 1e9, each.until_ns / 1e9
        since = max(since, until - LONGEST, reached)
        up += max(0.0, until - since)
        reached = max(reached, until)
    return up


def _by_hour(windows: Sequence[Window], latency_ms: float) -> Iterator[Timed]:
    for each in windows:
        times = each.columns.get("latency_us")
        if isinstance(times, NumberProfile) and times.count:
            values, counts = support(times)
            slow = int(counts[values > latency_ms * 1000].sum())
            yield Timed(each.hour * HOUR, (each.hour + 1) * HOUR, times.count - slow, slow)


def _by_minute(work: Workspace, state: ProductState, since: int, latency_ms: float) -> Iterator[Timed]:
    """The rows of the last hours, out of the segments themselves."""
    counts: dict[int, tuple[int, int]] = {}
    for fact in state.segments:
        if fact.stream != PREDICTIONS or fact.last_at is None or fact.last_at.timestamp() < since:
            continue
        columns = ["at", "latency_us", "arm"]
        for _, rows in registry.segment_files().keyed(segment_source(work, fact), columns):
            at, latency = rows.get("at"), rows.get("latency_us")
            if at is None or latency is None or isinstance(at, Coded) or isinstance(latency, Coded):
                continue
            mine = (at >= since * 1e6) & np.isfinite(latency) & _was_answered(rows.get("arm"), len(at))
            minutes = (at[mine] // (MINUTE * 1e6)).astype(np.int64)
            slow = latency[mine] > latency_ms * 1000
            for minute in np.unique(minutes).tolist():
                there = minutes == minute
                all_, late = counts.get(minute, (0, 0))
                counts[minute] = all_ + int(there.sum()), late + int(slow[there].sum())
    for minute, (all_, late) in sorted(counts.items()):
        yield Timed(minute * MINUTE, (minute + 1) * MINUTE, all_ - late, late)


def _was_answered(arm: object, rows: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether a caller got the row's answer."""
    if not isinstance(arm, Coded):
        return np.ones(rows, bool)
    nobodys = [name in NOBODY | (BESIDE & {SHADOW}) for name in arm.names]
    return ~np.array([*nobodys, False])[arm.codes]

"""Predictions beside outcomes by hour, release, arm and slice, kept by the digests of their segments: nothing
is read twice, and a report over any window is a sum.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path

from msgspec import to_builtins

from causeway.actions.decide import product_state
from causeway.actions.outcome_reference import Reference, reference_of
from causeway.actions.outcome_rows import Outcomes
from causeway.actions.routes import promise
from causeway.actions.segments import OUTCOMES, PREDICTIONS, segment_source, segments_of
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.assess.quality_rows import Parts, columns_asked, parts_of, windows_of
from causeway.core.events import SegmentSealed
from causeway.core.ids import digest_of_value, short
from causeway.stats.quality_form import (
    HOUR_US,
    QualityWindow,
    QualityWindows,
    read_windows,
    write_windows,
)
from causeway.stats.quality_window import merged_windows

FORMAT = 4
"""Raised when the same segments are to make other windows."""

HOURS, DAYS = ".windows", ".days"
FEW_ROWS = 200
"""A segment of so few rows, answered long ago, is one window: fewer rows are judged nowhere."""
MOST_DAYS = 2_000
"""Segments of which days are held from one look to the next."""
_DAYS: dict[str, tuple[QualityWindow, ...]] = {}

Key = tuple[int, str, str, str]
"""Beginning in microseconds, release, arm, slice."""


def quality_windows(
    work: Workspace,
    product: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    hours: int = 1,
) -> tuple[QualityWindow, ...]:
    """The windows of every release between two moments, oldest first, each of so many hours.

    By the time of the prediction, however late its outcome came; the outcome brought in last is the one
    that counts.
    """
    predictions = segments_of(work, product, PREDICTIONS)
    reader = _Reader(work, product)
    first = round(since.timestamp() * 1e6) if since else 0
    end = round(until.timestamp() * 1e6) if until else 1 << 62
    found: dict[Key, list[QualityWindow]] = {}
    for fact in predictions:
        if _is_within(fact, since, until):
            by_day = hours % 24 == 0 and fact.rows > FEW_ROWS and _is_inside(fact, since, until)
            for window in reader.days(fact) if by_day else reader.windows(fact):
                if first <= window.since_us < end:
                    found.setdefault(_key(window, hours), []).append(window)
    reader.outcomes.save(predictions)
    _forget(reader.folder, predictions)
    merged = (merged_windows(windows) for _, windows in sorted(found.items()))
    return tuple(window for window in merged if window is not None)


def quality_history(work: Workspace, product: str, *, lately: datetime) -> tuple[QualityWindow, ...]:
    """All windows there are, oldest first: hours of segments that end after this moment, days of others."""
    predictions = segments_of(work, product, PREDICTIONS)
    reader = _Reader(work, product)
    found: dict[Key, list[QualityWindow]] = {}
    for fact in predictions:
        is_old = fact.last_at is not None and fact.last_at < lately
        for window in reader.days(fact) if is_old else reader.windows(fact):
            found.setdefault(_key(window, 24 if is_old else 1), []).append(window)
    reader.outcomes.save(predictions)
    _forget(reader.folder, predictions)
    merged = (merged_windows(windows) for _, windows in sorted(found.items()))
    return tuple(window for window in merged if window is not None)


def reference_quality(work: Workspace, product: str, release: str) -> QualityWindow | None:
    """The held-out rows that the release was measured on; None where they are not on this disk."""
    found = reference_of(work, product, release)
    return found.window if found else None


class _Reader:
    """The windows of one segment after the other."""

    def __init__(self, work: Workspace, product: str) -> None:
        self._work, self._product = work, product
        self.folder = work.state / "quality" / product

    @cached_property
    def _references(self) -> Mapping[str, Reference]:
        made = product_state(self._work, self._product).releases
        found = {name: reference_of(self._work, self._product, name) for name in made}
        return {name: reference for name, reference in found.items() if reference is not None}

    @cached_property
    def outcomes(self) -> Outcomes:
        """What came of the predictions."""
        tasks = {reference.asked.task for reference in self._references.values()}
        segments = segments_of(self._work, self._product, OUTCOMES)
        return Outcomes(self._work, segments, self.folder, texts=tasks != {"regression"})

    @cached_property
    def _parts(self) -> Parts:
        state = product_state(self._work, self._product)
        return parts_of(promise(self._work, state)) if state.manifest else Parts()

    @cached_property
    def _plan_digest(self) -> str:
        releases = {
            name: [to_builtins(each.asked.signature.outputs), each.asked.task, each.asked.median_error]
            for name, each in self._references.items()
        }
        return digest_of_value([FORMAT, to_builtins(self._parts), releases])

    def windows(self, fact: SegmentSealed) -> tuple[QualityWindow, ...]:
        """By the hour, as they were kept, or made now."""
        file, touching = self._kept(fact, HOURS)
        with suppress(FileNotFoundError, ValueError):
            return read_windows(file.read_bytes()).windows
        made = tuple(self._made(fact, touching))
        self._keep(fact, file, made)
        return made

    def days(self, fact: SegmentSealed) -> tuple[QualityWindow, ...]:
        """The same by the day, of few rows as one; held, since they change no more once outcomes came."""
        file, _ = self._kept(fact, DAYS)
        held = _DAYS.get(str(file))
        if held is not None:
            return held
        try:
            made = read_windows(file.read_bytes()).windows
        except (FileNotFoundError, ValueError):
            made = _by_days(self.windows(fact), few=fact.rows <= FEW_ROWS)
            self._keep(fact, file, made)
        while len(_DAYS) >= MOST_DAYS:
            del _DAYS[next(iter(_DAYS))]
        _DAYS[str(file)] = made
        return made

    def _kept(self, fact: SegmentSealed, suffix: str) -> tuple[Path, list[SegmentSealed]]:
        """Where windows of this segment are kept, named after all that they are made of; and its outcomes."""
        touching = self.outcomes.touching(fact)
        stamp = digest_of_value([self._plan_digest, fact.segment, [each.segment for each in touching]])
        return self.folder / f"{short(fact.segment)}-{short(stamp)}{suffix}", touching

    def _keep(self, fact: SegmentSealed, file: Path, made: tuple[QualityWindow, ...]) -> None:
        write_whole(file, write_windows(QualityWindows(made)))
        for old in self.folder.glob(f"{short(fact.segment)}-*{file.suffix}"):
            if old != file:
                old.unlink(missing_ok=True)

    def _made(self, fact: SegmentSealed, touching: list[SegmentSealed]) -> Iterator[QualityWindow]:
        asked = {name: reference.asked for name, reference in self._references.items()}
        columns = columns_asked(asked, self._parts)
        found: dict[Key, list[QualityWindow]] = {}
        for keys, rows in registry.segment_files().keyed(segment_source(self._work, fact), columns):
            came = self.outcomes.came(keys, touching)
            for window in windows_of(rows, came, asked=asked, parts=self._parts):
                found.setdefault(_key(window, 1), []).append(window)
        merged = (merged_windows(windows) for _, windows in sorted(found.items()))
        yield from (window for window in merged if window is not None)


def _by_days(windows: Sequence[QualityWindow], *, few: bool) -> tuple[QualityWindow, ...]:
    found: dict[Key, list[QualityWindow]] = {}
    for window in windows:
        day, *rest = _key(window, 24)
        found.setdefault((0 if few else day, *rest), []).append(window)
    merged = (merged_windows(parts) for _, parts in sorted(found.items()))
    return tuple(window for window in merged if window is not None)


def _key(window: QualityWindow, hours: int) -> Key:
    span = hours * HOUR_US
    return window.since_us // span * span, window.release, window.arm, window.slice


def _is_within(fact: SegmentSealed, since: datetime | None, until: datetime | None) -> bool:
    late = since is not None and fact.last_at is not None and fact.last_at < since
    return not late and not (until is not None and fact.first_at is not None and fact.first_at >= until)


def _is_inside(fact: SegmentSealed, since: datetime | None, until: datetime | None) -> bool:
    """Whether whole days of it lie between the two moments."""
    if fact.first_at is None or fact.last_at is None:
        return False
    day = fact.first_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return (since is None or day >= since) and (until is None or fact.last_at < until)


def _forget(folder: Path, predictions: list[SegmentSealed]) -> None:
    """Takes away what was kept of segments that are gone, and with them of rows that were erased."""
    there = {short(each.segment) for each in predictions}
    for suffix in (HOURS, DAYS):
        for file in folder.glob(f"*{suffix}"):
            if file.name.partition("-")[0] not in there:
                file.unlink(missing_ok=True)

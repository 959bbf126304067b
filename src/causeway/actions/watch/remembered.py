"""What earlier looks saw of monitors whose past no record tells: kept small, however often one looks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.workspace import write_whole
from causeway.assess.watch_line import Point, Series
from causeway.core.watching import Sight

FOLDER = "watch/past"
TOLD_BY_RECORDS = frozenset({"drift", "output", "skew", "schema", "estimate", "volume", "latency"})
HOURLY = timedelta(days=3)
"""For so long one look an hour is kept; of the days before, the last one."""
DAILY = timedelta(days=36)
MOST = 100
"""Monitors of which anything is kept."""


class Remembered(Struct, frozen=True, omit_defaults=True):
    """One monitor's numbers, oldest first, by the time of the look."""

    watches: str
    about: str
    unit: str
    points: tuple[Point, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        """By which it is found again."""
        return self.watches, self.about


_decode = msgspec.json.Decoder(tuple[Remembered, ...]).decode


def remember(state: Path, product: str, at: datetime, sights: Sequence[Sight]) -> None:
    """Adds a look's numbers to those before; `state` is the workspace's folder."""
    known = remembered(state, product)
    for sight in sights:
        name = sight.watches, sight.about
        if (
            sight.value is None
            or sight.watches in TOLD_BY_RECORDS
            or (name not in known and len(known) >= MOST)
        ):
            continue
        before = known.get(name, Remembered(*name, sight.unit))
        known[name] = structs.replace(before, points=tuple(_thinned([*before.points, _point(sight, at)])))
    if known:
        write_whole(_place(state, product), msgspec.json.encode(list(known.values())))


def remembered(state: Path, product: str) -> dict[tuple[str, str], Remembered]:
    """What is kept of each monitor; nothing where nobody looked yet."""
    try:
        found = _decode(_place(state, product).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return {}
    return {each.name: each for each in found}


def recalled(
    known: Mapping[tuple[str, str], Remembered], drawn: Sequence[Series], sights: Sequence[Sight]
) -> Iterator[Series]:
    """A line for each monitor that has none, and that the last look still saw."""
    there = {(each.watches, each.about) for each in drawn}
    for sight in sights:
        past = known.get((sight.watches, sight.about))
        if past is None or past.name in there:
            continue
        there.add(past.name)
        yield Series(
            watches=sight.watches,
            about=sight.about,
            unit=sight.unit,
            points=_even(past.points),
            monitor=sight.monitor,
            verdict=sight.verdict,
            why=sight.why,
            period="looks",
            method=sight.method,
            threshold=sight.threshold,
            reference=sight.reference,
            importance=sight.importance,
        )


def _even(points: Sequence[Point]) -> tuple[Point, ...]:
    """The last of each day, where they are of more days than are kept by the hour."""
    if points[-1].until - points[0].until <= HOURLY:
        return tuple(points)
    return tuple({each.until.date(): each for each in points}.values())


def _point(sight: Sight, at: datetime) -> Point:
    return Point(at, at, sight.rows, sight.value, sight.low, sight.high, sight.verdict)


def _thinned(points: Sequence[Point]) -> Iterator[Point]:
    """The last of each hour, and of each day that is longer ago."""
    newest = points[-1].until
    last: dict[str, Point] = {}
    for each in points:
        age = newest - each.until
        if timedelta(0) <= age <= DAILY:
            last[f"{each.until:%Y-%m-%d %H}" if age <= HOURLY else f"{each.until:%Y-%m-%d}"] = each
    yield from sorted(last.values(), key=lambda each: each.until)


def _place(state: Path, product: str) -> Path:
    return state / FOLDER / f"{product}.json"

"""`causeway replay`: a table's rows as if they came from now on, in a copy of the product, day after day.

The clock jumps from one look to the next. In between rows are answered by what is live, outcomes are told
when their time has come, and everything that is due is done, as `causeway tick` does it: so monitors,
triggers, retraining and trials act as they would, and the copy's ledger tells it. The original only reads.
"""

import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.label import label
from causeway.actions.replay.blocks import Block, blocks_of
from causeway.actions.replay.feeder import Feeder
from causeway.actions.replay.rows import MICROSECONDS, Rows, Wanted, rows_of
from causeway.actions.replay.scene import scene
from causeway.actions.tick import Done, tick
from causeway.actions.workspace import AHEAD, Workspace, load_product, write_whole
from causeway.core.clock import FixedClock, SystemClock
from causeway.core.errors import NotFound
from causeway.core.events import Event, OutcomesLabelled, ReleaseMade, SegmentSealed

WEEK = timedelta(days=7)
FEW = 1000
"""So many rows are one segment, however many days they are of."""
DAY_US = 86_400 * MICROSECONDS
QUIET = (SegmentSealed, OutcomesLabelled)


class Replayed(Struct, frozen=True):
    """What a replay did; times are those of the copy, in which the first row came after it was made."""

    product: str
    folder: str
    rows: int
    answered: int
    set_apart: int
    labelled: int
    since: datetime
    until: datetime
    shifted_days: float
    """So many days later than in the table everything happened: whole weeks, so that weekdays stay."""
    releases: dict[str, int]
    """How many rows each release answered."""
    rules: dict[str, int]
    """How many rows broke each rule, of those set apart."""
    made: int
    """Releases that were made in the meantime."""
    events: int
    blocks: tuple[Block, ...]
    troubles: tuple[Done, ...]
    """What could not be done when it was due."""
    seconds: float


Watch = Callable[[datetime, list[Event]], None]
"""Told the copy's time, and what was written since the last look."""


@dataclass
class _Course:
    """A replay under way, and how far it is."""

    work: Workspace
    product: str
    wanted: Wanted
    rows: Rows
    feeder: Feeder
    shift_us: int
    seen: int
    answered: int = 0
    set_apart: int = 0
    labelled: int = 0
    made: int = 0
    releases: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    waiting: list[tuple[int, str, str]] = field(default_factory=list)
    """Outcomes that are not known yet: from when on, of which prediction, what."""
    troubles: dict[str, Done] = field(default_factory=dict)


def replay(
    work: Workspace, folder: Path, wanted: Wanted, into: Path, *, watch: Watch = lambda _at, _events: None
) -> Replayed:
    """Replays the table in a copy of the product in `into`, and leaves the copy there to be looked at."""
    began = time.monotonic()
    product = load_product(work, folder)[0].product.name
    state = product_state(work, product)
    if not state.shares:
        raise NotFound(f"nothing of {product} is live", hint="ship a release first: causeway ship")
    champion = max(state.shares, key=lambda each: state.shares[each])
    with scene(work, folder, into) as copy:
        scratch = copy.state / "replay"
        rows = rows_of(wanted, describe(copy, champion).release, scratch)
        feeder = Feeder(copy, product, rows, scratch)
        course = _Course(
            copy,
            product,
            wanted,
            rows,
            feeder,
            shift_us=_shift(rows, copy.clock.now()),
            seen=copy.ledger.head(product).seq,
        )
        try:
            for until_us in _looks(rows, wanted):
                _paced(wanted, rows, until_us, began)
                _step(course, until_us)
                _told(course, watch)
        finally:
            feeder.close()
            shutil.rmtree(scratch, ignore_errors=True)
            # whoever looks at the copy later finds it where it stands
            ahead = math.ceil((copy.clock.now() - SystemClock().now()).total_seconds())
            write_whole(copy.state / AHEAD, str(ahead).encode())
        return _replayed(course, into, champion, seconds=time.monotonic() - began)


def _replayed(course: _Course, into: Path, champion: str, *, seconds: float) -> Replayed:
    work, rows = course.work, course.rows
    return Replayed(
        product=course.product,
        folder=str(into),
        rows=len(rows.at_us),
        answered=course.answered,
        set_apart=course.set_apart,
        labelled=course.labelled,
        since=_moment(int(rows.at_us[0]) + course.shift_us),
        until=work.clock.now(),
        shifted_days=course.shift_us / DAY_US,
        releases=dict(course.releases),
        rules=dict(course.rules.most_common()),
        made=course.made,
        events=work.ledger.head(course.product).seq,
        blocks=blocks_of(work, course.product, champion, seconds=course.wanted.block),
        troubles=tuple(course.troubles.values()),
        seconds=round(seconds, 1),
    )


def _shift(rows: Rows, now: datetime) -> int:
    """By how much later everything happens: whole weeks, so that the first row comes after now."""
    first = _moment(int(rows.at_us[0]))
    weeks = -((first - now) // WEEK)
    return round(weeks * WEEK.total_seconds() * MICROSECONDS)


def _looks(rows: Rows, wanted: Wanted) -> Iterator[int]:
    """The table's times at which somebody looks: on the step, until the last outcome is known."""
    step = round(wanted.step * MICROSECONDS)
    last = int(rows.at_us[-1]) + (round(wanted.delay * MICROSECONDS) if wanted.outcome else 0)
    at = (int(rows.at_us[0]) // step + 1) * step
    while at <= last + step:
        yield at
        at += step


def _paced(wanted: Wanted, rows: Rows, until_us: int, began: float) -> None:
    if wanted.speed > 0:
        due = began + (until_us - int(rows.at_us[0])) / MICROSECONDS / wanted.speed
        time.sleep(max(0.0, due - time.monotonic()))


def _step(course: _Course, until_us: int) -> None:
    """Everything up to this time: rows answered (by days, if many), outcomes told, what is due done."""
    clock, times = cast("FixedClock", course.work.clock), course.rows.at_us
    first = course.answered + course.set_apart
    last = int(np.searchsorted(times, until_us, side="left"))
    while first < last:
        end = last
        if last - first > FEW:
            midnight = (int(times[first]) // DAY_US + 1) * DAY_US
            end = min(last, int(np.searchsorted(times, midnight, side="left")))
        clock.at = _moment(int(times[end - 1]) + course.shift_us)
        _fed(course, first, end)
        first = end
    clock.at = _moment(until_us + course.shift_us)
    _tell_outcomes(course, until_us)
    ticked = tick(course.work)
    course.troubles |= {f"{each.what} {each.words}": each for each in ticked.failed}


def _fed(course: _Course, first: int, end: int) -> None:
    """Some rows, answered and recorded; what really happened is known later."""
    rows, delay_us = course.rows, round(course.wanted.delay * MICROSECONDS)
    at_us: list[int] = (rows.at_us[first:end] + course.shift_us).tolist()
    fed = course.feeder.feed(first, end, at_us)
    course.answered += len(fed.ids)
    course.set_apart += fed.set_apart
    course.releases.update(fed.releases)
    course.rules.update(fed.rules)
    course.waiting += [
        (int(rows.at_us[place]) + delay_us, name, rows.outcomes[place])
        for place, name in fed.ids.items()
        if rows.outcomes[place]
    ]


def _tell_outcomes(course: _Course, until_us: int) -> None:
    """Labels what is known by now."""
    due = [each for each in course.waiting if each[0] <= until_us]
    if not due:
        return
    course.waiting = [each for each in course.waiting if each[0] > until_us]
    lines = ["id,outcome,at"]
    lines += [
        f'{name},"{_quoted(what)}",{_moment(at + course.shift_us).isoformat()}' for at, name, what in due
    ]
    file = course.work.state / "replay" / "outcomes.csv"
    write_whole(file, "\n".join(lines).encode())
    course.labelled += label(course.work, course.product, file).joined


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def _told(course: _Course, watch: Watch) -> None:
    fresh = [e for e in course.work.ledger.read(course.product) if e.body.seq > course.seen]
    course.seen = fresh[-1].body.seq if fresh else course.seen
    course.made += sum(isinstance(event.fact, ReleaseMade) for event in fresh)
    watch(course.work.clock.now(), [each for each in fresh if not isinstance(each.fact, QUIET)])


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / MICROSECONDS, UTC)

"""What a product used, as its events tell it: usage by day, bytes kept, hours of serving, runs."""

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct

from causeway.core.events import Event, SegmentSealed, StageFinished, TrafficRouted
from causeway.core.keeping import SegmentErased
from causeway.core.metering import (
    BudgetJudged,
    CostForecast,
    CostUnusual,
    ServingMetered,
    Usage,
    UsageMetered,
)

PREDICTIONS = "predictions"


class Kept(Struct):
    """A segment's bytes, and from when to when they lay there; None where they still do."""

    bytes: int
    since: datetime
    until: datetime | None = None


class Waiting(Struct, frozen=True):
    """A segment whose rows nobody counted; `known` are those that came from others, which were."""

    fact: SegmentSealed
    known: tuple[Usage, ...] = ()


class Staged(Struct, frozen=True):
    """A stage of a run that took its time, and what that was estimated to cost."""

    at: datetime
    run: str
    stage: str
    seconds: float
    cost: float
    currency: str
    seq: int
    live: bool
    """Whether anything was live by then."""


class Metered(Struct):
    """Everything that was metered of one product. Only `fold` writes to it."""

    usage: list[tuple[date, Usage, int]] = []
    """By day; the number is that of the event."""
    waiting: dict[str, Waiting] = {}
    kept: dict[str, Kept] = {}
    serving: dict[date, tuple[ServingMetered, int]] = {}
    stages: list[Staged] = []
    forecasts: list[tuple[datetime, CostForecast, int]] = []
    budgets: list[tuple[datetime, BudgetJudged, int]] = []
    unusual: list[tuple[datetime, CostUnusual, int]] = []
    live_since: datetime | None = None
    counted: dict[str, tuple[Usage, ...]] = {}
    """The usage of each segment that was metered, also of one that others became."""


def fold(events: Iterable[Event]) -> Metered:
    """What these events say was used."""
    found = Metered()
    for event in events:
        _apply(found, event)
    return found


def _apply(found: Metered, event: Event) -> None:
    body = event.body
    match body.fact:
        case SegmentSealed() as fact:
            _sealed(found, fact, event)
        case SegmentErased() as fact:
            _gone(found, fact.segment, body.at)
            found.waiting.pop(fact.segment, None)
        case UsageMetered() as fact if fact.segment not in found.counted:
            found.waiting.pop(fact.segment, None)
            found.counted[fact.segment] = fact.usage
            found.usage += [(fact.day, each, body.seq) for each in fact.usage]
        case ServingMetered() as fact:
            found.serving[fact.day] = (fact, body.seq)
        case StageFinished() as fact if not fact.cached and fact.rates:
            live = found.live_since is not None
            found.stages.append(
                Staged(body.at, fact.run, fact.stage, fact.seconds, fact.cost, fact.currency, body.seq, live)
            )
        case TrafficRouted() as fact if fact.shares and found.live_since is None:
            found.live_since = body.at
        case CostForecast() as fact:
            found.forecasts.append((body.at, fact, body.seq))
        case BudgetJudged() as fact:
            found.budgets.append((body.at, fact, body.seq))
        case CostUnusual() as fact:
            found.unusual.append((body.at, fact, body.seq))
        case _:
            pass


def _sealed(found: Metered, fact: SegmentSealed, event: Event) -> None:
    for name in fact.replaces:
        _gone(found, name, event.body.at)
    if fact.bytes:
        found.kept[fact.segment] = Kept(fact.bytes, event.body.at)
    if fact.stream != PREDICTIONS:
        return
    counted = found.counted
    if fact.usage:
        day = day_of(fact)
        found.usage += [(day, each, event.body.seq) for each in fact.usage]
        counted[fact.segment] = fact.usage
        return
    unknown = [name for name in fact.replaces if name not in counted]
    known = tuple(each for name in fact.replaces for each in counted.get(name, ()))
    for name in fact.replaces:
        found.waiting.pop(name, None)
    if fact.replaces and not unknown:
        counted[fact.segment] = known
    elif fact.rows:
        found.waiting[fact.segment] = Waiting(fact, known)


def _gone(found: Metered, segment: str, at: datetime) -> None:
    kept = found.kept.get(segment)
    if kept is not None and kept.until is None:
        kept.until = at


def day_of(fact: SegmentSealed) -> date:
    """The day whose rows the segment holds."""
    return date.fromisoformat(fact.path.split("/")[-2])

"""What products used: the ledger's counts, and what was not counted yet, which becomes events."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from causeway.actions.seal import log_folder
from causeway.actions.segments import PREDICTIONS, segment_source
from causeway.actions.watch.service import minutes_of, up_seconds
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.cost.meter import ServingDay, Used
from causeway.assess.cost.usage import added, usage_of
from causeway.core.errors import OutsideError
from causeway.core.events import AnyFact, Event
from causeway.core.metering import ServingMetered, UsageMetered
from causeway.core.minutes import MINUTES_SUFFIX, Minute
from causeway.views.metering import Waiting, day_of, fold

LATE = timedelta(minutes=10)
"""After its end, a day's last lines have been written."""
HOW = "processor time of each process, shared by the seconds of the requests that it answered"


def used_of(work: Workspace, product: str, *, events: Sequence[Event] | None = None) -> Used:
    """Everything that the product used; what lies in files only is read from there."""
    metered = fold(work.ledger.read(product) if events is None else events)
    for waiting in tuple(metered.waiting.values()):
        metered.usage += [(each.day, one, 0) for each in _counted(work, waiting) for one in each.usage]
    serving = {
        day: ServingDay(fact.up_seconds, fact.cpu_seconds, fact.how, seq)
        for day, (fact, seq) in metered.serving.items()
    }
    lying = _serving(log_folder(work, product), known=serving)
    return Used(product, metered, {**lying, **serving})


def meter(work: Workspace, product: str) -> tuple[AnyFact, ...]:
    """Writes what nobody wrote yet: segments without counts, and the hours of days that are over."""
    metered = fold(work.ledger.read(product))
    facts: list[AnyFact] = [each for one in metered.waiting.values() for each in _counted(work, one)]
    over = work.clock.now() - LATE
    lying = _serving(log_folder(work, product), known=metered.serving.keys())
    facts += [
        ServingMetered(day, round(each.up_seconds, 3), each.cpu_seconds, each.how)
        for day, each in sorted(lying.items())
        if datetime.combine(day + timedelta(days=1), time(), UTC) <= over
    ]
    if facts:
        work.ledger.append(product, facts, actor=work.actor, at=work.clock.now())
    return tuple(facts)


def _counted(work: Workspace, waiting: Waiting) -> Iterable[UsageMetered]:
    """The usage of a segment that was sealed without; none where its file cannot be read."""
    fact = waiting.fact
    if fact.stream != PREDICTIONS:
        return
    try:
        source = segment_source(work, fact)
        if isinstance(source, Path) and not source.is_file():
            return
        usage = usage_of(registry.segment_files().arrays(source))
    except OutsideError:
        return
    yield UsageMetered(fact.segment, day_of(fact), added(usage, less=waiting.known))


def _serving(folder: Path, *, known: Iterable[date]) -> Mapping[date, ServingDay]:
    """The days that the gateway's lines tell of and nobody wrote yet."""
    done = {f"{day:%Y-%m-%d}" for day in known}
    # a day whose lines nobody can read is a day all the same, or it would be looked at for ever
    days: dict[date, list[Minute]] = {day: [] for day in days_there(folder)}
    for each in minutes_of(folder, without=done):
        day = datetime.fromtimestamp(each.since_ns / 1e9, UTC).date()
        days.setdefault(day, []).append(each)
    return {day: _together(minutes) for day, minutes in days.items() if f"{day:%Y-%m-%d}" not in done}


def days_there(folder: Path) -> set[date]:
    """The days of which the gateway wrote lines."""
    found: set[date] = set()
    for file in folder.glob(f"*{MINUTES_SUFFIX}"):
        with suppress(ValueError):
            found.add(date.fromisoformat(file.name[: len("2026-01-31")]))
    return found


def _together(minutes: list[Minute]) -> ServingDay:
    told = [each.cpu_us for each in minutes if each.cpu_us is not None]
    cpu = round(sum(told) / 1e6, 6) if told else None
    return ServingDay(up_seconds(minutes), cpu, HOW if told else "")

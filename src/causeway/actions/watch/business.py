"""What the answers brought: values that were told of them, day by day, and what the query measured."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct

from causeway.actions.answered import answered
from causeway.actions.segments import PREDICTIONS
from causeway.actions.told import Bools, hashed, is_sent, says, words_of
from causeway.actions.watch.history import BESIDE
from causeway.actions.workspace import Workspace
from causeway.assess.brought import (
    MEAN,
    Answered,
    Concerned,
    Rules,
    Told,
    come_to,
    paired,
    places,
    rows_of,
    rules_of,
)
from causeway.assess.service_facts import Kpi, KpiDay
from causeway.core.events import BaselineMeasured, Event, OutcomesLabelled, TrafficRouted
from causeway.core.ids import digest_of
from causeway.core.manifest import Manifest
from causeway.stats.delays import MATURE, Waiting, arrival_of, delays_of
from causeway.stats.mean_sequence import Sums
from causeway.stats.quality_form import Delays, Floats, Integers
from causeway.views.product import ProductState

DAYS = 63
DAY_US = 86_400_000_000
LEAST_VALUES = 50


class _Seen(Struct, frozen=True, eq=False):
    """What was answered by day, and the rows that values may be of."""

    predictions: Mapping[int, int]
    units: Mapping[int, int]
    """How many entities or requests each day had; empty where nobody asked."""
    rows: Answered
    counts: Bools
    """Whether no release on trial gave the answer."""


class _Day(Struct, frozen=True):
    """One day's values."""

    predictions: int
    sums: Sums
    delays: Delays
    units: int = 0


def kpi_of(
    work: Workspace, state: ProductState, manifest: Manifest, events: Sequence[Event], *, now: datetime
) -> Kpi | None:
    """The business measure as far as anybody said what it was; None where nobody did."""
    measured, sent = _measured(manifest, events), is_sent(events)
    if not sent and not any(isinstance(each.fact, OutcomesLabelled) and each.fact.kpi for each in events):
        return Kpi(measured=measured) if measured else None
    rules, since = rules_of(manifest), now - timedelta(days=DAYS)
    # who sends what came about sends nothing of whom nothing came
    every = sent and rules.per != MEAN
    told = words_of(work, events, numbered=hashed, since=since).told()
    seen = _seen(work, state, manifest.serving.entity, told, since=since, every=every)
    days = _days(seen, told, rules)
    declared = manifest.evaluation.outcome_days
    if every:
        mature: float | None = max(rules.final_days, declared or 0.0)
    else:
        mature = declared if declared is not None else _learnt(days, now)
    last = now.timestamp() / 86_400 - 1 - (mature or 0.0)
    made = tuple(
        KpiDay(day, each.predictions, _with_nothing(each) if every and day <= last else each.sums)
        for day, each in sorted(days.items())
    )
    return Kpi(made, mature, measured)


def _measured(manifest: Manifest, events: Sequence[Event]) -> tuple[tuple[datetime, float], ...]:
    """What the query that is declared now said since something was live."""
    if not manifest.kpi.query:
        return ()
    query, is_live = digest_of(manifest.kpi.query.encode()), False
    found: list[tuple[datetime, float]] = []
    for event in events:
        is_live = is_live or isinstance(event.fact, TrafficRouted)
        if is_live and isinstance(event.fact, BaselineMeasured) and event.fact.query == query:
            found.append((event.body.at, event.fact.value))
    return tuple(found)


def _seen(
    work: Workspace, state: ProductState, entity: str, told: Told, *, since: datetime, every: bool
) -> _Seen:
    concerned, unit = Concerned(told), f"in_{entity}" if entity else "request"
    segments = [each for each in state.segments if each.stream == PREDICTIONS]
    lately = [each for each in segments if each.last_at is None or each.last_at >= since]
    predictions: dict[int, int] = {}
    pairs: dict[int, list[Integers]] = {}
    rows: list[Answered] = []
    counts = [np.empty(0, bool)]
    for part in answered(work, lately, concerned, unit=unit, every=every):
        mine = ~says(part.columns.get("arm"), BESIDE, len(part.keys))
        for day, count in _counted(_day_of(part.at_us[mine])):
            predictions[day] = predictions.get(day, 0) + count
        if every:
            _add_units(pairs, part.kept(mine))
        rows.append(part.kept(part.concerned))
        counts.append(mine[part.concerned])
    units = {day: len(np.unique(np.concatenate(each))) for day, each in pairs.items()}
    return _Seen(predictions, units, rows_of(rows), np.concatenate(counts))


def _add_units(units: dict[int, list[Integers]], rows: Answered) -> None:
    day = _day_of(rows.at_us)
    for each in np.unique(day).tolist():
        units.setdefault(each, []).append(np.unique(rows.unit[day == each]))


def _days(seen: _Seen, told: Told, rules: Rules) -> dict[int, _Day]:
    """Each day with the values that came of its rows."""
    row = places(seen.rows, told, horizon_us=rules.horizon_us)
    mine = row >= 0
    mine[mine] = seen.counts[row[mine]]
    row, value, known = row[mine], told.value[mine], told.known_us[mine]
    day = _day_of(seen.rows.at_us[row])
    _, first, group = np.unique(paired(seen.rows.unit[row], day), return_index=True, return_inverse=True)
    amounts, day_of = come_to(value, group, len(first), per=rules.per), day[first]
    delayed, seconds = _delays(row, (known - seen.rows.at_us[row]) / 1e6)
    delayed_on = _day_of(seen.rows.at_us[delayed])
    return {
        each: _Day(
            predictions,
            _sums(amounts[day_of == each]),
            delays_of(seconds[delayed_on == each]),
            seen.units.get(each, 0),
        )
        for each, predictions in seen.predictions.items()
    }


def _delays(row: Integers, seconds: Floats) -> tuple[Integers, Floats]:
    """Each row that has values once, and after how long the last of them came."""
    order = np.lexsort((seconds, row))
    rows, counts = np.unique(row[order], return_counts=True)
    return rows, seconds[order][np.cumsum(counts) - 1]


def _day_of(at_us: Floats) -> Integers:
    return (at_us // DAY_US).astype(np.int64)


def _counted(days: Integers) -> list[tuple[int, int]]:
    found, counts = np.unique(days, return_counts=True)
    return list(zip(found.tolist(), counts.tolist(), strict=True))


def _sums(values: Floats) -> Sums:
    """Of what each entity's or request's values come to."""
    if not len(values):
        return Sums()
    mean = float(values.mean())
    return Sums(len(values), mean, float(((values - mean) ** 2).sum()))


def _with_nothing(day: _Day) -> Sums:
    """The same with a nought for each of whom nothing was told."""
    return day.sums + Sums(day.units - day.sums.rows)


def _learnt(days: Mapping[int, _Day], now: datetime) -> float | None:
    """After how many days nearly all values have come, as those so far tell."""
    ages = {day: now.timestamp() - (day + 0.5) * 86_400 for day in days}
    waiting = [Waiting(ages[day], each.predictions, each.delays) for day, each in days.items()]
    arrival = arrival_of(waiting)
    return arrival.quantile(MATURE) / 86_400 if arrival.outcomes >= LEAST_VALUES else None

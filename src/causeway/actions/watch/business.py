"""What the answers brought: values that outcomes came with, day by day, and what the query measured."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.segments import OUTCOMES, PREDICTIONS, segment_source
from causeway.actions.watch.history import BESIDE, NOBODY
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.service_facts import Kpi, KpiDay
from causeway.core.events import BaselineMeasured, Event, OutcomesLabelled, TrafficRouted
from causeway.core.ids import digest_of
from causeway.core.manifest import Manifest
from causeway.stats.delays import MATURE, Waiting, arrival_of, delays_of
from causeway.stats.mean_sequence import Sums
from causeway.stats.profile_form import Arrays, Coded
from causeway.views.product import ProductState

DAYS = 63
DAY_US = 86_400_000_000
LEAST_VALUES = 50

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]


class _Values(Struct, frozen=True):
    """The last value of each prediction, by its key in order, and when it came."""

    keys: Keys
    values: Floats
    at: Floats


class _Day(Struct):
    predictions: int = 0
    values: list[Floats] = []
    units: list[NDArray[np.object_]] = []
    delays: list[Floats] = []


def kpi_of(
    work: Workspace, state: ProductState, manifest: Manifest, events: Sequence[Event], *, now: datetime
) -> Kpi | None:
    """The business measure as far as anybody said what it was; None where nobody did."""
    measured = _measured(manifest, events)
    if not any(isinstance(each.fact, OutcomesLabelled) and each.fact.kpi for each in events):
        return Kpi(measured=measured) if measured else None
    days = _days(work, state, manifest.serving.entity, since=now - timedelta(days=DAYS))
    made = tuple(KpiDay(day, each.predictions, _sums(each)) for day, each in sorted(days.items()))
    declared = manifest.evaluation.outcome_days
    return Kpi(made, declared if declared is not None else _learnt(days, now), measured)


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


def _days(work: Workspace, state: ProductState, entity: str, *, since: datetime) -> Mapping[int, _Day]:
    known = _values(work, state)
    days: dict[int, _Day] = {}
    unit = f"in_{entity}" if entity else "request"
    for fact in state.segments:
        if fact.stream != PREDICTIONS or fact.last_at is None or fact.last_at < since:
            continue
        columns = ["at", "arm", unit]
        for keys, rows in registry.segment_files().keyed(segment_source(work, fact), columns):
            _add(days, keys, rows, known, unit=unit)
    return days


def _add(days: dict[int, _Day], keys: Keys, rows: Arrays, known: _Values, *, unit: str) -> None:
    at, arm = rows.get("at"), rows.get("arm")
    if at is None or isinstance(at, Coded):
        return
    mine = np.ones(len(at), bool)
    if isinstance(arm, Coded):
        apart = [name in BESIDE | NOBODY for name in arm.names]
        mine = ~np.array([*apart, False])[arm.codes]
    place = np.minimum(np.searchsorted(known.keys, keys), max(len(known.keys) - 1, 0))
    has = (known.keys[place] == keys) & mine if len(known.keys) else np.zeros(len(at), bool)
    units = _units(rows.get(unit), len(at))
    day_of = (at // DAY_US).astype(np.int64)
    for day in np.unique(day_of[mine]).tolist():
        each = days.setdefault(day, _Day())
        there = has & (day_of == day)
        each.predictions += int((mine & (day_of == day)).sum())
        each.values.append(known.values[place[there]])
        each.units.append(units[there])
        each.delays.append((known.at[place[there]] - at[there]) / 1e6)


def _units(column: Floats | Coded | None, rows: int) -> NDArray[np.object_]:
    """Of whom each row is; every row of its own where that is not known."""
    if isinstance(column, Coded):
        return np.array([*column.names, ""], object)[column.codes]
    if column is None or not np.isfinite(column).all():
        return np.arange(rows).astype(object)
    return column.astype(object)


def _values(work: Workspace, state: ProductState) -> _Values:
    keys: list[Keys] = [np.array([], np.uint64)]
    values: list[Floats] = [np.array([])]
    times: list[Floats] = [np.array([])]
    for fact in state.segments:
        if fact.stream == OUTCOMES:
            for part, rows in registry.segment_files().keyed(
                segment_source(work, fact), ["kpi", "outcome_at"]
            ):
                value, at = rows.get("kpi"), rows.get("outcome_at")
                if value is None or at is None or isinstance(value, Coded) or isinstance(at, Coded):
                    continue
                keys.append(part[np.isfinite(value)])
                values.append(value[np.isfinite(value)])
                times.append(at[np.isfinite(value)])
    # the last one that came counts
    all_keys = np.concatenate(keys)[::-1]
    found, places = np.unique(all_keys, return_index=True)
    return _Values(found, np.concatenate(values)[::-1][places], np.concatenate(times)[::-1][places])


def _sums(day: _Day) -> Sums:
    """Of the means of each entity or request."""
    values = np.concatenate([*day.values, np.array([])])
    if not len(values):
        return Sums()
    names = np.concatenate(day.units).astype(str)
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=values) / counts
    return Sums(len(means), float(means.mean()), float(((means - means.mean()) ** 2).sum()))


def _learnt(days: Mapping[int, _Day], now: datetime) -> float | None:
    """After how many days nearly all values have come, as those so far tell."""
    waiting: list[Waiting] = []
    for day, each in days.items():
        age = now.timestamp() - (day + 0.5) * 86_400
        waiting.append(
            Waiting(age, each.predictions, delays_of(np.concatenate([*each.delays, np.array([])])))
        )
    arrival = arrival_of(waiting)
    return arrival.quantile(MATURE) / 86_400 if arrival.outcomes >= LEAST_VALUES else None

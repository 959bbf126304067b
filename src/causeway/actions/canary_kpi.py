"""What the units of a trial brought: the business measure beside the release that answered them."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from msgspec import Struct

from causeway.actions.answered import Part, answered
from causeway.actions.routes import promise
from causeway.actions.segments import PREDICTIONS, VALUES
from causeway.actions.told import Bools, hashed, is_sent, picked, words_of
from causeway.actions.workspace import Workspace
from causeway.assess.brought import (
    DAY_US,
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
from causeway.assess.canary_outcomes import microseconds, of_each_release, shortfalls_of
from causeway.assess.canary_rows import own_answer
from causeway.core.canary import KpiTrial
from causeway.core.records import FLAG_SEPARATOR
from causeway.stats.profile_form import Coded
from causeway.stats.quality_form import Floats, Integers
from causeway.views.canary import Canary
from causeway.views.product import ProductState

NOBODY = -1
"""Neither of the two: another release, or a fallback."""
REST_SECONDS = 60.0
"""Values may come every second, and each look reads all of the trial's."""


class Heard(Struct, frozen=True):
    """What there was when the values of a trial were last read."""

    outcomes: int = 0
    values: tuple[str, ...] = ()
    """The segments of what was sent by itself."""
    predictions: int = 0
    """How many segments of answers there were: a value may be of one that came since."""
    hour: int = 0
    at: datetime | None = None

    def is_news_to(self, before: "Heard") -> bool:
        """Whether the values should be read anew."""
        if self.outcomes != before.outcomes:
            return True
        rested = not (self.at and before.at) or (self.at - before.at).total_seconds() >= REST_SECONDS
        return rested and self.sent != before.sent

    @property
    def sent(self) -> tuple[object, ...]:
        """What values hang on; where nothing was sent, neither answers nor time bring any."""
        return (self.values, self.predictions, self.hour) if self.values else ()


class _Rows(Struct, frozen=True, eq=False):
    """Rows that were answered since the trial began, and by which of the two."""

    rows: Answered
    release: Integers
    """1 for the canary, 0 for the live release."""


def heard(state: ProductState, *, now: datetime) -> Heard:
    """What there is now."""
    values = tuple(each.segment for each in state.segments if each.stream == VALUES)
    answers = sum(each.stream == PREDICTIONS for each in state.segments)
    return Heard(
        state.canary.outcomes if state.canary else 0, values, answers, int(now.timestamp() // 3600), now
    )


def shortfalls_by_release(
    work: Workspace, state: ProductState, canary: Canary, kpi: KpiTrial, *, entity: str
) -> dict[bool, list[float]]:
    """How far each unit's measure fell short of the best, by whether the canary answered it.

    In the order of their times; what a unit's values come to is what `[value]` says.
    """
    events, rules = work.ledger.read(state.product), rules_of(promise(work, state))
    # who sends what came about sends nothing of whom nothing came
    every = rules.per != MEAN and is_sent(events)
    told = words_of(work, events, numbered=hashed, since=canary.started_at).told()
    rows = _rows(work, state, canary, told, entity=entity, every=every)
    counts = rows.release != NOBODY
    if every:
        counts &= rows.rows.at_us + rules.final_days * DAY_US <= work.clock.now().timestamp() * 1e6
    mine, values = _units(rows, counts, told, rules, every=every)
    return of_each_release(list(zip(mine.tolist(), shortfalls_of(values, kpi).tolist(), strict=True)), canary)


def _units(rows: _Rows, counts: Bools, told: Told, rules: Rules, *, every: bool) -> tuple[Bools, Floats]:
    """Whether the canary answered each unit, and what its values come to, in the order of their times."""
    row = places(rows.rows, told, horizon_us=rules.horizon_us)
    valued = row >= 0
    valued[valued] = counts[row[valued]]
    row, value = row[valued], told.value[valued]
    base = np.flatnonzero(counts) if every else np.unique(row)
    base = base[np.argsort(rows.rows.at_us[base], kind="stable")]
    unit = paired(rows.rows.unit, rows.release)
    known, first = np.unique(unit[base], return_index=True)
    amounts = come_to(value, np.searchsorted(known, unit[row]), len(known), per=rules.per)
    order = np.argsort(first)
    return rows.release[base[first[order]]] == 1, amounts[order]


def _rows(
    work: Workspace, state: ProductState, canary: Canary, told: Told, *, entity: str, every: bool
) -> _Rows:
    concerned, unit = Concerned(told), f"in_{entity}" if entity else "request"
    segments = [each for each in state.segments if each.stream == PREDICTIONS]
    late = [each for each in segments if each.last_at is None or each.last_at >= canary.started_at]
    parts: list[Answered] = []
    releases = [np.empty(0, np.int64)]
    known = {canary.release: 1, canary.champion: 0}
    columns = ("release", "flags", "request")
    for part in answered(work, late, concerned, unit=unit, columns=columns, every=every):
        mine = part.at_us >= microseconds(canary.started_at)
        if not every:
            mine &= part.concerned
        units = _units_of(part, mine, entity)
        parts.append(Answered(part.keys[mine], units, part.at_us[mine]))
        releases.append(_release(part, known)[mine])
    return _Rows(rows_of(parts), np.concatenate(releases))


def _units_of(part: Part, mine: Bools, entity: str) -> Integers:
    """Whom each of these rows is about, else its request, of which all rows were answered at one moment."""
    unit = part.unit[mine] if entity else np.full(int(mine.sum()), -1)
    unnamed = mine.copy()
    unnamed[mine] = unit == -1
    request = hashed(picked(part.columns.get("request"), unnamed), int(unnamed.sum()))
    unit[unit == -1] = paired(request, part.at_us[unnamed].astype(np.int64))
    return unit


def _release(part: Part, known: Mapping[str, int]) -> Integers:
    """Which of the two gave each answer by its own model."""
    release, flags = part.columns.get("release"), part.columns.get("flags")
    if not isinstance(release, Coded):
        return np.full(len(part.keys), NOBODY)
    found = np.array([*(known.get(name, NOBODY) for name in release.names), NOBODY])[release.codes]
    if isinstance(flags, Coded):
        own = [own_answer("", name.split(FLAG_SEPARATOR)) for name in flags.names]
        found[~np.array([*own, True])[flags.codes]] = NOBODY
    return found

"""Who was asked about and what came of them, read from segments: predictions, imported exposures, values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions import last_word
from causeway.actions.segments import (
    EXPOSURES,
    OUTCOMES,
    PREDICTIONS,
    VALUES,
    segment_digest,
    segment_source,
    segments_of,
)
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Bools, Exposures, Values
from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.errors import Refused
from causeway.core.score import REHEARSAL
from causeway.core.value import CONTROL, KPI
from causeway.stats.profile_form import Arrays, Coded
from causeway.stats.quality_form import Floats, Integers

_SHADOW = frozenset({"shadow"})

Keys = NDArray[np.uint64]


class NotWhole(Refused):
    """What was recorded was changed afterwards."""

    code = "records_changed"


class Names:
    """A number for every unit's name, the same wherever the name comes up."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def of(self, column: Floats | Coded | None, rows: int) -> Integers:
        """The number of each row's unit; -1 where none is named."""
        if isinstance(column, Coded):
            table = [self._code(name) for name in column.names]
            return np.array([*table, -1], np.int64)[column.codes]
        if column is None:
            return np.full(rows, -1)
        known, at = np.unique(column, return_inverse=True)
        return np.array([self._code(unit_of(each)) for each in known.tolist()], np.int64)[at]

    def _code(self, name: str) -> int:
        if name in ("", "nan"):
            return -1
        return self._codes.setdefault(name, len(self._codes))


class Asked(Struct, frozen=True, eq=False):
    """Every row that was asked about since a moment."""

    keys: Keys
    unit: Integers
    at_us: Floats
    control: Bools
    covariate: Floats

    def exposures(self, names: Names) -> Exposures:
        """The same as exposures of units."""
        return Exposures(self.unit, self.at_us, self.control, self.covariate, len(names))


def asked_of(work: Workspace, product: str, plan: Plan, names: Names, *, since: datetime | None) -> Asked:
    """The rows that callers sent, whether answered or withheld; rehearsals and shadows are none."""
    unit = f"in_{plan.unit}" if plan.unit else "request"
    covariate = f"in_{plan.covariate}" if plan.covariate not in ("", "before") else ""
    wanted = ["at", "arm", "consumer", unit, *filter(None, [covariate])]
    parts: list[Asked] = []
    for keys, rows in parts_of_stream(work, product, PREDICTIONS, wanted, since=since):
        at, units = _floats(rows.get("at"), len(keys)), names.of(rows.get(unit), len(keys))
        mine = ~_says(rows.get("arm"), _SHADOW, len(keys)) & ~_says(
            rows.get("consumer"), {REHEARSAL}, len(keys)
        )
        mine &= (units >= 0) & np.isfinite(at)
        held = _says(rows.get("arm"), {HOLDOUT}, len(keys))
        known = _floats(rows.get(covariate), len(keys))
        parts.append(Asked(keys[mine], units[mine], at[mine], held[mine], known[mine]))
    return _joined(parts)


def imported_of(
    work: Workspace, product: str, names: Names, *, experiment: str, since: datetime | None
) -> Exposures:
    """Who was assigned to what by another tool, in this experiment."""
    parts: list[Asked] = []
    for keys, rows in parts_of_stream(
        work, product, EXPOSURES, ["at", "arm", "unit", "experiment"], since=since
    ):
        at, units = _floats(rows.get("at"), len(keys)), names.of(rows.get("unit"), len(keys))
        mine = (units >= 0) & np.isfinite(at) & _says(rows.get("experiment"), {experiment}, len(keys))
        held = _says(rows.get("arm"), {CONTROL}, len(keys))
        parts.append(Asked(keys[mine], units[mine], at[mine], held[mine], np.full(int(mine.sum()), np.nan)))
    return _joined(parts).exposures(names)


def values_of(work: Workspace, product: str, asked: Asked, names: Names, *, measure: str) -> Values:
    """Every value of one measure that came, by prediction or by entity and time; the last word counts."""
    if measure != KPI:
        return _told(work, product, names, measure)[0]
    outcomes = last_word.labelled(work, product, _sent_of(work, product))
    labels = {prediction: each.kpi.at_us for prediction, each in outcomes.items() if each.kpi}
    told, corrected = _told(work, product, names, measure, labels=labels)
    own = _labelled(work, product, asked, overruled=corrected)
    return Values(
        np.concatenate([own.unit, told.unit]),
        np.concatenate([own.at_us, told.at_us]),
        np.concatenate([own.value, told.value]),
        np.concatenate([own.own, told.own]),
    )


def _labelled(work: Workspace, product: str, asked: Asked, *, overruled: frozenset[str]) -> Values:
    """What outcomes of predictions came with, but for those that were told otherwise later."""
    keys: list[Keys] = [np.empty(0, np.uint64)]
    values: list[Floats] = [np.empty(0)]
    for part, rows in parts_of_stream(work, product, OUTCOMES, ["kpi", *(["id"] if overruled else [])]):
        value = _floats(rows.get("kpi"), len(part))
        mine = np.isfinite(value) & ~_says(rows.get("id"), overruled, len(part))
        keys.append(part[mine])
        values.append(value[mine])
    known, places = _last(keys)
    amounts = np.concatenate(values)[places]
    order = np.argsort(asked.keys)
    at = np.searchsorted(asked.keys[order], known)
    found = at < len(order)
    found[found] = asked.keys[order][at[found]] == known[found]
    rows_of = order[at[found]]
    return Values(asked.unit[rows_of], asked.at_us[rows_of], amounts[found], np.ones(int(found.sum()), bool))


def expect_whole(work: Workspace, product: str) -> None:
    """Refuses segments that are not those that were sealed: who may write files could write the effect."""
    for stream in (PREDICTIONS, EXPOSURES, OUTCOMES, VALUES):
        for fact in segments_of(work, product, stream):
            if segment_digest(work, fact.path) not in (fact.segment, None):
                raise NotWhole(
                    f"{fact.path} is not what was sealed, so nothing may be concluded from it",
                    where=str(work.root),
                    hint="`causeway verify` says what else was changed; put the sealed file back",
                )


def _sent_of(work: Workspace, product: str) -> frozenset[str]:
    """The predictions that a value of the measure was sent of by their ids."""
    sent: set[str] = set()
    for part, rows in parts_of_stream(work, product, VALUES, ["name", "prediction"]):
        named = rows.get("prediction")
        if isinstance(named, Coded):
            used = np.unique(named.codes[_says(rows.get("name"), {KPI}, len(part))]).tolist()
            sent |= {named.names[at] for at in used if at >= 0}
    return frozenset(sent)


def _told(
    work: Workspace,
    product: str,
    names: Names,
    measure: str,
    *,
    labels: Mapping[str, float] | None = None,
) -> tuple[Values, frozenset[str]]:
    """What came by entity and time, of those that were ever asked about or not.

    Of a prediction whose outcome told it as well (`labels`: when) only what came later counts, as it would
    count twice; these predictions are named besides.
    """
    keys: list[Keys] = [np.empty(0, np.uint64)]
    columns: list[tuple[Integers, Floats, Floats, Bools]] = [
        (np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, bool))
    ]
    corrected: set[str] = set()
    wanted = ["unit", "at", "name", "value", "prediction", "known_at"]
    for fact, sealed in last_word.received(work, product, VALUES):
        for part, rows in registry.segment_files().keyed(segment_source(work, fact), wanted):
            units = names.of(rows.get("unit"), len(part))
            mine = _says(rows.get("name"), {measure}, len(part)) & (units >= 0)
            if labels:
                later = _later(rows, labels, sealed, len(part))
                mine &= later.is_last
                corrected |= later.overrules(mine)
            keys.append(part[mine])
            own = _is_named(rows.get("prediction"), len(part))
            at, value = _floats(rows.get("at"), len(part)), _floats(rows.get("value"), len(part))
            columns.append((units[mine], at[mine], value[mine], own[mine]))
    _, places = _last(keys)
    unit, at, value, own = (np.concatenate(each)[places] for each in zip(*columns, strict=True))
    return Values(unit, at, value, own), frozenset(corrected)


class _Later(Struct, frozen=True, eq=False):
    """Which rows came after the outcome of their prediction, or are of none that has one."""

    is_last: Bools
    prediction: Coded | None
    labelled: Bools
    """Of each prediction's name whether its outcome told the measure, too."""

    def overrules(self, mine: Bools) -> set[str]:
        """The predictions whose outcome these rows of mine correct."""
        if self.prediction is None:
            return set()
        used = np.unique(self.prediction.codes[mine]).tolist()
        return {self.prediction.names[at] for at in used if at >= 0 and self.labelled[at]}


def _later(rows: Arrays, labels: Mapping[str, float], sealed: float, count: int) -> _Later:
    prediction = rows.get("prediction")
    if not isinstance(prediction, Coded):
        return _Later(np.ones(count, bool), None, np.zeros(0, bool))
    labelled = np.array([*(labels.get(name, -np.inf) for name in prediction.names), -np.inf])
    known = _floats(rows.get("known_at"), count)
    known = np.where(np.isfinite(known), known, sealed)
    return _Later(known > labelled[prediction.codes], prediction, np.isfinite(labelled))


def parts_of_stream(
    work: Workspace, product: str, stream: str, columns: Sequence[str], *, since: datetime | None = None
) -> Iterator[tuple[Keys, Arrays]]:
    """The columns of each segment of the stream, and what its rows are known by."""
    for fact in segments_of(work, product, stream):
        if since is None or fact.last_at is None or fact.last_at >= since:
            yield from registry.segment_files().keyed(segment_source(work, fact), columns)


def _joined(parts: Sequence[Asked]) -> Asked:
    nothing = Asked(
        np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0), np.empty(0, bool), np.empty(0)
    )
    every = [nothing, *parts]
    return Asked(
        np.concatenate([each.keys for each in every]),
        np.concatenate([each.unit for each in every]),
        np.concatenate([each.at_us for each in every]),
        np.concatenate([each.control for each in every]),
        np.concatenate([each.covariate for each in every]),
    )


def _last(keys: Sequence[Keys]) -> tuple[Keys, Integers]:
    """Each key once, and where it stands last."""
    every = np.concatenate(keys)
    known, places = np.unique(every[::-1], return_index=True)
    return known, len(every) - 1 - places


def _says(column: Floats | Coded | None, words: set[str] | frozenset[str], rows: int) -> Bools:
    if not isinstance(column, Coded):
        return np.zeros(rows, bool)
    return np.array([*(name in words for name in column.names), False])[column.codes]


def _is_named(column: Floats | Coded | None, rows: int) -> Bools:
    if not isinstance(column, Coded):
        return np.zeros(rows, bool)
    return np.array([*(bool(name) for name in column.names), False])[column.codes]


def _floats(column: Floats | Coded | None, rows: int) -> Floats:
    return np.full(rows, np.nan) if column is None or isinstance(column, Coded) else column

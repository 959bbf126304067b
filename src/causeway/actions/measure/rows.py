"""Who was asked about and what came of them, read from segments: predictions, imported exposures, values."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.segments import (
    EXPOSURES,
    OUTCOMES,
    PREDICTIONS,
    VALUES,
    segment_digest,
    segment_source,
    segments_of,
)
from causeway.actions.told import Labels, floats, says, words_of
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Bools, Exposures, Values
from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.errors import Refused
from causeway.core.score import REHEARSAL
from causeway.core.value import CONTROL
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
        at, units = floats(rows.get("at"), len(keys)), names.of(rows.get(unit), len(keys))
        mine = ~says(rows.get("arm"), _SHADOW, len(keys)) & ~says(
            rows.get("consumer"), {REHEARSAL}, len(keys)
        )
        mine &= (units >= 0) & np.isfinite(at)
        held = says(rows.get("arm"), {HOLDOUT}, len(keys))
        known = floats(rows.get(covariate), len(keys))
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
        at, units = floats(rows.get("at"), len(keys)), names.of(rows.get("unit"), len(keys))
        mine = (units >= 0) & np.isfinite(at) & says(rows.get("experiment"), {experiment}, len(keys))
        held = says(rows.get("arm"), {CONTROL}, len(keys))
        parts.append(Asked(keys[mine], units[mine], at[mine], held[mine], np.full(int(mine.sum()), np.nan)))
    return _joined(parts).exposures(names)


def values_of(work: Workspace, product: str, asked: Asked, names: Names, *, measure: str) -> Values:
    """Every value of one measure that came, by prediction or by entity and time; the last word counts."""
    words = words_of(work, work.ledger.read(product), numbered=names.of, measure=measure)
    own, sent = _labelled(asked, words.labels), words.sent
    return Values(
        np.concatenate([own.unit, sent.unit]),
        np.concatenate([own.at_us, sent.at_us]),
        np.concatenate([own.value, sent.value]),
        np.concatenate([own.own, sent.own]),
    )


def _labelled(asked: Asked, labels: Labels) -> Values:
    """What outcomes of predictions came with."""
    order = np.argsort(asked.keys)
    at = np.searchsorted(asked.keys[order], labels.keys)
    found = at < len(order)
    found[found] = asked.keys[order][at[found]] == labels.keys[found]
    rows_of = order[at[found]]
    own = np.ones(int(found.sum()), bool)
    return Values(asked.unit[rows_of], asked.at_us[rows_of], labels.value[found], own)


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

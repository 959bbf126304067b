"""Rows that callers got an answer to, read from segments part by part."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec import Struct

from causeway.actions.segments import segment_source
from causeway.actions.told import Bools, floats, hashed, picked, says
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.brought import Answered, Concerned, Keys
from causeway.core.assignment import HOLDOUT
from causeway.core.events import SegmentSealed
from causeway.core.score import REHEARSAL
from causeway.stats.profile_form import Arrays
from causeway.stats.quality_form import Floats, Integers

UNANSWERED = frozenset({HOLDOUT, "shadow"})
"""Arms whose answers no caller got."""


class Part(Struct, frozen=True, eq=False):
    """Some answered rows, with their columns."""

    keys: Keys
    at_us: Floats
    unit: Integers
    """-1 where nothing names it, and where no value is of it unless every row's unit was asked for."""
    concerned: Bools
    """Whether any value may be of it."""
    columns: Arrays

    def kept(self, mine: Bools) -> Answered:
        """These rows; one without a unit is a unit of its own."""
        keys, unit = self.keys[mine], self.unit[mine]
        return Answered(keys, np.where(unit == -1, keys.view(np.int64), unit), self.at_us[mine])


def answered(
    work: Workspace,
    segments: Iterable[SegmentSealed],
    concerned: Concerned,
    *,
    unit: str,
    columns: Sequence[str] = (),
    every: bool = False,
) -> Iterator[Part]:
    """The answered rows of these segments; `every`: with the unit of each."""
    wanted = list(dict.fromkeys(["at", "arm", "consumer", unit, *columns]))
    for fact in segments:
        for keys, rows in registry.segment_files().keyed(segment_source(work, fact), wanted):
            count = len(keys)
            mine = np.isfinite(floats(rows.get("at"), count))
            mine &= ~says(rows.get("arm"), UNANSWERED, count)
            mine &= ~says(rows.get("consumer"), {REHEARSAL}, count)
            yield _part(keys, rows, mine, concerned, unit=unit, every=every)


def _part(keys: Keys, rows: Arrays, mine: Bools, concerned: Concerned, *, unit: str, every: bool) -> Part:
    columns = {name: column for name in rows if (column := picked(rows[name], mine)) is not None}
    keys = keys[mine]
    named, units = concerned.keys(keys), np.full(len(keys), -1)
    if every or concerned.by_entity:
        units = hashed(columns.get(unit), len(keys))
        named |= concerned.units(units)
    else:
        # names are many: only those of rows with a value are numbered
        units[named] = hashed(picked(columns.get(unit), named), int(named.sum()))
    return Part(keys, floats(columns.get("at"), len(keys)), units, named, columns)

"""Which units belong to which part of the rows, as they were when they were first asked about."""

import numpy as np

from causeway.actions.measure.rows import Asked, Keys, Names, parts_of_stream
from causeway.actions.segments import PREDICTIONS
from causeway.actions.workspace import Workspace
from causeway.assess.value.units import Bools
from causeway.core.manifest import SlicePart
from causeway.stats.profile_form import Coded
from causeway.stats.quality_form import Floats, Integers


def members_of(
    work: Workspace, product: str, slices: tuple[SlicePart, ...], asked: Asked, names: Names
) -> dict[str, Bools]:
    """Of each part for every unit's number whether it is in it; nothing is read where there are no parts."""
    if not slices or not len(asked.keys):
        return {}
    columns = tuple(dict.fromkeys(f"in_{part.column}" for part in slices))
    keys: list[Keys] = []
    inside: list[list[Bools]] = []
    for mine, rows in parts_of_stream(work, product, PREDICTIONS, columns):
        keys.append(mine)
        inside.append([_is_in(rows.get(f"in_{part.column}"), part, len(mine)) for part in slices])
    if not keys:
        return {}
    known = np.concatenate(keys)
    order = np.argsort(known, kind="stable")
    first = _first_rows(asked)
    at = order[np.minimum(np.searchsorted(known[order], asked.keys[first]), len(order) - 1)]
    found: dict[str, Bools] = {}
    for place, part in enumerate(slices):
        told = np.concatenate([each[place] for each in inside])
        member = np.zeros(len(names), bool)
        member[asked.unit[first]] = told[at] & (known[at] == asked.keys[first])
        found[part.name] = member
    return found


def _first_rows(asked: Asked) -> Integers:
    """Where the first row of each unit stands."""
    order = np.argsort(asked.at_us, kind="stable")
    _, at = np.unique(asked.unit[order], return_index=True)
    return order[at]


def _is_in(column: Floats | Coded | None, part: SlicePart, rows: int) -> Bools:
    if column is None:
        return np.zeros(rows, bool)
    if isinstance(column, Coded):
        return np.array([*(name in part.values for name in column.names), False])[column.codes]
    inside = np.isfinite(column)
    if part.values:
        inside &= np.isin(column, [number for each in part.values if (number := _number(each)) is not None])
    if part.minimum is not None:
        inside &= column >= part.minimum
    if part.maximum is not None:
        inside &= column <= part.maximum
    return inside


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

"""Columns of two values that give a rare class away, alone or taken together."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from causeway.core.poc import Telling
from causeway.intake.data.profile import MISSING

RARE = 0.25
"""The largest share of the class: a common one is easily told."""
FEWEST_ROWS = 200
FEWEST_TOLD = 20
PRECISION = 0.95
SURE = 0.8
"""What the lower end of the interval for the precision must reach."""
ALL_BUT = 0.995
RECALL = 0.8
Mask = NDArray[np.bool_]


def telling(
    rows: Sequence[Sequence[str]], names: Sequence[str], target: str, features: Sequence[str]
) -> tuple[Telling, ...]:
    """Each feature of two values one of which nearly always goes with the rarer class; then, where several
    do, all of them together, if any of them being so is nearly the same as the class.
    """
    if target not in names or len(rows) < FEWEST_ROWS:
        return ()
    labels = _column(rows, list(names).index(target))
    kinds, counts = np.unique(labels, return_counts=True)
    if len(kinds) != 2 or any(str(kind).lower() in MISSING for kind in kinds):
        return ()
    rare = labels == kinds[counts.argmin()]
    if not 0 < rare.mean() <= RARE:
        return ()
    said = str(kinds[counts.argmin()])
    masks: dict[str, tuple[str, Mask]] = {}
    for name in features:
        found = _gives_away(_column(rows, list(names).index(name)), rare) if name in names else None
        if found is not None and name != target:
            masks[name] = found
    alone = tuple(_counted((name,), value, mask, rare, said) for name, (value, mask) in masks.items())
    if len(masks) < 2:
        return alone
    values = {value for value, _ in masks.values()}
    union = np.logical_or.reduce([mask for _, mask in masks.values()])
    same, found_of = float((union == rare).mean()), float(union[rare].mean())
    if same < ALL_BUT or found_of < RECALL or len(values) != 1:
        return alone
    return (*alone, _counted(tuple(masks), values.pop(), union, rare, said))


def _column(rows: Sequence[Sequence[str]], place: int) -> NDArray[np.str_]:
    return np.array([row[place].strip() for row in rows])


def _gives_away(values: NDArray[np.str_], rare: Mask) -> tuple[str, Mask] | None:
    """The value of a column of two that nearly always goes with the class, and its rows."""
    kinds = np.unique(values)
    if len(kinds) != 2:
        return None
    for kind in kinds:
        mask = values == kind
        rows, hits = int(mask.sum()), int((mask & rare).sum())
        if rows >= FEWEST_TOLD and hits >= PRECISION * rows and _at_least(hits, rows) >= SURE:
            return str(kind), mask
    return None


def _at_least(hits: int, rows: int, z: float = 1.96) -> float:
    """The lower end of Wilson's interval."""
    share = hits / rows
    middle = share + z * z / (2 * rows)
    spread = z * sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return (middle - spread) / (1 + z * z / rows)


def _counted(names: tuple[str, ...], value: str, mask: Mask, rare: Mask, said: str) -> Telling:
    return Telling(
        names, value, said, int(mask.sum()), int((mask & rare).sum()), int(rare.sum()), len(rare),
        int((mask == rare).sum()),
    )  # fmt: skip

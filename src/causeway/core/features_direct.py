"""Fields that are numbers and stay numbers, for all rows of a request at once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.features_plan import Plan
from causeway.core.features_rules import Features, Numeric
from causeway.core.table import Numbers
from causeway.core.typed_rows import TypedRows

_NUMBERS = frozenset((int, float))


class Direct(Struct, frozen=True):
    """Some plans as arrays; `rest` are those that are gone through row by row."""

    names: tuple[str, ...]
    low: Numbers
    high: Numbers
    fields: NDArray[np.int64]
    """Which of the names each of the positions is made of."""
    positions: NDArray[np.int64]
    whole: NDArray[np.int64]
    """Which of the names may only be whole numbers."""
    scale: tuple[Numbers, Numbers] | None
    """What each position is multiplied with, and what is added; None where nothing is."""
    rest: tuple[Plan, ...]
    straight: bool
    """Whether the fields are all the columns, each at its place."""

    def fill(self, rows: Sequence[Mapping[str, Any]], into: Numbers) -> NDArray[np.bool_] | None:
        """Writes the columns of these fields, and says of which rows there is nothing more to say.

        None where some value is no plain number; then the rows are gone through one by one.
        """
        numbers = rows.numbers(self.names) if isinstance(rows, TypedRows) else self._numbers(rows)
        if numbers is None:
            return None
        plain: NDArray[np.bool_] = np.all((numbers >= self.low) & (numbers <= self.high), axis=1)
        if len(self.whole):
            plain &= (numbers[:, self.whole] % 1 == 0).all(axis=1)
        made = numbers if self.straight else numbers[:, self.fields]
        if self.scale is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                made = made * self.scale[0] + self.scale[1]
            plain &= np.isfinite(made).all(axis=1)
        if self.straight:
            into[:] = made
        else:
            into[:, self.positions] = made
        return plain

    def columns(self, rows: TypedRows) -> Numbers | None:
        """All columns at once, where these fields make them all and no row has anything to be said."""
        numbers = rows.numbers(self.names) if self.straight else None
        if numbers is None or not ((numbers >= self.low) & (numbers <= self.high)).all():
            return None
        if len(self.whole) and (numbers[:, self.whole] % 1).any():
            return None
        if self.scale is None:
            return numbers
        with np.errstate(over="ignore", invalid="ignore"):
            made: Numbers = numbers * self.scale[0] + self.scale[1]
        return made if np.isfinite(made).all() else None

    def _numbers(self, rows: Sequence[Mapping[str, Any]]) -> Numbers | None:
        try:
            sent = [tuple(map(row.__getitem__, self.names)) for row in rows]
            if not all(_NUMBERS.issuperset(map(type, values)) for values in sent):
                return None
            return np.array(sent, np.float64)
        except (KeyError, OverflowError):
            return None


def direct_of(features: Features, plans: Sequence[Plan]) -> Direct | None:
    """The plans that are no more than a number times a plus b, within bounds; None if there are none."""
    mine = [plan for plan in plans if _is_direct(features, plan)]
    if not mine:
        return None
    places = [(n, j) for n, plan in enumerate(mine) for j, _ in plan.readings[0].outputs]
    rules = [rule for _, j in places if isinstance(rule := features.rules[j], Numeric)]
    largest = np.finfo(np.float64).max
    in_order = [(n, n) for n in range(len(features.columns))]
    bounds = [plan.readings[0] for plan in mine]
    return Direct(
        names=tuple(plan.field.name for plan in mine),
        low=np.array([max(each.low, -largest) for each in bounds]),
        high=np.array([min(each.high, largest) for each in bounds]),
        fields=np.array([n for n, _ in places], np.int64),
        positions=np.array([j for _, j in places], np.int64),
        whole=np.array([n for n, plan in enumerate(mine) if plan.field.kind == "integer"], np.int64),
        scale=_scale(rules),
        rest=tuple(plan for plan in plans if plan not in mine),
        straight=places == in_order and len(mine) == len(in_order),
    )


def _scale(rules: Sequence[Numeric]) -> tuple[Numbers, Numbers] | None:
    if all((rule.a, rule.b) == (1.0, 0.0) for rule in rules):
        return None
    return np.array([rule.a for rule in rules]), np.array([rule.b for rule in rules])


def _is_direct(features: Features, plan: Plan) -> bool:
    if plan.field.kind not in ("number", "integer") or plan.lookups or plan.wordings:
        return False
    if len(plan.readings) != 1 or plan.readings[0].shared or plan.readings[0].open:
        return False
    rules = [features.rules[position] for position, _ in plan.readings[0].outputs]
    return bool(rules) and all(
        isinstance(rule, Numeric)
        and (rule.base, rule.fn, rule.low, rule.high) == ("number", "id", None, None)
        for rule in rules
    )

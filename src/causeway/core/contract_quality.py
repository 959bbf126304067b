"""What a library rule demands of the number that was measured."""

import math
import operator
from collections.abc import Callable, Iterator

from msgspec import Struct

from causeway.core.contract import Quality

_THRESHOLDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("must_be_greater_than", ">", operator.gt),
    ("must_be_greater_or_equal_to", ">=", operator.ge),
    ("must_be_less_than", "<", operator.lt),
    ("must_be_less_or_equal_to", "<=", operator.le),
)
_RANGES = (("must_be_between", "between", True), ("must_not_be_between", "not between", False))
_VALUES = (("must_be", "=", True), ("must_not_be", "not", False))


class _Demand(Struct, frozen=True):
    words: str
    holds: Callable[[float], bool]


def holds(quality: Quality, value: float) -> bool:
    """Whether what was measured satisfies the rule's comparison."""
    return all(demand.holds(value) for demand in _demands(quality))


def expected_of(quality: Quality) -> str:
    """The rule's comparison, for people."""
    unit = " percent" if quality.unit == "percent" else ""
    return " and ".join(f"{quality.metric} {demand.words}{unit}" for demand in _demands(quality))


def _demands(quality: Quality) -> Iterator[_Demand]:
    for name, sign, compare in _THRESHOLDS:
        limit: float | None = getattr(quality, name)
        if limit is not None:
            yield _Demand(f"{sign} {limit:g}", _beyond(compare, limit))
    for name, sign, inside in _RANGES:
        bounds: tuple[float, float] | None = getattr(quality, name)
        if bounds is not None:
            yield _Demand(f"{sign} {bounds[0]:g} and {bounds[1]:g}", _within(bounds, wanted=inside))
    for name, sign, same in _VALUES:
        value: object = getattr(quality, name)
        if isinstance(value, int | float):
            yield _Demand(f"{sign} {value:g}", _equal(value, wanted=same))


def _beyond(compare: Callable[[float, float], bool], limit: float) -> Callable[[float], bool]:
    return lambda value: compare(value, limit)


def _within(bounds: tuple[float, float], *, wanted: bool) -> Callable[[float], bool]:
    return lambda value: (bounds[0] <= value <= bounds[1]) is wanted


def _equal(limit: float, *, wanted: bool) -> Callable[[float], bool]:
    return lambda value: math.isclose(value, limit) is wanted

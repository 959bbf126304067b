"""What a value in each raw column does to the matrix, worked out once before requests come."""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from causeway.core import features_read as read
from causeway.core.errors import UsageError
from causeway.core.features_apply import number_else
from causeway.core.features_parts import Part, part_of
from causeway.core.features_rules import (
    Constant,
    Derived,
    Features,
    Filled,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Rule,
    Step,
    Sum,
    Words,
    columns_read,
)
from causeway.core.release import Field

Effects = tuple[tuple[int, float], ...]
"""Matrix columns, and the numbers that go there."""

Slot = tuple[str, str, str]
"""A raw column read by a base and a date format."""

_CATCH_ALL = re.compile(r"(?:^|[^a-z])(?:others?|rare|misc|unknown|else)(?:$|[^a-z])", re.IGNORECASE)


class Reading(NamedTuple):
    """A way to read the value as a number, and what is made of it; the output `None` is the number itself."""

    read: Callable[[str], float]
    outputs: tuple[tuple[int, Callable[[float], float] | None], ...]
    coerced: Effects | None
    slot: Slot
    shared: bool
    """Whether a pair of columns needs the number later."""
    low: float = -math.inf
    high: float = math.inf
    open: tuple[tuple[float, float], ...] = ()
    """Between these numbers lies a cut, no one knows where."""


class Lookup(NamedTuple):
    """What each category does; `fallback` is the declared answer to one that nobody saw."""

    part: Part
    effects: dict[str, Effects]
    fallback: Effects | None


class Wording(NamedTuple):
    """A matrix column that takes the text."""

    position: int
    rule: Words
    known: set[str] | None


class Combination(NamedTuple):
    """A matrix column made of two numbers: raw ones at `slots`, else two other columns `of` the matrix."""

    position: int
    name: str
    operation: Callable[[float, float], float]
    a: float
    b: float
    plus: float
    slots: tuple[Slot, Slot] | None
    of: tuple[int, int]
    fields: tuple[str, ...]


class Mixture(NamedTuple):
    """A matrix column made of several raw numbers, each times its weight; None fills nothing."""

    position: int
    name: str
    b: float
    parts: tuple[tuple[Slot, float, float | None], ...]


class Filling(NamedTuple):
    """A matrix column made of one raw number, or of what its group has where there is none."""

    position: int
    slot: Slot
    rule: Filled


class Plan(NamedTuple):
    """All that happens to the value of one field."""

    field: Field
    takes_numbers: bool
    """A text field whose every rule reads numbers may be sent as a number."""
    absent: Effects | None
    """What a missing value does; None where some rule does not define it."""
    readings: tuple[Reading, ...]
    lookups: tuple[Lookup, ...]
    wordings: tuple[Wording, ...]
    groups: bool = False
    """Whether its category fills another field."""


def plans_of(features: Features, fields: Sequence[Field]) -> tuple[Plan, ...]:
    """A plan for each field that a rule reads."""
    named = {field.name for field in fields}
    wanted = {column for rule in features.rules for column in columns_read(rule)}
    if strangers := sorted(wanted - named):
        raise UsageError(f"rules read columns that are no inputs: {', '.join(strangers)}")
    return tuple(_plan(features, field) for field in fields if field.name in wanted)


def template_of(features: Features) -> list[float]:
    """The row before any value is read: constants, and what maps say of most categories."""
    return [_resting(rule) for rule in features.rules]


def _resting(rule: Rule) -> float:
    if isinstance(rule, Constant):
        return rule.value
    return (rule.rest or 0.0) if isinstance(rule, Map) else 0.0


def _plan(features: Features, field: Field) -> Plan:
    mine = [(j, rule) for j, rule in enumerate(features.rules) if field.name in columns_read(rule)]
    maps = [(j, rule) for j, rule in mine if isinstance(rule, Map)]
    words = [(j, rule) for j, rule in mine if isinstance(rule, Words)]
    groups = any(isinstance(rule, Filled) and rule.by == field.name for _, rule in mine)
    readings = _readings(field.name, mine)
    return Plan(
        field=field,
        takes_numbers=not maps
        and not words
        and not groups
        and all(read.is_number(r.slot[1]) for r in readings),
        absent=_absent(field.name, mine),
        readings=_bounded(readings, field),
        lookups=tuple(_lookups(features, maps)),
        wordings=tuple(Wording(j, rule, _known(features, rule)) for j, rule in words),
        groups=groups,
    )


def _bounded(readings: tuple[Reading, ...], field: Field) -> tuple[Reading, ...]:
    """The bounds of a text field are those of the one way in which it is read as a number."""
    if len(readings) != 1 or readings[0].slot[1] == "number_else":
        return readings
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    return (readings[0]._replace(low=low, high=high),)


def _known(features: Features, rule: Words) -> set[str] | None:
    domain = features.domains.get(rule.column)
    return None if domain is None else {word.strip() if rule.strip else word for word in domain}


def _absent(name: str, mine: list[tuple[int, Rule]]) -> Effects | None:
    effects: list[tuple[int, float]] = []
    for position, rule in mine:
        if isinstance(rule, Numeric | Map | Step | NumberElseMap) and rule.missing is not None:
            effects.append((position, rule.missing))
        elif getattr(rule, "keeps_missing", False):
            effects.append((position, math.nan))
        elif isinstance(rule, Filled) or (isinstance(rule, Sum) and rule.fill_of(name) is not None):
            continue
        else:
            return None
    return tuple(effects)


def _readings(name: str, mine: list[tuple[int, Rule]]) -> tuple[Reading, ...]:
    groups: dict[tuple[Slot, bool], list[tuple[int, Rule]]] = {}
    exceptional: list[Reading] = []
    for position, rule in mine:
        if isinstance(rule, NumberElseMap):
            exceptional.append(_exceptional(position, rule))
        for slot in _slots(name, rule):
            coerce = isinstance(rule, Numeric) and rule.coerce
            groups.setdefault((slot, coerce), []).append((position, rule))
    return tuple(_reading(slot, coerce, rules) for (slot, coerce), rules in groups.items()) + tuple(
        exceptional
    )


def _slots(name: str, rule: Rule) -> list[Slot]:
    if isinstance(rule, Numeric | Step):
        return [(name, rule.base, rule.format)]
    if isinstance(rule, Pair):
        parts = zip(rule.columns, rule.bases, rule.formats, strict=True)
        return list(dict.fromkeys(part for part in parts if part[0] == name))
    numbers = isinstance(rule, Sum) or (isinstance(rule, Filled) and rule.column == name)
    return [(name, "number", "")] if numbers else []


def _reading(slot: Slot, coerce: bool, rules: list[tuple[int, Rule]]) -> Reading:  # noqa: FBT001 - half of a key
    return Reading(
        read=read.reader_of(slot[1], slot[2]),
        outputs=tuple((j, output_of(rule)) for j, rule in rules if isinstance(rule, Numeric | Step)),
        coerced=_absent(slot[0], rules) if coerce else None,
        slot=slot,
        shared=any(isinstance(rule, Pair | Sum | Filled) for _, rule in rules),
        open=tuple(dict.fromkeys(i for _, rule in rules if isinstance(rule, Step) for i in rule.intervals)),
    )


def _exceptional(position: int, rule: NumberElseMap) -> Reading:
    slot = (rule.column, "number_else", "")
    return Reading(partial(number_else, rule), ((position, None),), None, slot, shared=False)


def output_of(rule: Numeric | Step) -> Callable[[float], float] | None:
    """The function from the number that was read to the number in the matrix."""
    if isinstance(rule, Step):
        cuts, values = rule.cuts, rule.values
        return lambda number: values[bisect_right(cuts, number)]
    function, a, b = read.FUNCTIONS[rule.fn], rule.a, rule.b
    if rule.low is not None or rule.high is not None:
        return _cut_off(rule)
    if rule.fn != "id":
        return lambda number: function(number) * a + b
    return None if (a, b) == (1.0, 0.0) else lambda number: number * a + b


def _cut_off(rule: Numeric) -> Callable[[float], float]:
    function, a, b = read.FUNCTIONS[rule.fn], rule.a, rule.b
    low = -math.inf if rule.low is None else rule.low
    high = math.inf if rule.high is None else rule.high

    def made(number: float) -> float:
        value = function(number) * a + b
        return min(max(value, low), high) if math.isfinite(value) else math.nan

    return made


def _lookups(features: Features, maps: list[tuple[int, Map]]) -> list[Lookup]:
    keys = dict.fromkeys(rule.key for _, rule in maps)
    return [_lookup(features, [(j, rule) for j, rule in maps if rule.key == key]) for key in keys]


def _lookup(features: Features, rules: list[tuple[int, Map]]) -> Lookup:
    first = rules[0][1]
    domain = features.domains.get(first.domain, ())
    known = {key.strip() for key in domain} if first.strip else set(domain)
    effects = {
        key: tuple((j, rule.values[key]) for j, rule in rules if key in rule.values)
        for key in known.union(*(rule.values for _, rule in rules))
        if all(key in rule.values or (rule.rest is not None and key in known) for _, rule in rules)
    }
    return Lookup(part_of(first.key), effects, _fallback(features, rules, effects))


def _fallback(
    features: Features, rules: list[tuple[int, Map]], effects: dict[str, Effects]
) -> Effects | None:
    """No indicator set, where that stands for no known category; else the one catch-all group."""
    if not all(rule.what in Features.INDICATORS and rule.rest is not None for _, rule in rules):
        return None
    if all(effects.values()):
        return ()
    groups = [
        (position, max(rule.values.values()))
        for position, rule in rules
        if len(rule.values) > 1 and _CATCH_ALL.search(features.columns[position])
    ]
    return tuple(groups) if len(groups) == 1 else None


def mixtures_of(features: Features) -> tuple[Mixture, ...]:
    """The sums of raw columns."""
    return tuple(
        Mixture(
            j,
            features.columns[j],
            rule.b,
            tuple(
                ((column, "number", ""), weight, rule.fill_of(column))
                for column, weight in zip(rule.columns, rule.weights, strict=True)
            ),
        )
        for j, rule in enumerate(features.rules)
        if isinstance(rule, Sum)
    )


def fillings_of(features: Features) -> tuple[Filling, ...]:
    """The columns that are filled by group."""
    return tuple(
        Filling(j, (rule.column, "number", ""), rule)
        for j, rule in enumerate(features.rules)
        if isinstance(rule, Filled)
    )


def combinations_of(features: Features) -> tuple[Combination, ...]:
    """The pairs of raw columns, then the derived columns, each after those that it is made of."""
    pairs = [j for j, rule in enumerate(features.rules) if isinstance(rule, Pair)]
    return tuple(_combination(features, j) for j in [*pairs, *_derived_in_order(features)])


def _combination(features: Features, position: int) -> Combination:
    rule = features.rules[position]
    if not isinstance(rule, Pair | Derived):
        raise UsageError(f"column {features.columns[position]!r} is no combination")
    slots = None
    if isinstance(rule, Pair):
        (one, other), (how1, how2), (layout1, layout2) = rule.columns, rule.bases, rule.formats
        slots = (one, how1, layout1), (other, how2, layout2)
    return Combination(
        position=position,
        name=features.columns[position],
        operation=read.OPERATIONS[rule.operation],
        a=rule.a,
        b=rule.b,
        plus=rule.plus,
        slots=slots,
        of=rule.of if isinstance(rule, Derived) else (position, position),
        fields=raw_columns_of(features, position),
    )


def _derived_in_order(features: Features) -> list[int]:
    rules = {j: rule for j, rule in enumerate(features.rules) if isinstance(rule, Derived)}
    ordered: list[int] = []

    def visit(position: int, path: tuple[int, ...]) -> None:
        if position in path:
            raise UsageError(f"column {features.columns[position]!r} is made of itself")
        if position in rules and position not in ordered:
            for parent in rules[position].of:
                visit(parent, (*path, position))
            ordered.append(position)

    for position in rules:
        visit(position, ())
    return ordered


def raw_columns_of(features: Features, position: int) -> tuple[str, ...]:
    """The raw columns behind a matrix column, through derived ones."""
    rule = features.rules[position]
    if isinstance(rule, Derived):
        return tuple(dict.fromkeys(name for parent in rule.of for name in raw_columns_of(features, parent)))
    return columns_read(rule)

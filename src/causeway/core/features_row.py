"""One row through the plans: the interpreter of single requests."""

import math
from collections.abc import Mapping
from typing import Any

from causeway.core import features_read as read
from causeway.core.features_apply import cleaned, unknown_word, unproven_in, word_of
from causeway.core.features_plan import (
    Combination,
    Effects,
    Filling,
    Lookup,
    Mixture,
    Plan,
    Reading,
    Slot,
    Wording,
)
from causeway.core.features_problem import Problem, near, shown
from causeway.core.table import Numbers

Row = Mapping[str, Any]
"""What a caller sent for one row, as JSON decoded it."""

EXPECTED = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "text": "text"}
READABLE = {
    "number": "a number",
    "range_mean": "a number, or a range such as 1000 - 1200",
    "first_number": "text with a number in it, such as 3 rooms",
    "amount": "an amount, such as 1,234.50",
    "length": "text",
    "mean.word_length": "text with a word in it",
    "number_else": "a number, or text of a shape that was proven",
}
"""What can be read in each way."""
LARGEST = 1.7976931348623157e308


class Policy:
    """What happens to values that the rules do not define: refused, or answered with a flag where one may."""

    def __init__(self, *, missing: str, unseen: str) -> None:
        self.flag_missing = missing == "flag"
        self.flag_unseen = unseen == "flag"


class RowFill:
    """Fills one row of a matrix, and says what was undefined."""

    __slots__ = ("groups", "index", "out", "policy", "problems", "refused", "shared", "words")

    def __init__(self, index: int, out: Numbers, policy: Policy) -> None:
        self.index = index
        self.out = out
        self.policy = policy
        self.problems: list[Problem] = []
        self.refused = False
        self.shared: dict[Slot, float] = {}
        self.words: dict[int, str] = {}
        self.groups: dict[str, str] = {}

    def fill(
        self,
        row: Row,
        plans: tuple[Plan, ...],
        combinations: tuple[Combination, ...],
        mixtures: tuple[Mixture | Filling, ...] = (),
    ) -> None:
        """Read every field, then combine; a refused row is NaN throughout."""
        for plan in plans:
            value = row.get(plan.field.name)
            if value is None or value != value:  # noqa: PLR0124 - NaN is the value that is not itself
                self._absent(plan)
            else:
                self._present(plan, value)
        for mixture in mixtures:
            if not self.refused:
                if isinstance(mixture, Mixture):
                    self._mix(mixture)
                else:
                    self._fill_by_group(mixture)
        for combination in combinations:
            if self.refused:
                break
            self._combine(combination)
        if self.refused:
            self.out[:] = math.nan

    def _say(self, field: str, kind: str, value: str, hint: str, *, refused: bool = True) -> None:
        self.refused = self.refused or refused
        if self.problems and (self.problems[-1].field, self.problems[-1].kind) == (field, kind):
            return
        self.problems.append(Problem(self.index, field, kind, value, hint, refused))

    def _put(self, effects: Effects) -> None:
        for position, number in effects:
            self.out[position] = number

    def _absent(self, plan: Plan) -> None:
        if plan.absent is not None:
            self._put(plan.absent)
            return
        effects = fallback_of(plan) if self.policy.flag_missing else None
        if effects is None:
            self._say(plan.field.name, "missing", "null", _wanted(plan))
            return
        self._put(effects)
        self._say(plan.field.name, "missing", "null", "answered by the declared fallback", refused=False)

    def _present(self, plan: Plan, value: object) -> None:
        typed = _number(plan, value) if plan.field.kind != "text" else _text(plan, value)
        if typed is None:
            self._say(plan.field.name, "type", shown(value), f"send {EXPECTED[plan.field.kind]}")
            return
        for reading in plan.readings:
            self._number(plan, reading, typed)
        if isinstance(typed, float) and math.isinf(typed) and (plan.lookups or plan.wordings):
            self._say(plan.field.name, "unparsable", shown(typed), "no such category")
            return
        if plan.groups and (isinstance(typed, str) or math.isfinite(typed)):
            self.groups[plan.field.name] = typed if isinstance(typed, str) else read.key_of(typed)
        for lookup in plan.lookups:
            self._category(plan, lookup, typed if isinstance(typed, str) else read.key_of(typed))
        for wording in plan.wordings:
            self._word(plan, wording, typed if isinstance(typed, str) else read.key_of(typed))

    def _number(self, plan: Plan, reading: Reading, typed: str | float) -> None:
        number = _read(reading, typed)
        if not math.isfinite(number):
            if reading.coerced is None:
                self._say(plan.field.name, "unparsable", shown(typed), _how(reading))
            else:
                self._put(reading.coerced)
            return
        if reading.shared:
            self.shared[reading.slot] = number
        for position, output in reading.outputs:
            made = number if output is None else output(number)
            if not math.isfinite(made):
                self._say(
                    plan.field.name, "unparsable", shown(typed), "outside what the model's input allows"
                )
            self.out[position] = made
        if proven := _outside(reading, number):
            self._say(plan.field.name, "range", shown(typed), proven, refused=False)

    def _category(self, plan: Plan, lookup: Lookup, key: str) -> None:
        part = lookup.part(key)
        effects = None if part is None else lookup.effects.get(part)
        if effects is not None:
            self._put(effects)
            return
        allowed = lookup.fallback if self.policy.flag_unseen else None
        self._say(
            plan.field.name, "unseen", shown(key), near(part or key, lookup.effects), refused=allowed is None
        )
        self._put(allowed or ())

    def _word(self, plan: Plan, wording: Wording, key: str) -> None:
        word = word_of(wording.rule, key, wording.known)
        if word is None:
            allowed = self.policy.flag_unseen and wording.rule.values is None
            kind, hint = _strange(wording, key)
            self._say(plan.field.name, kind, shown(key), hint, refused=not allowed)
            word = cleaned(wording.rule, key)
        self.words[wording.position] = word

    def _combine(self, combination: Combination) -> None:
        left, right, absent = self._operands(combination)
        made = combination.operation(left, right + combination.plus) * combination.a + combination.b
        if math.isfinite(made) or absent:
            self.out[combination.position] = made if math.isfinite(made) else math.nan
            return
        name = f"{combination.name} is undefined for these values of {', '.join(combination.fields)}"
        self._say(combination.fields[-1], "unparsable", "", name)

    def _mix(self, mixture: Mixture) -> None:
        made = mixture.b
        for slot, weight, fill in mixture.parts:
            made += weight * self.shared.get(slot, math.nan if fill is None else fill)
        self.out[mixture.position] = made
        if not math.isfinite(made):
            name = f"{mixture.name} is undefined for these values"
            self._say(mixture.parts[-1][0][0], "unparsable", "", name)

    def _fill_by_group(self, filling: Filling) -> None:
        rule, number = filling.rule, self.shared.get(filling.slot)
        if number is None:
            group = self.groups.get(rule.by)
            number = rule.fills.get(group) if group is not None else None
            if number is None:
                hint = f"{rule.column} was never missing there: send {rule.column}"
                self._say(rule.by, "missing" if group is None else "unseen", shown(group), hint)
                return
        made = number * rule.a + rule.b
        self.out[filling.position] = made
        if not math.isfinite(made):
            self._say(rule.column, "unparsable", shown(number), "outside what the model's input allows")

    def _operands(self, combination: Combination) -> tuple[float, float, bool]:
        if combination.slots is None:
            left, right = (float(self.out[parent]) for parent in combination.of)
            return left, right, math.isnan(left) or math.isnan(right)
        one, other = combination.slots
        left, right = self.shared.get(one, math.nan), self.shared.get(other, math.nan)
        return left, right, math.isnan(left) or math.isnan(right)


def fallback_of(plan: Plan) -> Effects | None:
    """What may stand for a missing value: the fallback of its categories, where nothing else reads it."""
    fallbacks = [lookup.fallback for lookup in plan.lookups]
    if plan.readings or plan.wordings or not fallbacks or None in fallbacks:
        return None
    return tuple(effect for fallback in fallbacks for effect in fallback or ())


def _strange(wording: Wording, key: str) -> tuple[str, str]:
    """What is wrong with a text that the rule does not define, and what to send."""
    character = unproven_in(wording.rule, key)
    if character:
        return (
            "unproven",
            f"no proven row has the character {character!r}: leave it out, or write it otherwise",
        )
    word = unknown_word(wording.rule, key)
    if word:
        return "unseen", f"no proven row has the word {shown(word)}: leave it out, or write it otherwise"
    return "unseen", near(key, wording.known or wording.rule.values or {})


def _number(plan: Plan, value: object) -> float | None:
    kind = type(value)
    if kind is bool:
        return float(value is True) if plan.field.kind == "boolean" else None
    if not isinstance(value, int | float):
        return None
    number = float(value) if -LARGEST <= value <= LARGEST else math.inf
    if plan.field.kind == "boolean":
        return number if number in {0.0, 1.0} else None
    if plan.field.kind == "integer" and kind is not int and not number.is_integer():
        return None
    return number


def _text(plan: Plan, value: object) -> str | None:
    if isinstance(value, str):
        return value
    if not plan.takes_numbers or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return read.key_of(value) if -LARGEST <= value <= LARGEST else None


def _read(reading: Reading, typed: str | float) -> float:
    if isinstance(typed, str):
        return reading.read(typed)
    if reading.slot[1] == "number" or not math.isfinite(typed):
        return typed
    return reading.read(read.key_of(typed))


def _wanted(plan: Plan) -> str:
    """What to send where nothing was: what the rules make of a text says more than that it is one."""
    if plan.field.kind != "text" or plan.lookups or plan.wordings or not plan.readings:
        return f"send {EXPECTED[plan.field.kind]}"
    return _how(plan.readings[0])


def _outside(reading: Reading, number: float) -> str:
    """What was proven, where that is not this number."""
    if not reading.low <= number <= reading.high:
        return f"proven from {reading.low:g} to {reading.high:g}"
    between = next(((low, high) for low, high in reading.open if low < number < high), None)
    return f"proven up to {between[0]:g} and from {between[1]:g}, not between" if between else ""


def _how(reading: Reading) -> str:
    base, layout = reading.slot[1:]
    if base.startswith("date."):
        return f"write dates as {layout}"
    if base.startswith("count."):
        return "send text"
    signs = f", with {' or '.join(layout)} or without" if layout and base == "amount" else ""
    return f"send {READABLE[base]}{signs}"

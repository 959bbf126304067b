"""A part of a table held against what a contract asks of each row."""

import polars as pl

from causeway.adapters.contracts.counting import ROW
from causeway.adapters.contracts.rules import Rule, Rules, rules_of
from causeway.adapters.contracts.setting_apart import reason
from causeway.adapters.contracts.values import with_readings
from causeway.core.contract import Contract, SchemaObject
from causeway.core.contract_quality import expected_of, holds

ONE = 1e-9
"""The least that a rule may count and still be broken, where it allows nothing."""


def faults(
    contract: Contract, frame: pl.DataFrame, *, textual: bool, without: str
) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
    """The rows at fault by position, with the rules they break; and which rules no part can tell."""
    described = _described(contract, frame)
    if described is None:
        return {}, ()
    rules = rules_of(described, dict(frame.schema), textual=textual)
    asked = [rule for rule in rules.all if _of_a_row(rule) and rule.column != without]
    return _broken(frame, rules, asked), _left(rules, asked, without)


def _described(contract: Contract, frame: pl.DataFrame) -> SchemaObject | None:
    """The table of the contract that these rows are most like."""
    names = set(frame.columns)
    return max(contract.objects, key=lambda each: len(names & {c.column for c in each.columns}), default=None)


def _of_a_row(rule: Rule) -> bool:
    """Whether one row alone can break it."""
    if rule.where is None or rule.key or rule.is_warning:
        return False
    return rule.quality is None or (rule.blames_rows and not holds(rule.quality, ONE))


def _broken(frame: pl.DataFrame, rules: Rules, asked: list[Rule]) -> dict[int, tuple[str, ...]]:
    if not asked:
        return {}
    read = with_readings(frame.lazy().drop(ROW, strict=False).with_row_index(ROW), rules.cells.values())
    flags = read.select(
        rule.where.fill_null(value=False).alias(str(number))
        for number, rule in enumerate(asked)
        if rule.where is not None
    ).collect()
    found: dict[int, tuple[str, ...]] = {}
    for number, rule in enumerate(asked):
        for position in flags[str(number)].arg_true().to_list():
            found[position] = (*found.get(position, ()), reason(rule))
    return found


def _left(rules: Rules, asked: list[Rule], without: str) -> tuple[str, ...]:
    """What the contract says that is not about a row, in words."""
    about = [rule for rule in rules.all if rule not in asked and rule.column != without]
    about = [rule for rule in about if rule.key or rule.quality]
    told = [f"{rule.column or 'the table'}: {_words(rule)}" for rule in about]
    return tuple(
        dict.fromkeys([*told, *(f"{name}: it is not there" for name in rules.absent if name != without)])
    )


def _words(rule: Rule) -> str:
    return expected_of(rule.quality) if rule.quality else rule.expected

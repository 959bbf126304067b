"""The raw columns that a caller sends: those that the rules read, as they were on the proven rows."""

import numpy as np

from causeway.core.features import (
    Filled,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Rule,
    Sheet,
    Step,
    Words,
    columns_read,
)
from causeway.core.release import Field
from causeway.core.table import Number, Numbers, Table
from causeway.recover.loaded import Positions
from causeway.recover.recovery import Recovery

KINDS = {"float": "number", "integer": "integer", "boolean": "boolean"}


def signature_of(recovery: Recovery, table: Table) -> tuple[Field, ...]:
    """A field for each column of the source table that a rule reads, in the table's order."""
    sheet = Sheet(table)
    readers: dict[str, list[Rule]] = {}
    for rule in recovery.rules:
        if rule is not None:
            for name in columns_read(rule):
                readers.setdefault(name, []).append(rule)
    return tuple(_field(sheet, name, readers[name], recovery) for name in table.columns if name in readers)


def _field(sheet: Sheet, name: str, rules: list[Rule], recovery: Recovery) -> Field:
    column = sheet.column(name)
    categorical = any(isinstance(rule, Map | Words) for rule in rules)
    low, high = (None, None) if categorical else _range(_numbers(sheet, name, rules, recovery.positions))
    return Field(
        name=name,
        kind=KINDS[column.kind] if isinstance(column, Number) else "text",
        required=not all(_takes_missing(rule, name) for rule in rules),
        categories=recovery.domains.get(name, ()),
        minimum=low,
        maximum=high,
    )


def _takes_missing(rule: Rule, name: str) -> bool:
    if isinstance(rule, Filled):
        return rule.column == name
    if isinstance(rule, Numeric | Map | Step | NumberElseMap) and rule.missing is not None:
        return True
    return getattr(rule, "keeps_missing", False)


def _numbers(sheet: Sheet, name: str, rules: list[Rule], positions: Positions) -> Numbers | None:
    """The column by the one base that all its rules read it with; none where they differ."""
    if any(isinstance(rule, NumberElseMap) for rule in rules):
        return None
    readings = {reading for rule in rules for reading in _readings(rule, name)}
    if len(readings) != 1:
        return None
    base, layout = readings.pop()
    return sheet.base(name, base, layout)[positions]


def _readings(rule: Rule, name: str) -> list[tuple[str, str]]:
    if isinstance(rule, Numeric | Step):
        return [(rule.base, rule.format)]
    if isinstance(rule, Pair):
        parts = zip(rule.columns, rule.bases, rule.formats, strict=True)
        return [(base, layout) for column, base, layout in parts if column == name]
    return [("number", "")] if isinstance(rule, Filled) and rule.column == name else []


def _range(values: Numbers | None) -> tuple[float | None, float | None]:
    finite = np.empty(0) if values is None else values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (None, None)

"""The rules applied to whole tables, column by column: the interpreter of proofs and batches."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core import features_read as read
from causeway.core.errors import UsageError
from causeway.core.features_cleaning import cleaned_by, replaced
from causeway.core.features_parts import part_of
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
)
from causeway.core.table import Column, Number, Numbers, Table, Text

Mask = NDArray[np.bool_]


class Cells(Struct, frozen=True):
    """Numbers, and where a rule defines them; an undefined cell holds NaN, a defined one may too."""

    values: Numbers
    defined: Mask


class Factor(Struct, frozen=True):
    """A column as categories: `keys[codes]`; -1 where there is no value, -2 where it is not finite."""

    codes: NDArray[np.int64]
    keys: list[str]


class Sheet:
    """A table with the work that many rules share, done once: categories, parsed numbers."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._factors: dict[str, Factor] = {}
        self._bases: dict[tuple[str, str, str], Numbers] = {}

    def __len__(self) -> int:
        return len(self.table)

    def column(self, name: str) -> Column:
        """The raw column of that name."""
        if name not in self.table.columns:
            raise UsageError(f"no column {name!r}", hint=f"columns: {', '.join(self.table.columns)}")
        return self.table.columns[name]

    def factor(self, name: str) -> Factor:
        """The column as categories."""
        if name not in self._factors:
            self._factors[name] = factor_of(self.column(name))
        return self._factors[name]

    def missing(self, name: str) -> Mask:
        """Where the column has no value."""
        return self.factor(name).codes == -1

    def base(self, name: str, how: str, layout: str = "") -> Numbers:
        """The column read as numbers by a base; NaN or infinite where it cannot be."""
        wanted = (name, how, layout)
        if wanted not in self._bases:
            column = self.column(name)
            if isinstance(column, Number) and how == "number":
                self._bases[wanted] = column.values
            else:
                self._bases[wanted] = self._parsed(name, how, layout)
        return self._bases[wanted]

    def _parsed(self, name: str, how: str, layout: str) -> Numbers:
        factor, reader = self.factor(name), read.reader_of(how, layout)
        slots = [*map(reader, factor.keys), np.nan, np.nan]
        return np.array(slots, np.float64)[factor.codes]


def factor_of(column: Column) -> Factor:
    """The column as categories, numbers by their key (`3` of 3.0)."""
    if isinstance(column, Text):
        return _factor_of_text(column.values)
    values = column.values
    finite = np.isfinite(values)
    kinds, inverse = np.unique(values[finite], return_inverse=True)
    codes = np.where(np.isnan(values), -1, -2).astype(np.int64)
    codes[finite] = inverse
    return Factor(codes, [read.key_of(float(v)) for v in kinds])


def _factor_of_text(values: Sequence[str | None]) -> Factor:
    keys = [key for key in dict.fromkeys(values) if key is not None]
    codes: dict[str | None, int] = {key: code for code, key in enumerate(keys)} | {None: -1}
    return Factor(np.fromiter(map(codes.__getitem__, values), np.int64, len(values)), keys)


def apply(features: Features, table: Table) -> Cells:
    """The model's matrix for these raw rows."""
    return apply_to_sheet(features, Sheet(table))


def apply_to_sheet(features: Features, sheet: Sheet) -> Cells:
    """The same, where the sheet's shared work is wanted again."""
    done: dict[int, Cells] = {}
    with np.errstate(all="ignore"):
        cells = [_cells(features, position, sheet, done) for position in range(len(features.rules))]
    shape = (len(sheet), len(cells))
    values, defined = np.empty(shape), np.empty(shape, np.bool_)
    for position, cell in enumerate(cells):
        values[:, position], defined[:, position] = cell.values, cell.defined
    return Cells(values, defined)


def apply_columns(features: Features, table: Table) -> tuple[dict[str, Column], Mask]:
    """The same for models that take named columns, text among them; and where they are defined."""
    sheet = Sheet(table)
    done: dict[int, Cells] = {}
    columns: dict[str, Column] = {}
    defined = np.ones((len(table), len(features.rules)), np.bool_)
    for position, (name, rule) in enumerate(zip(features.columns, features.rules, strict=True)):
        if isinstance(rule, Words):
            columns[name], defined[:, position] = _words(features, rule, sheet)
            continue
        with np.errstate(all="ignore"):
            cell = _cells(features, position, sheet, done)
        columns[name], defined[:, position] = Number(cell.values), cell.defined
    return columns, defined


def apply_rule(rule: Rule, sheet: Sheet, domains: dict[str, tuple[str, ...]]) -> Cells:
    """One rule's column, on a sheet that shares its work with the other rules."""
    with np.errstate(all="ignore"):
        return _cells(Features(columns=("",), rules=(rule,), domains=domains), 0, sheet, {})


def _cells(features: Features, position: int, sheet: Sheet, done: dict[int, Cells]) -> Cells:
    if position not in done:
        rule = features.rules[position]
        if isinstance(rule, Derived):
            left, right = (_cells(features, parent, sheet, done) for parent in rule.of)
            done[position] = _derived(rule, left, right)
        else:
            done[position] = _plain(rule, sheet, features.domains)
    return done[position]


def _plain(  # noqa: PLR0911 - one answer a kind of rule
    rule: Rule, sheet: Sheet, domains: dict[str, tuple[str, ...]]
) -> Cells:
    match rule:
        case Constant():
            return _settled(np.full(len(sheet), rule.value))
        case Numeric():
            return _numeric(rule, sheet)
        case Map():
            return _map(rule, sheet, domains.get(rule.domain, ()))
        case NumberElseMap():
            return _number_else_map(rule, sheet)
        case Step():
            return _step(rule, sheet)
        case Pair():
            return _pair(rule, sheet)
        case Sum():
            return _sum(rule, sheet)
        case Filled():
            return _filled(rule, sheet)
        case _:
            raise UsageError("text has no place in a matrix", hint="use apply_columns")


def _settled(values: Numbers, legitimate: Mask | None = None) -> Cells:
    defined = np.isfinite(values) if legitimate is None else np.isfinite(values) | legitimate
    return Cells(np.where(np.isfinite(values), values, np.nan), defined)


def _with_missing(rule: Numeric | Step | NumberElseMap, values: Numbers, absent: Mask) -> Cells:
    if rule.missing is not None:
        return _settled(np.where(absent, rule.missing, values))
    legitimate = absent & rule.keeps_missing
    return _settled(np.where(absent, np.nan, values), legitimate)


def _numeric(rule: Numeric, sheet: Sheet) -> Cells:
    raw = sheet.base(rule.column, rule.base, rule.format)
    absent = sheet.missing(rule.column)
    if rule.coerce:
        absent = absent | ~np.isfinite(raw)
    values = read.UFUNCS[rule.fn](np.where(np.isfinite(raw), raw, np.nan)) * rule.a + rule.b
    return _with_missing(rule, _cut_off(rule, values), absent)


def _cut_off(rule: Numeric, values: Numbers) -> Numbers:
    values = np.where(np.isfinite(values), values, np.nan)
    if rule.low is not None:
        values = np.where(values < rule.low, rule.low, values)
    return values if rule.high is None else np.where(values > rule.high, rule.high, values)


def _map(rule: Map, sheet: Sheet, domain: tuple[str, ...]) -> Cells:
    factor = sheet.factor(rule.column)
    known = {key.strip() for key in domain} if rule.strip else set(domain)
    keys = list(map(part_of(rule.key), factor.keys)) if rule.key else factor.keys
    rest = np.nan if rule.rest is None else rule.rest
    values = rule.values
    slots = [np.nan if key is None else values.get(key, rest if key in known else np.nan) for key in keys]
    slots += [np.nan, np.nan if rule.missing is None else rule.missing]
    absent = (factor.codes == -1) & rule.keeps_missing & (rule.missing is None)
    return _settled(np.array(slots, np.float64)[factor.codes], absent)


def _number_else_map(rule: NumberElseMap, sheet: Sheet) -> Cells:
    factor = sheet.factor(rule.column)
    slots = [number_else(rule, key) for key in factor.keys] + [np.nan, np.nan]
    return _with_missing(rule, np.array(slots, np.float64)[factor.codes], factor.codes == -1)


def number_else(rule: NumberElseMap, text: str) -> float:
    """One text by a number-else-map; NaN where it is undefined."""
    number = read.number_of(text)
    if np.isfinite(number):
        return number
    return rule.exact.get(text, rule.shapes.get(read.shape_of(text), np.nan))


def _step(rule: Step, sheet: Sheet) -> Cells:
    raw = sheet.base(rule.column, rule.base, rule.format)
    found = np.array(rule.values, np.float64)[np.searchsorted(rule.cuts, raw, "right")]
    values = np.where(np.isfinite(raw), found, np.nan)
    return _with_missing(rule, values, sheet.missing(rule.column))


def _pair(rule: Pair, sheet: Sheet) -> Cells:
    (first, second), (how1, how2), (layout1, layout2) = rule.columns, rule.bases, rule.formats
    left, right = sheet.base(first, how1, layout1), sheet.base(second, how2, layout2)
    values = read.BINARY_UFUNCS[rule.operation](left, right + rule.plus) * rule.a + rule.b
    gone = sheet.missing(first), sheet.missing(second)
    readable = (gone[0] | np.isfinite(left)) & (gone[1] | np.isfinite(right))
    values = np.where(np.isfinite(left) & np.isfinite(right), values, np.nan)
    return _settled(values, (gone[0] | gone[1]) & readable & rule.keeps_missing)


def _sum(rule: Sum, sheet: Sheet) -> Cells:
    values = np.full(len(sheet), rule.b)
    for column, weight in zip(rule.columns, rule.weights, strict=True):
        raw, fill = sheet.base(column, "number"), rule.fill_of(column)
        if fill is not None:
            raw = np.where(sheet.missing(column), fill, raw)
        values = values + weight * raw
    return _settled(values)


def _filled(rule: Filled, sheet: Sheet) -> Cells:
    groups = sheet.factor(rule.by)
    slots = np.array([*(rule.fills.get(key, np.nan) for key in groups.keys), np.nan, np.nan], np.float64)
    raw = np.where(sheet.missing(rule.column), slots[groups.codes], sheet.base(rule.column, "number"))
    return _settled(raw * rule.a + rule.b)


def _derived(rule: Derived, left: Cells, right: Cells) -> Cells:
    values = read.BINARY_UFUNCS[rule.operation](left.values, right.values + rule.plus) * rule.a + rule.b
    both = left.defined & right.defined
    return Cells(
        np.where(both & np.isfinite(values), values, np.nan),
        both & (np.isfinite(values) | np.isnan(left.values) | np.isnan(right.values)),
    )


def _words(features: Features, rule: Words, sheet: Sheet) -> tuple[Column, Mask]:
    factor = sheet.factor(rule.column)
    domain = features.domains.get(rule.column)
    known = None if domain is None else {word.strip() if rule.strip else word for word in domain}
    slots: list[str | None] = [word_of(rule, key, known) for key in factor.keys]
    slots += [None, None]
    good = np.array([slot is not None for slot in slots], np.bool_)
    good[-1] = rule.keeps_missing
    return Text([slots[code] for code in map(int, factor.codes)]), good[factor.codes]


def word_of(rule: Words, text: str, known: set[str] | None) -> str | None:
    """The text that goes to the model; None where the rule does not define it."""
    key = text.strip() if rule.strip else text
    if (known is not None and key not in known) or unproven_in(rule, key):
        return None
    if rule.values is not None:
        return rule.values.get(key)
    return None if unknown_word(rule, key) else cleaned(rule, key)


def cleaned(rule: Words, text: str) -> str:
    """The text as the rule cleans it; words that it does not know stay as they are."""
    made = cleaned_by(rule.steps, text)
    return made if rule.words is None else replaced(rule.words, made)


def unknown_word(rule: Words, text: str) -> str:
    """The first word for which the rule has none, where it goes word by word; empty where there is none."""
    if rule.words is None:
        return ""
    known = rule.words
    return next((word for word in cleaned_by(rule.steps, text).split() if word not in known), "")


def unproven_in(rule: Words, text: str) -> str:
    """The first character that no proven row had; empty where there is none."""
    return (
        next((character for character in text if character not in rule.alphabet), "") if rule.alphabet else ""
    )

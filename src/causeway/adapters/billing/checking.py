"""FOCUS's rules held against frames of texts: which rows break which, as expressions of one scan."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_

import polars as pl
from msgspec import structs

from causeway.adapters.billing.reading import Part
from causeway.core.focus import REQUIRED, Broken, Check, Rule, Rules, focus_rules

# as people and programs write them; an exponent beyond this is no amount of money
DECIMAL = r"^[-+]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][-+]?[0-9]{1,2})?$"
NUMERIC = r"^-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?$"
UTC_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
CURRENCY = r"^[A-Z]{3}$"
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
TOLERANCE = 1e-6
_YEARS = range(2000, 2101)
_FRACTION = re.compile(r"\.\d+")
_PERIODS = (
    ("BillingPeriodStart", "BillingPeriodEnd", "A billing period ends after it starts."),
    ("ChargePeriodStart", "ChargePeriodEnd", "A charge does not end before it starts."),
)


def moment(text: str | None) -> datetime | None:
    """The moment in UTC, as bills write them; None where it is none of this century."""
    try:
        at = datetime.fromisoformat(_FRACTION.sub("", text or ""))
    except ValueError:
        return None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at.year in _YEARS else None


def is_key_value(text: str | None) -> bool:
    """Whether this is a JSON object of plain values."""
    try:
        found = json.loads(text or "{}")
        # half of a pair of surrogates is no text
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not any(isinstance(each, dict | list) for each in found.values())


class Checker:
    """Holds one part after the other to the rules, and remembers what is broken."""

    def __init__(self, *, only_blocking: bool = False, presence: bool = True) -> None:
        self._rules: Rules = focus_rules()
        self._only_blocking = only_blocking
        self._presence = presence
        self._parents: dict[tuple[str, str], str | None] = {}
        self.broken: dict[str, Broken] = {}

    def take(self, part: Part) -> None:
        """Looks at these rows."""
        rules = [rule for rule in self._rules.rules if self._applies(rule, part.frame.columns)]
        frame = _prepared(part.frame, rules)
        wrong: list[tuple[Rule, pl.Expr]] = []
        for rule in rules:
            if rule.presence:
                self._present(rule, part)
            elif rule.must.op == "CheckDistinctCount":
                wrong.append((rule, self._children(rule.must, part.frame)))
            else:
                wrong.append((rule, _broken(rule, self._rules.currencies)))
        for each in _PERIODS:
            rule, expression = _period(*each, part.frame.columns)
            if rule and expression is not None:
                wrong.append((rule, expression))
        self._count(wrong, frame, part)

    def _applies(self, rule: Rule, columns: Sequence[str]) -> bool:
        if rule.keyword not in REQUIRED or (self._only_blocking and not rule.blocks):
            return False
        if rule.presence:
            return not rule.criteria and (self._presence or rule.blocks)
        return rule.must.columns() <= set(columns)

    def _present(self, rule: Rule, part: Part) -> None:
        if rule.must.column not in part.frame.columns:
            self.broken[rule.id] = Broken(rule.id, rule.words, rule.must.column, 0, 0, "", rule.blocks)

    def _children(self, check: Check, frame: pl.DataFrame) -> pl.Expr:
        """Rows whose `column` was seen with more than one `other`, in this part or before."""
        pairs = frame.select(check.column, check.other).drop_nulls().unique(maintain_order=True)
        several: set[str] = set()
        for child, parent in pairs.rows():
            if self._parents.setdefault((check.column, child), parent) != parent:
                several.add(child)
        return pl.col(check.column).is_in(sorted(several))

    def _count(self, wrong: Sequence[tuple[Rule, pl.Expr]], frame: pl.DataFrame, part: Part) -> None:
        named = [expression.fill_null(value=False).alias(rule.id) for rule, expression in wrong]
        found = frame.select(named)
        counts = found.sum().row(0, named=True) if named else {}
        for rule, _ in wrong:
            if rows := counts[rule.id] or 0:
                at = int(found[rule.id].arg_max() or 0)
                value = part.frame[rule.column][at] if rule.column in part.frame.columns else None
                self._note(
                    Broken(
                        rule.id,
                        rule.words,
                        rule.column,
                        part.first + at,
                        rows,
                        (value or "")[:80],
                        rule.blocks,
                    )
                )

    def _note(self, broken: Broken) -> None:
        before = self.broken.get(broken.rule)
        self.broken[broken.rule] = (
            structs.replace(before, rows=before.rows + broken.rows) if before else broken
        )


def _period(start: str, end: str, words: str, columns: Iterable[str]) -> tuple[Rule | None, pl.Expr | None]:
    if not {start, end} <= set(columns):
        return None, None
    first, last = pl.col(f"{start} at"), pl.col(f"{end} at")
    rule = Rule(f"{end}-after-start", end, words, "MUST", Check("TypeDateTime", end))
    return rule, last <= first if start.startswith("Billing") else last < first


def _prepared(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """The frame with what only Python can read: moments, and whether a text is an object of JSON."""
    # a column that a condition looks at and that is not there says nothing
    asked = {name for each in rules if each.when for name in each.when.columns()}
    frame = frame.with_columns(
        pl.lit(None, pl.String).alias(name) for name in sorted(asked - set(frame.columns))
    )
    texts = {each.must.column for each in rules if each.must.op == "FormatKeyValue"}
    more = [
        _looked_up(frame[name], moment, pl.Datetime("us", "UTC")).alias(f"{name} at")
        for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
        if name in frame.columns
    ]
    more += [_looked_up(frame[name], is_key_value, pl.Boolean).alias(f"{name} ok") for name in sorted(texts)]
    return frame.with_columns(more)


def _looked_up(
    series: pl.Series, read: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    """What each text is read as; the same text is read once."""
    known = series.drop_nulls().unique()
    values = pl.Series([read(text) for text in known.to_list()], dtype=dtype)
    return series.replace_strict(known, values, default=None, return_dtype=dtype)


def _broken(rule: Rule, currencies: Sequence[str]) -> pl.Expr:
    holds = _holds(rule.must, currencies)
    return ~holds if rule.when is None else _holds(rule.when, currencies) & ~holds


def _holds(check: Check, currencies: Sequence[str]) -> pl.Expr:
    if check.op in {"AND", "OR"}:
        return reduce(and_ if check.op == "AND" else or_, (_holds(each, currencies) for each in check.items))
    if check.op == "CheckNationalCurrency":
        return pl.col(check.column).is_null() | pl.col(check.column).is_in(list(currencies))
    return _HOLDS.get(check.op, _form)(check)


_FORMS: Mapping[str, str] = {
    "TypeDecimal": DECIMAL,
    "CheckDecimalValue": DECIMAL,
    "FormatNumeric": NUMERIC,
    "FormatDateTime": UTC_TIME,
    "FormatCurrency": CURRENCY,
}


def _form(check: Check) -> pl.Expr:
    """Whether the text has the form; a unit's or a text's is anything that can be shown."""
    column = pl.col(check.column)
    pattern = _FORMS.get(check.op)
    return column.is_null() | (column.str.contains(pattern) if pattern else ~column.str.contains(CONTROL))


def _is(column: pl.Expr, value: str | None) -> pl.Expr:
    if value is None:
        return column.is_null()
    if value.lstrip("-").isdigit():
        return (column == value).fill_null(value=False) | (
            column.cast(pl.Float64, strict=False) == float(value)
        ).fill_null(value=False)
    return (column == value).fill_null(value=False)


def _at_least(check: Check) -> pl.Expr:
    return pl.col(check.column).is_null() | (_number(check.column) >= float(check.value or 0))


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False)


def _product(check: Check) -> pl.Expr:
    left = _number(check.column) * _number(check.other)
    right = _number(check.result)
    near = (left - right).abs() <= TOLERANCE * right.abs() + TOLERANCE
    return left.is_null() | right.is_null() | near


_HOLDS: Mapping[str, Callable[[Check], pl.Expr]] = {
    "CheckValue": lambda check: _is(pl.col(check.column), check.value),
    "CheckNotValue": lambda check: ~_is(pl.col(check.column), check.value),
    "CheckSameValue": lambda check: pl.col(check.column).eq_missing(pl.col(check.other)),
    "CheckNotSameValue": lambda check: pl.col(check.column).ne_missing(pl.col(check.other)),
    "TypeDateTime": lambda check: pl.col(check.column).is_null() | pl.col(f"{check.column} at").is_not_null(),
    "FormatKeyValue": lambda check: pl.col(check.column).is_null() | pl.col(f"{check.column} ok"),
    "CheckGreaterOrEqualThanValue": _at_least,
    "ColumnByColumnEqualsColumnValue": _product,
}

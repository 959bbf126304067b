"""FOCUS 1.2, the format of cloud bills: its machine-checkable rules as values, and what breaking one says."""

import pkgutil
from functools import cache

import msgspec
from msgspec import Struct

from causeway.core.errors import UsageError

FOCUS = "1.2"
REQUIRED = frozenset({"MUST", "MUST NOT"})
# what a sum rests on: where one of these cannot be read, no row of the file can be counted
ESSENTIAL = (
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "BillingAccountId",
    "ProviderName",
)
_READABLE = frozenset({"ColumnPresent", "TypeDecimal", "CheckDecimalValue", "TypeDateTime", "FormatCurrency"})


class Check(Struct, frozen=True, omit_defaults=True):
    """One check of a row or a column, by its name in FOCUS's own model; `items` of AND and OR."""

    op: str
    column: str = ""
    other: str = ""
    result: str = ""
    value: str | None = None
    items: tuple["Check", ...] = ()

    def columns(self) -> frozenset[str]:
        """Every column that it looks at."""
        named = {name for name in (self.column, self.other, self.result) if name}
        return frozenset(named.union(*(item.columns() for item in self.items)))


class Rule(Struct, frozen=True, omit_defaults=True):
    """A requirement: where `when` holds, `must` does; its words are the specification's."""

    id: str
    column: str
    words: str
    keyword: str
    must: Check
    when: Check | None = None
    criteria: tuple[str, ...] = ()
    """What a provider has to support for it to apply."""

    @property
    def presence(self) -> bool:
        """Whether it asks for a column, and nothing of its values."""
        return self.must.op == "ColumnPresent"

    @property
    def blocks(self) -> bool:
        """Whether a bill that breaks it cannot be counted."""
        if self.keyword not in REQUIRED or self.column not in (*ESSENTIAL, "Tags") or self.when:
            return False
        if self.column == "Tags":
            return self.must.op == "FormatKeyValue"
        needed = self.must.op == "CheckNotValue" and self.must.value is None
        listed = self.must.op == "OR" and self.column == "ChargeCategory"
        return needed or listed or self.must.op in _READABLE


class Rules(Struct, frozen=True):
    """The rules of one version, and the currencies that it knows."""

    version: str
    currencies: tuple[str, ...]
    rules: tuple[Rule, ...]


class Broken(Struct, frozen=True):
    """A rule that rows break: the first of them (1 is the one below the header, 0 is none), and how many."""

    rule: str
    words: str
    column: str
    row: int
    rows: int
    value: str = ""
    blocks: bool = False

    def __str__(self) -> str:
        at = f"row {self.row:,}, {self.column}" if self.row else f"column {self.column}"
        said = f" is {self.value!r}" if self.value else ""
        more = f" (and {self.rows - 1:,} more)" if self.rows > 1 else ""
        return f"{at}{said}{more}: {self.words} [{self.rule}]"


class BadBill(UsageError):
    """A bill cannot be read or breaks a rule that its sums rest on; nothing of it was imported."""

    code = "bad_bill"
    status = 422


@cache
def focus_rules() -> Rules:
    """The rules that Causeway brings."""
    content = pkgutil.get_data("causeway.core", "reference/focus/rules-1.2.json") or b""
    return msgspec.json.decode(content, type=Rules)


def rule_words(rule: str) -> str:
    """What this rule asks for; empty where there is no such rule."""
    return next((each.words for each in focus_rules().rules if each.id == rule), "")

"""Facts of money that was spent: bills of providers, prices, and what people enter; and a bill's lines."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.core.fact import Fact

BILLS_CHAIN = "bills"
"""The chain of what no single product owns: bills, prices, shared entries. No product may be called so."""

ENTERED = ("people", "build", "licences")
"""The categories that no bill of a cloud shows: somebody enters them."""

RATES = {
    "cpu-second": ("compute", "a second of one CPU"),
    "gpu-second": ("compute", "a second of one GPU"),
    "gb-month": ("storage", "a GB kept for a month"),
    "tokens-in": ("ai services", "1,000,000 tokens of input"),
    "tokens-cached": ("ai services", "1,000,000 tokens of input that the service had kept"),
    "tokens-out": ("ai services", "1,000,000 tokens of output"),
    "request": ("ai services", "1,000 requests to a service"),
    "person-hour": ("people", "an hour of a person"),
    "person-day": ("people", "a day of a person"),
    "licence-month": ("licences", "a licence for a month"),
    "build": ("build", "building it, once"),
}
"""What a price can be set for: its category, and what the price buys. `tokens-in:MODEL` is for one model."""

Sums = dict[str, Decimal]
"""Amounts by currency; never added across."""


class BillImported(Fact, frozen=True, tag="bill.imported"):
    """A provider's bill for one account and billing period came in, and stands instead of an earlier one."""

    provider: str
    account: str
    since: date
    until: date
    """The billing period's last day."""
    rows: int
    billed: Sums
    effective: Sums
    content: str
    """Digest of its rows as Parquet, every column as the text that it came as."""
    days: str
    """Digest of its rows summed by day, for reading."""
    source: tuple[str, ...] = ()
    """Digests of the files that it came in."""
    form: str = ""
    """What it was read as: `FOCUS 1.2`, `AWS CUR`, ..."""
    restates: int = 0
    """Sequence number of the import that this one replaces; 0 where it is the first of its period."""
    billed_change: Sums = {}
    """By how much it differs from that one; what did not change is left out."""
    effective_change: Sums = {}
    corrections: int = 0
    """Rows that correct an earlier billing period, as the provider says."""
    noted: dict[str, int] = {}
    """Rules of FOCUS that it breaks without harm to its sums, and in how many rows."""


class BillWithdrawn(Fact, frozen=True, tag="bill.withdrawn"):
    """A bill that was imported by mistake counts no more."""

    bill: int
    """Sequence number of the import."""
    because: str


class RateSet(Fact, frozen=True, tag="rate.set"):
    """Somebody put a price on the rate card; it holds from `since` until another one does."""

    rate: str
    price: Decimal
    currency: str
    since: date
    source: str = ""
    product: str = ""
    """The only product that it holds for; empty where it holds for all."""


class CostEntered(Fact, frozen=True, tag="cost.entered"):
    """A cost that no bill shows: people's time, building it once, a licence."""

    category: str
    amount: Decimal
    currency: str
    since: date
    until: date
    """The last day that it is for; the same day for what happened on one."""
    what: str = ""
    days: Decimal | None = None
    """Days that people spent, where it was entered as days."""
    rate: int = 0
    """Sequence number of the price that the days were valued at; 0 where it is the manifest's."""


class CostWithdrawn(Fact, frozen=True, tag="cost.withdrawn"):
    """A cost that was entered by mistake counts no more."""

    entry: int
    """Sequence number of the entry."""
    because: str


class CategoriesSet(Fact, frozen=True, tag="categories.set"):
    """Somebody declared which service of a bill belongs to which category."""

    table: str
    """Digest of the declaration, kept in the artefact store."""


Spending = BillImported | BillWithdrawn | RateSet | CostEntered | CostWithdrawn | CategoriesSet


class BillLine(Struct, frozen=True, omit_defaults=True):
    """What one day cost for one thing on a provider's bill."""

    day: date
    billed: Decimal
    """What the invoice asks for it."""
    effective: Decimal
    """What it cost with commitments and prepayments spread over their time."""
    currency: str
    provider: str
    account: str
    """The sub-account where the bill has one, else the billing account."""
    service: str = ""
    resource: str = ""
    category: str = ""
    """One of `causeway.core.worth.CATEGORIES`."""
    charge: str = ""
    """FOCUS's ChargeCategory: Usage, Purchase, Tax, Credit or Adjustment."""
    tags: dict[str, str] = {}
    """Keys without spaces around them, in lower case."""
    bill: int = 0
    """Sequence number of the import that it comes from."""

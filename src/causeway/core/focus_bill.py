"""A bill as it was read: one statement for each account and billing period, and its rows summed by day."""

import zlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec
from msgspec import Struct

from causeway.core.costs import Sums


class DayLine(Struct, frozen=True, array_like=True):
    """What one thing cost from `first` up to and including `last`, in the words of the bill."""

    first: date
    last: date
    billed: Decimal
    effective: Decimal
    currency: str
    account: str
    service: str
    category: str
    """FOCUS's ServiceCategory."""
    subcategory: str
    resource: str
    charge: str
    status: str
    """FOCUS's CommitmentDiscountStatus."""
    tags: dict[str, str]


class StatementRead(Struct, frozen=True):
    """What a provider billed to one account for one billing period."""

    provider: str
    account: str
    since: date
    until: date
    rows: int
    billed: Sums
    effective: Sums
    content: bytes
    """Its rows as Parquet, every column as text."""
    days: bytes
    """Its rows summed by day: see `read_days`."""
    corrections: int = 0


class Noted(Struct, frozen=True):
    """A rule of FOCUS that rows break without harm to any sum."""

    rule: str
    words: str
    rows: int
    first_row: int
    value: str


class BillRead(Struct, frozen=True):
    """All that some files hold."""

    form: str
    rows: int
    statements: tuple[StatementRead, ...]
    noted: tuple[Noted, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[DayLine]).decode


def write_days(lines: Iterable[DayLine]) -> bytes:
    """The lines as bytes; the same lines make the same bytes."""
    return zlib.compress(_encode(list(lines)), 6)


def read_days(content: bytes) -> list[DayLine]:
    """The lines that were written."""
    return _decode(zlib.decompress(content))

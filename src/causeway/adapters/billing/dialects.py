"""Which format a bill has, and its columns in FOCUS's words; what it brought besides is kept."""

import calendar
import csv
import json
import pkgutil
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from causeway.adapters.billing.checking import moment
from causeway.core.focus import BadBill, focus_rules
from causeway.core.toml_reading import read_toml

OTHER, ADJUSTMENT = "Other", "Adjustment"
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_LIKE_FOCUS = frozenset({"BilledCost", "BillingCurrency", "ChargePeriodStart"})
# the first version that has the column, the newest first
_VERSIONS = (
    ("1.3", ("ServiceProviderName", "HostProviderName", "AllocatedMethodId", "ContractApplied")),
    ("1.2", ("InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency")),
    ("1.1", ("ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "CapacityReservationId")),
)


class Dialect(Struct, frozen=True, forbid_unknown_fields=True):
    """A format that is not FOCUS, as `dialects.toml` declares it."""

    form: str
    provider: str
    known_by: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    charges: dict[str, str] = {}
    category: str = ""
    tags: tuple[str, ...] = ()
    tag_map: str = ""
    last_days: tuple[str, ...] = ()
    monthly: str = ""


class Spoken(Struct, frozen=True):
    """A frame with FOCUS's columns, and what it was read as."""

    form: str
    frame: pl.DataFrame


@cache
def dialects() -> dict[str, Dialect]:
    """The formats that are not FOCUS."""
    content = pkgutil.get_data("causeway.adapters.billing", "dialects.toml") or b""
    tables: dict[str, Any] = read_toml(content.decode())
    return msgspec.convert(tables, dict[str, Dialect])


def in_focus(frame: pl.DataFrame, *, where: str) -> Spoken:
    """The frame in FOCUS's words; raises BadBill where its columns are those of no format known here."""
    named = _renamed(frame)
    if set(named.columns) >= _LIKE_FOCUS or "EffectiveCost" in named.columns:
        return _focus(named)
    plain = {_plain(name): name for name in reversed(frame.columns)}
    for dialect in dialects().values():
        if all(_plain(name) in plain for name in dialect.known_by):
            return Spoken(dialect.form, _translated(frame, dialect, plain))
    raise BadBill(
        f"these are no columns of a bill: {', '.join(frame.columns[:12])}",
        where=where,
        hint="export the bill as FOCUS, or as one of: "
        + ", ".join(each.form for each in dialects().values()),
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _focus_names() -> Mapping[str, str]:
    newer = {name for _, names in _VERSIONS for name in names}
    return {_plain(name): name for name in {rule.column for rule in focus_rules().rules} | newer}


def _renamed(frame: pl.DataFrame) -> pl.DataFrame:
    """FOCUS's columns in FOCUS's own spelling, whatever the case that a database made of it."""
    known, there = _focus_names(), set(frame.columns)
    spelt = {
        name: known[_plain(name)]
        for name in frame.columns
        if not name.lower().startswith("x_") and known.get(_plain(name), name) not in there
    }
    return frame.rename(spelt)


def _focus(frame: pl.DataFrame) -> Spoken:
    there = set(frame.columns)
    version = next((each for each, names in _VERSIONS if there & set(names)), "1.0")
    if "ServiceProviderName" in there:
        # 1.3 renamed the column, 1.4 took the old one away
        version = "1.3" if "ProviderName" in there else "1.4"
        said = pl.col("ServiceProviderName")
        before = pl.col("ProviderName") if "ProviderName" in there else pl.lit(None, pl.String)
        frame = frame.with_columns(pl.coalesce(before, said).alias("ProviderName"))
    return Spoken(f"FOCUS {version}", frame)


def _translated(frame: pl.DataFrame, dialect: Dialect, plain: Mapping[str, str]) -> pl.DataFrame:
    columns = {name: _first(frame, sources, plain) for name, sources in dialect.columns.items()}
    rows = frame.height
    columns["ProviderName"] = [dialect.provider] * rows
    columns["ChargeCategory"] = _charges(columns.get("ChargeCategory"), dialect, rows)
    columns["ServiceCategory"] = _categories(columns.get("ServiceCategory"), dialect, rows)
    columns["Tags"] = _tags(frame, dialect, plain)
    if "EffectiveCost" not in columns:
        columns["EffectiveCost"] = _effective(frame, plain)
    if dialect.monthly:
        columns |= _months(columns["ChargePeriodStart"])
    for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"):
        columns[name] = [_iso(text, after=name in dialect.last_days) for text in columns[name]]
    series = [pl.Series(name, values, dtype=pl.String) for name, values in columns.items()]
    return frame.with_columns(series)


def _first(frame: pl.DataFrame, sources: Sequence[str], plain: Mapping[str, str]) -> list[str | None]:
    there = [pl.col(plain[_plain(name)]) for name in sources if _plain(name) in plain]
    if not there:
        return [None] * frame.height
    return frame.select(pl.coalesce(there).alias("found"))["found"].to_list()


def _charges(said: Sequence[str | None] | None, dialect: Dialect, rows: int) -> list[str | None]:
    if said is None or not dialect.charges:
        return ["Usage"] * rows
    return [dialect.charges.get(each, ADJUSTMENT) if each else None for each in said]


def _categories(said: Sequence[str | None] | None, dialect: Dialect, rows: int) -> list[str | None]:
    if said is None:
        return [OTHER] * rows
    known = _services(dialect.category) if dialect.category else {}
    return [known.get(each or "", each if not known and each else OTHER) for each in said]


@cache
def _services(name: str) -> Mapping[str, str]:
    content = (pkgutil.get_data("causeway.core", f"reference/focus/{name}") or b"").decode()
    return {row[0]: row[1] for row in csv.reader(content.splitlines()) if len(row) > 1}


def _tags(frame: pl.DataFrame, dialect: Dialect, plain: Mapping[str, str]) -> list[str | None]:
    """The tags of each row as a JSON object, from columns of their own or from one column."""
    own = [name for name in frame.columns if name.startswith(dialect.tags)] if dialect.tags else []
    if own:
        names = [name.split("/", 1)[-1].removeprefix("user:") for name in own]
        return [_object(dict(zip(names, row, strict=True))) for row in frame.select(own).rows()]
    packed = plain.get(_plain(dialect.tag_map)) if dialect.tag_map else None
    if packed is None:
        return [None] * frame.height
    return [text if not text or text.startswith("{") else f"{{{text}}}" for text in frame[packed].to_list()]


def _object(tags: Mapping[str, str | None]) -> str | None:
    filled = {name: value for name, value in tags.items() if value is not None}
    return json.dumps(filled, separators=(",", ":")) if filled else None


def _months(starts: Sequence[str | None]) -> dict[str, list[str | None]]:
    first, after = [], []
    for text in starts:
        at = moment(text)
        month = at.replace(day=1, hour=0, minute=0, second=0) if at else None
        first.append(month.isoformat() if month else None)
        days = calendar.monthrange(month.year, month.month)[1] if month else 0
        after.append((month + timedelta(days=days)).isoformat() if month else None)
    return {"BillingPeriodStart": first, "BillingPeriodEnd": after}


@cache
def _iso(text: str | None, *, after: bool) -> str | None:
    """The moment as FOCUS writes it; what is none stays as it is, for the rules to say so."""
    found = _AMERICAN.fullmatch(text or "")
    try:
        at = datetime(int(found[3]), int(found[1]), int(found[2]), tzinfo=UTC) if found else moment(text)
    except ValueError:
        return text
    return f"{at + timedelta(days=after):%Y-%m-%dT%H:%M:%SZ}" if at else text


def _effective(frame: pl.DataFrame, plain: Mapping[str, str]) -> list[str | None]:
    """AWS: what each line cost with commitments spread over the usage that they cover."""
    names = ("lineItem/LineItemType", *_NEEDED)
    columns = {name: frame[plain[_plain(name)]].to_list() for name in names if _plain(name) in plain}
    nothing: list[str | None] = [None] * frame.height
    return [
        _amortised(kind, dict(zip(_NEEDED, rest, strict=True)))
        for kind, *rest in zip(*(columns.get(name, nothing) for name in names), strict=True)
    ]


_NEEDED = (
    "lineItem/NetUnblendedCost",
    "lineItem/UnblendedCost",
    "savingsPlan/NetSavingsPlanEffectiveCost",
    "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate",
    "savingsPlan/UsedCommitment",
    "reservation/NetEffectiveCost",
    "reservation/EffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "reservation/ReservationARN",
)


def _amortised(kind: str | None, of: Mapping[str, str | None]) -> str | None:
    if kind in {"SavingsPlanNegation", "SavingsPlanUpfrontFee"}:
        return "0"
    if kind == "Fee" and of["reservation/ReservationARN"]:
        return "0"
    if kind == "SavingsPlanRecurringFee":
        return _sum(of["savingsPlan/TotalCommitmentToDate"], of["savingsPlan/UsedCommitment"], less=True)
    if kind == "RIFee":
        unused = "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"
        return _sum(of[unused], of["reservation/UnusedRecurringFee"])
    net, gross = _AMORTISED.get(kind or "", ("lineItem/NetUnblendedCost", "lineItem/UnblendedCost"))
    return of[net] or of[gross]


# where it is not the plain cost: net of discounts where the report has it
_AMORTISED = {
    "SavingsPlanCoveredUsage": (
        "savingsPlan/NetSavingsPlanEffectiveCost",
        "savingsPlan/SavingsPlanEffectiveCost",
    ),
    "DiscountedUsage": ("reservation/NetEffectiveCost", "reservation/EffectiveCost"),
}


def _sum(one: str | None, other: str | None, *, less: bool = False) -> str:
    """Both together; what is no number stands as it is, for the rules to say so."""
    try:
        first, second = Decimal(one or 0), Decimal(other or 0)
        return str(first - second if less else first + second)
    except InvalidOperation:
        return f"{one} {'-' if less else '+'} {other}"

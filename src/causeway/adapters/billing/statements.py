"""Bills brought together: read part by part, checked, and told apart by account and billing period."""

import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, Inexact
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from causeway.adapters.billing.checking import Checker, moment
from causeway.adapters.billing.dialects import in_focus
from causeway.adapters.billing.reading import SAVE, Part, parts
from causeway.core.focus import BadBill, Broken
from causeway.core.focus_bill import BillRead, DayLine, Noted, StatementRead, write_days

SHOWN = 5
LONGEST = timedelta(days=400)
"""A charge or a billing period of more is a mistake or a commitment; it counts on its first day."""
CORRECTION = "Correction"
_exact = Context(prec=400, traps=[Inexact])
_TEXTS = (
    "BillingCurrency",
    "ServiceName",
    "ServiceCategory",
    "ServiceSubcategory",
    "ResourceId",
    "ChargeCategory",
    "CommitmentDiscountStatus",
    "Tags",
)
_WHOSE = ("ProviderName", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd")
_WHEN = ("ChargePeriodStart", "ChargePeriodEnd")

Key = tuple[str, str, date]


def read_bill(files: Sequence[Path], *, strict: bool = False) -> BillRead:
    """All that these files hold, or BadBill with the row, the column and the rule; all or nothing."""
    gathered: dict[Key, _Gathered] = {}
    noted: dict[str, Broken] = {}
    forms: list[str] = []
    for file in files:
        _read(file, gathered, noted, forms, strict=strict)
    return BillRead(
        form=", ".join(dict.fromkeys(forms)),
        rows=sum(each.rows for each in gathered.values()),
        statements=tuple(each.statement(key) for key, each in sorted(gathered.items())),
        noted=tuple(
            Noted(each.rule, each.words, each.rows, each.row, each.value)
            for each in sorted(noted.values(), key=lambda each: (-each.rows, each.rule))
        ),
    )


def _read(
    file: Path,
    gathered: dict[Key, "_Gathered"],
    noted: dict[str, Broken],
    forms: list[str],
    *,
    strict: bool,
) -> None:
    checker: Checker | None = None
    with closing(parts(file)) as found:
        for part in found:
            spoken = in_focus(part.frame, where=str(file))
            if checker is None:
                # 1.4 took columns away that 1.2 asks for
                checker = Checker(
                    only_blocking=not spoken.form.startswith("FOCUS"),
                    presence=spoken.form in {"FOCUS 1.2", "FOCUS 1.3"},
                )
                forms.append(spoken.form)
            checker.take(Part(spoken.frame, part.first))
            _refuse(file, [each for each in checker.broken.values() if each.blocks or strict])
            _gather(spoken.frame, gathered)
    noted.update(checker.broken if checker else {})


def _refuse(file: Path, broken: Sequence[Broken]) -> None:
    if not broken:
        return
    places: dict[tuple[str, int], Broken] = {}
    for each in sorted(broken, key=lambda each: (not each.blocks, each.row, each.rule)):
        # a text that is no number breaks several rules, of which one says enough
        places.setdefault((each.column, each.row), each)
    first, *more = places.values()
    others = "; ".join(str(each) for each in more[:SHOWN])
    beyond = f"; and {len(more) - SHOWN} more rules" if len(more) > SHOWN else ""
    row = f", row {first.row}" if first.row else ""
    raise BadBill(
        f"{first}" + (f"; also {others}{beyond}" if more else ""),
        where=f"{file}{row}, column {first.column}",
        hint="have the bill exported again, or mend it there; nothing was imported",
    )


class _Gathered:
    """The rows of one account and billing period, so far."""

    def __init__(self) -> None:
        self.rows = 0
        self.corrections = 0
        self.packed: list[bytes] = []
        self.until = date.min
        self.days: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {}
        self.billed: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.effective: defaultdict[str, Decimal] = defaultdict(Decimal)

    def keep(self, rows: pl.DataFrame) -> None:
        """Keeps these rows, packed: a bill may be much larger than memory."""
        self.rows += rows.height
        if "ChargeClass" in rows.columns:
            self.corrections += int((rows["ChargeClass"] == CORRECTION).sum())
        into = io.BytesIO()
        rows.write_parquet(into, compression="zstd")
        self.packed.append(into.getvalue())

    def add(self, key: tuple[Any, ...], billed: Decimal, effective: Decimal) -> None:
        """Adds these amounts to one thing's line."""
        before = self.days.get(key, (Decimal(0), Decimal(0)))
        self.days[key] = (_exact.add(before[0], billed), _exact.add(before[1], effective))
        currency = str(key[2])
        self.billed[currency] = _exact.add(self.billed[currency], billed)
        self.effective[currency] = _exact.add(self.effective[currency], effective)

    def statement(self, key: Key) -> StatementRead:
        """All of it."""
        provider, account, since = key
        return StatementRead(
            provider=provider,
            account=account,
            since=since,
            until=self.until,
            rows=self.rows,
            billed=_tidy(self.billed),
            effective=_tidy(self.effective),
            content=self._content(),
            days=write_days(self._lines()),
            corrections=self.corrections,
        )

    def _content(self) -> bytes:
        if len(self.packed) == 1:
            return self.packed[0]
        frames = [pl.scan_parquet(io.BytesIO(content)) for content in self.packed]
        into = io.BytesIO()
        pl.concat(frames, how="diagonal").sink_parquet(into, compression="zstd")
        return into.getvalue()

    def _lines(self) -> list[DayLine]:
        return [
            DayLine(first, last, plain(billed), plain(effective), currency, *rest, _tags_of(tags))
            for (first, last, currency, *rest, tags), (billed, effective) in sorted(self.days.items())
        ]


def _gather(frame: pl.DataFrame, gathered: dict[Key, _Gathered]) -> None:
    texts = [
        pl.col(name).fill_null("") if name in frame.columns else pl.lit("").alias(name) for name in _TEXTS
    ]
    sub = pl.col("SubAccountId") if "SubAccountId" in frame.columns else pl.lit(None, pl.String)
    account = pl.coalesce(sub, pl.col("BillingAccountId")).alias("Account")
    keyed = frame.select(*_WHOSE, *_WHEN, account, *texts, "BilledCost", "EffectiveCost")
    groups = keyed.group_by(keyed.columns[:-2], maintain_order=True).agg("BilledCost", "EffectiveCost")
    for provider, payer, start, end, first, last, account_, *rest, billed, effective in groups.rows():
        one = gathered.setdefault((provider, payer, _day(start)), _Gathered())
        one.until = max(one.until, _last_day(start, end))
        currency, service, category, subcategory, resource, charge, status, tags = rest
        when = (_day(first), _last_day(first, last))
        key = (*when, currency, account_, service, category, subcategory, resource, charge, status, tags)
        one.add(key, _total(billed), _total(effective))
    whose = list(_WHOSE[:3])
    for (provider, payer, start), rows in frame.group_by(whose, maintain_order=True):
        gathered[(str(provider), str(payer), _day(str(start)))].keep(rows)


def _total(amounts: Sequence[str]) -> Decimal:
    total = Decimal(0)
    for text in amounts:
        total = _exact.add(total, Decimal(text))
    return total


def plain(amount: Decimal) -> Decimal:
    """The same amount, without an exponent or zeros that say nothing."""
    short = _exact.normalize(amount)
    return Decimal(f"{short:f}") if short else Decimal(0)


def _tidy(sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {currency: plain(amount) for currency, amount in sorted(sums.items())}


@cache
def _at(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise BadBill(f"{text!r} is no moment", hint=SAVE)
    return found


def _day(text: str) -> date:
    return _at(text).date()


def _last_day(start: str, end: str) -> date:
    """The last day that is not over when it ends; its first one where it has no length, or far too much."""
    first, after = _at(start), _at(end)
    if not first < after <= first + LONGEST:
        return first.date()
    return (after - timedelta(microseconds=1)).date()


@cache
def _tags_of(text: str) -> dict[str, str]:
    """Tags with plain keys: without spaces around them, in lower case; the first that says something wins."""
    tags: dict[str, str] = {}
    for name, value in json.loads(text or "{}").items():
        plain_name = name.strip().lower()
        if value is not None and not tags.get(plain_name):
            tags[plain_name] = str(value).lower() if isinstance(value, bool) else str(value)
    return tags

"""Rows in FOCUS's words as a file: CSV or Parquet, after they were held to FOCUS's own rules."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl

from causeway.adapters.billing.checking import Checker
from causeway.adapters.billing.reading import Part
from causeway.core.errors import Defect

CSV, PARQUET = ".csv", ".parquet"
SCALE = 12
Cell = str | Decimal | None


def write_bill(rows: Sequence[Mapping[str, Cell]], suffix: str) -> bytes:
    """The rows as the bytes of a file of this kind; every one keeps every rule that a program can check."""
    texts = pl.DataFrame(
        {name: [_text(row[name]) for row in rows] for name in rows[0]},
        schema=dict.fromkeys(rows[0], pl.String),
    )
    checker = Checker()
    checker.take(Part(texts, 1))
    if checker.broken:
        first = next(iter(checker.broken.values()))
        raise Defect(f"our own bill breaks a rule of FOCUS: {first}")
    into = io.BytesIO()
    if suffix == CSV:
        texts.write_csv(into)
    else:
        _typed(texts, rows[0]).write_parquet(into, compression="zstd")
    return into.getvalue()


def _text(cell: Cell) -> str | None:
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def _typed(texts: pl.DataFrame, like: Mapping[str, Cell]) -> pl.DataFrame:
    """Amounts as exact decimals and moments as moments, where Parquet has types for them."""
    amounts = [
        pl.col(name).cast(pl.Decimal(38, SCALE)) for name, cell in like.items() if isinstance(cell, Decimal)
    ]
    moments = [
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
        for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
    ]
    return texts.with_columns(*amounts, *moments)

"""The rows that break a rule, set apart from the good ones: counted, shown, and written with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from causeway.adapters.contracts.counting import ROW
from causeway.adapters.contracts.rules import Rule

EXAMPLES = 3
QUARANTINE = "quarantine.parquet"
GOOD = "good.parquet"
RULES = "causeway.rules"
"""The column with the rules that a row breaks."""

_APART = "\0apart"


@dataclass(frozen=True)
class Apart:
    """How many rows are at fault; for each broken rule the first rows that it speaks of, with values."""

    rows: int
    examples: list[list[tuple[int, str | None]]]


def set_apart(
    frame: pl.LazyFrame, broken: Sequence[Rule], *, columns: Sequence[str], into: Path | None, good: bool
) -> Apart:
    """What the second pass finds; `into` gets the rows at fault as a file, and with `good` the others."""
    flagged = frame.with_columns(
        (rule.where.fill_null(value=False) if rule.where is not None else pl.lit(value=False)).alias(
            _flag(number)
        )
        for number, rule in enumerate(broken)
    )
    blaming = [
        (number, rule) for number, rule in enumerate(broken) if rule.blames_rows and not rule.is_warning
    ]
    at_fault = pl.any_horizontal(_flag(number) for number, _ in blaming) if blaming else pl.lit(value=False)
    flagged = flagged.with_columns(at_fault.alias(_APART))
    plans = [flagged.select(_counted(broken))]
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        plans += _written(flagged, blaming, columns=columns, into=into, good=good)
    counted = pl.collect_all(plans, engine="streaming")[0]
    return Apart(int(counted["apart"][0] or 0), [_seen(counted, number) for number in range(len(broken))])


def _counted(broken: Sequence[Rule]) -> list[pl.Expr]:
    shown = [
        expression.filter(pl.col(_flag(number))).head(EXAMPLES).implode().alias(f"{kind}{number}")
        for number, rule in enumerate(broken)
        for kind, expression in (("row", pl.col(ROW)), ("value", rule.shown.cast(pl.String)))
        if not rule.counts_all
    ]
    return [pl.col(_APART).sum().alias("apart"), *shown]


def _written(
    flagged: pl.LazyFrame,
    blaming: Sequence[tuple[int, Rule]],
    *,
    columns: Sequence[str],
    into: Path,
    good: bool,
) -> list[pl.LazyFrame]:
    reasons = [pl.when(_flag(number)).then(pl.lit(reason(rule))) for number, rule in blaming]
    listed = pl.concat_list(reasons).list.drop_nulls() if reasons else pl.lit(None, pl.List(pl.String))
    bad = flagged.filter(pl.col(_APART)).select(ROW, listed.alias(RULES), *columns)
    plans = [bad.sink_parquet(into / QUARANTINE, lazy=True, maintain_order=True)]
    if good:
        kept = flagged.filter(~pl.col(_APART)).select(*columns)
        plans.append(kept.sink_parquet(into / GOOD, lazy=True, maintain_order=True))
    return plans


def reason(rule: Rule) -> str:
    """What a row that breaks the rule is told to have broken."""
    said = rule.expected if rule.expected.startswith(rule.name) else f"{rule.name}, {rule.expected}"
    return f"{rule.column}: {said}"


def _flag(number: int) -> str:
    return f"\0broken{number}"


def _seen(counted: pl.DataFrame, number: int) -> list[tuple[int, str | None]]:
    if f"row{number}" not in counted.columns:
        return []
    return list(zip(counted[f"row{number}"][0], counted[f"value{number}"][0], strict=True))

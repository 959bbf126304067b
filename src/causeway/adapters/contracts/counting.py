"""One pass over the rows: how many each rule speaks of, and which keys stand more than once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from causeway.adapters.contracts.duplicates import (
    Hashes,
    Key,
    Pass,
    Repeated,
    gathered,
    passes_of,
    repeated,
    together,
)
from causeway.adapters.contracts.rules import Rule

ROW = "causeway.row"
"""The column of record numbers, counted from 1, that we add."""

_ROWS, _HOLES = "rows", "holes"
_NO_KEYS = Pass((), 0, 1)


@dataclass
class Tally:
    """What the pass came to: per rule the number of rows, and the repeated keys of those that have one."""

    rows: int
    counts: list[int]
    holes: int
    """Rows without anything in the last column."""
    asked: dict[str, Any]
    """Answers to whatever else was asked in the same pass."""
    keys: dict[int, Repeated] = field(default_factory=dict)


def tally(
    frame: pl.LazyFrame, rules: Sequence[Rule], *, rows: int, last_column: str, asked: Sequence[pl.Expr]
) -> Tally:
    """The counts of all rules over all rows; `rows` is about how many there are."""
    keys = {number: rule.key for number, rule in enumerate(rules) if rule.key}
    counts = [
        *(rule.where.sum().alias(str(n)) for n, rule in enumerate(rules) if rule.where is not None),
        *asked,
        pl.len().alias(_ROWS),
        (pl.col(last_column).is_null().sum() if last_column else pl.lit(0)).alias(_HOLES),
    ]
    passes = passes_of(list(keys), rows)
    answers, first = _passed(frame, keys, next(passes, _NO_KEYS), counts)
    found = [first, *(_passed(frame, keys, each, [])[1] for each in passes)]
    result = Tally(answers.pop(_ROWS), [], answers.pop(_HOLES), answers)
    result.keys = {number: together([each[number] for each in found if number in each]) for number in keys}
    result.counts = [_count(number, rule, result) for number, rule in enumerate(rules)]
    return result


def _passed(
    frame: pl.LazyFrame, keys: Mapping[int, Key], looked: Pass, counts: Sequence[pl.Expr]
) -> tuple[dict[str, Any], dict[int, Repeated]]:
    """The counts of one pass over the rows, and what each key that it looks at comes to."""
    held: dict[int, list[pl.Series]] = {number: [] for number in looked.keys}
    gathering = [gathered(keys[number], looked, into).alias(f"key{number}") for number, into in held.items()]
    counted = frame.select(*counts, *gathering).collect(engine="streaming")
    return counted.row(0, named=True), {number: repeated(_pieces(each)) for number, each in held.items()}


def _pieces(held: Sequence[pl.Series]) -> list[Hashes]:
    return [piece.to_numpy() for each in held for piece in each.get_chunks()]


def _count(number: int, rule: Rule, result: Tally) -> int:
    if rule.counts_all:
        return result.rows
    if rule.key:
        return result.keys[number].rows
    return int(result.asked.get(str(number)) or 0)

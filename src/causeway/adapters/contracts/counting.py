"""One pass over the rows: how many each rule speaks of, and which keys stand more than once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from causeway.adapters.contracts.duplicates import Repeated, gathered, parts_of, repeated, together
from causeway.adapters.contracts.rules import Rule

ROW = "causeway.row"
"""The column of record numbers, counted from 1, that we add."""

_ROWS, _HOLES = "rows", "holes"


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
    keyed = [(number, rule) for number, rule in enumerate(rules) if rule.key]
    parts = parts_of(rows, len(keyed))
    counted = frame.select(
        *(rule.where.sum().alias(str(n)) for n, rule in enumerate(rules) if rule.where is not None),
        *_gathering(keyed, 0, parts),
        *asked,
        pl.len().alias(_ROWS),
        (pl.col(last_column).is_null().sum() if last_column else pl.lit(0)).alias(_HOLES),
    ).collect(engine="streaming")
    answers = {name: counted[name][0] for name in counted.columns if not name.startswith("key")}
    found = {number: [repeated(_hashes(counted, number))] for number, _ in keyed}
    del counted
    for part in range(1, parts):
        more = frame.select(*_gathering(keyed, part, parts)).collect(engine="streaming")
        for number, _ in keyed:
            found[number].append(repeated(_hashes(more, number)))
    result = Tally(answers.pop(_ROWS), [], answers.pop(_HOLES), answers)
    result.keys = {number: together(each) for number, each in found.items()}
    result.counts = [_count(number, rule, result) for number, rule in enumerate(rules)]
    return result


def _gathering(keyed: Sequence[tuple[int, Rule]], part: int, parts: int) -> list[pl.Expr]:
    return [gathered(rule.key, part, parts).alias(f"key{number}") for number, rule in keyed if rule.key]


def _hashes(counted: pl.DataFrame, number: int) -> Any:  # noqa: ANN401 - numpy's array of 64-bit words
    return counted[f"key{number}"][0].to_numpy()


def _count(number: int, rule: Rule, result: Tally) -> int:
    if rule.counts_all:
        return result.rows
    if rule.key:
        return result.keys[number].rows
    return int(result.asked.get(str(number)) or 0)

"""Data held against its contract: one lazy pass counts, a second one only where something is broken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from causeway.adapters.contracts.counting import ROW, Tally, tally
from causeway.adapters.contracts.duplicates import is_marked, marked
from causeway.adapters.contracts.queries import answers
from causeway.adapters.contracts.relations import add_references
from causeway.adapters.contracts.rules import Rule, Rules, rules_of
from causeway.adapters.contracts.service_levels import Age, ages_of
from causeway.adapters.contracts.setting_apart import RULES, set_apart
from causeway.adapters.contracts.sources import WINDOWS, Source, WindowsText, open_source, ragged, uneven
from causeway.adapters.contracts.values import with_readings
from causeway.core.contract import Contract, ContractReport, SchemaObject, Violation
from causeway.core.contract_quality import expected_of, holds
from causeway.core.errors import NotFound
from causeway.core.table import Column, Number, Table

_OURS = {name: f"{name}\0" for name in (ROW, RULES)}


@dataclass(frozen=True)
class Asked:
    """What a check may use beside contract and data, and where it leaves the rows."""

    now: datetime | None = None
    others: Callable[[SchemaObject], Path | None] = field(default=lambda _: None)
    into: Path | None = None
    good: bool = False


def validate_file(
    contract: Contract,
    path: Path,
    *,
    name: str = "",
    now: datetime | None = None,
    others: Mapping[str, Path] | None = None,
    into: Path | None = None,
    good: bool = False,
) -> ContractReport:
    """What in this CSV or Parquet file breaks the contract's object `name` (or its only one).

    `now` lets ages be checked, `others` are files of the contract's other tables; `into` gets the rows
    at fault as Parquet, and with `good` the others too.
    """
    described = _object(contract, *([name] if name else [path.name, path.stem]))
    known = dict(others or {})
    asked = Asked(now, lambda table: known.get(table.name), into, good)
    try:
        return _validate_path(contract, described, path, asked)
    except WindowsText:
        return _validate_path(contract, described, path, asked, encoding=WINDOWS)


def _validate_path(
    contract: Contract, described: SchemaObject, path: Path, asked: Asked, *, encoding: str = ""
) -> ContractReport:
    with open_source(path, described, encoding=encoding) as source:
        report = _validate(contract, described, source, asked)
        if source.last_column and source.text and report.holes:
            _refuse_short_records(path, source)
    return report.made


def validate_table(contract: Contract, table: Table, *, name: str = "") -> ContractReport:
    """What in this table breaks the contract's object `name` (or its only one)."""
    frame = pl.DataFrame({key: _series(column) for key, column in table.columns.items()})
    source = Source(frame.lazy(), textual=True, rows=len(table))
    return _validate(contract, _object(contract, name), source, Asked()).made


def _object(contract: Contract, *names: str) -> SchemaObject:
    described = next(filter(None, map(contract.object_named, names)), None)
    if described is None:
        known = ", ".join(each.name for each in contract.objects) or "none at all"
        raise NotFound(f"the contract describes no table {names[-1]!r}", hint=f"it describes {known}")
    return described


def _series(column: Column) -> pl.Series:
    if isinstance(column, Number):
        return pl.Series(values=column.values, nan_to_null=True)
    return pl.Series(values=list(column.values), dtype=pl.String)


def _refuse_short_records(path: Path, source: Source) -> None:
    """Polars fills short records up with nothing, which would pass for missing values."""
    if source.text and uneven(source.text, source.separator):
        raise ragged(path, source.text, separator=source.separator)


@dataclass(frozen=True)
class _Report:
    made: ContractReport
    holes: int


def _validate(contract: Contract, described: SchemaObject, source: Source, asked: Asked) -> _Report:
    # rows that were set apart once, and are sent again, have these two from then
    table = source.frame.rename(_OURS, strict=False)
    types = {name: kind for name, kind in table.collect_schema().items() if name not in _OURS.values()}
    rules = rules_of(described, types, textual=source.textual)
    add_references(contract, described, rules, resolve=asked.others)
    ages = list(_ages(contract, described, rules, now=asked.now))
    frame = with_readings(table.with_row_index(ROW, offset=1), rules.cells.values())
    counted = tally(
        frame,
        rules.all,
        rows=source.rows,
        last_column=_OURS.get(source.last_column, source.last_column),
        asked=[
            *(age.extreme.alias(f"age{number}") for number, age in enumerate(ages)),
            # a record with too many fields is only told by a reader that reads all of them
            *([pl.any_horizontal(pl.col(*types).is_null()).sum().alias("read")] if source.text else []),
        ],
    )
    queried = list(answers(contract, described, frame, rules.cells))
    found, at_fault = _broken(frame, rules.all, counted, columns=list(types), asked=asked)
    violations = [*_absent(rules, counted), *found, *_old(ages, counted, asked.now)]
    violations += [answer for answer in queried if isinstance(answer, Violation)]
    names = {column.column for column in described.columns}
    report = ContractReport(
        object=described.name,
        rows=counted.rows,
        rules=len(rules.all) + len(rules.cells) + len(rules.absent) + len(ages) + _run(queried),
        violations=tuple(violations),
        extra_columns=tuple(name for name in types if name not in names),
        unchecked=(*rules.notes, *(answer for answer in queried if isinstance(answer, str))),
        set_apart=at_fault,
        read_as=source.read_as,
    )
    return _Report(report, counted.holes)


def _run(queried: Sequence[Violation | str | None]) -> int:
    return sum(not isinstance(answer, str) for answer in queried)


def _ages(
    contract: Contract, described: SchemaObject, rules: Rules, *, now: datetime | None
) -> Iterator[Age]:
    for age in ages_of(contract, described, rules.cells, now=now):
        if isinstance(age, str):
            rules.notes.append(age)
        else:
            yield age


def _old(ages: Sequence[Age], counted: Tally, now: datetime | None) -> Iterator[Violation]:
    for number, age in enumerate(ages):
        broken = age.broken(counted.asked[f"age{number}"], now) if now else None
        if broken:
            yield broken


def _absent(rules: Rules, counted: Tally) -> Iterator[Violation]:
    return (
        Violation(rule="present", column=column, rows=counted.rows, expected="a column of this name")
        for column in rules.absent
    )


def _broken(
    frame: pl.LazyFrame, rules: Sequence[Rule], counted: Tally, *, columns: Sequence[str], asked: Asked
) -> tuple[list[Violation], int]:
    """The violations, and how many rows are at fault."""
    broken: list[tuple[Rule, int]] = []
    for number, rule in enumerate(rules):
        count = counted.counts[number]
        if _keeps(rule, count, counted.rows):
            continue
        if rule.key and count:
            marks = marked(frame, ROW, key=rule.key, found=counted.keys[number], rows=counted.rows)
            count = int(marks.sum())
            if _keeps(rule, count, counted.rows):
                continue
            broken.append((replace(rule, where=is_marked(ROW, marks)), count))
        else:
            broken.append((rule, count))
    if not broken and not asked.good:
        return [], 0
    apart = set_apart(frame, [rule for rule, _ in broken], columns=columns, into=asked.into, good=asked.good)
    told = [
        _violation(rule, count, counted.rows, seen)
        for (rule, count), seen in zip(broken, apart.examples, strict=True)
    ]
    return told, apart.rows


def _keeps(rule: Rule, count: int, rows: int) -> bool:
    return holds(rule.quality, _measured(rule, count, rows)) if rule.quality else count == 0


def _measured(rule: Rule, count: int, rows: int) -> float:
    if rule.quality and rule.quality.unit == "percent":
        return 100 * count / rows if rows else 0.0
    return count


def _violation(rule: Rule, count: int, rows: int, seen: Sequence[tuple[int, str | None]]) -> Violation:
    return Violation(
        rule=rule.name,
        column=rule.column,
        rows=count,
        expected=expected_of(rule.quality) if rule.quality else rule.expected,
        examples=tuple(dict.fromkeys("nothing" if value is None else value for _, value in seen)),
        first_rows=tuple(row for row, _ in seen),
        measured=_measured(rule, count, rows) if rule.quality else None,
        severity=rule.severity,
    )

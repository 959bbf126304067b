"""The target: which raw column it is, and how its values became what the model was fitted to."""

import numpy as np
from msgspec import Struct

from causeway.core.features import Rule, apply_rule
from causeway.core.features_apply import word_of
from causeway.core.features_rules import Constant, Map, Numeric, Words
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.recover.identity import Reached
from causeway.recover.loaded import LoadedTrace, Positions, listed
from causeway.recover.pool import Pool, pool_of
from causeway.recover.search import Domains, Explanation, explain_column

MOST_CLASSES = 100


class Target(Struct, frozen=True):
    """The target's raw column and rule.

    `classes` are the values given to fit, in the order a classifier has them; `labels` says which class
    each raw value is. Both are empty for a regression.
    """

    column: str
    rule: Rule | None
    classes: tuple[str, ...] = ()
    labels: dict[str, str] = {}


class Known(Struct, frozen=True):
    """Target values that were seen, for some of the rows."""

    rows: Positions
    values: Column


def known_targets(loaded: LoadedTrace, rows: Reached) -> Known | None:
    """The targets that went to fit or through the split, joined to the rows that reached the model."""
    found: dict[int, tuple[int, str]] = {}
    for fit in [rows.fit, *loaded.trace.fits]:
        mine = fit.object == rows.model or fit.call == "train_test_split"
        if not mine or fit.target not in loaded.vectors or fit.matrix not in loaded.matrices:
            continue
        keys = rows.lineage.keys(fit.matrix)
        if len(keys) == len(loaded.vectors[fit.target]):
            _note(found, rows.keys, keys, fit.target)
    if not found:
        return None
    kept = sorted(found)
    values = [loaded.vectors[found[row][1]] for row in kept]
    picks = [found[row][0] for row in kept]
    if all(isinstance(column, Number) for column in values):
        numbers = [column.values[at] for column, at in zip(values, picks, strict=True)]
        kind = values[0].kind if isinstance(values[0], Number) else "float"
        return Known(np.array(kept, np.int64), Number(np.array(numbers, np.float64), kind))
    texts = [column.values[at] for column, at in zip(values, picks, strict=True)]
    return Known(np.array(kept, np.int64), Text([None if t is None else str(t) for t in texts]))


def _note(found: dict[int, tuple[int, str]], rows: Positions, keys: Positions, vector: str) -> None:
    place = np.searchsorted(rows, keys)
    place = np.minimum(place, len(rows) - 1)
    hits = np.flatnonzero((keys >= 0) & (rows[place] == keys))
    for at in hits.tolist():
        found.setdefault(int(place[at]), (at, vector))


def explain_target(
    table: Table, positions: Positions, y: Known, *, target: str | None, classifier: bool
) -> tuple[Target, Column]:
    """The target and its value in every kept row; `y.rows` count within `positions`."""
    if not len(y.rows):
        return Target(target or "", None), _partial(y, len(positions))
    names = [target] if target is not None and target in table.columns else list(table.columns)
    best: tuple[str, Pool, Explanation] | None = None
    for name in names:
        pool = pool_of(Table({name: table.columns[name]}), positions[y.rows])
        found = explain_column(pool, name, y.values, tolerance=1e-9)
        if found.rule is not None and not isinstance(found.rule, Constant) and _better(found.rule, best):
            best = name, pool, found
    if best is None:
        column = _partial(y, len(positions))
        return Target(target or "", None, _classes(y.values) if classifier else ()), column
    name, pool, found = best
    column = _everywhere(found.rule, pool, positions, y)
    classes = _classes(column) if classifier else ()
    return Target(name, found.rule, classes, _labels(pool, positions, column) if classes else {}), column


def _better(rule: Rule, best: tuple[str, Pool, Explanation] | None) -> bool:
    return best is None or _rank(rule) < _rank(best[2].rule)


def _rank(rule: Rule | None) -> tuple[int, int]:
    """A value as it is comes before a code, a code before a scaled value; gaps and many categories last."""
    match rule:
        case Numeric(fn="id", a=1.0, b=0.0) | Words(values=None):
            return 0, 0
        case Map():
            return 1 + (rule.missing is not None), len(rule.values)
        case Words():
            return 1, len(rule.values or ())
        case Numeric():
            return 3, 0
        case _:
            return 4, 0


def _everywhere(rule: Rule | None, pool: Pool, positions: Positions, y: Known) -> Column:
    if rule is None:
        return _partial(y, len(positions))
    if isinstance(rule, Words):
        factor = pool.sheet.factor(rule.column)
        words = [word_of(rule, key, None) for key in factor.keys]
        return Text([words[code] if code >= 0 else None for code in listed(factor.codes[positions])])
    cells = apply_rule(rule, pool.sheet, Domains(pool).of(rule))
    kind = y.values.kind if isinstance(y.values, Number) else "float"
    return Number(cells.values[positions], kind)


def _partial(y: Known, rows: int) -> Column:
    if isinstance(y.values, Number):
        values: Numbers = np.full(rows, np.nan)
        values[y.rows] = y.values.values
        return Number(values, y.values.kind)
    texts: list[str | None] = [None] * rows
    for row, text in zip(y.rows.tolist(), y.values.values, strict=True):
        texts[row] = text
    return Text(texts)


def _classes(column: Column) -> tuple[str, ...]:
    if isinstance(column, Text):
        return tuple(sorted({v for v in column.values if v is not None}))
    kinds = np.unique(column.values[~np.isnan(column.values)])
    return tuple(_class_name(float(v)) for v in kinds) if len(kinds) <= MOST_CLASSES else ()


def _class_name(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _labels(pool: Pool, positions: Positions, column: Column) -> dict[str, str]:
    """Which class each raw value is."""
    factor = pool.sheet.factor(next(iter(pool.sheet.table.columns)))
    found: dict[str, str] = {}
    codes, first = np.unique(factor.codes[positions], return_index=True)
    for code, row in zip(listed(codes), listed(first), strict=True):
        name = _name_at(column, row)
        if code >= 0 and name is not None:
            found[factor.keys[code]] = name
    return found


def _name_at(column: Column, row: int) -> str | None:
    if isinstance(column, Text):
        return column.values[row]
    value = float(column.values[row])
    return None if np.isnan(value) else _class_name(value)

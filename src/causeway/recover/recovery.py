"""Preprocessing that lives outside a model, recovered from a watched training and proven row by row."""

from functools import partial

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.errors import NotFound, UsageError
from causeway.core.features import Features, Rule
from causeway.core.table import Column, Number, Numbers, Table
from causeway.core.trace import Captured
from causeway.recover.align import Alignment, Source, align
from causeway.recover.categories import Evidence
from causeway.recover.contents import literals_in
from causeway.recover.fitting import DOUBLE_TOLERANCE, SINGLE_TOLERANCE
from causeway.recover.identity import Reached, composed_of, reached
from causeway.recover.joins import Joins, with_joins
from causeway.recover.leaks import Leak, leaks_of
from causeway.recover.loaded import LoadedTrace, Positions
from causeway.recover.pool import pool_of
from causeway.recover.search import Domains, explain_all
from causeway.recover.target import Known, Target, explain_target, known_targets


class Dropped(Struct, frozen=True):
    """A statement of the proof of concept after which rows of the source were gone.

    `with_missing` of the rows lacked a value in some raw column.
    """

    where: str
    source: str
    rows: int
    with_missing: int = 0


class Recovery(Struct, frozen=True):
    """What is known of the way from the source's rows to the shipped model's matrix.

    `positions`, `matrix`, `y` and `fitted` go by kept row: where it is in the source table, what the
    model got, the target's value as given to fit, and whether the model was fitted on it.
    """

    source: str
    source_path: str
    rows_in_source: int
    positions: Positions
    matrix: Table
    rules: tuple[Rule | None, ...]
    alternatives: tuple[int, ...]
    domains: dict[str, tuple[str, ...]]
    alignment: str
    evidence: float
    conflicts: int
    synthetic: int
    drops: tuple[Dropped, ...]
    y: Column | None
    target: Target
    fitted: NDArray[np.bool_]
    model: int
    estimator: str
    sampler: int | None
    leaks: tuple[Leak, ...]
    float32: bool
    steps: tuple[str, ...] = ()
    """The transformers that the training fitted outside the model and that are now part of it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the matrix's columns."""
        return tuple(self.matrix.columns)

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The columns of the matrix that no rule explains."""
        return tuple(name for name, rule in zip(self.columns, self.rules, strict=True) if rule is None)

    @property
    def row_numbers(self) -> tuple[str, ...]:
        """The unexplained columns with a whole number of its own for each row, such as codes of a name."""
        numbers = {n: c.values for n, c in self.matrix.columns.items() if isinstance(c, Number)}
        return tuple(n for n in self.unexplained if n in numbers and _counts_rows(numbers[n]))

    @property
    def features(self) -> Features | None:
        """The rules to ship; None while a column is unexplained."""
        rules = tuple(rule for rule in self.rules if rule is not None)
        return Features(self.columns, rules, self.domains) if len(rules) == len(self.rules) else None

    @property
    def form(self) -> str:
        """`columns` where the model takes text, else `matrix`."""
        numeric = all(isinstance(column, Number) for column in self.matrix.columns.values())
        return "matrix" if numeric else "columns"

    @property
    def x(self) -> Numbers:
        """The matrix over the kept rows, for a model that takes numbers."""
        columns = [c.values for c in self.matrix.columns.values() if isinstance(c, Number)]
        if len(columns) < len(self.matrix.columns):
            raise UsageError("this model takes columns of text", hint="use Recovery.matrix")
        return np.column_stack(columns)

    @property
    def dropped(self) -> int:
        """How many rows of the source never reached the model."""
        return self.rows_in_source - len(self.positions)


def recover(loaded: LoadedTrace, *, target: str | None = None) -> Recovery:
    """The rules, rows and target of the shipped model; `target` is its raw column, found where not given.

    Where rules do not make what reached it, or a transformer took texts apart, it is the model together with
    the transformers that were fitted before it.
    """
    together = composed_of(loaded.trace)
    if together is None:
        return _recovered(loaded, None, target=target)
    if together.texts:
        # how often a word's letters stand in few texts may look like what the vectorizer counts
        return _recovered(loaded, together, target=target)
    try:
        alone = _recovered(loaded, None, target=target)
    except (NotFound, UsageError):
        return _recovered(loaded, together, target=target)
    return _recovered(loaded, together, target=target) if alone.unexplained else alone


def _recovered(loaded: LoadedTrace, together: Captured | None, *, target: str | None) -> Recovery:
    rows = reached(loaded, together)
    found = align(loaded, rows)
    if found is None:
        raise UsageError(
            "no table that was read has the rows of the model's matrix",
            where=loaded.trace.script,
            hint="rows that are grouped or multiplied are not followed: write the table that reaches the "
            "model to a file, and train from that",
        )
    table = loaded.tables[found.table]
    seen = _known_on(known_targets(loaded, rows), found)
    aim, y = Target(target or "", None), None
    if seen is not None:
        classifier = _is_classifier(loaded, rows)
        aim, y = explain_target(table, found.positions, seen, target=target, classifier=classifier)
    recovery = _recovery(loaded, rows, found, aim, y)
    if together is None:
        return recovery
    early = [Leak(kind) for kind in together.early]
    leaks = tuple(dict.fromkeys([*recovery.leaks, *early]))
    return msgspec.structs.replace(recovery, steps=together.steps, leaks=leaks)


def _recovery(
    loaded: LoadedTrace, rows: Reached, found: Alignment, aim: Target, y: Column | None
) -> Recovery:
    table = loaded.tables[found.table]
    described = next(t for t in loaded.trace.tables if t.id == found.table)
    matrix, fitted = rows.matrix.take(found.kept), rows.fitted[found.kept]
    pool = pool_of(table.without(aim.column), found.positions)
    tolerance = SINGLE_TOLERANCE if rows.float32 else DOUBLE_TOLERANCE
    joins = Joins(loaded, found.table, found.positions)
    explained = explain_all(
        pool,
        matrix,
        tolerance=tolerance,
        evidence=_evidence(y, fitted),
        literals=literals_in([made.source for made in loaded.trace.made]),
        elsewhere=partial(with_joins, joins, matrix=matrix, tolerance=tolerance),
    )
    domains = Domains(pool)
    return Recovery(
        source=found.table,
        source_path=described.path,
        rows_in_source=described.rows,
        positions=found.positions,
        matrix=matrix,
        rules=tuple(one.rule for one in explained),
        alternatives=tuple(one.alternatives for one in explained),
        domains={k: v for one in explained if one.rule for k, v in domains.of(one.rule).items()},
        alignment=found.how,
        evidence=found.evidence,
        conflicts=rows.conflicts,
        synthetic=rows.synthetic,
        drops=_drops(loaded, table, found),
        y=y,
        target=aim,
        fitted=fitted,
        model=rows.model,
        estimator=rows.fit.estimator,
        sampler=_sampler(loaded, rows),
        leaks=leaks_of(loaded, rows, tuple(matrix.columns), explained),
        float32=rows.float32,
    )


def _counts_rows(values: Numbers) -> bool:
    whole = bool(np.isfinite(values).all()) and np.array_equal(values, np.round(values))
    return whole and len(values) > 1 and len(np.unique(values)) == len(values)


def _known_on(seen: Known | None, found: Alignment) -> Known | None:
    """The targets with their rows counted among the kept ones."""
    if seen is None:
        return None
    order = np.argsort(found.kept)
    place = np.minimum(np.searchsorted(found.kept[order], seen.rows), len(order) - 1)
    hits = found.kept[order[place]] == seen.rows
    picked = Table({"y": seen.values}).take(np.flatnonzero(hits))
    return Known(order[place[hits]], picked.columns["y"])


def _is_classifier(loaded: LoadedTrace, rows: Reached) -> bool:
    kinds = {c.object: c.kind for c in loaded.trace.captured}
    return kinds.get(rows.model, "") == "classifier" or (
        rows.model not in kinds and rows.fit.estimator.endswith(("Classifier", "Classification", "NB", "SVC"))
    )


def _evidence(y: Column | None, fitted: NDArray[np.bool_]) -> Evidence | None:
    return Evidence(y.values, np.flatnonzero(fitted)) if isinstance(y, Number) else None


def _sampler(loaded: LoadedTrace, rows: Reached) -> int | None:
    """The resampler on the way of the fitted rows."""
    if not any(link.how == "fit_resample" for link in rows.lineage.path(rows.fit.matrix)):
        return None
    samplers = [c.object for c in loaded.trace.captured if c.kind == "sampler"]
    return samplers[-1] if samplers else None


def _drops(loaded: LoadedTrace, table: Table, found: Alignment) -> tuple[Dropped, ...]:
    """Drops of source rows, in the order of the run; a row is counted where it first went."""
    source = Source(loaded, next(t for t in loaded.trace.tables if t.id == found.table))
    gone = np.ones(len(table), np.bool_)
    gone[found.positions] = False
    lacking = _lacking(table)
    made: list[Dropped] = []
    for drop in loaded.trace.drops:
        rows = source.positions(loaded.indexes[drop.labels]) if drop.labels else None
        mine = np.empty(0, np.int64) if rows is None else rows[gone[rows]]
        gone[mine] = False
        if len(mine):
            made.append(Dropped(drop.where, drop.source, len(mine), int(lacking[mine].sum())))
    return tuple(made)


def _lacking(table: Table) -> NDArray[np.bool_]:
    lacking = np.zeros(len(table), np.bool_)
    for column in table.columns.values():
        if isinstance(column, Number):
            lacking |= np.isnan(column.values)
        else:
            lacking |= np.array([value is None for value in column.values], np.bool_)
    return lacking

"""The search: for each column of the matrix the simplest rule that is exact on all kept rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from causeway.core.features import Constant, Derived, Map, Rule, Words, apply_rule, columns_read
from causeway.core.features_read import BINARY_UFUNCS
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.recover.categories import (
    Evidence,
    absence_candidates,
    alphabet_of,
    closed_domain,
    domain_of,
    map_candidates,
    word_candidates,
)
from causeway.recover.combinations import derived_candidates, pair_candidates
from causeway.recover.contents import content_candidates
from causeway.recover.filled import filled_candidates
from causeway.recover.fitting import alike
from causeway.recover.numbers import (
    Candidate,
    number_else_candidates,
    numeric_candidates,
    step_candidates,
)
from causeway.recover.pool import Pool
from causeway.recover.sums import sum_candidates

NAMED_ALIKE = 1.0
"""How much cheaper a rule is whose raw column's name is in the matrix column's name."""


MOST_COMPOSED = 40
"""With more columns than this unexplained, the preprocessing is of another sort, and pairs cost too much."""

HOPELESS_AFTER = 300
"""After so many columns of which none is explained, the rest is left."""


class Explanation(Struct, frozen=True):
    """The rule of one column, and how many others would have done."""

    rule: Rule | None
    alternatives: int = 0


NOTHING = Explanation(None)


class Domains:
    """The proven categories of raw columns, found when first asked for."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, rule: Rule) -> dict[str, tuple[str, ...]]:
        """The domains that this rule needs."""
        if isinstance(rule, Words):
            closed = closed_domain(self.pool, rule.column)
            return {} if closed is None else {rule.column: closed}
        if not isinstance(rule, Map) or rule.what == "join":
            return {}
        if rule.domain not in self._known:
            self._known[rule.domain] = domain_of(self.pool, rule.column, part=rule.part)
        return {rule.domain: self._known[rule.domain]}


def explain_all(
    pool: Pool,
    matrix: Table,
    *,
    tolerance: float,
    evidence: Evidence | None,
    literals: Sequence[str] = (),
    elsewhere: Callable[[list[Explanation]], list[Explanation]] = lambda found: found,
) -> tuple[Explanation, ...]:
    """An explanation for each column of the matrix, which has one row a position of the pool.

    `literals` are the texts in the code, one of which may be what was looked for in a raw column;
    `elsewhere` explains what no raw column alone does by what other tables hold.
    """
    search = _Search(pool, tolerance, evidence, literals)
    found: list[Explanation] = []
    for name, column in matrix.columns.items():
        hopeless = len(found) >= HOPELESS_AFTER and not any(one.rule for one in found)
        found.append(NOTHING if hopeless else search.explain(name, column))
    found = elsewhere(found)
    if sum(one.rule is None for one in found) <= MOST_COMPOSED:
        for position, (name, column) in enumerate(matrix.columns.items()):
            if found[position].rule is None and isinstance(column, Number):
                found[position] = search.compose(name, column, [one.rule for one in found])
        found = _with_derived(found, matrix, tolerance)
    return tuple(found)


def explain_column(pool: Pool, name: str, column: Column, *, tolerance: float) -> Explanation:
    """The explanation of a single column by one raw column."""
    return _Search(pool, tolerance, None).explain(name, column)


class _Search:
    def __init__(
        self, pool: Pool, tolerance: float, evidence: Evidence | None, literals: Sequence[str] = ()
    ) -> None:
        self.pool = pool
        self.tolerance = tolerance
        self.literals = literals
        self.evidence = evidence
        self.domains = Domains(pool)

    def explain(self, name: str, column: Column) -> Explanation:
        if isinstance(column, Text):
            return self._first_exact(name, column, word_candidates(self.pool, column))
        wanted = column.values
        if not len(wanted):
            return NOTHING
        if np.all(wanted == wanted[:1]):
            return Explanation(Constant(float(wanted[0]), support=len(wanted)))
        return self._first_exact(name, column, self._simple(name, wanted))

    def compose(self, name: str, column: Number, found: Sequence[Rule | None]) -> Explanation:
        wanted = column.values
        contents = content_candidates(self.pool, wanted, literals=self.literals, tolerance=self.tolerance)
        pairs = pair_candidates(self.pool, wanted, tolerance=self.tolerance)
        sums = sum_candidates(self.pool, found, wanted, tolerance=self.tolerance)
        filled = filled_candidates(self.pool, wanted, tolerance=self.tolerance)
        tried = (
            self._first_exact(name, column, candidates) for candidates in (filled, contents, pairs, sums)
        )
        return next((one for one in tried if one.rule), NOTHING)

    def _simple(self, name: str, wanted: Numbers) -> Iterator[Candidate]:
        yield from numeric_candidates(self.pool, wanted, tolerance=self.tolerance)
        yield from map_candidates(self.pool, name, wanted, evidence=self.evidence)
        yield from absence_candidates(self.pool, wanted)
        yield from number_else_candidates(self.pool, wanted, tolerance=self.tolerance)
        yield from step_candidates(self.pool, wanted)

    def _first_exact(self, name: str, column: Column, candidates: Iterable[Candidate]) -> Explanation:
        ordered = sorted(candidates, key=lambda pair: pair[0] - _hint(name, pair[1]))
        for place, (_, rule) in enumerate(ordered):
            if isinstance(rule, Words) or self._exact(rule, column):
                return Explanation(self._proven(rule), len(ordered) - place - 1)
        return NOTHING

    def _proven(self, rule: Rule) -> Rule:
        if isinstance(rule, Words):
            rule = msgspec.structs.replace(rule, alphabet=alphabet_of(self.pool, rule))
        return msgspec.structs.replace(rule, support=self.pool.rows)

    def _exact(self, rule: Rule, column: Column) -> bool:
        cells = apply_rule(rule, self.pool.sheet, self.domains.of(rule))
        made, defined = cells.values[self.pool.positions], cells.defined[self.pool.positions]
        return isinstance(column, Number) and bool(
            (defined & alike(made, column.values, self.tolerance)).all()
        )


def _hint(name: str, rule: Rule) -> float:
    named = any(column.lower() in name.lower() for column in columns_read(rule))
    return NAMED_ALIKE if named else 0.0


def _with_derived(found: list[Explanation], matrix: Table, tolerance: float) -> list[Explanation]:
    """Columns that stayed open, explained by two that did not."""
    columns = [c.values if isinstance(c, Number) else np.empty(0) for c in matrix.columns.values()]
    explained = [j for j, one in enumerate(found) if _may_combine(one.rule, columns[j])]
    done = list(found)
    for position, one in enumerate(found):
        if one.rule is None and len(columns[position]):
            candidates = derived_candidates(columns, explained, columns[position], tolerance=tolerance)
            rule = _first_derived(candidates, columns, position, tolerance)
            done[position] = Explanation(rule)
    return done


def _may_combine(rule: Rule | None, values: Numbers) -> bool:
    return rule is not None and not isinstance(rule, Constant | Words) and len(np.unique(values)) > 2


def _first_derived(
    candidates: Iterable[Candidate], columns: list[Numbers], position: int, tolerance: float
) -> Rule | None:
    for _, rule in candidates:
        if isinstance(rule, Derived) and _holds(rule, columns, position, tolerance):
            return msgspec.structs.replace(rule, support=len(columns[position]))
    return None


def _holds(rule: Derived, columns: list[Numbers], position: int, tolerance: float) -> bool:
    left, right = (columns[parent] for parent in rule.of)
    with np.errstate(all="ignore"):
        made = BINARY_UFUNCS[rule.operation](left, right + rule.plus) * rule.a + rule.b
    made = np.where(np.isfinite(made), made, np.nan)
    return bool(alike(made, columns[position], tolerance).all())

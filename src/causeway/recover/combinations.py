"""Candidates made of two columns: two raw ones, or two of the matrix that are already explained."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from causeway.core.features import Derived, Pair
from causeway.core.features_read import BINARY_UFUNCS, is_number
from causeway.core.table import Numbers
from causeway.recover.fitting import Line, line_through
from causeway.recover.loaded import Positions
from causeway.recover.numbers import Candidate
from causeway.recover.pool import PROBES, Pool, Series

MOST_EXPLAINED = 30
_SYMMETRIC = frozenset({"product", "sum"})
_GUARDS = (1.0, 1e-9, 1e-8, 1e-6, 1e-5, 1e-3)
"""What is usually added to a divisor that may be nought."""

_FORMS = (*((operation, 0.0) for operation in BINARY_UFUNCS), *(("ratio", guard) for guard in _GUARDS))


def pair_candidates(pool: Pool, wanted: Numbers, *, tolerance: float) -> Iterator[Candidate]:
    """Ratio, product, sum or difference of two raw columns."""
    readings = [one for one in pool.series if is_number(one.base)]
    probes = _probes(len(wanted))
    for one, other in itertools.permutations(readings, 2):
        for operation, plus in _FORMS:
            if operation in _SYMMETRIC and one.column > other.column:
                continue
            line = _line(one.values, other.values + plus, operation, wanted, probes, tolerance)
            if line is not None:
                yield 5.0 + (not line.plain) + (plus > 0), _pair(one, other, (operation, plus), line, wanted)


def _pair(one: Series, other: Series, form: tuple[str, float], line: Line, wanted: Numbers) -> Pair:
    gone = one.missing | other.missing
    return Pair(
        columns=(one.column, other.column),
        operation=form[0],
        bases=(one.base, other.base),
        a=line.a,
        b=line.b,
        plus=form[1],
        keeps_missing=bool(gone.any() and np.isnan(wanted[gone]).all()),
        formats=(one.layout, other.layout),
    )


def derived_candidates(
    matrix: Sequence[Numbers], explained: Sequence[int], wanted: Numbers, *, tolerance: float
) -> Iterator[Candidate]:
    """The same of two explained columns of the matrix, with whatever was filled in there."""
    probes = _probes(len(wanted))
    for one, other in itertools.permutations(explained[:MOST_EXPLAINED], 2):
        for operation, plus in _FORMS:
            if operation in _SYMMETRIC and one > other:
                continue
            line = _line(matrix[one], matrix[other] + plus, operation, wanted, probes, tolerance)
            if line is not None:
                yield 6.0, Derived((one, other), operation, a=line.a, b=line.b, plus=plus)


def _line(  # noqa: PLR0917 - the innermost loop
    left: Numbers, right: Numbers, operation: str, wanted: Numbers, probes: Positions, tolerance: float
) -> Line | None:
    combine = BINARY_UFUNCS[operation]
    with np.errstate(all="ignore"):
        if line_through(_finite(combine(left[probes], right[probes])), wanted[probes], tolerance) is None:
            return None
        return line_through(_finite(combine(left, right)), wanted, tolerance)


def _finite(values: Numbers) -> Numbers:
    return np.where(np.isfinite(values), values, np.nan)


def _probes(rows: int) -> Positions:
    return np.unique(np.linspace(0, rows - 1, min(rows, 2 * PROBES)).astype(np.int64))

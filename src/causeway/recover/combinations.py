"""Candidates made of two columns: two raw ones, or two of the matrix that are already explained."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from causeway.core.features import Derived, Pair
from causeway.core.features_read import BINARY_UFUNCS
from causeway.core.table import Numbers
from causeway.recover.fitting import Line, line_through
from causeway.recover.loaded import Positions
from causeway.recover.numbers import Candidate
from causeway.recover.pool import PROBES, Pool, Series

MOST_EXPLAINED = 30
_SYMMETRIC = frozenset({"product", "sum"})


def pair_candidates(pool: Pool, wanted: Numbers, *, tolerance: float) -> Iterator[Candidate]:
    """Ratio, product, sum or difference of two raw columns."""
    readings = [one for one in pool.series if one.base != "length"]
    probes = _probes(len(wanted))
    for one, other in itertools.permutations(readings, 2):
        for operation in BINARY_UFUNCS:
            if operation in _SYMMETRIC and one.column > other.column:
                continue
            line = _line(one.values, other.values, operation, wanted, probes, tolerance)
            if line is not None:
                yield 5.0 + (not line.plain), _pair(one, other, operation, line, wanted)


def _pair(one: Series, other: Series, operation: str, line: Line, wanted: Numbers) -> Pair:
    gone = one.missing | other.missing
    return Pair(
        columns=(one.column, other.column),
        operation=operation,
        bases=(one.base, other.base),
        a=line.a,
        b=line.b,
        keeps_missing=bool(gone.any() and np.isnan(wanted[gone]).all()),
        formats=(one.layout, other.layout),
    )


def derived_candidates(
    matrix: Sequence[Numbers], explained: Sequence[int], wanted: Numbers, *, tolerance: float
) -> Iterator[Candidate]:
    """The same of two explained columns of the matrix, with whatever was filled in there."""
    probes = _probes(len(wanted))
    for one, other in itertools.permutations(explained[:MOST_EXPLAINED], 2):
        for operation in BINARY_UFUNCS:
            if operation in _SYMMETRIC and one > other:
                continue
            line = _line(matrix[one], matrix[other], operation, wanted, probes, tolerance)
            if line is not None:
                yield 6.0 + (not line.plain), Derived((one, other), operation, a=line.a, b=line.b)


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

"""Candidates that fill the gaps of a column by group: the median or mean of each category."""

from collections.abc import Iterator

import numpy as np

from causeway.core.features import Filled
from causeway.core.table import Numbers
from causeway.recover.fitting import Line, line_through
from causeway.recover.loaded import listed
from causeway.recover.numbers import Candidate
from causeway.recover.pool import Grouping, Pool, Series

FEWEST_GAPS = 2
"""Gaps that there must be for each group on average: fewer would explain whatever stands there."""


def filled_candidates(pool: Pool, wanted: Numbers, *, tolerance: float) -> Iterator[Candidate]:
    """A raw column on a line, its gaps filled with one number for each category of another column."""
    if not np.isfinite(wanted).all():
        return
    for series in pool.series:
        gaps = np.flatnonzero(series.missing)
        if series.base != "number" or not len(gaps) or not (series.finite | series.missing).all():
            continue
        known = np.flatnonzero(series.finite)
        line = line_through(series.values[known], wanted[known], tolerance)
        if line is None or not line.a:
            continue
        for grouping in pool.groupings:
            if grouping.column == series.column or grouping.part or len(grouping.absent):
                continue
            rule = _filled(series, grouping, line, wanted)
            if rule is not None:
                yield 4.0 + 0.01 * len(grouping.keys), rule


def _filled(series: Series, grouping: Grouping, line: Line, wanted: Numbers) -> Filled | None:
    gaps = np.flatnonzero(series.missing)
    groups, first = np.unique(grouping.codes[gaps], return_index=True)
    if len(groups) * FEWEST_GAPS > len(gaps):
        return None
    fills: dict[str, float] = {
        grouping.keys[group]: (float(wanted[gaps[at]]) - line.b) / line.a
        for group, at in zip(listed(groups), listed(first), strict=True)
    }
    return Filled(series.column, grouping.column, fills, line.a, line.b)

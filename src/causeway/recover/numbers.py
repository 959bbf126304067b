"""Candidates that read a raw column as numbers: as they are, on a line, under a function, in bins."""

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace

from causeway.core.features import NumberElseMap, Numeric, Rule, Step
from causeway.core.features_read import FUNCTIONS, TEXT_BASES, shape_of
from causeway.core.table import Numbers, Text
from causeway.recover.fitting import Line, alike, line_through, quick_line, single
from causeway.recover.loaded import listed
from causeway.recover.pool import PROBES, Pool, Series

MOST_BINS = 30
ROWS_PER_BIN = 5
FEWEST_INNER = 8
INNER_SHARE = 0.3
"""A line is believed where at least this share of the rows lies between its ends."""

Candidate = tuple[float, Rule]
"""What a rule costs (simpler is cheaper), and the rule."""


def numeric_candidates(pool: Pool, wanted: Numbers, *, tolerance: float) -> Iterator[Candidate]:
    """Lines through a raw column, or through a function of it."""
    for series in pool.series:
        gaps = gaps_of(series, wanted)
        if gaps is None:
            continue
        for fn in FUNCTIONS:
            line = _line(series, fn, wanted, tolerance)
            if line is not None:
                cost = _cost(series, fn, line) + (0.0 if gaps == {} else 1.0)
                yield cost, _numeric(series, fn, line, gaps)
                break
        else:
            yield from _cut_off(series, wanted, gaps, tolerance=tolerance)


def _cut_off(
    series: Series, wanted: Numbers, gaps: dict[str, float | bool], *, tolerance: float
) -> Iterator[Candidate]:
    """Lines that end at the least or the greatest value, where several rows have it."""
    known = series.finite
    low, high = float(wanted[known].min()), float(wanted[known].max())
    ends = [end for end in (low, high) if (wanted[known] == end).sum() > 1]
    inner = np.flatnonzero(known & ~np.isin(wanted, ends))
    if not ends or low == high or len(inner) < max(FEWEST_INNER, len(wanted) * INNER_SHARE):
        return
    probes = inner[np.linspace(0, len(inner) - 1, PROBES).astype(np.int64)]
    for fn in ("id", "log1p", "sqrt"):
        made = series.under(fn)
        if line_through(made[probes], wanted[probes], tolerance) is None:
            continue
        line = line_through(made[inner], wanted[inner], tolerance)
        if line is not None:
            rule = _numeric(series, fn, line, gaps)
            rule = replace(rule, low=low if low in ends else None, high=high if high in ends else None)
            yield _cost(series, fn, line) + 1.5, rule


def _line(series: Series, fn: str, wanted: Numbers, tolerance: float) -> Line | None:
    return quick_line(lambda rows: series.under(fn)[rows], wanted, series.probes, tolerance)


def _cost(series: Series, fn: str, line: Line) -> float:
    reading = (
        1 + 0.5 * TEXT_BASES.index(series.base)
        if series.base in TEXT_BASES
        else 2.5
        if series.base.startswith("count.")
        else 2.0
    )
    function = 0 if fn == "id" else 2
    return reading + function + (0 if line.plain else 2 if fn == "id" else 1)


def _numeric(series: Series, fn: str, line: Line, gaps: dict[str, float | bool]) -> Numeric:
    missing = gaps.get("missing")
    return Numeric(
        column=series.column,
        base=series.base,
        fn=fn,
        a=line.a,
        b=line.b,
        missing=None if missing is None else float(missing),
        keeps_missing=bool(gaps.get("keeps_missing")),
        coerce=bool(gaps.get("coerce")),
        format=series.layout,
    )


def gaps_of(series: Series, wanted: Numbers) -> dict[str, float | bool] | None:
    """What the wanted column holds where the raw one has no number; None where that is no one thing."""
    open_rows = ~series.finite
    if np.isnan(wanted[~open_rows]).any():
        return None
    if not open_rows.any():
        return {}
    coerced: dict[str, float | bool] = {"coerce": True} if (open_rows & ~series.missing).any() else {}
    there = wanted[open_rows]
    if np.isnan(there).all():
        return {"keeps_missing": True, **coerced}
    value = single(there)
    return None if value is None else {"missing": value, **coerced}


def number_else_candidates(pool: Pool, wanted: Numbers, *, tolerance: float) -> Iterator[Candidate]:
    """Numbers as they are, and other text coded by its shape."""
    for series in pool.series:
        raw = pool.sheet.column(series.column)
        odd = ~series.finite & ~series.missing
        plain = series.base == "number" and isinstance(raw, Text)
        if not plain or not odd.any() or series.missing.any() or np.isnan(wanted).any():
            continue
        if alike(series.values[series.finite], wanted[series.finite], tolerance).all():
            texts = [raw.values[at] or "" for at in listed(pool.positions[odd])]
            rule = _by_shape(series.column, texts, wanted[odd])
            yield 3 + 0.5 * len(rule.shapes) + len(rule.exact), rule


def _by_shape(column: str, texts: list[str], wanted: Numbers) -> NumberElseMap:
    by_shape: dict[str, list[float]] = {}
    for text, value in zip(texts, wanted.tolist(), strict=True):
        by_shape.setdefault(shape_of(text), []).append(value)
    shapes = {shape: max(set(values), key=values.count) for shape, values in by_shape.items()}
    pairs = zip(texts, wanted.tolist(), strict=True)
    exact = {text: value for text, value in pairs if value != shapes[shape_of(text)]}
    return NumberElseMap(column, shapes, exact)


def step_candidates(pool: Pool, wanted: Numbers) -> Iterator[Candidate]:
    """Bins: constant pieces over an ordered raw column, cut where the value changes."""
    pieces = len(np.unique(wanted))
    if pieces > MOST_BINS:
        return
    for series in pool.series:
        gaps = gaps_of(series, wanted)
        if gaps is None or "coerce" in gaps:
            continue
        found = _cuts(series, wanted)
        if found is None or len(found[1]) > min(2 * pieces, len(wanted) / ROWS_PER_BIN):
            continue
        intervals, values = found
        missing = gaps.get("missing")
        yield (
            4 + 0.3 * len(intervals),
            Step(
                column=series.column,
                cuts=tuple(_cut(low, high) for low, high in intervals),
                intervals=tuple(intervals),
                values=tuple(values),
                base=series.base,
                missing=None if missing is None else float(missing),
                keeps_missing=bool(gaps.get("keeps_missing")),
                format=series.layout,
            ),
        )


def _cuts(series: Series, wanted: Numbers) -> tuple[list[tuple[float, float]], list[float]] | None:
    x, y = series.values[series.order], wanted[series.order]
    changes = np.flatnonzero(y[1:] != y[:-1])
    if not len(changes) or len(changes) > 2 * MOST_BINS or np.any(x[changes] == x[changes + 1]):
        return None
    intervals = [(float(x[at]), float(x[at + 1])) for at in changes]
    return intervals, [float(y[0]), *(float(y[at + 1]) for at in changes)]


def _cut(low: float, high: float) -> float:
    """The shortest decimal between them, as people choose their bins."""
    middle = low + (high - low) / 2
    decimals = (round(middle, digits) for digits in range(-12, 16))
    return next((one for one in decimals if low < one < high), middle)

"""Candidates that add several raw columns up, each with its weight."""

from collections.abc import Iterator, Sequence

import numpy as np

from causeway.core.features import Numeric, Rule, Sum
from causeway.core.table import Numbers
from causeway.recover.fitting import alike
from causeway.recover.numbers import Candidate
from causeway.recover.pool import Pool

MOST_TERMS = 8
MOST_COLUMNS = 60
ROWS_PER_TERM = 5
SMALL = 1e-7


def sum_candidates(
    pool: Pool, found: Sequence[Rule | None], wanted: Numbers, *, tolerance: float
) -> Iterator[Candidate]:
    """A weighted sum of raw columns, the gaps filled as the other columns of the matrix have them."""
    if not np.isfinite(wanted).all() or len(np.unique(wanted)) < 3:
        return
    plain = [rule for rule in found if isinstance(rule, Numeric) and _is_plain(rule)]
    fills = {rule.column: rule.missing for rule in plain}
    terms = dict(_terms(pool, fills))
    if not 2 <= len(terms) <= MOST_COLUMNS:
        return
    chosen = _chosen(terms, wanted)
    if len(chosen) < 2 or len(wanted) < ROWS_PER_TERM * (len(chosen) + 1):
        return
    weights, b = _solved([terms[name] for name in chosen], wanted)
    made = np.full(len(wanted), b)
    for name, weight in zip(chosen, weights, strict=True):
        made = made + weight * terms[name]
    if alike(made, wanted, max(tolerance, SMALL)).all():
        gaps = tuple(fills.get(name) for name in chosen)
        yield 5.0 + len(chosen), Sum(tuple(chosen), tuple(weights), b, gaps)


def _is_plain(rule: Numeric) -> bool:
    return (rule.base, rule.fn, rule.a, rule.b) == ("number", "id", 1.0, 0.0)


def _terms(pool: Pool, fills: dict[str, float | None]) -> Iterator[tuple[str, Numbers]]:
    for series in pool.series:
        if series.base != "number":
            continue
        fill = fills.get(series.column)
        values = series.values if fill is None else np.where(series.missing, fill, series.values)
        if np.isfinite(values).all():
            yield series.column, values


def _chosen(terms: dict[str, Numbers], wanted: Numbers) -> list[str]:
    """The columns that explain it, the one that explains most of what is left first."""
    centred = {name: values - values.mean() for name, values in terms.items()}
    chosen: list[str] = []
    left = wanted - wanted.mean()
    scale = float(np.abs(left).max())
    while len(chosen) < MOST_TERMS and float(np.abs(left).max()) > SMALL * scale:
        rest = [name for name in terms if name not in chosen]
        if not rest:
            break
        pull = {
            name: abs(float(left @ centred[name])) / float(np.linalg.norm(centred[name])) for name in rest
        }
        chosen.append(max(rest, key=pull.__getitem__))
        weights, b = _solved([terms[name] for name in chosen], wanted)
        left = wanted - b - sum(w * terms[name] for w, name in zip(weights, chosen, strict=True))
    return chosen


def _solved(columns: list[Numbers], wanted: Numbers) -> tuple[list[float], float]:
    """The weights and what is added, as round as they may be."""
    middles = [float(values.mean()) for values in columns]
    centred = np.column_stack([values - middle for values, middle in zip(columns, middles, strict=True)])
    solved: Numbers = np.asarray(np.linalg.lstsq(centred, wanted - wanted.mean(), rcond=None)[0], np.float64)
    weights = [_rounded(float(solved[at])) for at in range(len(columns))]
    b = float(wanted.mean()) - sum(w * m for w, m in zip(weights, middles, strict=True))
    return weights, _rounded(b, float(np.abs(wanted).max()))


def _rounded(value: float, scale: float = 1.0) -> float:
    """A short decimal in the place of one that differs from it only by rounding."""
    short = round(value, 9)
    return short if abs(short - value) <= 1e-10 * max(1.0, scale) else value

"""Which single raw column knows the answer: alone, it tells the target almost perfectly for rows held out."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.table import Column, Number, Numbers, Table
from causeway.stats.quality import METRICS

ALMOST_PERFECT = 0.99
FEWEST_ROWS = 100
FEWEST_OF_A_CLASS = 10
MOST_CLASSES = 20
MOST_FLAGGED = 1 / 3
"""Where more of the columns tell it, the task is easy, and no column is to blame."""
FOLDS = 5
BINS = 50
NUMERIC_TEXT = 0.9
"""A text of which this share reads as numbers is looked at as a number too."""

Codes = NDArray[np.int64]


class Telltale(Struct, frozen=True):
    """A raw column that alone tells the target, and how well it does on rows held out."""

    column: str
    metric: str
    """`roc_auc` or `r2`."""
    score: float
    rows: int


def telltales(
    columns: Table, target: Numbers, *, classes: bool, copies: Codes | None = None
) -> tuple[Telltale, ...]:
    """The few columns that alone tell the target; none where many do, or where the rows are too few.

    `target` holds numbers, or codes of `classes`; rows where it is NaN are left out. Rows of one number
    in `copies` are held out together.
    """
    known = np.flatnonzero(~np.isnan(target))
    if len(known) < FEWEST_ROWS or len(columns.columns) < 2:
        return ()
    table, truth = columns.take(known), target[known]
    units = np.arange(len(known)) if copies is None else np.unique(copies[known], return_inverse=True)[1]
    folds = (np.random.default_rng(0).permutation(int(units.max()) + 1) % FOLDS)[units]
    scores = {
        name: _of_classes(column, truth, folds) if classes else _of_numbers(column, truth, folds)
        for name, column in table.columns.items()
    }
    found = [name for name, score in scores.items() if score >= ALMOST_PERFECT]
    if len(found) > max(1.0, MOST_FLAGGED * len(scores)):
        return ()
    metric = "roc_auc" if classes else "r2"
    return tuple(Telltale(name, metric, scores[name], len(known)) for name in found)


def _of_classes(column: Column, truth: Numbers, folds: Codes) -> float:
    """The area under the curve of each class against the rest; the least of them."""
    kinds, counts = np.unique(truth, return_counts=True)
    if not 2 <= len(kinds) <= MOST_CLASSES or counts.min() < FEWEST_OF_A_CLASS:
        return 0.0
    ones = [(truth == kind).astype(np.float64) for kind in (kinds[1:] if len(kinds) == 2 else kinds)]
    return max(
        min(METRICS["roc_auc"].of(one, _means(codes, one, folds)) for one in ones)
        for codes in _codings(column)
    )


def _of_numbers(column: Column, truth: Numbers, folds: Codes) -> float:
    guesses = [_means(codes, truth, folds) for codes in _codings(column)]
    if (numbers := _as_numbers(column)) is not None:
        guesses.append(_between_neighbours(numbers, truth, folds))
    return max(METRICS["r2"].of(truth, guess) for guess in guesses)


def _codings(column: Column) -> Sequence[Codes]:
    """The column as categories: its own values, and where they are numbers also bins of equal size."""
    values = column.values if isinstance(column, Number) else np.array([v or "" for v in column.values])
    own = np.unique(values, return_inverse=True)[1].astype(np.int64)
    numbers = _as_numbers(column)
    return (own,) if numbers is None else (own, _binned(numbers))


def _as_numbers(column: Column) -> Numbers | None:
    if isinstance(column, Number):
        return column.values
    numbers = np.array([_number(text) for text in column.values])
    return numbers if np.mean(~np.isnan(numbers)) >= NUMERIC_TEXT else None


def _number(text: str | None) -> float:
    try:
        number = float(text) if text is not None else np.nan
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _binned(numbers: Numbers) -> Codes:
    there = numbers[~np.isnan(numbers)]
    if not len(there):
        return np.zeros(len(numbers), np.int64)
    cuts = np.unique(np.quantile(there, np.arange(1, BINS) / BINS))
    return np.where(np.isnan(numbers), len(cuts) + 1, np.searchsorted(cuts, numbers)).astype(np.int64)


def _means(codes: Codes, truth: Numbers, folds: Codes) -> Numbers:
    """The target's mean in the row's category over the other folds, drawn to the mean where rows are few."""
    guess = np.empty(len(truth))
    many = int(codes.max()) + 1
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        mean = float(truth[train].mean())
        sums = np.bincount(codes[train], weights=truth[train], minlength=many)
        counts = np.bincount(codes[train], minlength=many)
        guess[test] = ((sums + mean) / (counts + 1))[codes[test]]
    return guess


def _between_neighbours(numbers: Numbers, truth: Numbers, folds: Codes) -> Numbers:
    """The target read off a line through the other folds' rows, in the order of the column."""
    guess = np.empty(len(truth))
    there = ~np.isnan(numbers)
    for fold in range(FOLDS):
        train, test = (folds != fold) & there, folds == fold
        guess[test] = float(truth[folds != fold].mean())
        if train.any():
            places, inverse = np.unique(numbers[train], return_inverse=True)
            means = np.bincount(inverse, weights=truth[train]) / np.bincount(inverse)
            guess[test & there] = np.interp(numbers[test & there], places, means)
    return guess

"""How well one column alone tells the target: a score near 1 is too good to be a feature."""

import numpy as np

from causeway.intake.data.profile import MISSING, numbers_of

MIN_ROWS = 100
ROWS_PER_CATEGORY = 20


def scores(
    rows: list[list[str]], names: tuple[str, ...], target: str, *, regression: bool
) -> dict[str, float]:
    """For each column of numbers or of few categories: |correlation| with a numeric target, or area under
    the curve for two classes.
    """
    if target not in names or len(rows) < MIN_ROWS:
        return {}
    position = names.index(target)
    kept = [row for row in rows if row[position].strip().lower() not in MISSING]
    labels = [row[position].strip() for row in kept]
    outcome = numbers_of(labels) if regression else _two_classes(labels)
    if outcome is None or len(kept) < MIN_ROWS:
        return {}
    found: dict[str, float] = {}
    for index, name in enumerate(names):
        if index == position:
            continue
        told = [row[index].strip() for row in kept]
        values = _numbers(told)
        values = _of_categories(told, outcome) if values is None else values
        if values is not None:
            found[name] = round(_correlation(values, outcome) if regression else _area(values, outcome), 4)
    return found


def _two_classes(labels: list[str]) -> np.ndarray | None:
    classes = sorted(set(labels))
    return np.array([label == classes[1] for label in labels], dtype=float) if len(classes) == 2 else None


def _numbers(values: list[str]) -> np.ndarray | None:
    numbers = np.full(len(values), np.nan)
    odd = 0
    for position, value in enumerate(values):
        try:
            numbers[position] = float(value)
        except ValueError:
            odd += value.lower() not in MISSING
            if odd > len(values) // 50:
                return None
    return numbers if np.isfinite(numbers).sum() >= MIN_ROWS else None


def _of_categories(values: list[str], outcome: np.ndarray) -> np.ndarray | None:
    """The mean outcome of each row's category, where categories are few enough not to know rows by heart."""
    kinds, inverse = np.unique(values, return_inverse=True)
    if len(kinds) < 2 or len(kinds) > len(values) // ROWS_PER_CATEGORY:
        return None
    seen = np.isfinite(outcome)
    sums = np.bincount(inverse[seen], weights=outcome[seen], minlength=len(kinds))
    return (sums / np.maximum(np.bincount(inverse[seen], minlength=len(kinds)), 1))[inverse]


def _area(values: np.ndarray, outcome: np.ndarray) -> float:
    finite = np.isfinite(values)
    values, outcome = values[finite], outcome[finite]
    positive = outcome.sum()
    negative = len(outcome) - positive
    if not positive or not negative:
        return 0.5
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[inverse]
    area = (ranks[outcome == 1].sum() - positive * (positive + 1) / 2) / (positive * negative)
    return float(max(area, 1 - area))


def _correlation(values: np.ndarray, outcome: np.ndarray) -> float:
    finite = np.isfinite(values) & np.isfinite(outcome)
    values, outcome = values[finite], outcome[finite]
    if len(values) < MIN_ROWS or values.std() == 0 or outcome.std() == 0:
        return 0.0
    return float(abs(np.corrcoef(values, outcome)[0, 1]))

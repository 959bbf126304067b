"""Whether two models answer alike, row by row."""

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.core.answers import Answers
from causeway.core.release import Parity
from causeway.core.table import Column, Number, Numbers, Text

QUANTILES = ("0.5", "0.9", "0.99")


class Differences(Struct, frozen=True):
    """How far two models are apart in each row, and how far they may be."""

    apart: Numbers
    flips: NDArray[np.bool_]
    allowed: float

    @property
    def equal(self) -> NDArray[np.bool_]:
        """The rows in which they answer alike."""
        return (self.apart <= self.allowed) & ~self.flips

    @property
    def worst(self) -> NDArray[np.int64]:
        """The rows in which they do not, those furthest apart first."""
        rows = np.flatnonzero(~self.equal)
        return rows[np.argsort(-self.apart[rows], kind="stable")]


def differences(
    reference: Answers, ours: Answers, *, tolerance: float, allowed: float | None = None
) -> Differences:
    """How far our answers are from the reference's, for the same rows in the same order.

    Probabilities must lie within `tolerance`, values within `tolerance` times the typical size of the
    reference's unless `allowed` says how far; labels must be the same. Rows where one of the two has no
    answer are not equal.
    """
    if reference.probabilities is not None and ours.probabilities is not None:
        apart = _apart(reference.probabilities, _in_order(ours, reference.classes))
        most = tolerance
    elif isinstance(reference.labels, Number) and not reference.classes:
        apart = _apart(reference.labels.values, _numbers(ours.labels))
        most = tolerance * _size(reference.labels.values)
    else:
        apart, most = np.zeros(len(reference.labels)), tolerance
    return Differences(apart, _flips(reference, ours), most if allowed is None else allowed)


def compare(reference: Answers, ours: Answers, *, tolerance: float) -> Parity:
    """The proof from `differences`, with how they are distributed."""
    found = differences(reference, ours, tolerance=tolerance)
    return Parity(
        rows=len(found.apart),
        rows_equal=int(found.equal.sum()),
        largest_difference=float(found.apart.max(initial=0.0)),
        label_flips=int(found.flips.sum()),
        tolerance=found.allowed,
        differences=_quantiles(found.apart),
    )


def at_edges(parity: Parity, found: Differences, *, refused: int) -> Parity:
    """The proof, with what made-up rows at the edges came to."""
    return structs.replace(
        parity,
        edge_rows=len(found.apart),
        edge_rows_equal=int(found.equal.sum()),
        edge_largest_difference=float(found.apart.max(initial=0.0)),
        edge_label_flips=int(found.flips.sum()),
        edge_refused=refused,
    )


def _quantiles(apart: Numbers) -> dict[str, float]:
    if not len(apart):
        return {}
    return {name: float(np.quantile(apart, float(name), method="inverted_cdf")) for name in QUANTILES}


def _apart(left: Numbers, right: Numbers) -> Numbers:
    """The largest difference in each row; infinite where one has no number."""
    if left.shape != right.shape:
        return np.full(len(left), np.inf)
    with np.errstate(invalid="ignore"):
        apart = np.where(left == right, 0.0, np.abs(left - right))
    apart = np.where(np.isnan(apart), np.inf, apart)
    return apart.max(axis=1, initial=0.0) if apart.ndim > 1 else apart


def _size(values: Numbers) -> float:
    finite = np.abs(values[np.isfinite(values)])
    typical = float(np.median(finite)) if len(finite) else 0.0
    return typical or 1.0


def _flips(reference: Answers, ours: Answers) -> NDArray[np.bool_]:
    """Where the two decide differently; a number is no decision."""
    if not reference.classes:
        return np.zeros(len(reference.labels), np.bool_)
    pairs = zip(words_of(reference.labels), words_of(ours.labels), strict=True)
    return np.array([left != right for left, right in pairs], np.bool_)


def _in_order(ours: Answers, classes: tuple[str, ...]) -> Numbers:
    """Our probabilities with their columns in the order of the reference's classes."""
    values = ours.probabilities if ours.probabilities is not None else np.empty((0, 0))
    if ours.classes == classes or set(ours.classes) != set(classes):
        return values
    return values[:, [ours.classes.index(name) for name in classes]]


def words_of(column: Column) -> list[str | None]:
    """Labels as text, whole numbers without a point."""
    if isinstance(column, Text):
        return list(column.values)
    return [_word(value) for value in column.values.tolist()]


def _word(value: float) -> str | None:
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Number):
        return column.values
    return np.array([np.nan if value is None else float(value) for value in column.values])

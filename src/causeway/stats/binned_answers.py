"""Labels and numbers that were answered beside what came, as counts and sums that add up."""

from collections.abc import Iterable, Sequence

import numpy as np

from causeway.stats.quality_form import Floats, Integers, LabelCounts, NumberErrors

UNKNOWN_YET, OTHER = -2, -1
"""Codes of outcomes beside the places of classes; a said label has `OTHER` too."""


def counted(classes: Sequence[str], said: Integers, came: Integers) -> LabelCounts:
    """Labels as places among the classes; of two classes the last is the one that counts as yes."""
    count = len(classes)
    row = np.where(said < 0, count, said)
    column = np.select([came == UNKNOWN_YET, came < 0], [count + 1, count], came)
    table = np.bincount(row * (count + 2) + column, minlength=(count + 1) * (count + 2))
    return LabelCounts(tuple(classes), table.reshape(count + 1, count + 2))


def merged_labels(many: Iterable[LabelCounts]) -> LabelCounts:
    """All of these rows together; a class that one does not know was never said or seen there."""
    found = list(many)
    if len({each.classes for each in found}) == 1:
        return LabelCounts(found[0].classes, np.sum([each.counts for each in found], axis=0))
    classes = tuple(dict.fromkeys(name for each in found for name in each.classes))
    table = np.zeros((len(classes) + 1, len(classes) + 2), np.int64)
    for each in found:
        places = [classes.index(name) for name in each.classes]
        rows, columns = [*places, len(classes)], [*places, len(classes), len(classes) + 1]
        table[np.ix_(rows, columns)] += each.counts
    return LabelCounts(classes, table)


def summed(answers: Floats, truth: Floats) -> NumberErrors:
    """Numbers beside what came, NaN where that is not known yet; what is no number is left out."""
    answered = np.isfinite(answers)
    known = answered & np.isfinite(truth)
    e, y = answers[known] - truth[known], truth[known]
    pivot = float(y.mean()) if len(y) else 0.0
    y = y - pivot
    squares, powers = e * e, y * y
    return NumberErrors(
        known=len(e),
        unknown=int(answered.sum()) - len(e),
        pivot=pivot,
        errors=np.array(
            [np.abs(e).sum(), e.sum(), squares.sum(), (squares * e).sum(), (squares * squares).sum()]
        ),
        truths=np.array([y.sum(), powers.sum(), (powers * y).sum(), (powers * powers).sum()]),
        both=np.array([(squares * y).sum(), (squares * powers).sum()]),
    )


def merged_numbers(many: Iterable[NumberErrors]) -> NumberErrors:
    """All of these rows together; what came is counted from their common mean."""
    found = list(many)
    known = [each for each in found if each.known]
    rows = sum(each.known for each in known)
    pivot = sum(each.pivot * each.known + float(each.truths[0]) for each in known) / max(1, rows)
    moved = [_moved(each, pivot) for each in known]
    return NumberErrors(
        known=rows,
        unknown=sum(each.unknown for each in found),
        pivot=pivot,
        errors=_total([each.errors for each in moved], 5),
        truths=_total([each.truths for each in moved], 4),
        both=_total([each.both for each in moved], 2),
    )


def _moved(sums: NumberErrors, pivot: float) -> NumberErrors:
    """The same sums with what came counted from another number (binomial theorem)."""
    d, n = sums.pivot - pivot, sums.known
    t1, t2, t3, t4 = sums.truths.tolist()
    b1, b2 = sums.both.tolist()
    e2 = float(sums.errors[2])
    truths = np.array(
        [
            t1 + n * d,
            t2 + 2 * d * t1 + n * d**2,
            t3 + 3 * d * t2 + 3 * d**2 * t1 + n * d**3,
            t4 + 4 * d * t3 + 6 * d**2 * t2 + 4 * d**3 * t1 + n * d**4,
        ]
    )
    both = np.array([b1 + d * e2, b2 + 2 * d * b1 + d * d * e2])
    return NumberErrors(n, sums.unknown, pivot, sums.errors, truths, both)


def _total(sums: list[Floats], width: int) -> Floats:
    return np.sum(sums, axis=0) if sums else np.zeros(width)

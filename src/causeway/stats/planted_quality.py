"""Answers beside outcomes as they would look had the relation changed: what a back-test plants."""

import numpy as np
from msgspec import structs

from causeway.stats.quality_form import ZERO, Floats, Integers, QualityWindow


def spoilt(window: QualityWindow, share: float) -> QualityWindow:
    """The window, had this share of its outcomes nothing to do with the answers; numbers err so much more."""
    scores, labels, numbers = window.scores, window.labels, window.numbers
    if scores is not None and scores.known:
        rows = scores.counts[ZERO:].sum(axis=0)
        ones = np.cumsum(_mixed(scores.counts[ZERO:].T, share)[:, 1])
        # bins may hold a row each: rounded along the scores, so that their number stays
        ones = np.diff(np.round(ones), prepend=0).astype(np.int64)
        table = np.stack([rows - ones, ones])
        scores = structs.replace(scores, counts=np.concatenate([scores.counts[:ZERO], table]))
    if labels is not None and labels.known:
        table = np.round(_mixed(labels.counts[:, :-1], share)).astype(np.int64)
        labels = structs.replace(labels, counts=np.concatenate([table, labels.counts[:, -1:]], axis=1))
    if numbers is not None and numbers.known:
        by: Floats = (1 + share) ** np.array([1.0, 1.0, 2.0, 3.0, 4.0])
        numbers = structs.replace(numbers, errors=numbers.errors * by, both=numbers.both * by[2])
    return structs.replace(window, scores=scores, labels=labels, numbers=numbers)


def _mixed(table: Integers, share: float) -> Floats:
    """Rows of answers by outcomes, a share of which have outcomes as all rows have them."""
    usual = table.sum(axis=0) / table.sum()
    return (1 - share) * table + share * np.outer(table.sum(axis=1), usual)

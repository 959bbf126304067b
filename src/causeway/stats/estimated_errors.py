"""How far numbers will lie off before anybody knows (direct loss estimation): a model of the model's errors.

Small trees, boosted (Friedman, 2001, with the gamma deviance, so that what they find multiplies), learn the
size of held-out errors and of their squares from the answer and the numbers it was made of. They know the
errors of rows like those they saw: what lies beyond is counted, and where the relation itself changes
(concept drift) they are wrong.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.quality_form import ErrorsExpected, Floats, Integers

BINS = 32
DEPTH = 3
TREES = 40
RATE = 0.3
LEAST_LEAF = 40
MOST_ROWS = 20_000
FEWEST_ROWS = 500
MOST_APPLIED = 8192
_CHUNK = 1 << 13
_LEAST_RATIO = 0.1
# finer towards both ends, where a shift brings more rows
_SHARES: Floats = (1 - np.cos(np.linspace(0, np.pi, BINS + 1)[1:-1])) / 2


class Tree(Struct, frozen=True, eq=False):
    """A tree that asks the same of all rows at each depth: whether a column reaches an edge."""

    columns: tuple[int, ...]
    edges: tuple[float, ...]
    leaves: Floats
    """(leaves, 2): what is added to the logarithms of |e| and of e**2."""


class ErrorModel(Struct, frozen=True, eq=False):
    """What errors to expect, learnt on rows whose outcome was known."""

    features: tuple[str, ...]
    """The columns besides the answer itself, which comes first."""
    means: Floats
    """Of |e| and of e**2, over the rows it was learnt on."""
    trees: tuple[Tree, ...]
    least: Floats
    most: Floats
    """Of each column, among the rows it was learnt on."""
    rows: int


def error_model(
    answers: Floats, features: Floats, errors: Floats, *, names: Sequence[str]
) -> ErrorModel | None:
    """A model of these errors; None of too few rows."""
    whole = np.column_stack([answers, features])
    kept = np.flatnonzero(np.isfinite(answers) & np.isfinite(errors))
    if len(kept) < FEWEST_ROWS:
        return None
    if len(kept) > MOST_ROWS:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_ROWS).astype(np.int64)]
    matrix, sizes = whole[kept], np.abs(errors[kept])
    wanted = np.column_stack([sizes, sizes**2])
    edges = [_edges(matrix[:, column]) for column in range(matrix.shape[1])]
    codes = [np.searchsorted(cut, matrix[:, i], side="right") for i, cut in enumerate(edges)]
    means = wanted.mean(axis=0)
    if not (means > 0).all():
        return None
    expected = np.broadcast_to(means, wanted.shape).copy()
    trees: list[Tree] = []
    for _ in range(TREES):
        tree, leaf = _grown(codes, wanted, expected, edges)
        expected *= np.exp(tree.leaves[leaf])
        trees.append(tree)
    with np.errstate(all="ignore"):
        least, most = np.nanmin(matrix, axis=0), np.nanmax(matrix, axis=0)
    return ErrorModel(tuple(names), means, tuple(trees), least, most, len(kept))


def errors_expected(model: ErrorModel, answers: Floats, features: Floats) -> Floats:
    """(rows, 2): the size of each row's error to be expected, and its square."""
    found = np.empty((len(answers), 2))
    for start in range(0, len(answers), _CHUNK):
        part = slice(start, start + _CHUNK)
        columns = [answers[part], *(np.ascontiguousarray(column) for column in features[part].T)]
        logs = np.zeros((len(columns[0]), 2))
        for tree in model.trees:
            leaf = np.zeros(len(logs), np.int64)
            for column, edge in zip(tree.columns, tree.edges, strict=True):
                # what is missing counts as above, as it is sorted when a tree is grown
                leaf += leaf + ~(columns[column] < edge)
            logs += tree.leaves[leaf]
        found[part] = model.means * np.exp(logs)
    return found


def expected_of(
    model: ErrorModel, answers: Floats, features: Floats, known: NDArray[np.bool_]
) -> ErrorsExpected:
    """The sums over these rows; of very many rows, as every so many-th of them says."""
    there = np.flatnonzero(np.isfinite(answers))
    step = -(-len(there) // MOST_APPLIED) if len(there) else 1
    chosen = there[::step]
    times = len(there) / max(1, len(chosen))
    answers, features, known = answers[chosen], features[chosen], known[chosen]
    expected = errors_expected(model, answers, features)
    matrix = np.column_stack([answers, features])
    beyond = ((matrix < model.least) | (matrix > model.most)).any(axis=1)
    return ErrorsExpected(
        rows=len(there),
        beyond=round(times * int(beyond.sum())),
        absolute=times * float(expected[:, 0].sum()),
        squared=times * float(expected[:, 1].sum()),
        known_rows=round(times * int(known.sum())),
        known_absolute=times * float(expected[known, 0].sum()),
        known_squared=times * float(expected[known, 1].sum()),
    )


def _edges(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    return np.unique(np.quantile(known, _SHARES)) if len(known) else np.empty(0)


def _grown(
    codes: Sequence[Integers], wanted: Floats, expected: Floats, edges: Sequence[Floats]
) -> tuple[Tree, Integers]:
    """One tree for how many times as large as expected both are, and each row's leaf."""
    left = wanted / expected - 1
    leaf = np.zeros(len(left), np.int64)
    columns: list[int] = []
    cuts: list[float] = []
    for depth in range(DEPTH):
        gains = [
            _gains(leaf, 1 << depth, code, left, len(cut)) for code, cut in zip(codes, edges, strict=True)
        ]
        best = int(np.argmax([gain.max(initial=-np.inf) for gain in gains]))
        if not gains[best].max(initial=0.0) > 0:
            break
        place = int(np.argmax(gains[best]))
        columns.append(best)
        cuts.append(float(edges[best][place]))
        leaf = 2 * leaf + (codes[best] > place)
    sums = [[np.bincount(leaf, of[:, k], 1 << len(cuts)) for k in range(2)] for of in (wanted, expected)]
    ratios = np.column_stack(sums[0]) / np.maximum(np.column_stack(sums[1]), 1e-300)
    leaves = RATE * np.log(np.clip(ratios, _LEAST_RATIO, 1 / _LEAST_RATIO))
    return Tree(tuple(columns), tuple(cuts), leaves), leaf


def _gains(leaf: Integers, leaves: int, codes: Integers, left: Floats, count: int) -> Floats:
    """How much of the squares each edge takes away, in all leaves with enough rows on both sides."""
    if not count:
        return np.empty(0)
    key, width = leaf * (count + 1) + codes, leaves * (count + 1)
    rows = np.bincount(key, minlength=width).reshape(leaves, count + 1)
    below, total = np.cumsum(rows, axis=1)[:, :-1], rows.sum(axis=1, keepdims=True)
    wide = (below >= LEAST_LEAF) & (total - below >= LEAST_LEAF)
    gain = np.zeros((leaves, count))
    for k in range(2):
        sums = np.cumsum(np.bincount(key, left[:, k], width).reshape(leaves, count + 1), axis=1)
        part, whole = sums[:, :-1], sums[:, -1:]
        gain += part**2 / np.maximum(below, 1) + (whole - part) ** 2 / np.maximum(total - below, 1)
        gain -= whole**2 / np.maximum(total, 1)
    return np.where(wide, gain, 0.0).sum(axis=0)

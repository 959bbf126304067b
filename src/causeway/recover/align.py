"""Which rows of the source the rows of a matrix are: by labels, by position, by content; values decide."""

import itertools
from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from causeway.core.features import Sheet
from causeway.core.table import Column, Numbers, Table, Text
from causeway.core.trace import TracedTable
from causeway.recover.identity import Reached
from causeway.recover.loaded import LoadedTrace, Positions, listed

SAMPLED_COLUMNS = 24
COMPARED_COLUMNS = 60
TELLING_VALUES = 5
CERTAIN = 0.999
DOUBTFUL_SHARE = 0.02
FOREIGN_SHARE = 0.7
"""A matrix with less than this share of the fitted matrix's evidence came from another table."""


class Alignment(Struct, frozen=True):
    """Rows of a source table for the rows of a matrix.

    `kept` are the matrix rows that have one, `positions` where they are in the table. `evidence` is the
    mean over columns of the share of values that agree with the best raw column, and `fitted` that of the
    matrix the model was fitted on.
    """

    table: str
    how: str
    evidence: float
    fitted: float
    kept: Positions
    positions: Positions


class _Root(Struct, frozen=True):
    how: str
    evidence: float
    positions: Positions


class Source:
    """A table that was read, with its labels."""

    def __init__(self, loaded: LoadedTrace, described: TracedTable) -> None:
        self.id = described.id
        self.sheet = Sheet(loaded.tables[described.id])
        self.labels: Positions | None = loaded.indexes[described.index] if described.index else None

    def __len__(self) -> int:
        return len(self.sheet)

    def positions(self, labels: Positions) -> Positions | None:
        """Where the rows of these labels are; None if one is unknown or stands twice."""
        if self.labels is None:
            fits = len(labels) > 0 and labels.min() >= 0 and labels.max() < len(self)
            return labels if fits else None
        order = np.argsort(self.labels, kind="stable")
        ordered = self.labels[order]
        place = np.searchsorted(ordered, labels)
        found = order[np.minimum(place, len(order) - 1)]
        unique = len(np.unique(ordered)) == len(ordered)
        return found if unique and np.array_equal(self.labels[found], labels) else None


def align(loaded: LoadedTrace, rows: Reached) -> Alignment | None:
    """The table that the fitted rows came from, the one with the best evidence, and where in it they are."""
    found = [_aligned(loaded, rows, described) for described in loaded.trace.tables]
    present = [one for one in found if one is not None]
    return max(present, key=lambda one: (one.fitted, one.evidence, "content" not in one.how), default=None)


def _aligned(loaded: LoadedTrace, rows: Reached, described: TracedTable) -> Alignment | None:
    source = Source(loaded, described)
    if not len(source):
        return None
    roots = [_root(loaded, source, root) for root in rows.roots]
    fitted = roots[rows.roots.index(rows.lineage.root(rows.fit.matrix))]
    if fitted is None:
        return None
    floor = FOREIGN_SHARE * fitted.evidence
    roots = [root if root is None or root.evidence >= floor else None for root in roots]
    known = np.array([root is not None for root in roots])
    kept = np.flatnonzero(known[rows.root_of])
    if not len(kept):
        return None
    positions = np.full(len(rows.keys), -1, np.int64)
    for number, root in enumerate(roots):
        if root is not None:
            mine = rows.root_of == number
            positions[mine] = root.positions[rows.position_of[mine]]
    _, first = np.unique(positions[kept], return_index=True)
    used = [root for number, root in enumerate(roots) if root is not None and np.any(rows.root_of == number)]
    kept = kept[np.sort(first)]
    return Alignment(
        table=described.id,
        how="+".join(sorted({root.how for root in used})),
        evidence=min(root.evidence for root in used),
        fitted=fitted.evidence,
        kept=kept,
        positions=positions[kept],
    )


def _root(loaded: LoadedTrace, source: Source, name: str) -> _Root | None:
    matrix = loaded.matrices[name]
    best: _Root | None = None
    for how, positions in _candidates(loaded, source, name):
        evidence = agreement(matrix, source.sheet, positions)
        if best is None or evidence > best.evidence:
            best = _Root(how, evidence, positions)
        if evidence >= CERTAIN:
            break
    return best


def _candidates(loaded: LoadedTrace, source: Source, name: str) -> Iterator[tuple[str, Positions]]:
    described = next(m for m in loaded.trace.matrices if m.id == name)
    matrix = loaded.matrices[name]
    if described.index:
        labels = loaded.indexes[described.index]
        for how, original in _relabelled(loaded, labels):
            positions = source.positions(original)
            if positions is not None:
                yield how, positions
    if described.rows == len(source):
        yield "position", np.arange(len(source), dtype=np.int64)
    positions = by_content(matrix, source.sheet)
    if positions is not None:
        yield "content", positions


def _relabelled(loaded: LoadedTrace, labels: Positions) -> Iterator[tuple[str, Positions]]:
    """The labels as they are, and as they were before one reset of the index, or two."""
    yield "index", labels
    resets = [loaded.indexes[name] for name in loaded.trace.resets]
    for number, old in enumerate(resets):
        if _within(labels, old):
            yield f"reset {number + 1}", old[labels]
    for (i, older), (j, newer) in itertools.permutations(enumerate(resets), 2):
        if _within(newer, older) and _within(labels, newer):
            yield f"reset {i + 1} and {j + 1}", older[newer[labels]]


def _within(labels: Positions, old: Positions) -> bool:
    return len(labels) > 0 and len(old) > 0 and labels.min() >= 0 and labels.max() < len(old)


def agreement(matrix: Table, sheet: Sheet, positions: Positions) -> float:
    """The mean over the matrix's telling columns of the share of cells that a raw column explains."""
    chosen = _telling(matrix)
    scores = [_best_share(column, sheet, positions) for column in chosen]
    return float(np.mean(scores)) if scores else 0.0


def _telling(matrix: Table) -> list[Column]:
    """The columns with the most values."""
    counted = [(_variety(column), column) for column in list(matrix.columns.values())[:COMPARED_COLUMNS]]
    telling = sorted((pair for pair in counted if pair[0] > 1), key=lambda pair: -pair[0])
    return [column for _, column in telling[:SAMPLED_COLUMNS]]


def _variety(column: Column) -> int:
    if isinstance(column, Text):
        return len(set(column.values))
    return len(np.unique(column.values[np.isfinite(column.values)]))


def _best_share(column: Column, sheet: Sheet, positions: Positions) -> float:
    if isinstance(column, Text):
        shares = [_same_words(column, sheet, name, positions) for name in sheet.table.columns]
    else:
        shares = [_same_numbers(column.values, sheet, name, positions) for name in sheet.table.columns]
    return max(shares, default=0.0)


def _same_words(column: Text, sheet: Sheet, name: str, positions: Positions) -> float:
    raw = sheet.column(name)
    if not isinstance(raw, Text):
        return 0.0
    pairs = zip(column.values, listed(positions), strict=True)
    return sum(value == raw.values[at] for value, at in pairs) / max(1, len(column))


def _same_numbers(values: Numbers, sheet: Sheet, name: str, positions: Positions) -> float:
    return max(_as_numbers(values, sheet, name, positions), _as_categories(values, sheet, name, positions))


def _as_numbers(values: Numbers, sheet: Sheet, name: str, positions: Positions) -> float:
    best = 0.0
    for base in (
        ("number", "range_mean", "first_number") if isinstance(sheet.column(name), Text) else ("number",)
    ):
        raw = sheet.base(name, base)[positions]
        good = np.isfinite(raw) & np.isfinite(values)
        if good.sum() < TELLING_VALUES or np.ptp(raw[good]) == 0:
            continue
        best = max(best, float((values[good] == raw[good]).mean()), _affine_share(raw[good], values[good]))
    return best


def _affine_share(raw: Numbers, values: Numbers) -> float:
    """The share of values on the line through the two extremes; a few values prove nothing."""
    low, high = int(np.argmin(raw)), int(np.argmax(raw))
    if len(np.unique(raw)) < TELLING_VALUES:
        return 0.0
    slope = (values[high] - values[low]) / (raw[high] - raw[low])
    line = values[low] + slope * (raw - raw[low])
    return float(np.isclose(line, values, rtol=1e-7, atol=1e-9).mean()) if slope else 0.0


def _as_categories(values: Numbers, sheet: Sheet, name: str, positions: Positions) -> float:
    """How far a category determines the value: 0 where no better than the commonest value overall."""
    factor = sheet.factor(name)
    codes = factor.codes[positions]
    if len(factor.keys) > len(values) / 3 or codes.min() < 0:
        return 0.0
    kinds, inverse = np.unique(values, return_inverse=True)
    if len(kinds) > len(values) / 3:
        return 0.0
    cells, counts = np.unique(codes * len(kinds) + inverse, return_counts=True)
    commonest = np.zeros(len(factor.keys), np.int64)
    np.maximum.at(commonest, cells // len(kinds), counts)
    trivial = np.bincount(inverse).max() / len(values)
    share = commonest.sum() / len(values)
    return float((share - trivial) / (1 - trivial)) if trivial < 1 else 0.0


def by_content(matrix: Table, sheet: Sheet) -> Positions | None:
    """Rows found by the values of columns that came through unchanged: in order, else wherever they are."""
    pairs = [
        pair
        for column in list(matrix.columns.values())[:COMPARED_COLUMNS]
        if (pair := _shared(column, sheet))
    ]
    if not pairs:
        return None
    wanted = np.stack([one for one, _ in pairs], axis=1)
    raw = np.stack([other for _, other in pairs], axis=1)
    keys = [row.tobytes() for row in wanted]
    places = [row.tobytes() for row in raw]
    found = _in_order(keys, places)
    return _anywhere(keys, places) if found is None else found


def _shared(column: Column, sheet: Sheet) -> tuple[Numbers, Numbers] | None:
    """A column's values and those of the richest raw column that holds them all."""
    best: tuple[int, Numbers, Numbers] | None = None
    for name in sheet.table.columns:
        for one, other in _comparable(column, sheet, name):
            variety = len(np.unique(other))
            if np.isin(one, other).all() and (best is None or variety > best[0]):
                best = variety, one, other
    return best and (best[1], best[2])


def _comparable(column: Column, sheet: Sheet, name: str) -> Iterator[tuple[Numbers, Numbers]]:
    raw = sheet.column(name)
    if isinstance(column, Text):
        if isinstance(raw, Text):
            factor = sheet.factor(name)
            numbers: dict[str | None, int] = {key: place for place, key in enumerate(factor.keys)}
            numbers[None] = -1
            yield (
                np.array([numbers.get(v, -3) for v in column.values], np.float64),
                factor.codes.astype(np.float64),
            )
        return
    if len(np.unique(column.values)) <= 3:
        return
    for base in ("number", "range_mean", "first_number") if isinstance(raw, Text) else ("number",):
        other = sheet.base(name, base)
        if np.isfinite(other).any():
            yield _hashable(column.values), _hashable(other)


def _in_order(keys: list[bytes], places: list[bytes]) -> Positions | None:
    """The first place of each key after that of the key before."""
    found: list[int] = []
    rest = iter(enumerate(places))
    for key in keys:
        place = next((at for at, other in rest if other == key), None)
        if place is None:
            return None
        found.append(place)
    return np.array(found, np.int64)


def _anywhere(keys: list[bytes], places: list[bytes]) -> Positions | None:
    """The one place of each key; None where more than a few have several."""
    left: dict[bytes, list[int]] = {}
    for at in range(len(places) - 1, -1, -1):
        left.setdefault(places[at], []).append(at)
    doubtful = sum(len(left.get(key, ())) > 1 for key in keys)
    if doubtful > DOUBTFUL_SHARE * len(keys) or not all(key in left for key in keys):
        return None
    found = [left[key].pop() if left[key] else -1 for key in keys]
    return None if -1 in found else np.array(found, np.int64)


def _hashable(values: Numbers) -> Numbers:
    """One bit pattern a value: a number for NaN, one zero."""
    return np.nan_to_num(values, nan=-1.5e300) + 0.0

"""Scores beside what came, counted into bins that add up; see `quality_form` for how they are cut."""

from collections.abc import Iterable, Sequence

import numpy as np

from causeway.stats.quality_form import Floats, Integers, ScoreBins

FINEST = 16
"""Of `ScoreBins.parts`: so many binary digits of a score tell its bin at most."""
MOST_BINS = 1 << 15
# so many cells are counted at once without leaving the processor's cache
MOST_CELLS = 1 << 16
_NEAREST = -32
_HALVINGS = 31
_FEW = 4096
_CHUNK = 1 << 14
# as every part adds up all cells, these are larger
_COUNTED = 1 << 16
SLOTS = 203
HUNDREDTHS: Floats = np.arange(101) / 100
SMALLEST = float(np.finfo(np.float64).eps)
"""What a chance of nought counts as in a logarithm."""


def binned(scores: Floats, truth: Floats) -> ScoreBins:
    """These scores by their outcomes: 0, 1, or NaN where it is not known yet; what is no score is left out.

    A score below 0 or above 1 counts as 0 or 1.
    """
    kept = np.isfinite(scores)
    if not kept.all():
        scores, truth = scores[kept], truth[kept]
    if len(scores) and (scores.min() < 0 or scores.max() > 1):
        scores = np.clip(scores, 0.0, 1.0)
    if not len(scores):
        return _empty()
    parts = _parts_for(scores)
    kinds = _kinds(truth)
    places, counts = (_sorted_counts if len(scores) < _FEW else _cell_counts)(scores, kinds, parts)
    slots, said, losses = np.zeros(3 * SLOTS, np.int64), np.zeros(SLOTS), np.zeros(2)
    for start in range(0, len(scores), _CHUNK):
        part, came = scores[start : start + _CHUNK], truth[start : start + _CHUNK]
        slot = _slots_of(part)
        kind = kinds[start : start + _CHUNK]
        slots += np.bincount(kind * SLOTS + slot, minlength=3 * SLOTS)
        known = kind > 0
        if not known.all():
            part, came, slot = part[known], came[known], slot[known]
        said += np.bincount(slot, part, SLOTS)
        losses += _losses(part, came)
    return _trimmed(ScoreBins(parts, places, counts, slots.reshape(3, SLOTS), said, losses))


def merged_scores(many: Iterable[ScoreBins]) -> ScoreBins:
    """All of these rows together, as if they had been binned at once."""
    found = [each for each in many if len(each.places)]
    if not found:
        return _empty()
    parts = min(each.parts for each in found)
    places = [_coarser(each.places, each.parts - parts, each.parts) for each in found]
    return _trimmed(
        ScoreBins(
            parts,
            *_added(places, [each.counts for each in found]),
            slots=np.sum([each.slots for each in found], axis=0),
            said=np.sum([each.said for each in found], axis=0),
            losses=np.sum([each.losses for each in found], axis=0),
        )
    )


def _added(places: Sequence[Integers], counts: Sequence[Integers]) -> tuple[Integers, Integers]:
    """The places in order, each once, with the sums of their counts; those of each part are in order."""
    first = min(int(each[0]) for each in places)
    width = max(int(each[-1]) for each in places) - first + 1
    if width > 4 * MOST_CELLS:
        unique, where = np.unique(np.concatenate(places), return_inverse=True)
        sums = [np.bincount(where, row, len(unique)) for row in np.concatenate(counts, axis=1)]
        return unique, np.array(sums).astype(np.int64)
    cells = np.zeros((3, width), np.int64)
    for part, rows in zip(places, counts, strict=True):
        away = part - first
        for row, into in zip(rows, cells, strict=True):
            if row.any():
                np.add.at(into, away, row)
    held = np.flatnonzero(cells.any(axis=0))
    return held + first, cells[:, held]


def places_of(scores: Floats, parts: int) -> Integers:
    """The bin of each score between 0 and 1; a larger score is never in a lower bin."""
    upper = scores >= 0.5
    near = np.minimum(scores, 1.0 - scores)
    places = near.view(np.int64) >> (52 - parts)
    places -= (1023 + _NEAREST) << parts
    np.maximum(places, 0, out=places)
    return np.where(upper, (2 * _HALVINGS << parts) - places, places)


def edges_of(bins: ScoreBins) -> tuple[Floats, Floats]:
    """The least score of each bin that holds anything, and where it ends."""
    middle = _HALVINGS << bins.parts
    upper = bins.places >= middle
    near = np.where(upper, 2 * middle - bins.places, bins.places)
    low, high = _from_place(near, bins.parts), _from_place(near + 1, bins.parts)
    low[near == 0] = 0.0
    high[near == middle] = 0.5
    return np.where(upper, 1 - high, low), np.where(upper, 1 - low, high)


def middles_of(bins: ScoreBins) -> Floats:
    """The middle of each bin that holds anything."""
    low, high = edges_of(bins)
    return (low + high) / 2


def _from_place(near: Integers, parts: int) -> Floats:
    halvings, part = near >> parts, near & ((1 << parts) - 1)
    return np.ldexp(1.0 + part / (1 << parts), (halvings + _NEAREST).astype(np.int32))


def _coarser(places: Integers, steps: int, parts: int) -> Integers:
    """The bins that these lie in where each halving has 2**steps times fewer."""
    if not steps:
        return places
    middle = _HALVINGS << parts
    return np.where(
        places < middle, places >> steps, 2 * (middle >> steps) - ((2 * middle - places) >> steps)
    )


def _trimmed(bins: ScoreBins) -> ScoreBins:
    """The same with the finest cut that leaves few enough bins over a narrow enough span."""
    places, parts = bins.places, bins.parts
    steps, coarse = 0, places
    while coarse[-1] - coarse[0] >= MOST_CELLS or np.count_nonzero(np.diff(coarse)) >= MOST_BINS:
        steps += 1
        coarse = _coarser(places, steps, parts)
    if not steps:
        return bins
    starts = np.flatnonzero(np.r_[True, np.diff(coarse) != 0])
    counts = np.add.reduceat(bins.counts, starts, axis=1)
    return ScoreBins(
        parts - steps, coarse[starts], counts, slots=bins.slots, said=bins.said, losses=bins.losses
    )


def _parts_for(scores: Floats) -> int:
    """The finest cut under which their span has few enough bins."""
    ends = places_of(np.array([scores.min(), scores.max()]), FINEST)
    parts = FINEST
    while np.diff(_coarser(ends, FINEST - parts, FINEST))[0] >= MOST_CELLS:
        parts -= 1
    return parts


def _kinds(truth: Floats) -> Integers:
    """0 where the outcome is not known yet, else 1 more than it."""
    return np.add(truth >= 0, truth >= 1, dtype=np.int64)


def _sorted_counts(scores: Floats, kinds: Integers, parts: int) -> tuple[Integers, Integers]:
    places, where = np.unique(places_of(scores, parts), return_inverse=True)
    counts = np.bincount(kinds * len(places) + where, minlength=3 * len(places))
    return places, counts.reshape(3, len(places))


def _cell_counts(scores: Floats, kinds: Integers, parts: int) -> tuple[Integers, Integers]:
    """The same without sorting, which would take longer than looking through all cells."""
    first, last = places_of(np.array([scores.min(), scores.max()]), parts).tolist()
    width = last - first + 1
    cells = np.zeros(3 * width, np.int64)
    for start in range(0, len(scores), _COUNTED):
        place = places_of(scores[start : start + _COUNTED], parts)
        place += kinds[start : start + _COUNTED] * width - first
        cells += np.bincount(place, minlength=3 * width)
    table = cells.reshape(3, width)
    places = np.flatnonzero(table.any(axis=0))
    return places + first, table[:, places]


def _slots_of(scores: Floats) -> Integers:
    """2k + 1 at the hundredth k, 2k + 2 between it and the next."""
    whole = np.floor(scores * 100)
    whole -= scores < whole / 100
    whole += scores >= (whole + 1) / 100
    slots = 2 * whole + 2
    slots -= scores == whole / 100
    return slots.astype(np.int64)


def _losses(scores: Floats, truth: Floats) -> Floats:
    away = np.abs(scores - truth)
    # of the one that came
    given = np.maximum(1.0 - away, SMALLEST)
    away *= away
    return np.array([-np.log(given, out=given).sum(), away.sum()])


def _empty() -> ScoreBins:
    none = np.zeros(0, np.int64)
    return ScoreBins(
        FINEST,
        none,
        np.zeros((3, 0), np.int64),
        np.zeros((3, SLOTS), np.int64),
        np.zeros(SLOTS),
        np.zeros(2),
    )

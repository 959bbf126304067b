"""Two profiles of numbers, laid over each other."""

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.stats.profile import edges, support
from causeway.stats.profile_form import NumberProfile

Floats = NDArray[np.float64]
Table = tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64] | NDArray[np.int64]]
"""Places in order, and the counts there."""


class Steps(Struct, frozen=True):
    """The counts of both at the same places, in order, and how far they are apart."""

    reference: Floats
    seen: Floats
    few: bool
    """Whether each place is one value."""
    effect: float
    """The Kolmogorov-Smirnov distance, as far as it is certain."""
    within: float
    """How much more may be hidden inside of the places."""
    moved: float
    """The mean way from one to the other (Wasserstein), the middle of a bin standing for its rows."""


def steps_of(reference: NumberProfile, seen: NumberProfile) -> Steps:
    """Both profiles at the same places; by value where all values are counted, else by bin."""
    few = bool(reference.values and seen.values)
    if not few and reference.shift != seen.shift:
        return _over_other_bins(reference, seen)
    if few:
        sides = (reference.values, reference.value_counts), (seen.values, seen.value_counts)
    else:
        sides = (reference.bins, reference.counts), (seen.bins, seen.counts)
    tables = [(np.array(where), np.array(counts, np.float64)) for where, counts in sides]
    places, before, now = _aligned(*tables)
    return _apart(places if few else _middles(places, reference, seen), before, now, few=few)


def _aligned(first: Table, second: Table) -> tuple[Floats, Floats, Floats]:
    every = np.sort(np.concatenate([first[0], second[0]]).astype(np.float64))
    places = every[np.concatenate([[True], every[1:] != every[:-1]])]
    filled: list[Floats] = []
    for where, counts in (first, second):
        row = np.zeros(len(places))
        row[np.searchsorted(places, where)] = counts
        filled.append(row)
    return places, filled[0], filled[1]


def _middles(bins: Floats, reference: NumberProfile, seen: NumberProfile) -> Floats:
    low, high = edges(bins.astype(np.int64), reference.shift)
    ends = [each for each in (reference.minimum, seen.minimum) if each is not None]
    tops = [each for each in (reference.maximum, seen.maximum) if each is not None]
    return np.clip((low + high) / 2, min(ends), max(tops))


def _apart(places: Floats, before: Floats, now: Floats, *, few: bool) -> Steps:
    p, q = before / before.sum(), now / now.sum()
    gaps = np.cumsum(p - q)
    effect = min(1.0, float(np.abs(gaps).max()))
    start = gaps - (p - q)
    most = effect if few else min(1.0, float(np.maximum(start + p, q - start).max()))
    moved = float(np.abs(gaps[:-1]) @ np.diff(places))
    return Steps(before, now, few, effect, max(0.0, most - effect), moved)


def _over_other_bins(reference: NumberProfile, seen: NumberProfile) -> Steps:
    """Where the bins differ, what is certain at any edge; the middle of a bin stands for its rows."""
    profiles = (reference, seen)
    sides = [edges(np.array(each.bins), each.shift) for each in profiles]
    places = np.unique(np.concatenate([*sides[0], *sides[1]]))
    below: list[tuple[Floats, Floats]] = []
    for (low, high), each in zip(sides, profiles, strict=True):
        total = np.r_[0.0, np.cumsum(each.counts)] / each.count
        below.append(
            (total[np.searchsorted(high, places, "right")], total[np.searchsorted(low, places, "left")])
        )
    (least, most), (other_least, other_most) = below
    effect = max(0.0, float(np.maximum(least - other_most, other_least - most).max()))
    most_apart = min(1.0, float(np.maximum(most - other_least, other_most - least).max()))
    found = _apart(*_aligned(*map(support, profiles)), few=False)
    return structs.replace(found, effect=effect, within=most_apart - effect)

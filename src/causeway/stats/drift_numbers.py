"""Two profiles of numbers, laid over each other."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.profile import edges, support
from causeway.stats.profile_form import NumberProfile

Floats = NDArray[np.float64]


class Steps(Struct, frozen=True):
    """The counts of both at the same places, in order, and their Kolmogorov-Smirnov distance."""

    reference: Floats
    seen: Floats
    few: bool
    """Whether each place is one value."""
    effect: float
    within: float


def steps_of(reference: NumberProfile, seen: NumberProfile) -> Steps:
    """Both profiles at the same places; by value where all values are counted, else by bin."""
    few = bool(reference.values and seen.values)
    if few:
        before, now = _aligned(
            reference.values, reference.value_counts, places=seen.values, counts=seen.value_counts
        )
        return Steps(before, now, True, *_apart(before, now, hidden=False))
    if reference.shift == seen.shift:
        before, now = _aligned(reference.bins, reference.counts, places=seen.bins, counts=seen.counts)
        return Steps(before, now, False, *_apart(before, now, hidden=True))
    return _over_other_bins(reference, seen)


def wasserstein(reference: NumberProfile, seen: NumberProfile) -> float | None:
    """The mean way from one to the other, in standard deviations of the reference."""
    spread = math.sqrt(reference.spread / reference.count)
    if not spread or not math.isfinite(spread):
        return None
    (before, n), (now, m) = support(reference), support(seen)
    places = np.r_[before, now]
    order = np.argsort(places, kind="stable")
    gaps = np.cumsum(np.r_[n / reference.count, -m / seen.count][order])[:-1]
    found = float((np.abs(gaps) * np.diff(places[order])).sum()) / spread
    return found if math.isfinite(found) else None


def _aligned(
    first: tuple[float, ...],
    first_counts: tuple[int, ...],
    *,
    places: tuple[float, ...],
    counts: tuple[int, ...],
) -> tuple[Floats, Floats]:
    everywhere, where = np.unique(np.r_[np.array(first), np.array(places)], return_inverse=True)
    split, size = len(first), len(everywhere)
    before = np.bincount(where[:split], first_counts, size)
    return before.astype(np.float64), np.bincount(where[split:], counts, size).astype(np.float64)


def _apart(before: Floats, now: Floats, *, hidden: bool) -> tuple[float, float]:
    """The distance at the edges of the places, and how much more may be hidden inside of them."""
    p, q = before / before.sum(), now / now.sum()
    gaps = np.cumsum(p - q)
    effect = min(1.0, float(np.abs(gaps).max()))
    if not hidden:
        return effect, 0.0
    start = gaps - (p - q)
    return effect, max(0.0, float(np.maximum(start + p, q - start).max()) - effect)


def _over_other_bins(reference: NumberProfile, seen: NumberProfile) -> Steps:
    """Where the bins differ, what is certain at any edge; the middle of a bin stands for its rows."""
    profiles = (reference, seen)
    sides = [edges(np.array(each.bins), each.shift) for each in profiles]
    places = np.unique(np.r_[sides[0][0], sides[0][1], sides[1][0], sides[1][1]])
    below: list[tuple[Floats, Floats]] = []
    for (low, high), each in zip(sides, profiles, strict=True):
        total = np.r_[0.0, np.cumsum(each.counts)] / each.count
        below.append(
            (total[np.searchsorted(high, places, "right")], total[np.searchsorted(low, places, "left")])
        )
    (least, most), (other_least, other_most) = below
    effect = max(0.0, float(np.maximum(least - other_most, other_least - most).max()))
    most_apart = min(1.0, float(np.maximum(most - other_least, other_most - least).max()))
    before, n = support(reference)
    now, m = support(seen)
    joined = _aligned(
        tuple(before.tolist()), tuple(n.tolist()), places=tuple(now.tolist()), counts=tuple(m.tolist())
    )
    return Steps(*joined, few=False, effect=effect, within=most_apart - effect)

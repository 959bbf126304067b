"""A column as it would look had it changed: what a back-test plants into rows that were recorded."""

import numpy as np
from msgspec import structs

from causeway.stats.profile import number_profile, support
from causeway.stats.profile_form import ColumnProfile, NumberProfile, TextProfile


def planted(reference: ColumnProfile, seen: ColumnProfile, size: float) -> ColumnProfile:
    """The rows seen, moved by so many standard deviations of the reference, or that share of them renamed.

    Numbers stay among the values that either has; of texts the commonest gives to the next.
    """
    match reference, seen:
        case NumberProfile(), NumberProfile() if reference.count and seen.count:
            return _moved(reference, seen, size)
        case TextProfile(), TextProfile() if len(seen.counts) > 1:
            return _renamed(seen, size)
        case _:
            return seen


def _moved(reference: NumberProfile, seen: NumberProfile, size: float) -> NumberProfile:
    places, counts = support(seen)
    grid = np.unique(np.r_[support(reference)[0], places])
    by = size * float(np.sqrt(reference.spread / reference.count))
    wanted = np.clip(places + by, grid[0], grid[-1])
    upper = np.clip(np.searchsorted(grid, wanted), 1, max(1, len(grid) - 1))
    if len(grid) == 1:
        return seen
    low, high = grid[upper - 1], grid[upper]
    part = np.where(high > low, (wanted - low) / np.where(high > low, high - low, 1.0), 0.0)
    up = np.round(counts * part).astype(np.int64)
    rows = np.r_[np.repeat(low, counts - up), np.repeat(high, up)]
    moved = number_profile(rows, shift=seen.shift)
    return structs.replace(moved, missing=seen.missing)


def _renamed(seen: TextProfile, share: float) -> TextProfile:
    first, second = sorted(seen.counts, key=lambda name: (-seen.counts[name], name))[:2]
    rows = round(share * seen.counts[first])
    counts = {**seen.counts, first: seen.counts[first] - rows, second: seen.counts[second] + rows}
    return TextProfile(seen.count, seen.missing, counts, seen.uncounted)

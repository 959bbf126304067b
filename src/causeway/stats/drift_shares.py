"""Shares of rows in two tables of counts: what is missing, strange or no longer constant, and by how much."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.chances import chi_square_sf, normal_sf
from causeway.stats.profile import bounds
from causeway.stats.profile_form import VALUES_COUNTED, ColumnProfile, NumberProfile, TextProfile

Floats = NDArray[np.float64]


class Share(Struct, frozen=True):
    """A share of the rows seen, that of the reference, and how likely chance alone sets them so far apart."""

    seen: float
    reference: float
    p: float

    @property
    def effect(self) -> float:
        """By how much it rose or fell."""
        return abs(self.seen - self.reference)


def missing_of(reference: ColumnProfile, seen: ColumnProfile) -> Share:
    """The rows without a value."""
    n, m = reference.count + reference.missing, seen.count + seen.missing
    if not n or not m:
        return Share(0.0, 0.0, 1.0)
    before, now = reference.missing / n, seen.missing / m
    pooled = (reference.missing + seen.missing) / (n + m)
    if pooled in {0, 1}:
        return Share(now, before, 1.0)
    z = (now - before) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return Share(now, before, 2 * normal_sf(abs(z)))


def homogeneity(before: Floats, now: Floats) -> float:
    """The chance of two tables so far apart with one share for each group (Pearson's chi-square).

    Groups in which fewer than five rows of either are expected count as one.
    """
    n, m = before.sum(), now.sum()
    expected = (before + now) * min(n, m) / (n + m)
    rare = expected < 5
    both = [np.r_[each[~rare], each[rare].sum()] if rare.any() else each for each in (before, now)]
    pooled = (both[0] + both[1]) / (n + m)
    held = pooled > 0
    if held.sum() < 2:
        return 1.0
    apart = both[0][held] / n - both[1][held] / m
    found = float((apart**2 / pooled[held]).sum() / (1 / n + 1 / m))
    return chi_square_sf(found, int(held.sum()) - 1)


def psi(before: Floats, now: Floats) -> float:
    """The population stability index; half a row is added to each group, so that none is empty."""
    p = (before + 0.5) / (before + 0.5).sum()
    q = (now + 0.5) / (now + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def divergence(before: Floats, now: Floats) -> float:
    """The Jensen-Shannon distance, to base 2."""
    p, q = before / before.sum(), now / now.sum()
    middle = (p + q) / 2
    bits = sum(float((x[x > 0] * np.log2(x[x > 0] / middle[x > 0])).sum()) for x in (p, q)) / 2
    return math.sqrt(max(0.0, bits))


def beyond(reference: NumberProfile, seen: NumberProfile) -> Share:
    """The rows below the least or above the largest number of the reference, as far as they are certain.

    The chance is that of the extremes of all rows, were they shuffled, to be seen ones.
    """
    low, high = reference.minimum, reference.maximum
    if low is None or high is None or seen.minimum is None or seen.maximum is None:
        return Share(0.0, 0.0, 1.0)
    if low <= seen.minimum and seen.maximum <= high:
        return Share(0.0, 0.0, 1.0)
    if seen.values:
        outside = sum(
            count
            for value, count in zip(seen.values, seen.value_counts, strict=True)
            if not low <= value <= high
        )
    else:
        outside = 0
        for place, count in zip(seen.bins, seen.counts, strict=True):
            least, most = bounds(place, seen.shift)
            outside += count if most <= low or least > high else 0
        # the least and the largest are known themselves
        outside = max(outside, (seen.minimum < low) + (seen.maximum > high))
    return Share(outside / seen.count, 0.0, min(1.0, (outside + 1) * only_seen(outside, reference, seen)))


def varying(reference: ColumnProfile, seen: ColumnProfile) -> Share:
    """The rows unlike the one value that the whole reference has, as far as they are certain."""
    if isinstance(reference, NumberProfile) and isinstance(seen, NumberProfile):
        unlike = _unlike_number(reference, seen)
    elif isinstance(reference, TextProfile) and isinstance(seen, TextProfile) and not reference.slack:
        only = next(iter(reference.counts)) if len(reference.counts) == 1 else None
        unlike = seen.count - seen.slack - seen.counts.get(only, 0) if only is not None else 0
    else:
        unlike = 0
    unlike = max(0, unlike)
    return Share(unlike / max(1, seen.count), 0.0, only_seen(unlike, reference, seen))


def only_seen(rows: int, reference: ColumnProfile, seen: ColumnProfile) -> float:
    """The chance that so many given rows, of all rows shuffled, are all among those seen."""
    if rows <= 0:
        return 1.0
    return math.exp(rows * math.log(seen.count / (seen.count + reference.count)))


def _unlike_number(reference: NumberProfile, seen: NumberProfile) -> int:
    if reference.minimum != reference.maximum or (seen.minimum == seen.maximum == reference.minimum):
        return 0
    if seen.values:
        like = dict(zip(seen.values, seen.value_counts, strict=True)).get(reference.values[0], 0)
        return seen.count - like
    at = reference.bins[0]
    inside = (
        dict(zip(seen.bins, seen.counts, strict=True)).get(at, 0)
        if seen.shift == reference.shift
        else seen.count
    )
    # of so many different values all but one are others
    return max(seen.count - inside, VALUES_COUNTED)

"""How far the rows of one column lie from those of a reference, seen by their profiles."""

import math

import numpy as np
from msgspec import Struct

from causeway.stats.chances import chi_square_quantile, kolmogorov_sf
from causeway.stats.drift_numbers import Steps, steps_of
from causeway.stats.drift_shares import Floats, Share, beyond, divergence, missing_of, psi, varying
from causeway.stats.drift_texts import Moved, compared, moved_most, unheard_of
from causeway.stats.profile_form import ColumnProfile, NumberProfile, TextProfile

GROUPS = 10
_NOTHING = Share(0.0, 0.0, 1.0)


class Difference(Struct, frozen=True):
    """How far the rows seen lie from those of the reference, in one column."""

    kind: str
    """Of which kind: "number", "text", "type" where numbers became texts or the other way.

    "empty" where one has no rows, "uncounted" where texts are more than an earlier version counted.
    """
    effect: float
    """Of numbers the Kolmogorov-Smirnov distance, of texts the total variation less what chance adds."""
    within: float
    """By how much the distance of the rows themselves may be larger; 0 where all values are counted."""
    p: float
    """The chance of such an effect, or a larger one, where nothing changed."""
    rows: int
    reference_rows: int
    missing: Share
    strange: Share = _NOTHING
    """Rows of texts that the reference never saw, or of numbers beyond its range."""
    varies: Share = _NOTHING
    """Rows unlike the one value that the whole reference has."""
    psi: float = 0.0
    psi_by_chance: float = 0.0
    """What the index stays below in 99 of 100 windows where nothing changed (Yurdakul, 2018)."""
    divergence: float = 0.0
    """The Jensen-Shannon distance over the groups of the index, 0 to 1."""
    wasserstein: float | None = None
    """In standard deviations of the reference; None where it has none."""
    distinct: int | None = None
    """How many different values there are; None where they are more than a profile counts."""
    reference_distinct: int | None = None
    mean: float | None = None
    reference_mean: float | None = None
    moved: tuple[Moved, ...] = ()
    """The texts whose shares changed most."""


def difference(reference: ColumnProfile, seen: ColumnProfile) -> Difference:
    """How far the second lies from the first."""
    missing = missing_of(reference, seen)
    if not reference.count or not seen.count:
        return Difference("empty", 0.0, 0.0, 1.0, seen.count, reference.count, missing)
    match reference, seen:
        case NumberProfile(), NumberProfile():
            return _of_numbers(reference, seen, missing)
        case TextProfile(), TextProfile():
            return _of_texts(reference, seen, missing)
        case _:
            return Difference("type", 1.0, 0.0, 0.0, seen.count, reference.count, missing)


def _of_numbers(reference: NumberProfile, seen: NumberProfile, missing: Share) -> Difference:
    steps = steps_of(reference, seen)
    n, m = reference.count, seen.count
    before, now = _grouped(steps)
    return Difference(
        kind="number",
        effect=steps.effect,
        within=steps.within,
        p=kolmogorov_sf(steps.effect * math.sqrt(n * m / (n + m))),
        rows=m,
        reference_rows=n,
        missing=missing,
        strange=beyond(reference, seen),
        varies=varying(reference, seen),
        psi=psi(before, now),
        psi_by_chance=_psi_by_chance(before, n=n, m=m),
        divergence=divergence(before, now),
        wasserstein=_in_spreads(steps.moved, reference),
        distinct=len(seen.values) or None,
        reference_distinct=len(reference.values) or None,
        mean=seen.mean,
        reference_mean=reference.mean,
    )


def _of_texts(reference: TextProfile, seen: TextProfile, missing: Share) -> Difference:
    found = compared(reference, seen)
    n, m = reference.count, seen.count
    if found is None:
        return Difference("uncounted", 0.0, 1.0, 1.0, m, n, missing)
    return Difference(
        kind="text",
        effect=found.effect,
        within=0.0,
        p=found.p,
        rows=m,
        reference_rows=n,
        missing=missing,
        strange=unheard_of(reference, seen),
        varies=varying(reference, seen),
        psi=psi(found.reference, found.seen),
        psi_by_chance=_psi_by_chance(found.reference, n=n, m=m),
        divergence=divergence(found.reference, found.seen),
        distinct=None if seen.slack else len(seen.counts),
        reference_distinct=None if reference.slack else len(reference.counts),
        moved=moved_most(reference, seen),
    )


def _grouped(steps: Steps) -> tuple[Floats, Floats]:
    """The rows of both in groups: each of few values, else tenths of the reference, and what is new."""
    held = np.flatnonzero(steps.reference)
    if steps.few:
        group = np.where(steps.reference > 0, np.cumsum(steps.reference > 0), 0)
    else:
        share = steps.reference / steps.reference.sum()
        middle = np.cumsum(share) - share / 2
        group = np.minimum((middle * GROUPS).astype(np.int64), GROUPS - 1) + 1
        group[: held[0]] = 0
        group[held[-1] + 1 :] = GROUPS + 1
    size = int(group.max()) + 1
    before, now = (np.bincount(group, each, size) for each in (steps.reference, steps.seen))
    return before.astype(np.float64), now.astype(np.float64)


def _in_spreads(moved: float, reference: NumberProfile) -> float | None:
    spread = math.sqrt(reference.spread / reference.count)
    found = moved / spread if spread else math.nan
    return found if math.isfinite(found) else None


def _psi_by_chance(before: Floats, *, n: int, m: int) -> float:
    groups = int(np.count_nonzero(before))
    return (1 / n + 1 / m) * chi_square_quantile(0.99, groups - 1) if groups > 1 else 0.0

"""How long outcomes take, those that are still to come allowed for: Kaplan and Meier (1958) on counts."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from causeway.stats.proportion import Z
from causeway.stats.quality_form import Delays, Floats

PER_DOUBLING = 8
LAST = 8 * 27
"""2**27 seconds are four years."""
MATURE = 0.95
"""An outcome that takes longer than so many of those that come at all is late."""


class Waiting(Struct, frozen=True):
    """Predictions made at about the same time: how old they are now, and the delays of outcomes that came."""

    age_seconds: float
    answered: int
    delays: Delays


class Arrival(Struct, frozen=True):
    """The share of predictions whose outcome is known after so many seconds."""

    seconds: tuple[float, ...]
    shares: tuple[float, ...]
    """Rising; the last is the share that comes at all, as far as the oldest prediction tells."""
    low: tuple[float, ...]
    """Lower ends of the shares' 95 % intervals (Greenwood, 1926)."""
    outcomes: int

    @property
    def join_rate(self) -> float:
        """The share of predictions whose outcome comes at all."""
        return self.shares[-1] if self.shares else 0.0

    def after(self, seconds: float) -> float:
        """The share known after so long."""
        place = int(np.searchsorted(self.seconds, seconds, side="right")) - 1
        return self.shares[place] if place >= 0 else 0.0

    def quantile(self, share: float) -> float:
        """Seconds until this share of those that come at all have come; NaN where none did."""
        if not self.join_rate:
            return math.nan
        place = int(np.searchsorted(np.array(self.shares) / self.join_rate, share - 1e-12))
        return self.seconds[min(place, len(self.seconds) - 1)]


def delays_of(seconds: Floats) -> Delays:
    """The delays in bins; below zero is what was known before."""
    before = int((seconds < 0).sum())
    places = np.ceil(PER_DOUBLING * np.log2(np.maximum(seconds, 1.0)) - 1e-9).astype(np.int64)
    found, counts = np.unique(np.minimum(places, LAST), return_counts=True)
    return Delays(found, counts.astype(np.int64), before)


def merged_delays(many: Iterable[Delays]) -> Delays:
    """All of these outcomes together."""
    found = list(many)
    counts = np.zeros(LAST + 1, np.int64)
    for each in found:
        counts[each.places] += each.counts
    places = np.flatnonzero(counts)
    return Delays(places, counts[places], sum(each.before for each in found))


def seconds_at(place: int) -> float:
    """The longest delay of this bin."""
    return 2.0 ** (place / PER_DOUBLING)


def arrival_of(waiting: Sequence[Waiting]) -> Arrival:
    """When outcomes arrive: who still waits counts as long as it has waited, and no longer."""
    ends = np.array([seconds_at(place) for place in range(LAST + 1)])
    came = np.zeros(LAST + 1)
    at_risk = np.zeros(LAST + 1)
    for each in waiting:
        mine = np.zeros(LAST + 1)
        mine[each.delays.places] = each.delays.counts
        left = each.answered - np.r_[0.0, np.cumsum(mine)[:-1]]
        # later than its age nobody looked
        seen = ends <= max(each.age_seconds, seconds_at(0))
        came += mine * seen
        at_risk += np.maximum(left, 0.0) * seen
    counted = at_risk > 0
    hazard = np.divide(came, at_risk, out=np.zeros(LAST + 1), where=counted)
    waits = np.cumprod(1 - np.clip(hazard, 0.0, 1.0))
    room = at_risk * (at_risk - came)
    greenwood = np.cumsum(np.divide(came, room, out=np.zeros(LAST + 1), where=room > 0))
    low = 1 - np.minimum(1.0, waits + Z * waits * np.sqrt(greenwood))
    kept = np.flatnonzero(counted)
    return Arrival(
        tuple(ends[kept].tolist()),
        tuple((1 - waits[kept]).tolist()),
        tuple(low[kept].tolist()),
        int(came.sum()),
    )

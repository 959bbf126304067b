"""How the values of one column are spread, in a few numbers: quantiles of numbers, shares of texts."""

from msgspec import Struct

from causeway.stats.profile import quantile
from causeway.stats.profile_form import ColumnProfile, NumberProfile

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_TEXTS = 8


class Distribution(Struct, frozen=True, omit_defaults=True):
    """Of the rows that have a value; of numbers `mean` and `quantiles`, of texts `shares`."""

    rows: int
    mean: float | None = None
    quantiles: dict[str, float] = {}
    """Below which so many of 100 values lie: "5", "25", "50", "75", "95"."""
    shares: dict[str, float] = {}
    """Of the commonest texts, most first; never too high."""
    others: float = 0.0
    """Of all that are not named."""


def distribution_of(profile: ColumnProfile) -> Distribution:
    """The distribution of the rows that this profile is of."""
    if not profile.count:
        return Distribution(0)
    if isinstance(profile, NumberProfile):
        known = {f"{share * 100:.0f}": quantile(profile, share) for share in SHARES}
        return Distribution(profile.count, profile.mean, known)
    commonest = sorted(profile.counts.items(), key=lambda each: (-each[1], each[0]))[:MOST_TEXTS]
    shares = {name: count / profile.count for name, count in commonest}
    left = profile.count - sum(count for _, count in commonest)
    return Distribution(profile.count, shares=shares, others=left / profile.count)

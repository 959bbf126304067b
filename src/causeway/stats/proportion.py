"""Shares of counted rows, and their ratio, with 95 % intervals."""

import math

Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927); (0, 1) where there are no rows."""
    if not rows:
        return 0.0, 1.0
    share, z2 = hits / rows, Z * Z
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z / (1 + z2 / rows) * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows * rows))
    # at the ends the interval touches 0 or 1 exactly, which rounding would miss
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == rows else min(1.0, middle + half)


def ratio_interval(hits: int, rows: int, other_hits: int, other_rows: int) -> tuple[float, float]:
    """The interval of the ratio of two shares, `hits / rows` to the other (Katz et al., 1978, method C).

    Nothing is known, (0, inf), where either share is nought.
    """
    if not hits or not other_hits:
        return 0.0, math.inf
    spread = math.sqrt(1 / hits - 1 / rows + 1 / other_hits - 1 / other_rows)
    middle = math.log(hits / rows) - math.log(other_hits / other_rows)
    return math.exp(middle - Z * spread), math.exp(middle + Z * spread)

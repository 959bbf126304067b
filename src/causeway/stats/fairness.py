"""Whether groups of people fare alike: who is chosen, and who is rightly chosen."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.proportion import ratio_interval, wilson

Hits = NDArray[np.bool_]


class Rate(Struct, frozen=True):
    """A share of rows with its 95 % interval (Wilson, 1927)."""

    hits: int
    rows: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share; nought where there are no rows."""
        return self.hits / self.rows if self.rows else 0.0


class Group(Struct, frozen=True):
    """How one group fares: chosen of all, chosen of those it was true for, chosen of the others."""

    name: str
    chosen: Rate
    rightly: Rate
    """True positive rate; its differences are those of equal opportunity (Hardt et al., 2016)."""
    wrongly: Rate
    """False positive rate."""


class Fairness(Struct, frozen=True):
    """The group chosen least beside the group chosen most; `ratio` of their shares with its interval.

    Below 0.8 is what the four-fifths rule calls adverse impact (EEOC Uniform Guidelines, 1978).
    """

    groups: tuple[Group, ...]
    least: str
    most: str
    ratio: float
    low: float
    high: float


def rate(hits: Hits) -> Rate:
    """The share of true values."""
    return Rate(int(hits.sum()), len(hits), *wilson(int(hits.sum()), len(hits)))


def fairness_of(members: Mapping[str, Hits], *, truth: Hits, chosen: Hits) -> Fairness | None:
    """How the groups (name to a mask of rows) fare; None with fewer than two, or where nobody is chosen."""
    return fairness_between(
        [_group(name, truth[rows], chosen[rows]) for name, rows in members.items() if rows.any()]
    )


def fairness_between(groups: Sequence[Group]) -> Fairness | None:
    """The same of groups that were counted; None with fewer than two, or where nobody is chosen."""
    if len(groups) < 2 or not any(group.chosen.hits for group in groups):
        return None
    least, most = _ends(groups)
    low, high = ratio_interval(least.chosen.hits, least.chosen.rows, most.chosen.hits, most.chosen.rows)
    ratio = least.chosen.share / most.chosen.share
    return Fairness(tuple(groups), least.name, most.name, ratio, low, high)


def _group(name: str, truth: Hits, chosen: Hits) -> Group:
    return Group(name, rate(chosen), rate(chosen[truth]), rate(chosen[~truth]))


def _ends(groups: Sequence[Group]) -> tuple[Group, Group]:
    ordered = sorted(groups, key=lambda group: group.chosen.share)
    return ordered[0], ordered[-1]

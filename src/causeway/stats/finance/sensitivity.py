"""Which assumption the value hangs on: each at its P10 and P90 alone, and its rank correlation."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.finance.scenarios import NAMES, Case, Outlook, net_flows
from causeway.stats.finance.worth_now import npv

Array = NDArray[np.float64]


class Bar(Struct, frozen=True):
    """One bar of the tornado: the NPV with this number at its P10 and at its P90, all others at their P50."""

    number: str
    at_p10: float
    at_p90: float
    rank_correlation: float
    """Spearman's, between this number and the NPV over all scenarios."""

    @property
    def swing(self) -> float:
        """How far the bar reaches."""
        return abs(self.at_p90 - self.at_p10)


def tornado(case: Case, outlook: Outlook) -> tuple[Bar, ...]:
    """The bars of every number that is uncertain, the longest first."""
    bars = [
        Bar(
            name,
            _at(case, name, getattr(case, name).p10),
            _at(case, name, getattr(case, name).p90),
            rank_correlation(outlook.drawn.numbers[name], outlook.values),
        )
        for name in NAMES
        if getattr(case, name).p10 != getattr(case, name).p90
    ]
    return tuple(sorted(bars, key=lambda bar: -bar.swing))


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's rank correlation; ties share their mean rank; nought where either never changes."""
    a, b = _ranks(one), _ranks(other)
    if not a.std() or not b.std():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _at(case: Case, name: str, value: float) -> float:
    numbers = {each: np.array([getattr(case, each).p50]) for each in NAMES} | {name: np.array([value])}
    return float(npv(net_flows(case, numbers), rate=case.rate)[0])


def _ranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[places]

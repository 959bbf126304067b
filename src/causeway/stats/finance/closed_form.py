"""The value now where it is a straight line of one uncertain number: no scenarios are needed."""

from statistics import NormalDist

import numpy as np
from msgspec import Struct

from causeway.stats.finance.scenarios import NAMES, Case, Uncertain, net_flows
from causeway.stats.finance.worth_now import npv


class Line(Struct, frozen=True):
    """NPV = `fixed` + `slope` x the number, at its P10, P50 and P90; and the chance that it is positive."""

    number: str
    fixed: float
    slope: float
    npv: Uncertain
    pays: float


LINEAR = frozenset({"effect", "unit_value", "realised", "volume_factor", "run_factor", "build"})


def closed_form(case: Case) -> Line | None:
    """The exact outlook, where one number at most is open and the NPV a straight line of it; else None."""
    open_ = [name for name in NAMES if _is_open(getattr(case, name))]
    if len(open_) > 1 or not LINEAR.issuperset(open_):
        return None
    name = open_[0] if open_ else "effect"
    number: Uncertain = getattr(case, name)
    low, high = (_npv(case, name, at) for at in (0.0, 1.0))
    slope = high - low
    ends = sorted(low + slope * each for each in (number.p10, number.p90))
    middle = low + slope * number.p50
    found = Uncertain(ends[0], middle, ends[1])
    return Line(name, low, slope, found, _above_nought(found))


def _is_open(number: Uncertain) -> bool:
    return number.p10 != number.p90


def _npv(case: Case, name: str, value: float) -> float:
    numbers = {each: np.array([getattr(case, each).p50]) for each in NAMES} | {name: np.array([value])}
    return float(npv(net_flows(case, numbers), rate=case.rate)[0])


def _above_nought(value: Uncertain) -> float:
    """The chance that a number with these P10, P50 and P90 is above nought."""
    side = value.p50 - value.p10 if value.p50 > 0 else value.p90 - value.p50
    if side <= 0:
        return float(value.p50 > 0)
    return NormalDist().cdf(value.p50 / side * NormalDist().inv_cdf(0.9))

"""How fast a budget of errors is used up (The Site Reliability Workbook, 2018, chapter 5)."""

import math
from collections.abc import Sequence

from msgspec import Struct

SMALLEST = 1e-18


class Span(Struct, frozen=True):
    """Requests in some seconds since 1970, and how many of them were as promised."""

    since: float
    until: float
    good: int
    bad: int


class Burn(Struct, frozen=True):
    """So many of the requests were not as promised, beside what may be."""

    bad: int
    total: int
    allowed: float
    """Share that may be bad."""

    @property
    def share(self) -> float:
        """The share that was bad; nought where nothing came."""
        return self.bad / self.total if self.total else 0.0

    @property
    def rate(self) -> float:
        """How many times faster than allowed; at 1 the budget is used up just at its end."""
        return self.share / self.allowed

    @property
    def chance(self) -> float:
        """How likely at least as many are bad where no more than allowed are: the binomial tail."""
        return binomial_tail(self.bad, self.total, self.allowed)


def burn_of(spans: Sequence[Span], *, since: float, allowed: float) -> Burn:
    """What came since then; a span that began before and ended after counts whole."""
    mine = [each for each in spans if each.until > since]
    bad = sum(each.bad for each in mine)
    return Burn(bad, bad + sum(each.good for each in mine), allowed)


def binomial_tail(hits: int, rows: int, share: float) -> float:
    """The chance of at least so many hits, each by itself of this chance."""
    if hits <= 0:
        return 1.0
    if not 0 < share < 1:
        return float(share >= 1)
    # beyond the mean each term is smaller than the one before by a factor that grows
    upper = hits > rows * share
    first, last, step = (hits, rows, 1) if upper else (hits - 1, 0, -1)
    term = math.exp(_log_chance(first, rows, share))
    total, odds = 0.0, share / (1 - share)
    for count in range(first, last + step, step):
        total += term
        term *= (rows - count) / (count + 1) * odds if upper else count / (rows - count + 1) / odds
        if term < total * SMALLEST:
            break
    return min(1.0, total if upper else 1 - total)


def _log_chance(hits: int, rows: int, share: float) -> float:
    ways = math.lgamma(rows + 1) - math.lgamma(hits + 1) - math.lgamma(rows - hits + 1)
    return ways + hits * math.log(share) + (rows - hits) * math.log1p(-share)

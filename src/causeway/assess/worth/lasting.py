"""How far ahead anybody may look, at what discount, and how long an effect is taken to last."""

from datetime import date, timedelta

from msgspec import Struct

from causeway.assess.worth.amounts import month_end, share
from causeway.core.figure import Figure
from causeway.core.worth import Assumption, Benefit
from causeway.stats.finance.scenarios import Uncertain

USUAL_AHEAD = 12
"""Months that are looked ahead where no budget says until when it is paid for."""
MOST_AHEAD = 36
"""Further nobody can look, however long a budget is."""
RATE_A_YEAR = 0.08
DECAY_A_YEAR = (0.0, 0.2, 0.5)
"""The share of its effect that a product loses in a year of which nothing was seen yet: P10, P50, P90."""
YEAR_DAYS = 365


class Terms(Struct, frozen=True):
    """What a manifest says of the time ahead."""

    until: date | None = None
    """The last day that is paid for."""
    rate: float | None = None
    """What money is worth less a year later; None where nobody declared it."""

    @property
    def a_year(self) -> float:
        """The discount rate that holds."""
        return RATE_A_YEAR if self.rate is None else self.rate

    @property
    def discount(self) -> Assumption:
        """The same as an assumption."""
        source = "Causeway's default" if self.rate is None else "[budget] discount_rate"
        how = "Causeway's default, as nobody declared another" if self.rate is None else "declared"
        return Assumption(
            "discount rate", Figure(100 * self.a_year, "percent a year", how=how), source=source
        )

    def months_after(self, today: date) -> int:
        """How many months are looked ahead: as long as it is paid for, else a year."""
        first = month_end(today + timedelta(days=15))
        if self.until is None or self.until <= today:
            return USUAL_AHEAD
        count = (self.until.year - first.year) * 12 + self.until.month - first.month + 1
        return min(max(count, 1), MOST_AHEAD)

    def horizon(self, today: date) -> str:
        """Until when, in words, and why."""
        count = self.months_after(today)
        if self.until is None or self.until <= today:
            return f"{count} months ahead, as no budget says until when it is paid for"
        if count == MOST_AHEAD:
            return f"{count} months ahead at most"
        return f"until {self.until}, the last day that [budget] pays for"


def decay(benefit: Benefit) -> Uncertain:
    """The share of the effect that a year takes: what was seen to last for a year is taken to last."""
    unseen = max(0.0, 1 - _seen_days(benefit) / YEAR_DAYS)
    return Uncertain(*(unseen * each for each in DECAY_A_YEAR), least=0.0, most=1.0)


def fades(benefit: Benefit) -> str:
    """That the effect is taken to fade, in words; empty where it was seen for a year."""
    taken = decay(benefit)
    if not taken.p90:
        return ""
    return (
        f", less {share(taken.p10)} to {share(taken.p90)} of it a year (P10 to P90), "
        f"as this period shows {_seen_days(benefit)} days of it only"
    )


def lost(benefit: Benefit) -> Assumption | None:
    """The same as an assumption; None where it was seen for a year."""
    taken = decay(benefit)
    if not taken.p90:
        return None
    how = f"Causeway's default for what a period of {_seen_days(benefit)} days shows, P10 to P90"
    low, middle, high = (100 * each for each in (taken.p10, taken.p50, taken.p90))
    figure = Figure(middle, "percent a year", low=low, high=high, how=how)
    return Assumption("how much of the effect fades", figure, source="Causeway's default")


def _seen_days(benefit: Benefit) -> int:
    return (benefit.until - benefit.since).days + 1

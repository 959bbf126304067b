"""What is known of the service itself: what callers asked, how long answers took, what they brought."""

from datetime import datetime

from msgspec import Struct

from causeway.stats.mean_sequence import Sums


class Asked(Struct, frozen=True):
    """The requests of some seconds (since 1970), as the gateway counted them."""

    since: float
    until: float
    up_seconds: float
    """For how much of it any process of the gateway answered."""
    answered: int = 0
    refused: int = 0
    """The caller's doing: a body that is wrong, no key, too many requests."""
    failed: int = 0
    """The server's: statuses from 500 on, and what was turned away unread."""
    by_contract: int = 0
    """Of the refused ones: readable, but not what the release takes."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.answered + self.refused + self.failed


class Timed(Struct, frozen=True):
    """Answered rows of some seconds (since 1970), by whether they came in the time that was promised."""

    since: float
    until: float
    within: int
    slow: int


class Service(Struct, frozen=True):
    """Oldest first; by the minute lately, by the hour before."""

    asked: tuple[Asked, ...] = ()
    """Empty where no gateway said what it answered."""
    timed: tuple[Timed, ...] = ()


class KpiDay(Struct, frozen=True):
    """The business measure of what was answered on one day (since 1970, UTC)."""

    day: int
    predictions: int
    sums: Sums
    """Of the values that came; of one entity or request their mean."""


class Kpi(Struct, frozen=True):
    """The business measure as it came, per prediction or per measurement of the declared query."""

    days: tuple[KpiDay, ...] = ()
    """Oldest first."""
    mature_days: float | None = None
    """After so many days nearly all values that come at all have come; None where nobody knows."""
    measured: tuple[tuple[datetime, float], ...] = ()
    """The query's answers since something went live, oldest first."""


class Scored(Struct, frozen=True):
    """A scoring of a table, and how many of its rows the contract set apart."""

    at: datetime
    rows: int
    set_apart: int

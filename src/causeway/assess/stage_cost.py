"""What the stages of a run cost: the seconds they took, at the price of a server on the rate card."""

from collections.abc import Iterable

from msgspec import Struct

from causeway.assess.rates import RateCard
from causeway.core.figure import Figure, plain

SECONDS_AN_HOUR = 3600.0


class ServerRate(Struct, frozen=True):
    """What a server costs an hour in this currency, as cheap, usual and dear places sell it."""

    low: float
    likely: float
    high: float
    currency: str
    vcpus: int
    version: str

    def total(self, seconds: Iterable[float]) -> Figure:
        """What all of them cost together, from the cheap price to the dear one."""
        hours = sum(seconds) / SECONDS_AN_HOUR
        how = (
            f"estimated from the rate card of {self.version}: {hours * SECONDS_AN_HOUR:.1f} seconds of one "
            f"server with {self.vcpus} vCPUs at {plain(self.likely)} {self.currency} an hour; without people"
        )
        return Figure(
            self.likely * hours, self.currency, low=self.low * hours, high=self.high * hours, how=how
        )


def server_rate(card: RateCard, currency: str) -> ServerRate:
    """The card's server in this currency, or in the card's own where it does not say what one is in it."""
    factor = card.to(currency)
    server = card.server
    return ServerRate(
        low=server.hour_low * (factor or 1.0),
        likely=server.hour_likely * (factor or 1.0),
        high=server.hour_high * (factor or 1.0),
        currency=currency if factor and currency else card.currency,
        vcpus=server.vcpus,
        version=card.version,
    )

"""The rate card on a day: the price that was set last for it, or a default that nobody set."""

from collections.abc import Sequence
from datetime import date

from causeway.views.spend import Rate


class Prices:
    """Looks up prices; what was set counts before any default, and one for a product before one for all."""

    def __init__(self, rates: Sequence[Rate], defaults: Sequence[Rate] = ()) -> None:
        self.rates = tuple(rates)
        self.defaults = tuple(defaults)

    def at(self, name: str, day: date, *, product: str = "") -> Rate | None:
        """The price that holds on this day, of `tokens-in:MODEL` else of `tokens-in`; or None."""
        general = name.partition(":")[0]
        for wanted in dict.fromkeys((name, general)):
            for rates in (self.rates, self.defaults):
                for whose in dict.fromkeys((product, "")):
                    if found := _latest(rates, wanted, day, whose):
                        return found
        return None


def _latest(rates: Sequence[Rate], name: str, day: date, product: str) -> Rate | None:
    held = [rate for rate in rates if rate.rate == name and rate.product == product and rate.since <= day]
    return max(held, key=lambda rate: (rate.since, rate.seq), default=None)

"""What computing and storage cost: a versioned card, bundled, or the product's own."""

import pkgutil
from typing import Any

import msgspec
from msgspec import Struct

from causeway.core.errors import UsageError
from causeway.core.toml_reading import read_toml


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """One server an hour, in the card's currency, as cheap, usual and dear places sell it."""

    vcpus: int
    hour_low: float
    hour_likely: float
    hour_high: float


class Storage(Struct, frozen=True, forbid_unknown_fields=True):
    """A GB of storage a month, in the card's currency."""

    gb_month: float


class RateCard(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices with date (`version`) and source; `exchange` says what one unit is in other currencies."""

    version: str
    source: str
    currency: str
    server: Server
    storage: Storage
    exchange: dict[str, float | str] = {}

    def to(self, currency: str) -> float | None:
        """What one unit of the card's currency is in this one; None where the card does not say."""
        if currency in {"", self.currency}:
            return 1.0
        rate = self.exchange.get(currency)
        return rate if isinstance(rate, float | int) and rate > 0 else None

    @property
    def exchanged(self) -> str:
        """Where the exchange rates come from."""
        return str(self.exchange.get("source", "the card's own"))


def bundled_rates() -> RateCard:
    """The card that Causeway brings."""
    content = pkgutil.get_data("causeway.assess", "rates.toml") or b""
    return read_rates(content.decode(), where="rates.toml")


def read_rates(text: str, *, where: str) -> RateCard:
    """The card in this text; raises UsageError with what is wrong."""
    hint = "write it as docs/forecast.md shows, or take `rates` out of [budget]"
    try:
        tables: dict[str, Any] = read_toml(text)
        card = msgspec.convert(tables, RateCard)
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"the rate card cannot be read: {error}", where=where, hint=hint) from error
    hours = (card.server.hour_low, card.server.hour_likely, card.server.hour_high)
    if not 0 <= hours[0] <= hours[1] <= hours[2] or card.server.vcpus < 1 or card.storage.gb_month < 0:
        raise UsageError("the prices of the rate card are out of order", where=where, hint=hint)
    return card

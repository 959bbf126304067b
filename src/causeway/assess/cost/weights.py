"""By what a shared resource is split: services by tokens, storage by bytes, all else by processor time."""

from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal

from msgspec import Struct

from causeway.assess.cost.meter import Used, cpu_of
from causeway.views.metering import Kept

SERVICES, STORAGE = "ai services", "storage"


class Weights(Struct, frozen=True):
    """What one product used, day by day."""

    cpu: Mapping[date, float]
    tokens: Mapping[date, int]
    requests: Mapping[date, int]
    kept: tuple[Kept, ...]

    def of(self, category: str, day: date) -> Decimal:
        """What counts for this category."""
        if category == SERVICES:
            # where nobody recorded tokens, a request stands for them
            return Decimal(self.tokens.get(day, 0) or self.requests.get(day, 0))
        if category == STORAGE:
            return Decimal(sum(each.bytes for each in self.kept if _lay(each, day)))
        return Decimal(str(self.cpu.get(day, 0.0)))


def weights_of(used: Used) -> Weights:
    """What the product used."""
    tokens: dict[date, int] = {}
    requests: dict[date, int] = {}
    for day, each, _ in used.metered.usage:
        tokens[day] = tokens.get(day, 0) + each.tokens_in + each.tokens_cached + each.tokens_out
        requests[day] = requests.get(day, 0) + each.requests
    return Weights(cpu_of(used), tokens, requests, tuple(used.metered.kept.values()))


def _lay(kept: Kept, day: date) -> bool:
    since = kept.since.astimezone(UTC).date()
    return since <= day and (kept.until is None or day <= kept.until.astimezone(UTC).date())

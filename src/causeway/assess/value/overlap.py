"""Several products that claim the same measure: who else does, and what may be counted twice."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from causeway.assess.value.money import CENT
from causeway.assess.value.plan import BY_CHANCE

NOTHING = Decimal(0)


class Claim(Struct, frozen=True):
    """What another product last claimed to have brought."""

    product: str
    kpi: str
    currency: str
    since: date
    until: date
    booked: Decimal
    design: str = ""


def others_on(kpi: str, claims: Sequence[Claim], *, since: date, until: date) -> tuple[Claim, ...]:
    """The claims on the same measure over any of the same days."""
    wanted = _plain(kpi)
    return tuple(
        each
        for each in claims
        if wanted and _plain(each.kpi) == wanted and each.since <= until and each.until >= since
    )


def counted_twice(
    own: Decimal, others: Sequence[Claim], *, design: str, observed: Decimal | None, currency: str
) -> Decimal:
    """How much of the own claim may be in another's too.

    Nothing where chance assigned: a holdout's units had all the other products, so the rest is this one's.
    Else what all together claim beyond the change that was `observed` at least is taken off, in proportion;
    where nobody observed it, as much as the others claim.
    """
    if design in BY_CHANCE or own <= 0:
        return NOTHING
    theirs = sum((each.booked for each in others if each.currency == currency), NOTHING)
    if theirs <= 0:
        return NOTHING
    if observed is None:
        return min(own, theirs)
    beyond = own + theirs - max(observed, NOTHING)
    return (max(NOTHING, beyond) * own / (own + theirs)).quantize(CENT, ROUND_CEILING)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())

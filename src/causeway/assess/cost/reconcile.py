"""The metered estimate and the billed actual side by side: how far apart, and whether that is too far."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from causeway.core.worth import SpentLine

TOLERANCE = Decimal("0.02")
"""Of what was billed."""
SERVERS = frozenset({"compute", "idle", "peaks"})
"""An invoice asks for a server whether it is used or not."""


class Reconciled(Struct, frozen=True):
    """What both cover; neither is ever scaled to the other."""

    metered: Decimal
    billed: Decimal
    variance: Decimal
    """Billed less metered."""
    share: Decimal | None
    """The variance of what was billed; None where nothing was."""
    tolerated: bool


def group_of(category: str) -> str:
    """What an invoice covers together."""
    return "servers" if category in SERVERS else category


def of_lines(lines: Iterable[SpentLine]) -> Reconciled | None:
    """Both beside each other, of what is invoiced together and has both; None where nothing has."""
    billed: dict[str, Decimal] = {}
    metered: dict[str, Decimal] = {}
    for each in lines:
        if each.billed is not None:
            group = group_of(each.category)
            billed[group] = billed.get(group, Decimal(0)) + each.billed
            if each.metered is not None:
                metered[group] = metered.get(group, Decimal(0)) + each.metered
    if not metered:
        return None
    return reconciled(sum(metered.values(), Decimal(0)), sum((billed[each] for each in metered), Decimal(0)))


def reconciled(metered: Decimal, billed: Decimal, *, tolerance: Decimal = TOLERANCE) -> Reconciled:
    """Both beside each other."""
    variance = billed - metered
    share = (variance / abs(billed)) if billed else None
    return Reconciled(metered, billed, variance, share, abs(variance) <= tolerance * abs(billed))

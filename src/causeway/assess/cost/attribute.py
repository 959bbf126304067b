"""Whose a cost is: the product's that claims it, else shared as agreed, else nobody's; no cent is lost.

In this order: who owns the resource, the tag, the account or the service outright; what those who share it
used, as it was metered; shares that were agreed on; even shares; and what is left belongs to no product.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import TypeVar

from msgspec import Struct

from causeway.assess.cost.cents import PRECISION
from causeway.core.costs import BillLine

K = TypeVar("K", bound=Hashable)

DIRECT, METERED, FIXED, EVEN, UNALLOCATED = "direct", "metered", "fixed", "even", "unallocated"
NOBODY = ""
"""The product of what is unallocated."""
HUNDRED = Decimal(100)
FINE = Decimal("1e-12")
"""What a line is split to; cents are made of sums only."""
PRODUCT_TAGS = frozenset({"product", "causeway:product", "causeway-product", "causeway_product"})
"""A tag of this name that says a product's name is a claim without further words."""


class Claim(Struct, frozen=True, omit_defaults=True):
    """What a product says of one part of the bills; every word in it must match."""

    product: str
    account: str = ""
    resource: str = ""
    tag: str = ""
    """`key=value`, or a key alone."""
    service: str = ""
    category: str = ""
    share: str = DIRECT
    """`direct`, `metered`, `even`, or a percentage that was agreed on."""

    @property
    def weight(self) -> int:
        """How narrow it is: a resource before a tag, a tag before an account, that before a service."""
        parts = (self.resource, self.tag, self.account, self.service, self.category)
        return sum(bool(part) << (4 - place) for place, part in enumerate(parts))


class Portion(Struct, frozen=True):
    """What of a line came to a product, and by which rule."""

    product: str
    rule: str
    billed: Decimal
    effective: Decimal
    line: BillLine
    why: str = ""


Weigh = Callable[[str, BillLine], Decimal]
"""How much a product used on the line's day of what its category is shared by."""


def normal(text: str) -> str:
    """A key or a name as it is compared: spaces around it and capitals do not matter."""
    return text.strip().casefold()


def apportioned(
    total: Decimal, weights: Mapping[K, Decimal], *, quantum: Decimal | None = None
) -> dict[K, Decimal]:
    """The total in parts by weight, each a multiple of the quantum, which sum to it exactly.

    What rounding leaves goes to those that lost most by it. Without any weight the parts are even. The
    quantum is the total's own last digit where none is named; of one that is the total must be a multiple.
    """
    if len(weights) < 2:
        return dict.fromkeys(weights, total)
    with localcontext(Context(prec=PRECISION)):
        positive = {key: max(weight, Decimal(0)) for key, weight in weights.items()}
        whole = sum(positive.values(), Decimal(0))
        if not whole:
            positive, whole = dict.fromkeys(positive, Decimal(1)), Decimal(len(positive))
        step = quantum or _own(total)
        exact = {key: total * weight / whole for key, weight in positive.items()}
        return _rounded(exact, total, step)


def _rounded(exact: Mapping[K, Decimal], total: Decimal, step: Decimal) -> dict[K, Decimal]:
    floors = {key: value.quantize(step, ROUND_FLOOR) for key, value in exact.items()}
    left = int(((total - sum(floors.values(), Decimal(0))) / step).to_integral_value())
    # in the order in which they came, where two lost the same
    lost = sorted(exact, key=lambda key: floors[key] - exact[key])
    for place in range(left):
        floors[lost[place % len(lost)]] += step
    return floors


def _own(total: Decimal) -> Decimal:
    """The last digit of the total, cents at least."""
    exponent = total.as_tuple().exponent
    digits = exponent if isinstance(exponent, int) else -2
    return Decimal(1).scaleb(min(digits, -2))


def attributed(
    lines: Iterable[BillLine], claims: Sequence[Claim], weigh: Weigh, *, products: Sequence[str] = ()
) -> list[Portion]:
    """Every line in portions that sum to it; `weigh` says what each product used that day.

    `products` are those whose name in a tag called `product` is a claim.
    """
    known = {normal(name): name for name in products}
    chosen: dict[tuple[object, ...], tuple[Claim, ...]] = {}
    found: list[Portion] = []
    for line in lines:
        key = (line.account, line.resource, line.service, line.category, tuple(sorted(line.tags.items())))
        if key not in chosen:
            chosen[key] = _claims_on(line, claims, known)
        found += _portions(line, chosen[key], weigh)
    return found


def _claims_on(line: BillLine, claims: Sequence[Claim], known: Mapping[str, str]) -> tuple[Claim, ...]:
    """The narrowest claims that match the line."""
    matching = [claim for claim in claims if _matches(claim, line)]
    matching += [
        Claim(known[normal(value)], tag=f"{key}={value}")
        for key, value in line.tags.items()
        if normal(key) in PRODUCT_TAGS and normal(value) in known
    ]
    narrowest = max((claim.weight for claim in matching), default=0)
    return tuple(dict.fromkeys(claim for claim in matching if claim.weight == narrowest))


def _matches(claim: Claim, line: BillLine) -> bool:
    if not claim.weight:
        return False
    key, equals, value = claim.tag.partition("=")
    tags = {normal(name): normal(each) for name, each in line.tags.items()}
    return (
        (not claim.account or normal(claim.account) == normal(line.account))
        and (not claim.resource or normal(claim.resource) == normal(line.resource))
        and (not claim.service or normal(claim.service) == normal(line.service))
        and (not claim.category or normal(claim.category) == normal(line.category))
        and (not key or (normal(key) in tags and (not equals or tags[normal(key)] == normal(value))))
    )


def _portions(line: BillLine, claims: Sequence[Claim], weigh: Weigh) -> list[Portion]:
    rule, weights, why = shares(claims, lambda product: weigh(product, line))
    # finer than cents, or whoever comes first would get each cent of a bill of cents
    billed, effective = (
        apportioned(each, weights, quantum=min(_own(each), FINE)) for each in (line.billed, line.effective)
    )
    return [
        Portion(name, UNALLOCATED if name == NOBODY else rule, billed[name], effective[name], line, why)
        for name in weights
    ]


def shares(claims: Sequence[Claim], weigh: Callable[[str], Decimal]) -> tuple[str, dict[str, Decimal], str]:
    """The rule by which these claims share something, the weights, and why a part is nobody's."""
    direct = sorted({claim.product for claim in claims if claim.share == DIRECT})
    if len(direct) == 1:
        return DIRECT, {direct[0]: Decimal(1)}, ""
    if len(direct) > 1:
        return UNALLOCATED, {NOBODY: Decimal(1)}, f"{' and '.join(direct)} each claim all of it"
    used = {claim.product: weigh(claim.product) for claim in claims if claim.share == METERED}
    used = {product: weight for product, weight in used.items() if weight > 0}
    if used:
        return METERED, used, ""
    agreed = {claim.product: Decimal(claim.share) for claim in claims if claim.share not in (METERED, EVEN)}
    if agreed:
        return _agreed(agreed)
    sharers = sorted({claim.product for claim in claims})
    if sharers:
        return EVEN, dict.fromkeys(sharers, Decimal(1)), ""
    return UNALLOCATED, {NOBODY: Decimal(1)}, "no product claims it"


def _agreed(agreed: Mapping[str, Decimal]) -> tuple[str, dict[str, Decimal], str]:
    total = sum(agreed.values(), Decimal(0))
    if total > HUNDRED:
        why = f"the agreed shares are {total} % together: {', '.join(sorted(agreed))}"
        return UNALLOCATED, {NOBODY: Decimal(1)}, why
    left = {NOBODY: HUNDRED - total} if total < HUNDRED else {}
    return FIXED, {**agreed, **left}, f"{total} % are agreed on"

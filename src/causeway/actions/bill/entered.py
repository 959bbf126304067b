"""Costs that no bill shows, entered by a person: time, building it once, licences. One event each."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from causeway.actions.bill.kept import entered
from causeway.actions.bill.rate import MAX_WORDS, check_amount, check_currency
from causeway.actions.workspace import Workspace
from causeway.assess.cost.cents import CENT
from causeway.core.costs import BILLS_CHAIN, ENTERED, CostEntered, CostWithdrawn
from causeway.core.errors import NotFound, UsageError
from causeway.views.prices import Prices

HOURS_A_DAY = Decimal(8)
PEOPLE = "people"
LONGEST = timedelta(days=3660)


class Spell(Struct, frozen=True):
    """From when to when a cost is for, both days included."""

    since: date
    until: date


class CostKept(Struct, frozen=True):
    """A cost that was entered, with the number to withdraw it by: `entered`."""

    status: str
    product: str
    """Empty where all products share it."""
    entry: int
    category: str
    amount: Decimal
    currency: str
    since: date
    until: date
    what: str
    days: Decimal | None = None
    price: Decimal | None = None
    """Of a day, where days were entered."""


class CostGone(Struct, frozen=True):
    """An entry that counts no more: `withdrawn`."""

    status: str
    product: str
    entry: int
    category: str
    amount: Decimal
    currency: str


def enter_amount(
    work: Workspace,
    product: str,
    category: str,
    amount: Decimal,
    *,
    currency: str,
    spell: Spell,
    what: str = "",
) -> CostKept:
    """Enters an amount; `product` is empty where all products share it."""
    check_amount(amount, "amount")
    check_currency(currency)
    fact = CostEntered(category, amount, currency, spell.since, spell.until, _words(what))
    return _keep(work, product, fact)


def enter_days(
    work: Workspace, product: str, days: Decimal, *, book: Prices, spell: Spell, what: str = ""
) -> CostKept:
    """Enters days that people spent, at the price of the rate card on the first of them."""
    check_amount(days, "number of days")
    rate = book.at("person-day", spell.since, product=product)
    hour = book.at("person-hour", spell.since, product=product)
    price = rate.price if rate else hour.price * HOURS_A_DAY if hour else None
    used = rate or hour
    if price is None or used is None:
        raise UsageError(
            "a day of a person has no price yet",
            hint="set one: causeway bill rate person-day 700 --currency EUR; or say it: --amount",
        )
    amount = (days * price).quantize(CENT, ROUND_HALF_UP)
    fact = CostEntered(PEOPLE, amount, used.currency, spell.since, spell.until, _words(what), days, used.seq)
    return _keep(work, product, fact, price=price)


def withdraw_cost(work: Workspace, product: str, entry: int, *, because: str) -> CostGone:
    """Takes an entry out of every sum, for a reason; its event stays."""
    because = _words(because)
    if not because:
        raise UsageError("an entry is withdrawn for a reason", hint='say it: --because "..."')
    chain = product or BILLS_CHAIN
    head = work.ledger.head(chain).seq
    known = entered(work, product)
    found = next((each for each in known if each.seq == entry), None)
    if found is None:
        counted = ", ".join(str(each.seq) for each in known) or "none"
        whose = f"of {product}" if product else "that all products share"
        raise NotFound(f"no entry {whose} has the number {entry}", hint=f"those that count: {counted}")
    work.ledger.append(
        chain, [CostWithdrawn(entry, because)], actor=work.actor, at=work.clock.now(), expected=head
    )
    return CostGone("withdrawn", product, entry, found.category, found.amount, found.currency)


def _keep(work: Workspace, product: str, fact: CostEntered, *, price: Decimal | None = None) -> CostKept:
    if fact.category not in ENTERED:
        raise UsageError(f"{fact.category} is not entered by hand", hint=f"one of: {', '.join(ENTERED)}")
    if fact.until - fact.since > LONGEST:
        raise UsageError(
            f"{fact.since} to {fact.until} is more than ten years", hint="enter a cost for each of its years"
        )
    if fact.until < fact.since:
        raise UsageError(f"{fact.until} lies before {fact.since}", hint="--until is the last day of it")
    (event,) = work.ledger.append(product or BILLS_CHAIN, [fact], actor=work.actor, at=work.clock.now())
    return CostKept(
        status="entered",
        product=product,
        entry=event.body.seq,
        category=fact.category,
        amount=fact.amount,
        currency=fact.currency,
        since=fact.since,
        until=fact.until,
        what=fact.what,
        days=fact.days,
        price=price,
    )


def _words(text: str) -> str:
    return " ".join(text.split())[:MAX_WORDS]

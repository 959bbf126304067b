"""The rate card: prices that somebody set, each from a day on; and the defaults where nobody did."""

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal
from pathlib import Path

from msgspec import Struct

from causeway.actions.bill.kept import bills_of, decide_bills
from causeway.actions.forecasting import rates_of
from causeway.actions.workspace import MANIFEST, Workspace, load_product
from causeway.assess.rates import RateCard
from causeway.core.costs import RATES, RateSet
from causeway.core.errors import UsageError
from causeway.core.events import AnyFact
from causeway.core.focus import focus_rules
from causeway.core.ids import check_product_name
from causeway.core.manifest import Manifest
from causeway.views.prices import Prices
from causeway.views.spend import Bills, Rate

MAX_WORDS = 500
MOST = Decimal(10) ** 12
STEP = Decimal("1e-12")
_EXACT = Context(prec=40)
SECONDS_AN_HOUR = 3600
FOR_A_MODEL = frozenset({"tokens-in", "tokens-cached", "tokens-out", "request"})
ALWAYS = date(1970, 1, 1)
"""Since when a default holds."""


class PriceSet(Struct, frozen=True):
    """A price on the card: `set`, or `already_set`."""

    status: str
    rate: str
    buys: str
    """What the price buys."""
    category: str
    price: Decimal
    currency: str
    since: date
    product: str = ""
    source: str = ""
    before: Rate | None = None
    """The price that held on that day until now."""


class PriceListed(Struct, frozen=True):
    """A price, who set it, and whether it holds today."""

    rate: str
    buys: str
    category: str
    price: Decimal
    currency: str
    since: date | None
    """None where it is a default."""
    by: str
    """Who set it; where it is a default, what it comes from."""
    source: str
    product: str
    holds: bool
    seq: int


class PriceList(Struct, frozen=True):
    """Every price that was ever set, and the defaults; and what has no price at all."""

    prices: tuple[PriceListed, ...]
    without: tuple[str, ...]


def set_price(
    work: Workspace,
    rate: str,
    price: Decimal,
    *,
    currency: str,
    since: date,
    source: str = "",
    product: str = "",
) -> PriceSet:
    """Puts a price on the card, from a day on; an event, and nothing that was there is changed."""
    _check(rate, price, currency)
    if product:
        check_product_name(product)
    fact = RateSet(rate, price, currency, since, " ".join(source.split())[:MAX_WORDS], product)
    category, buys = RATES[rate.partition(":")[0]]
    found: list[tuple[str, Rate | None]] = []

    def facts_of(known: Bills) -> Sequence[AnyFact]:
        mine = [each for each in known.rates if each.rate == rate]
        before = Prices(mine).at(rate, since, product=product)
        is_same = before and (before.price, before.currency, before.product) == (price, currency, product)
        found[:] = [("already_set" if is_same else "set", before)]
        return () if is_same else (fact,)

    decide_bills(work, facts_of)
    ((status, before),) = found
    return PriceSet(status, rate, buys, category, price, currency, since, product, fact.source, before)


def prices(work: Workspace, manifest: Manifest | None = None, *, folder: Path | None = None) -> Prices:
    """The rate card, with the defaults of the card in files and of the manifest's day rate."""
    card = rates_of(folder or work.root, manifest)
    return Prices(bills_of(work).rates, defaults_of(card, manifest))


def price_list(work: Workspace, folder: Path, *, rate: str = "", today: date) -> PriceList:
    """All prices, or all of one name, the newest last."""
    manifest = load_product(work, folder)[0] if (folder / MANIFEST).is_file() else None
    book = prices(work, manifest, folder=folder)
    listed = [
        _listed(work, each, book, today)
        for each in sorted((*book.defaults, *book.rates), key=lambda each: (each.rate, each.since, each.seq))
        if rate in {"", each.rate, each.rate.partition(":")[0]}
    ]
    named = {each.rate.partition(":")[0] for each in listed}
    return PriceList(tuple(listed), tuple(name for name in RATES if name not in named and rate in {"", name}))


def defaults_of(card: RateCard, manifest: Manifest | None) -> tuple[Rate, ...]:
    """What holds where nobody set a price: the card in a file, and the manifest's day rate."""
    second = Decimal(str(card.server.hour_likely)) / card.server.vcpus / SECONDS_AN_HOUR
    source = f"rate card {card.version}"
    found = [
        Rate("cpu-second", second.quantize(STEP).normalize(), card.currency, ALWAYS, source),
        Rate("gb-month", Decimal(str(card.storage.gb_month)), card.currency, ALWAYS, source),
    ]
    if manifest and manifest.budget.day_rate is not None and manifest.budget.currency:
        named = f"[budget] day_rate of {manifest.product.name}"
        found.append(Rate("person-day", manifest.budget.day_rate, manifest.budget.currency, ALWAYS, named))
    return tuple(found)


def check_currency(currency: str) -> None:
    """Refuses what is no code of a currency."""
    if currency not in focus_rules().currencies:
        raise UsageError(
            f"{currency!r} is no currency", hint="write its code of three letters, for instance EUR"
        )


def check_amount(amount: Decimal, what: str) -> None:
    """Refuses what is no amount that somebody pays."""
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise UsageError(f"{amount} is no {what}", hint="write plain digits, 0 or more")
    if amount != amount.quantize(STEP, context=_EXACT):
        raise UsageError(f"{amount} is no {what} that anybody pays", hint="write at most 12 decimals")


def _check(rate: str, price: Decimal, currency: str) -> None:
    name, _, model = rate.partition(":")
    if name not in RATES:
        raise UsageError(f"there is no rate {name!r}", hint=f"one of: {', '.join(RATES)}")
    if rate != name and (name not in FOR_A_MODEL or not model.strip() or model != model.strip()):
        raise UsageError(
            f"{rate!r} names no model", hint=f"for a model: {', '.join(sorted(FOR_A_MODEL))}, then :MODEL"
        )
    check_amount(price, "price")
    check_currency(currency)


def _listed(work: Workspace, rate: Rate, book: Prices, today: date) -> PriceListed:
    category, buys = RATES.get(rate.rate.partition(":")[0], ("", ""))
    return PriceListed(
        rate=rate.rate,
        buys=buys,
        category=category,
        price=rate.price,
        currency=rate.currency,
        since=rate.since if rate.seq else None,
        by=_who(work, rate.actor) if rate.seq else rate.source,
        source=rate.source if rate.seq else "",
        product=rate.product,
        holds=book.at(rate.rate, today, product=rate.product) == rate,
        seq=rate.seq,
    )


def _who(work: Workspace, actor: str) -> str:
    known = work.ledger.resolve(actor)
    return (known.name or known.email) if known else actor


def today_of(work: Workspace) -> date:
    """The day that it is."""
    return work.clock.now().date()

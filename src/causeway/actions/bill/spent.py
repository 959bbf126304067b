"""What products of a workspace cost in a period: metered, billed and entered, each part once."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import structs

from causeway.actions.bill.kept import bills_of, lines_around
from causeway.actions.bill.meter import used_of
from causeway.actions.bill.rate import defaults_of
from causeway.actions.decide import product_state
from causeway.actions.forecasting import rates_of
from causeway.actions.homes import home_of
from causeway.actions.routes import promise
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.cost.account import Account, Cell, billed_cells, metered_cells
from causeway.assess.cost.attribute import DIRECT, Claim, Portion, attributed
from causeway.assess.cost.cents import parts_of
from causeway.assess.cost.meter import days_of, idle, priced
from causeway.assess.cost.weights import weights_of
from causeway.assess.rates import RateCard
from causeway.core.costs import BillLine
from causeway.core.errors import CausewayError, NotFound
from causeway.core.events import Event
from causeway.core.ids import is_product_name
from causeway.core.manifest import Manifest, ProductPart
from causeway.core.worth import Spent, SpentPart
from causeway.views.prices import Prices
from causeway.views.spend import Bills, Entry, Rate, Statement, entries


class Accounts:
    """Everything that a workspace spent in a period."""

    def __init__(
        self,
        cells: Iterable[Cell],
        manifests: Mapping[str, Manifest],
        periods: Mapping[int, tuple[date, date]],
        *,
        since: date,
        until: date,
    ) -> None:
        self.since, self.until = since, until
        self.manifests = manifests
        self._cells = tuple(cells)
        self._periods = periods
        self._made: dict[str, Account] = {}

    def account(self, currency: str) -> Account:
        """All of it that is in this currency."""
        if currency not in self._made:
            self._made[currency] = Account(
                self._cells, currency, self._periods, since=self.since, until=self.until
            )
        return self._made[currency]

    def currency(self, product: str) -> str:
        """What the product's cost is shown in: the one that it declares, else that of most of its cost."""
        declared = self.manifests[product]
        totals = self._totals(product)
        most = max(totals, key=lambda name: abs(totals[name]), default="")
        return declared.budget.currency or declared.kpi.currency or most

    def elsewhere(self, product: str) -> dict[str, Decimal]:
        """What the product cost in other currencies."""
        shown = self.currency(product)
        return {name: total for name, total in self._totals(product).items() if total and name != shown}

    def categories(self, products: Collection[str]) -> set[str]:
        """Those of which anything is known of these products."""
        return {each.category for each in self._within() if each.product in products}

    def _totals(self, product: str) -> dict[str, Decimal]:
        currencies = sorted({each.currency for each in self._within() if each.product == product})
        return {name: self.account(name).total(product) for name in currencies}

    def _within(self) -> Iterator[Cell]:
        return (each for each in self._cells if self.since <= each.day <= self.until)


def spent(work: Workspace, product: str, *, since: date, until: date) -> Spent:
    """What the product cost from `since` up to and including `until`."""
    return spent_all(work, since=since, until=until, products=(product,))[product]


def spent_all(work: Workspace, *, since: date, until: date, products: Sequence[str] = ()) -> dict[str, Spent]:
    """What each of these products cost, or all of them; read once."""
    accounts = accounts_of(work, since=since, until=until)
    return {name: spent_of(accounts, name)[0] for name in products or tuple(accounts.manifests)}


def spent_of(accounts: Accounts, product: str) -> tuple[Spent, list[tuple[str, str, Decimal]]]:
    """What the product cost; and in its currency by category and service what belongs to no product."""
    _expect(product, accounts)
    currency = accounts.currency(product)
    account = accounts.account(currency)
    made = structs.replace(account.spent(product), elsewhere=accounts.elsewhere(product))
    return made, account.orphans()


def parts(work: Workspace, product: str, since: date, until: date) -> tuple[SpentPart, ...]:
    """The same by day, release, category and rule; billed where it is known, else metered."""
    accounts = accounts_of(work, since=since, until=until)
    _expect(product, accounts)
    return accounts.account(accounts.currency(product)).parts(product)


def accounts_of(work: Workspace, *, since: date, until: date) -> Accounts:
    """Everything that all products of the workspace cost, and what is nobody's."""
    names = [name for name in work.products() if is_product_name(name)]
    manifests = {name: manifest_of(work, name) for name in names}
    events = {name: work.ledger.read(name) for name in names}
    now = work.clock.now().astimezone(UTC)
    gathered = _Gathered(work, bills_of(work), manifests, events)
    # the earlier days of its first month are what the period is rounded by
    first = since.replace(day=1)
    measured = days_of(first, min(until, now.date()))
    billed = gathered.billed(first, until)
    cells = [*gathered.metered(measured, now), *gathered.idle(measured), *gathered.entered()]
    cells += [*billed, *gathered.shared()]
    last: dict[int, date] = {}
    for each in billed:
        last[each.bill] = max(each.day, last.get(each.bill, date.min))
    periods = {
        each.seq: (each.since, told_until(each, last.get(each.seq, each.until)))
        for each in gathered.known.statements
    }
    return Accounts(cells, manifests, periods, since=since, until=until)


def told_until(bill: Statement, last: date) -> date:
    """The last day that the bill tells of: of one that came before its period was over, its last charge's."""
    came = bill.at.astimezone(UTC).date()
    return bill.until if came > bill.until else min(bill.until, last, came)


def manifest_of(work: Workspace, product: str) -> Manifest:
    """The promise in the product's folder now, else the one that it was declared with."""
    with suppress(CausewayError, OSError):
        if (home := home_of(work, product)) is not None:
            return load_product(work, home)[0]
    with suppress(CausewayError):
        return promise(work, product_state(work, product))
    return Manifest(ProductPart(product))


def _expect(product: str, accounts: Accounts) -> None:
    if product not in accounts.manifests:
        there = f"there are: {', '.join(sorted(accounts.manifests)) or 'none'}"
        raise NotFound(f"there is no product {product} here", hint=there)


class _Gathered:
    """What the ledger and the manifests say, from which every amount is made."""

    def __init__(
        self,
        work: Workspace,
        known: Bills,
        manifests: Mapping[str, Manifest],
        events: Mapping[str, Sequence[Event]],
    ) -> None:
        self.work, self.known, self.manifests = work, known, manifests
        self._every = [used_of(work, name, events=held) for name, held in events.items()]
        self._entries = {name: entries(held) for name, held in events.items()}
        self._cards = {
            name: rates_of(home_of(work, name) or work.root, each) for name, each in manifests.items()
        }
        self._books = {name: self._book(name) for name in manifests}
        self._weights = {each.product: weights_of(each) for each in self._every}
        self._weighed: dict[tuple[str, str, date], Decimal] = {}
        self._claims = [
            Claim(name, part.account, part.resource, part.tag, part.service, part.category, part.share)
            for name, manifest in manifests.items()
            for part in manifest.costs
        ]

    def at(self, name: str, day: date, *, product: str = "") -> Rate | None:
        """The price that the product pays."""
        return self._books[product].at(name, day, product=product)

    def metered(self, days: Sequence[date], now: datetime) -> Iterator[Cell]:
        """What each product used."""
        if days:
            for each in self._every:
                yield from metered_cells(priced(each, self, since=days[0], until=days[-1], now=now))

    def idle(self, days: Sequence[date]) -> list[Cell]:
        """What the server cost while nobody used it."""
        vcpus = max((card.server.vcpus for card in self._cards.values()), default=1)
        return metered_cells(idle(self._every, self, days, vcpus=vcpus))

    def entered(self) -> Iterator[Cell]:
        """What people entered for each product, even over its days."""
        for product, known in self._entries.items():
            for line, seq in _daily(known):
                cell = _entered(line, product, DIRECT)
                yield structs.replace(cell, facts=(seq,))

    def billed(self, since: date, until: date) -> list[Cell]:
        """What was billed, attributed; of bills that have any of these days, their other days too."""
        return billed_cells(self._attributed(lines_around(self.work, since, until, known=self.known)))

    def shared(self) -> Iterator[Cell]:
        """What people entered for all products, attributed."""
        for line, seq in _daily(self.known.entries):
            for portion in self._attributed([line]):
                cell = _entered(portion.line, portion.product, portion.rule)
                yield structs.replace(cell, amount=portion.effective, shared=(seq,))

    def _attributed(self, bill_lines: Iterable[BillLine]) -> list[Portion]:
        return attributed(bill_lines, self._claims, self._weigh, products=tuple(self.manifests))

    def _weigh(self, product: str, line: BillLine) -> Decimal:
        """What the product used that day of what is shared: tokens or requests, bytes, else processors."""
        asked = (product, line.category, line.day)
        if asked not in self._weighed:
            weights = self._weights.get(product)
            self._weighed[asked] = weights.of(line.category, line.day) if weights else Decimal(0)
        return self._weighed[asked]

    def _book(self, product: str) -> Prices:
        """The prices of a product; what nobody set is in its currency where the card says what that is."""
        manifest, card = self.manifests[product], self._cards[product]
        currency = manifest.budget.currency or manifest.kpi.currency
        defaults = tuple(_in(each, card, currency) for each in defaults_of(card, manifest))
        return Prices(self.known.rates, defaults)


def _in(rate: Rate, card: RateCard, currency: str) -> Rate:
    factor = card.to(currency) if rate.currency == card.currency and currency else None
    if factor is None or rate.currency == currency:
        return rate
    source = f"{rate.source}; {card.exchanged}"
    return structs.replace(rate, price=rate.price * Decimal(str(factor)), currency=currency, source=source)


def _entered(line: BillLine, product: str, rule: str) -> Cell:
    what = line.service or "entered by a person"
    return Cell(
        product, line.day, line.category, rule, line.currency, line.effective, what=what, entered=True
    )


def _daily(known: Sequence[Entry]) -> Iterator[tuple[BillLine, int]]:
    """What was entered as lines of a bill, even over its days, and the number of its event."""
    for entry in known:
        days = days_of(entry.since, entry.until)
        for day, amount in zip(days, parts_of(entry.amount, len(days)), strict=True):
            line = BillLine(
                day, amount, amount, entry.currency, "", "", service=entry.what, category=entry.category
            )
            yield line, entry.seq

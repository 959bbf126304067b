"""What products will cost, from what they cost so far; each forecast is an event to be held to."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal

from msgspec import Struct

from causeway.actions.bill.spent import Accounts, accounts_of
from causeway.actions.workspace import Workspace
from causeway.assess.cost.account import known_until
from causeway.assess.cost.outlook import ALL, METHOD, Costs, Outlook, outlooks
from causeway.core.errors import NotFound, UsageError
from causeway.core.metering import CostForecast
from causeway.core.worth import CATEGORIES
from causeway.stats.forecasts.forecast import LEVEL
from causeway.views.metering import fold

HISTORY_DAYS = 730
LEAST_AHEAD, MOST_AHEAD = 1, 366
USUAL_AHEAD = 28


class Foretold(Struct, frozen=True):
    """What each product will cost; of several, all together in each currency as well."""

    status: str
    """`forecast`, or `already_forecast` where that was done today."""
    until: date
    days: int
    outlooks: tuple[Outlook, ...]
    budgets: dict[str, Decimal] = {}
    """What a month may cost, by product, where the manifest says so."""
    without: tuple[str, ...] = ()
    """Products of which no day is known yet."""
    not_counted: tuple[str, ...] = ()
    """Categories of which nothing is known of any of these products."""


def forecast(work: Workspace, *, product: str = "", days: int = USUAL_AHEAD, write: bool = True) -> Foretold:
    """What the product, or each of them, will cost in so many days from today on."""
    if not LEAST_AHEAD <= days <= MOST_AHEAD:
        raise UsageError(
            f"{days} days cannot be forecast", hint=f"name {LEAST_AHEAD} to {MOST_AHEAD} of them"
        )
    until = work.clock.now().astimezone(UTC).date() - timedelta(days=1)
    accounts = accounts_of(work, since=until - timedelta(days=HISTORY_DAYS - 1), until=until)
    names = [product] if product else sorted(accounts.manifests)
    if product and product not in accounts.manifests:
        there = f"there are: {', '.join(sorted(accounts.manifests)) or 'none'}"
        raise NotFound(f"there is no product {product} here", hint=there)
    costs = {name: _costs(work, accounts, name) for name in names}
    found = [
        each
        for currency in dict.fromkeys(accounts.currency(name) for name in names)
        for each in outlooks(
            [costs[name] for name in names if accounts.currency(name) == currency],
            currency,
            until=until,
            horizon=days,
        )
    ]
    fresh = _written(work, costs, found) if write else 0
    known = accounts.categories(names)
    return Foretold(
        status="forecast" if fresh or not write else "already_forecast",
        until=until,
        days=days,
        outlooks=tuple(found),
        budgets={
            name: budget
            for name in names
            if (budget := accounts.manifests[name].budget.run_per_month) is not None
        },
        without=tuple(name for name in names if name not in {each.product for each in found}),
        not_counted=tuple(each for each in CATEGORIES if each not in known and each != "build"),
    )


def _costs(work: Workspace, accounts: Accounts, product: str) -> Costs:
    """The days of the product; what building it cost once is not to be expected again."""
    cells = [
        each
        for each in accounts.account(accounts.currency(product)).expected(product)
        if each.category != "build"
    ]
    days: dict[date, Decimal] = {}
    for each in cells:
        days[each.day] = days.get(each.day, Decimal(0)) + each.amount
    made = tuple((fact, seq) for _, fact, seq in fold(work.ledger.read(product)).forecasts)
    return Costs(product, days, known_until(cells, accounts.until), made)


def _written(work: Workspace, costs: dict[str, Costs], found: Sequence[Outlook]) -> int:
    """Writes the forecasts that nobody made of the same days yet; how many."""
    count = 0
    for each in found:
        horizon = len(each.daily)
        if each.product == ALL or any(
            (made.until, made.days) == (each.until, horizon) for made, _ in costs[each.product].made
        ):
            continue
        total, peak = each.total, each.peak
        fact = CostForecast(
            until=each.until,
            days=horizon,
            currency=each.currency,
            total=total.value,
            low=total.low if total.low is not None else total.value,
            high=total.high if total.high is not None else total.value,
            level=LEVEL,
            peak=peak.value,
            peak_high=peak.high if peak.high is not None else peak.value,
            method=METHOD,
            daily=tuple(day.cost for day in each.daily),
        )
        work.ledger.append(each.product, [fact], actor=work.actor, at=work.clock.now())
        count += 1
    return count

"""Whether the last whole day of a product cost what nobody could expect."""

from datetime import UTC, date, timedelta
from decimal import Decimal

from causeway.actions.bill.spent import Accounts, accounts_of
from causeway.actions.workspace import Workspace
from causeway.assess.cost.account import known_until
from causeway.assess.cost.anomaly import unusual_cost
from causeway.core.metering import CostUnusual

DAYS = 400


def unusual_day(work: Workspace, product: str, *, until: date = date.max) -> CostUnusual | None:
    """The last whole day until then or yesterday (UTC), if it is out of the ordinary."""
    last = min(until, work.clock.now().astimezone(UTC).date() - timedelta(days=1))
    accounts = accounts_of(work, since=last - timedelta(days=DAYS), until=last)
    return unusual_in(accounts, product)


def unusual_in(accounts: Accounts, product: str) -> CostUnusual | None:
    """The last day that is whole, if it is out of the ordinary; what is paid once is no day's."""
    currency, manifest = accounts.currency(product), accounts.manifests[product]
    cells = [each for each in accounts.account(currency).expected(product) if each.category != "build"]
    days: dict[date, Decimal] = {}
    for each in cells:
        days[each.day] = days.get(each.day, Decimal(0)) + each.amount
    return unusual_cost(
        days,
        cells,
        day=known_until(cells, accounts.until),
        currency=currency,
        budget=manifest.budget.run_per_month,
        owner=manifest.product.owner,
    )

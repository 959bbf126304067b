"""What follows from a product's cost by itself: hours of serving written, budgets judged, odd days told."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from functools import cached_property

from msgspec import Struct, structs

from causeway.actions.bill.meter import LATE, days_there, meter
from causeway.actions.bill.spent import Accounts, accounts_of, manifest_of, spent_of
from causeway.actions.bill.unusual import unusual_day
from causeway.actions.decide import decide
from causeway.actions.homes import home_of
from causeway.actions.routes import publish
from causeway.actions.seal import log_folder
from causeway.actions.workspace import Workspace
from causeway.assess.cost.budget import is_news, judged, month_of
from causeway.assess.cost.words import sentence
from causeway.core.errors import CausewayError, NotFound, UsageError
from causeway.core.events import AnyFact
from causeway.core.ids import is_product_name
from causeway.core.manifest import Manifest
from causeway.core.metering import BudgetJudged, CostUnusual
from causeway.core.worth import Spent
from causeway.views.product import ProductState

WATCHES = "cost"


class Settled(Struct, frozen=True):
    """What was written."""

    product: str
    budget: BudgetJudged | None = None
    unusual: CostUnusual | None = None
    trouble: str = ""
    """What keeps the gateway from following."""


class ThisMonth:
    """What the workspace's products cost this month so far, read when somebody asks first."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self.today = work.clock.now().astimezone(UTC).date()

    @cached_property
    def accounts(self) -> Accounts:
        """All of it."""
        return accounts_of(self._work, since=month_of(self.today)[0], until=self.today)


def settle(work: Workspace, state: ProductState, *, month: ThisMonth | None = None) -> Settled:
    """Writes what is news of the product's cost, and has the gateway follow it."""
    product = state.product
    unusual = None
    if is_day_over(work, state):
        meter(work, product)
        unusual = _told(work, unusual_day(work, product), product)
    manifest = manifest_of(work, product)
    if not has_budget(manifest) and state.budget is None:
        return Settled(product, unusual=unusual)
    budget = judge(work, manifest, month or ThisMonth(work))
    changed = budget is not None and (budget.refuses or (state.budget is not None and state.budget.refuses))
    return Settled(product, budget, unusual, publish(work, product) if changed else "")


def _told(work: Workspace, fact: CostUnusual | None, product: str) -> CostUnusual | None:
    """The same where it was written now; whoever looks at the same time writes nothing twice."""
    written: list[CostUnusual] = []

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        is_news = fact is not None and (state.unusual is None or state.unusual.day < fact.day)
        written[:] = [fact] if fact is not None and is_news else []
        return written

    decide(work, product, facts_of)
    return written[0] if written else None


def words_of(settled: Settled) -> str:
    """What is news, in one line."""
    said = [settled.budget.because] if settled.budget else []
    said += [sentence(settled.unusual)] if settled.unusual else []
    said += [f"the gateway does not follow: {settled.trouble}"] if settled.trouble else []
    return "; ".join(said)


def has_budget(manifest: Manifest) -> bool:
    """Whether a month's cost is held against anything."""
    return manifest.budget.run_per_month is not None and bool(manifest.budget.currency)


def judge(work: Workspace, manifest: Manifest, month: ThisMonth) -> BudgetJudged | None:
    """What this month's cost is to its budget, written where that is news; None where it is not."""
    product, fact = manifest.product.name, _judged(manifest, month)
    written: list[BudgetJudged] = []

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        written[:] = [fact] if is_news(fact, state.budget) else []
        return written

    decide(work, product, facts_of)
    return written[0] if written else None


def _judged(manifest: Manifest, month: ThisMonth) -> BudgetJudged:
    budget, today = manifest.budget, month.today
    spent, _ = spent_of(month.accounts, manifest.product.name)
    if budget.run_per_month is None:
        # nothing is granted by the month any more, so nothing is held against it
        return judged(spent.total - spent.once, spent.total + 1, currency=spent.currency, day=today)
    near = next((each.threshold for each in manifest.monitors if each.watches == WATCHES), None)
    found = judged(
        # what is billed in another currency is held against it as it was metered in this one
        spent.total - spent.once + spent.apart,
        budget.run_per_month,
        currency=spent.currency,
        day=today,
        enforce=budget.enforce,
        **({} if near is None else {"near": near}),
    )
    return structs.replace(found, because=found.because + _elsewhere(spent))


def _elsewhere(spent: Spent) -> str:
    """What is spent in other currencies, in words; empty where nothing is."""
    if not spent.elsewhere:
        return ""
    beside = " and ".join(f"{amount:,.2f} {name}" for name, amount in spent.elsewhere.items())
    if spent.apart:
        return f"; {spent.apart:,.2f} of it as metered, besides {beside} of bills in another currency"
    return f"; besides {beside}, which no sum holds against it"


def settling_due(work: Workspace, state_of: Callable[[str], ProductState], product: str) -> bool:
    """Whether a day is over that nobody wrote the hours of; never where the history cannot be read."""
    try:
        return is_product_name(product) and is_day_over(work, state_of(product))
    except CausewayError:
        return False


def is_day_over(work: Workspace, state: ProductState) -> bool:
    """Whether the gateway's lines tell of a day that is over and not written."""
    last = (work.clock.now().astimezone(UTC) - LATE).date() - timedelta(days=1)
    after = state.served_until or date.min
    return any(after < day <= last for day in days_there(log_folder(work, state.product)))


def budget_now(work: Workspace, product: str) -> BudgetJudged:
    """What this month's cost is to its budget now, and nothing is written."""
    known = work.products()
    if product not in known and home_of(work, product) is None:
        raise NotFound(
            f"there is no product {product} here", hint=f"there are: {', '.join(sorted(known)) or 'none'}"
        )
    manifest = manifest_of(work, product)
    if not has_budget(manifest):
        raise UsageError(
            f"nobody said what {product} may cost a month",
            where="causeway.toml",
            hint="write under [budget]: run_per_month and currency",
        )
    return _judged(manifest, ThisMonth(work))

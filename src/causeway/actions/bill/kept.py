"""Bills as they are kept: which count, and what each of their days cost."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from causeway.actions.decide import drawn
from causeway.actions.workspace import Workspace
from causeway.assess.cost.cents import parts_of
from causeway.assess.cost.focus_categories import Categories, bundled_categories, read_categories
from causeway.core.costs import BILLS_CHAIN, BillLine
from causeway.core.events import AnyFact
from causeway.core.focus_bill import DayLine, read_days
from causeway.views.spend import Bills, Entry, Statement, bills, entries


def bills_of(work: Workspace) -> Bills:
    """The bills, prices and shared entries of the workspace."""
    return bills(work.ledger.read(BILLS_CHAIN))


def decide_bills(work: Workspace, facts_of: Callable[[Bills], Sequence[AnyFact]]) -> None:
    """Writes what `facts_of` draws from the bills; drawn again if somebody wrote in between."""
    drawn(work, BILLS_CHAIN, lambda: bills_of(work), facts_of=facts_of)


def lines_around(
    work: Workspace, since: date, until: date, *, known: Bills | None = None
) -> Iterator[BillLine]:
    """What was billed for each day from `since` up to and including `until`, with its category.

    Of bills whose periods have any of these days the other days come too. A charge for more than a day is
    spread evenly over its days within its billing period; nothing is lost by it.
    """
    held = known or bills_of(work)
    category_of = _remembered(categories_of(work, held))
    for statement in held.statements:
        is_around = statement.since <= until and statement.until >= since
        for line in read_days(work.artifacts.get(statement.days)):
            if is_around or (line.first <= until and line.last >= since):
                for each in _spread(line, statement, category_of(line)):
                    if is_around or since <= each.day <= until:
                        yield each


def _remembered(categories: Categories) -> Callable[[DayLine], str]:
    """The category of a line; lines that say the same are looked up once."""
    known: dict[tuple[str, ...], str] = {}

    def category_of(line: DayLine) -> str:
        said = (line.service, line.category, line.subcategory, line.status, line.charge)
        if said not in known:
            known[said] = categories.of(line)
        return known[said]

    return category_of


def entered(work: Workspace, product: str = "") -> tuple[Entry, ...]:
    """What people entered for this product, or for all of them."""
    return entries(work.ledger.read(product or BILLS_CHAIN))


def categories_of(work: Workspace, known: Bills) -> Categories:
    """The workspace's declared categories, or the bundled ones."""
    text = work.artifacts.get(known.categories).decode() if known.categories else bundled_categories()
    return read_categories(text, where=known.categories or "categories.toml")


def _spread(line: DayLine, statement: Statement, category: str) -> Iterator[BillLine]:
    first, last = line.first, line.last
    if first != last:
        inner = (max(first, statement.since), min(last, statement.until))
        first, last = inner if inner[0] <= inner[1] else (first, first)
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    amounts = zip(days, parts_of(line.billed, len(days)), parts_of(line.effective, len(days)), strict=True)
    for day, billed, effective in amounts:
        yield BillLine(
            day=day,
            billed=billed,
            effective=effective,
            currency=line.currency,
            provider=statement.provider,
            account=line.account,
            service=line.service,
            resource=line.resource,
            category=category,
            charge=line.charge,
            tags=line.tags,
            bill=statement.seq,
        )

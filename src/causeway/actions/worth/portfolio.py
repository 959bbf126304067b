"""The pages of all products of a workspace, side by side."""

from datetime import date

from causeway.actions.bill.spent import spent_all
from causeway.actions.measure.benefit import benefit
from causeway.actions.workspace import Workspace
from causeway.actions.worth.page import short_page
from causeway.actions.worth.sides import began
from causeway.assess.worth.parts import WorthPage
from causeway.assess.worth.portfolio import WorthPortfolio, portfolio
from causeway.core.errors import CausewayError, UsageError


def portfolio_of(work: Workspace, *, since: date | None = None, until: date | None = None) -> WorthPortfolio:
    """Every product; one that cannot be read says why, and hides no other."""
    today = work.clock.now().date()
    until = min(until or today, today)
    if since and since > until:
        raise UsageError(
            f"the period ends before it begins: {since} to {until}", hint="swap --since and --until"
        )
    names = work.products()
    first = {name: began(work, name, work.ledger.read(name)[0].body.at.date()) for name in names}
    earliest = since or min([until, *first.values()])
    costs = spent_all(work, since=earliest, until=until) if names else {}
    pages: list[WorthPage] = []
    troubles: dict[str, str] = {}
    for name in names:
        try:
            brought = benefit(work, name, since=since or min(until, first[name]), until=until)
            pages.append(short_page(work, name, brought, costs[name]))
        except CausewayError as error:
            troubles[name] = error.message
    return portfolio(pages, since=since, until=until, troubles=troubles)

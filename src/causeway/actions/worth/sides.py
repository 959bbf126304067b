"""Both sides of a product's page: what it brought, and what was spent for it."""

from datetime import date

from causeway.actions.bill.kept import entered
from causeway.actions.bill.spent import spent
from causeway.actions.measure.benefit import benefit
from causeway.actions.workspace import Workspace
from causeway.core.worth import Benefit, Spent


def both_sides(work: Workspace, product: str, since: date, until: date) -> tuple[Benefit, Spent]:
    """What it brought and what it cost from `since` up to and including `until`."""
    brought = benefit(work, product, since=since, until=until)
    return brought, spent(work, product, since=since, until=until)


def began(work: Workspace, product: str, first_event: date) -> date:
    """The first day that anything was spent or done: people may have entered what came before."""
    return min([first_event, *(entry.since for entry in entered(work, product))])

"""`causeway bill forecast` and `causeway bill budget`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.bill_show import placed
from causeway.cli.verb import PLACE, emit, folded, guarded, json_flag
from causeway.core.figure import Figure

if TYPE_CHECKING:
    from causeway.actions.bill.forecast import Foretold
    from causeway.assess.cost.outlook import Outlook

SPENT = 1


@click.command(name="forecast")
@click.argument("product", required=False, default="")
@click.option("--days", type=int, default=28, show_default=True, help="How many days ahead.")
@click.option("--daily", is_flag=True, help="Show each day.")
@click.option("--dry-run", is_flag=True, help="Forecast, and write nothing.")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@json_flag
@guarded
def forecast_command(
    product: str, *, days: int, daily: bool, dry_run: bool, folder: Path, as_json: bool
) -> None:
    """Forecast what PRODUCT will cost, or every product: by day and month, with intervals.

    Each forecast is written, so that the next one can say how far this one was off.
    """
    from causeway.actions.bill.forecast import forecast
    from causeway.actions.decide import existing_workspace

    product, folder = placed(product, folder)
    work = existing_workspace(folder)
    with closing(work.ledger):
        found = forecast(work, product=product, days=days, write=not dry_run)
    if as_json:
        emit(found)
        return
    click.echo(folded("\n".join(_lines(found, daily=daily))))


def _lines(found: "Foretold", *, daily: bool) -> Iterator[str]:
    for each in found.outlooks:
        yield from _outlook(each, found, daily=daily)
    for name in found.without:
        yield f"{name}: no day is known yet; what it would cost says: causeway check"
    if found.outlooks:
        yield f"  Not counted: {', '.join(found.not_counted) or 'nothing'}"


def _outlook(each: "Outlook", found: "Foretold", *, daily: bool) -> Iterator[str]:
    name = each.product or "all together"
    yield f"{name}: {_said(each.total)} in the {len(each.daily)} days after {each.until}"
    yield f"  {'dearest day':<14}{_said(each.peak)}"
    for month in each.months:
        rest = "" if month.whole else f", {month.days} days of it"
        so_far = f", {month.so_far:,.2f} of it until now" if month.so_far else ""
        yield f"  {month.month:<14}{_said(month.cost)}{rest}{so_far}"
    budget = found.budgets.get(each.product)
    if budget is not None:
        yield f"  {'budget':<14}{budget:,.2f} {each.currency} a month"
    if daily:
        yield from (
            f"  {day.day}  {day.cost:>12,.2f}   {day.low:,.2f} to {day.high:,.2f}" for day in each.daily
        )
    yield f"  {(each.total.how or '').partition(';')[0]}"
    if each.product:
        yield f"  {each.record}"


def _said(figure: Figure) -> str:
    low, high = figure.low or 0.0, figure.high or 0.0
    return f"{figure.value:,.2f} {figure.unit} ({low:,.2f} to {high:,.2f})"


@click.command(name="budget")
@click.argument("product")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@json_flag
@guarded
def budget_command(product: str, *, folder: Path, as_json: bool) -> int:
    """Hold this month's cost of PRODUCT against its budget; nothing is written. Exit code 1: it is spent."""
    from causeway.actions.bill.settle import budget_now
    from causeway.actions.decide import readable_workspace

    product, folder = placed(product, folder)
    work = readable_workspace(folder)
    with closing(work.ledger):
        found = budget_now(work, product)
    code = SPENT if found.verdict == "reached" else 0
    if as_json:
        emit(found, code=code)
        return code
    click.echo(folded(f"{product} in {found.month}: {found.verdict}; {found.because}"))
    return code

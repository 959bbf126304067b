"""`causeway bill show`."""

import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.assess.cost.words import sentence
from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.ids import short
from causeway.core.printable import harmless

if TYPE_CHECKING:
    from causeway.actions.bill.show import Bill, Shown, UsedBy

WIDTH = 80
STATE = ".causeway"
MOST_USERS = 8
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="show")
@click.argument("product", required=False, default="")
@click.option("--since", type=DAY, help="First day; the month's first by default.")
@click.option("--until", type=DAY, help="Last day; today by default.")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@json_flag
@guarded
def command(
    product: str, *, since: datetime | None, until: datetime | None, folder: Path, as_json: bool
) -> None:
    """Show what PRODUCT cost, or every product: metered and billed side by side, and who used it."""
    from causeway.actions.bill.show import show
    from causeway.actions.decide import readable_workspace

    product, folder = placed(product, folder)
    work = readable_workspace(folder)
    with closing(work.ledger):
        bill = show(
            work,
            product=product,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
    if as_json:
        emit(bill)
        return
    click.echo(harmless("\n".join(_lines(bill, one=bool(product)))))


def placed(product: str, folder: Path) -> tuple[str, Path]:
    """The product and its workspace's folder, where PRODUCT is a folder that has one."""
    here = folder / product if product else folder
    if not product or not (here / STATE).is_dir():
        return product, folder
    from causeway.actions.decide import product_name, readable_workspace

    work = readable_workspace(here)
    with closing(work.ledger):
        return product_name(work, here), here


def _lines(bill: "Bill", *, one: bool) -> Iterator[str]:
    if not bill.products:
        yield "no product runs here yet, so whatever was billed is nobody's"
        return
    if one or len(bill.products) == 1:
        yield from _product(bill.products[0])
        return
    yield f"from {bill.since} to {bill.until}"
    yield f"  {'':<24}{'total':>14}{'metered':>13}{'billed':>13}  unallocated"
    for each in bill.products:
        spent = each.spent
        billed = f"{spent.billed:,.2f}" if spent.billed is not None else "-"
        total = f"{spent.total:,.2f} {spent.currency}"
        yield (
            f"  {spent.product[:23]:<24}{total:>14}{spent.metered:>13,.2f}{billed:>13}"
            f"{spent.unallocated:>13,.2f}"
        )


def _product(shown: "Shown") -> Iterator[str]:
    spent = shown.spent
    yield f"{spent.product}: {spent.total:,.2f} {spent.currency} from {spent.since} to {spent.until}"
    is_billed = any(each.billed is not None for each in spent.lines)
    if spent.lines:
        yield f"  {'':<23}{'metered':>12}" + (f"{'billed':>12}" if is_billed else "")
    for line in spent.lines:
        metered = f"{line.metered:,.2f}" if line.metered is not None else ""
        billed = f"{line.billed:,.2f}" if line.billed is not None else ""
        left = f"  {line.category:<13}{line.rule:<10}{metered:>12}" + (f"{billed:>12}" if is_billed else "")
        yield from _wrapped(f"{left}  {line.what}", under=len(left) + 2)
    yield from _notes(shown)
    yield from _used(shown)


def _wrapped(text: str, *, under: int = 4) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=" " * under, drop_whitespace=True, break_on_hyphens=False
    ) or [text]


def _notes(shown: "Shown") -> Iterator[str]:
    for each in _said(shown):
        yield from _wrapped(each)


def _said(shown: "Shown") -> Iterator[str]:
    spent = shown.spent
    if shown.reconciled:
        both = shown.reconciled
        share = f" ({both.share:+.1%})" if both.share is not None else ""
        judged = "within" if both.tolerated else "beyond"
        yield (f"  Billed less metered, of what both cover: {both.variance:+,.2f}{share}, {judged} 2 %")
    if spent.invoiced is not None and spent.billed is not None and spent.invoiced != spent.billed:
        yield f"  The invoices ask for {spent.invoiced:,.2f}: prepayments are spread over their time"
    if spent.once:
        yield f"  For building it, once: {spent.once:,.2f}"
    if spent.unallocated:
        names = ", ".join(f"{each.what or each.category} {each.amount:,.2f}" for each in shown.orphans[:2])
        yield f"  Of the bills {spent.unallocated:,.2f} belong to no product: {names}"
    for odd in shown.unusual:
        yield f"  {sentence(odd)}" + (f"; {odd.owner} is to know" if odd.owner else "")
    for currency, amount in spent.elsewhere.items():
        yield f"  Besides, never added: {amount:,.2f} {currency}"
    if spent.apart:
        yield f"  Metered of what these bills cover, in no total: {spent.apart:,.2f} {spent.currency}"
    known = f"{spent.completeness:.0%} of the categories are known"
    yield f"  Not counted: {', '.join(spent.not_counted) or 'nothing'} ({known})"


def _used(shown: "Shown") -> Iterator[str]:
    if not shown.used:
        return
    tokens = any(each.tokens_in or each.tokens_out for each in shown.used)
    yield ""
    head = f"  {'used by':<18}{'release':<14}{'requests':>10}{'rows':>11}{'CPU-s':>9}"
    yield head + (f"{'tokens':>14}" if tokens else "")
    for each in shown.used[:MOST_USERS]:
        line = f"  {_who(each)[:17]:<18}{short(each.release):<14}{each.requests:>10,}{each.rows:>11,}"
        line += f"{each.cpu_seconds:>9,.1f}"
        yield line + (f"{each.tokens_in + each.tokens_cached + each.tokens_out:>14,}" if tokens else "")
    if len(shown.used) > MOST_USERS:
        yield f"  and {len(shown.used) - MOST_USERS} more"


def _who(each: "UsedBy") -> str:
    return each.consumer or "nobody named"

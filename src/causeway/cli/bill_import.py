"""`causeway bill import`, `bill withdraw` and `bill categories`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.bill_show import placed
from causeway.cli.verb import PLACE, WIDTH, emit, folded, guarded, json_flag
from causeway.core.ids import counted
from causeway.core.printable import harmless

if TYPE_CHECKING:
    from causeway.actions.bill.imported import ImportedBill, ImportedStatement
    from causeway.core.costs import Sums

MOST_STATEMENTS, MOST_NOTED = 12, 5
FOLDER = click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
HEADLINES = {
    "imported": "imported",
    "restated": "restated: it replaces what was there for its period",
    "already_imported": "already imported, nothing in it is new",
}


@click.command(name="import")
@click.argument("files", type=PLACE, nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Refuse a file that breaks any rule of FOCUS 1.2.")
@FOLDER
@json_flag
@guarded
def import_command(files: tuple[Path, ...], *, strict: bool, folder: Path, as_json: bool) -> None:
    """Bring a bill in: FOCUS 1.0 to 1.4, AWS CUR, Azure EA or OCI; CSV, CSV.GZ or Parquet.

    All of it comes in or nothing. A provider's billing period that is there already is replaced, so give
    every part of an export at once.
    """
    from causeway.actions.bill.imported import import_bill
    from causeway.actions.workspace import open_workspace

    work = open_workspace(folder)
    with closing(work.ledger):
        done = import_bill(work, files, strict=strict)
    if as_json:
        emit(done)
        return
    click.echo(folded("\n".join(import_lines(done))))


def import_lines(done: "ImportedBill") -> Iterator[str]:
    """What an import did, for a person."""
    yield f"{done.form}, {counted(done.rows, 'row')}: {HEADLINES[done.status]}"
    for each in done.statements[:MOST_STATEMENTS]:
        yield from _statement(each)
    if len(done.statements) > MOST_STATEMENTS:
        yield f"  and {len(done.statements) - MOST_STATEMENTS:,} more; --json has all"
    for currency in done.billed:
        yield from _sums("  together", done.billed, done.effective, currency)
    if done.noted:
        yield f"  It breaks {counted(len(done.noted), 'rule')} of FOCUS 1.2 that no sum rests on:"
    for note in done.noted[:MOST_NOTED]:
        yield f"    {note.rule:<32}{note.rows:>9,} rows, first {note.first_row:,}"
    if len(done.noted) > MOST_NOTED:
        yield f"    and {len(done.noted) - MOST_NOTED} more; --json says which, --strict refuses them"


def _statement(each: "ImportedStatement") -> Iterator[str]:
    name = f"{each.provider} {each.account}"
    yield f"  {name if len(name) <= WIDTH - 2 else name[: WIDTH - 5] + '...'}"
    period = f"    {each.since} to {each.until}, {counted(each.rows, 'row')}"
    for currency in each.billed:
        yield from _sums(period, each.billed, each.effective, currency)
    if each.status == "already_imported":
        yield "    already imported"
    elif each.restates:
        changed = ", ".join(f"{amount:+,.6f} {cur}" for cur, amount in each.billed_change.items())
        before = f"restates event {each.restates} of {counted(each.rows_before, 'row')}"
        yield f"    {before}: {changed or 'the sum stays'}"


def _sums(of: str, billed: "Sums", effective: "Sums", currency: str) -> Iterator[str]:
    """Both sums behind what they are of, or below it where they are too long."""
    amounts = f"{billed[currency]:>16,.6f} {effective.get(currency, 0):>16,.6f} {currency}"
    room = WIDTH - len(amounts)
    if len(of) < room:
        yield f"{of:<{room}}{amounts}"
    else:
        yield from (of, f"{amounts:>{WIDTH}}")


@click.command(name="withdraw")
@click.argument("number", type=int)
@click.argument("product", required=False, default="")
@click.option("--because", default="", help="Why it counts no more.")
@FOLDER
@json_flag
@guarded
def withdraw_command(number: int, product: str, *, because: str, folder: Path, as_json: bool) -> None:
    """Take a bill, or a cost that was entered, out of every sum; its event stays.

    NUMBER is that of a bill or of a shared entry; with PRODUCT that of one of its own entries.
    """
    from causeway.actions.bill.entered import withdraw_cost
    from causeway.actions.bill.imported import withdraw_bill
    from causeway.actions.bill.kept import bills_of
    from causeway.actions.decide import existing_workspace

    product, folder = placed(product, folder)
    work = existing_workspace(folder)
    with closing(work.ledger):
        shared = any(each.seq == number for each in bills_of(work).entries)
        if product or shared:
            gone = withdraw_cost(work, product, number, because=because)
            told = f"{gone.amount:,.2f} {gone.currency} of {gone.category} count no more"
        else:
            gone = withdraw_bill(work, number, because=because)
            period = f"{gone.since} to {gone.until}"
            told = f"the bill of {gone.provider} for {gone.account}, {period}, counts no more"
    if as_json:
        emit(gone)
        return
    click.echo(folded(told))


@click.command(name="categories")
@click.argument("file", type=PLACE, required=False)
@FOLDER
@json_flag
@guarded
def categories_command(file: Path | None, *, folder: Path, as_json: bool) -> None:
    """Show which service belongs to which category, or declare the table in FILE instead."""
    from causeway.actions.bill.categories import categories, set_categories
    from causeway.actions.workspace import open_workspace

    work = open_workspace(folder)
    with closing(work.ledger):
        table = set_categories(work, file) if file else categories(work)
    if as_json:
        emit(table)
    elif file is None:
        click.echo(harmless(table.text), nl=False)
    else:
        said = table.status.replace("_", " ")
        click.echo(f"version {table.version}, {table.rules} rules: {said}; else {table.otherwise}")

"""`causeway approve`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("trigger")
@click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")
@click.option("--because", default="", help="Why; it stays in the ledger.")
@json_flag
@guarded
def command(trigger: str, folder: Path, *, because: str, as_json: bool) -> None:
    """Agree to what TRIGGER would do and waits to do.

    The next tick does it, if there is still reason to.
    """
    from causeway.actions.approve import approve

    approved = approve(folder, trigger, because=because)
    if as_json:
        emit(approved)
        return
    already = "had been agreed to already" if approved.status == "already_approved" else "is agreed to"
    click.echo(f"{approved.product}: {approved.do} by {approved.trigger} {already}; the next tick does it.")

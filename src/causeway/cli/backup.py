"""`causeway backup`."""

from contextlib import closing
from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--to",
    type=PLACE,
    default=".",
    help="A file, or a folder to put it in; here by default.",
)
@json_flag
@guarded
def command(folder: Path, to: Path, *, as_json: bool) -> None:
    """Copy the ledger and its keys' public halves to one file, once it is proven whole.

    Artefacts are listed, not copied: they are files below .causeway/artifacts that never change.
    """
    from causeway.actions.backup import backup
    from causeway.actions.decide import existing_workspace
    from causeway.core.ids import counted

    work = existing_workspace(folder)
    with closing(work.ledger):
        done = backup(work, to)
    if as_json:
        emit(done)
        return
    held = f"{counted(done.events, 'event')} of {counted(done.products, 'product')}"
    click.echo(f"{done.file}: {held}, {done.bytes:,} bytes")
    click.echo(f"  in it: checkpoint {done.checkpoint}, {counted(done.artifacts, 'artefact')} by digest only")
    click.echo("  it names people: keep it as you keep personal data")

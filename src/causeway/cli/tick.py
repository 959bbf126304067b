"""`causeway tick`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

NOT_SEALED = 3


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--training",
    type=click.Choice(["also", "no", "only"]),
    default="also",
    help="Whether a product that is being trained anew is taken further: also, no, or nothing else.",
)
@json_flag
@guarded
def command(folder: Path, *, training: str, as_json: bool) -> int:
    """Do everything that is due in FOLDER's workspace, once.

    Seals the records of every product, watches it, does what its triggers ask for, and names what only a
    person can settle. `causeway up` ticks by itself; where it does not run, let any scheduler call this.
    Exit code 3: something that was due could not be done.
    """
    from causeway.actions.decide import existing_workspace
    from causeway.actions.tick import tick

    ticked = tick(existing_workspace(folder), training=training)
    code = NOT_SEALED if ticked.failed else 0
    if as_json:
        emit(ticked, code=code)
        return code
    for each in (*ticked.done, *ticked.failed, *ticked.noted):
        click.echo(f"{each.product or 'all products'}: {each.words}.")
    if not (ticked.done or ticked.failed or ticked.noted):
        click.echo("Nothing is due.")
    return code

"""`causeway restore`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("file", type=PLACE)
@click.option(
    "--into",
    type=PLACE,
    default=".",
    help="The folder whose ledger is filled; here by default.",
)
@click.option("--anchor", type=PLACE, metavar="FILE", help="A checkpoint that you kept.")
@click.option("--trust-keys", is_flag=True, help="Its public keys are mine: trust them on this machine.")
@json_flag
@guarded
def command(file: Path, into: Path, anchor: Path | None, *, trust_keys: bool, as_json: bool) -> None:
    """Bring a backup back into an empty ledger, once it is proven whole.

    A ledger that holds anything is never overwritten.
    """
    from causeway.actions.restore import restore
    from causeway.core.ids import counted

    done = restore(file, into, anchor=anchor, trust_keys=trust_keys)
    if as_json:
        emit(done)
        return
    click.echo(
        f"Restored {counted(done.events, 'event')} of {counted(done.products, 'product')} into {done.ledger}."
    )
    if done.untrusted_keys:
        click.echo(
            f"  signed by {', '.join(done.untrusted_keys)}, not trusted here: if yours, use --trust-keys"
        )
    if done.missing_artifacts:
        click.echo(f"  {len(done.missing_artifacts)} artefacts are not here: copy .causeway/artifacts too")

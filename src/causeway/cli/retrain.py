"""`causeway retrain`."""

from typing import TYPE_CHECKING

import click

from causeway.cli.verb import emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.retrain import Retrained

NO = 1
REFUSED = frozenset({"not_better", "refused", "rolled_back", "too_few_labelled_rows", "withdrawn"})


@click.command()
@click.argument("product", default=".")
@click.option("--because", default="", help="Why; it stays in the ledger.")
@click.option("--dry-run", is_flag=True, help="Only say what it would learn from; nothing is written.")
@click.option("--resume", is_flag=True, help="Let a product be trained by itself again that had stopped.")
@json_flag
@guarded
def command(product: str, *, because: str, dry_run: bool, resume: bool, as_json: bool) -> int:
    """Train PRODUCT, or the one in a folder, anew on what was labelled, and judge it beside what is live.

    Exit code 1: what came out is no better, or could not be made; what is live stays.
    """
    from causeway.actions.homes import named_home
    from causeway.actions.retrain import resume as resumed
    from causeway.actions.retrain import retrain

    folder = named_home(product)
    done = resumed(folder, because=because) if resume else retrain(folder, because=because, dry_run=dry_run)
    code = NO if done.status in REFUSED else 0
    if as_json:
        emit(done, code=code)
    else:
        _show(done)
    return code


def _show(done: "Retrained") -> None:
    for line in done.states:
        click.echo(f"  {line}.")
    why = f": {done.because}" if done.because else ""
    click.echo(f"{done.product}: {done.status.replace('_', ' ')}{why}.")
    if done.stopped:
        click.echo(f"Nothing more is trained by itself: {done.stopped}. Next: causeway retrain --resume")

"""`causeway erase`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.ids import counted

if TYPE_CHECKING:
    from causeway.actions.erase import Erased


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--entity", required=True, help="Whom the rows are about, as callers name them.")
@click.option(
    "--column", default="", help="The input that says so; that of `entity` under [serving] if left out."
)
@click.option("--asked", default="", help="The request for it, a ticket for instance; kept in the ledger.")
@json_flag
@guarded
def command(folder: Path, *, entity: str, column: str, asked: str, as_json: bool) -> int:
    """Take every recorded row about one entity out of the records of the product in FOLDER, for good.

    Logs are sealed first, segments written anew without the rows, and their outcomes go with them. The ledger
    says how many, who erased and what was asked for, never whose they were.
    """
    from causeway.actions.erase import erase
    from causeway.actions.verify import checkpoint_if_short
    from causeway.actions.workspace import load_product, open_workspace

    work = open_workspace(folder)
    manifest, _ = load_product(work, folder)
    done = erase(work, manifest.product.name, entity, column=column or manifest.serving.entity, asked=asked)
    checkpoint_if_short(work)
    if as_json:
        emit(done)
    else:
        click.echo("\n".join(_lines(done)))
    return 0


def _lines(done: "Erased") -> list[str]:
    said = counted(done.hidden, "prediction")
    hidden = [f"  {said} hidden by a mask or under another key: nobody can tell of whom"] * bool(done.hidden)
    if done.status == "nothing_to_erase":
        known = "nothing else" if done.hidden else "nothing"
        return [f"{done.product}: {known} is recorded of this entity", *hidden]
    lines = [
        f"{done.product}: erased {counted(done.rows, 'prediction')} and {counted(done.outcomes, 'outcome')}"
    ]
    lines.append(f"  {counted(done.segments, 'segment')} written anew or removed")
    if done.torn_logs:
        lines.append(f"  {counted(done.torn_logs, 'torn log')} removed")
    return [*lines, *hidden]

"""`causeway attach`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.attach.attach import Attached

WAITS = 1


@click.command()
@click.argument("address")
@click.argument("folder", type=PLACE, default=".")
@click.option("--rows", default="", metavar="FILE", help="Rows in the folder that the model is proven on.")
@click.option("--target", default="", metavar="COLUMN", help="The column of the rows that it answers.")
@json_flag
@guarded
def command(address: str, folder: Path, *, rows: str, target: str, as_json: bool) -> int:
    """Bring a model from MLflow, or a folder with an MLmodel file, as a release candidate.

    ADDRESS is mlflow://HOST[:PORT]/RUN, mlflow+file:STORE/RUN, models:/NAME/VERSION, or a folder. Its metrics
    are told as claims. Nothing opens the model before it was judged.
    """
    from causeway.actions.attach.attach import attach
    from causeway.cli.run_text import Narrator, verdict

    with Narrator(quiet=as_json) as narrator:
        made = attach(address, folder, rows=rows, target=target, watcher=narrator)
    code = 0 if made.run else WAITS
    if as_json:
        emit(made, code=code)
        return code
    if made.run:
        narrator.catch_up(made.run.stages)
    click.echo("\n".join(_told(made)))
    if made.run:
        click.echo("\n" + verdict(made.run, folder=folder))
    return code


def _told(made: "Attached") -> list[str]:
    """What was attached, whose word its metrics are, and how far it is proven."""
    lines = [f"Attached {made.origin.words} ({made.saved.flavour}, {made.saved.form}) in {made.folder}."]
    judged = ", ".join(verdict.path for verdict in made.verdicts)
    lines.append(f"Judged before anything opened it: {judged}: nothing but what is on the list.")
    if made.origin.metrics:
        claims = ", ".join(f"{name} {value:.4g}" for name, value in made.origin.metrics.items())
        lines.append(f"Claimed by run {made.origin.run}, not measured here: {claims}.")
    if made.parity:
        rows = made.parity
        lines.append(
            f"On its input example {rows.rows_equal} of {rows.rows} rows agree, "
            f"largest difference {rows.largest_difference:.2g}."
        )
    if made.needs:
        lines.append(f"Blocked: {made.needs}.")
    return lines

"""`causeway label`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

if TYPE_CHECKING:
    from causeway.actions.label import Labelled

HEADLINES = {
    "labelled": "outcomes joined to their predictions",
    "already_labelled": "already labelled, nothing new in this file",
    "nothing_joined": "no row names a sealed prediction",
}


@click.command()
@click.argument("file", type=PLACE)
@click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")
@click.option("--id", "id_column", default="id", show_default=True, help="Column with the prediction ids.")
@click.option(
    "--outcome", "outcome_column", default="outcome", show_default=True, help="Column with what happened."
)
@click.option(
    "--at", "at_column", default="at", show_default=True, help="Column with when that was known, if any."
)
@click.option(
    "--kpi",
    "kpi_column",
    metavar="COLUMN",
    default="",
    help="Column with the value of the manifest's business measure, where the file has it.",
)
@json_flag
@guarded
def command(
    file: Path,
    folder: Path,
    *,
    id_column: str,
    outcome_column: str,
    at_column: str,
    kpi_column: str,
    as_json: bool,
) -> None:
    """Join the outcomes in FILE (CSV, JSON lines or Parquet) to predictions by id."""
    from causeway.actions.label import Columns, label
    from causeway.actions.seal import seal
    from causeway.actions.workspace import load_product, open_workspace

    work = open_workspace(folder)
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    # answers given a moment ago may be among those whose outcome is known already
    sealed = seal(work, product)
    if sealed.rows:
        narrate(f"sealed {sealed.rows:,} new predictions first")
    columns = Columns(id=id_column, outcome=outcome_column, at=at_column, kpi=kpi_column)
    labelled = label(work, product, file, columns=columns)
    if as_json:
        emit(labelled)
        return
    click.echo("\n".join(result_lines(labelled)))


def result_lines(labelled: "Labelled") -> list[str]:
    """What was labelled, for a person."""
    lines = [f"{labelled.product}: {HEADLINES[labelled.status]}"]
    lines.append(f"  {labelled.rows:>8,} rows in the file")
    lines.append(f"  {labelled.joined:>8,} joined, of them {labelled.corrected:,} corrections")
    if labelled.kpi_mean is not None:
        lines.append(f"  {labelled.kpi:>8,} with the business measure, on average {labelled.kpi_mean:.4g}")
    if labelled.duplicates:
        lines.append(f"  {labelled.duplicates:>8,} said nothing new")
    if labelled.unmatched:
        shown = ", ".join(labelled.unmatched_ids)
        lines.append(f"  {labelled.unmatched:>8,} name no prediction of ours: {shown}")
    return lines

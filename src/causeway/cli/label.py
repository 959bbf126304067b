"""`causeway label`."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

if TYPE_CHECKING:
    from causeway.actions.label import Labelled
    from causeway.actions.measure.received import Received

HEADLINES = {
    "labelled": "outcomes joined to their predictions",
    "already_labelled": "already labelled, nothing new in this file",
    "nothing_joined": "no row names a sealed prediction",
}
RECEIVED = {
    "received": "outcomes taken",
    "already_received": "already taken, nothing new in this file",
    "nothing_joined": "no row names a sealed prediction",
}


@click.command()
@click.argument("file", type=PLACE, required=False)
@click.option(
    "--query", default="", metavar="SQL", help="One SELECT over the sources of [[data]], instead of FILE."
)
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
@click.option(
    "--entity",
    "entity_column",
    metavar="COLUMN",
    default="",
    help="Column with whom a row is about: then it is joined by entity and time, not by a prediction's id.",
)
@json_flag
@guarded
def command(
    file: Path | None,
    folder: Path,
    *,
    query: str,
    entity_column: str,
    id_column: str,
    outcome_column: str,
    at_column: str,
    kpi_column: str,
    as_json: bool,
) -> None:
    """Join the outcomes in FILE (CSV, JSON lines or Parquet) to predictions by id, or to entities by time.

    Columns called minutes, decision (accept, override, escalate) or as a guardrail come in with --entity too;
    by id they do where FILE has no column with what happened.
    """
    from causeway.actions.label import Columns, label
    from causeway.actions.measure.file import outcomes_file, receive_file
    from causeway.actions.seal import seal
    from causeway.actions.workspace import load_product, open_workspace
    from causeway.core.errors import UsageError

    if bool(file) == bool(query):
        raise UsageError(
            "name a file or a query, one of them", hint='causeway label FILE, or: --query "select ..."'
        )
    work = open_workspace(folder)
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    # answers given a moment ago may be among those whose outcome is known already
    sealed = seal(work, product)
    if sealed.rows:
        narrate(f"sealed {sealed.rows:,} new predictions first")
    columns = Columns(id=id_column, outcome=outcome_column, at=at_column, kpi=kpi_column)
    with outcomes_file(work, folder, manifest, file, query) as place:
        received = receive_file(work, manifest, place, columns, entity=entity_column, by_query=bool(query))
        done = received or label(work, product, place, columns=columns)
    if as_json:
        emit(done)
        return
    lines = received_lines(received) if received else result_lines(cast("Labelled", done))
    click.echo("\n".join(lines))


def received_lines(received: "Received") -> list[str]:
    """What came in by entity, for a person."""
    lines = [f"{received.product}: {RECEIVED[received.status]}"]
    lines.append(f"  {received.values:>8,} values in the file")
    names = ", ".join(f"{number:,} {name}" for name, number in received.names.items())
    of = f", of them {received.corrected:,} corrections" if received.taken else ""
    lines.append(f"  {received.taken:>8,} taken{of}{f' ({names})' if names else ''}")
    for number, words in (
        (received.duplicates, "said nothing new"),
        (received.late, "came when they were counted as never coming"),
        (received.unknown, "are of entities that no sealed row is about"),
    ):
        if number:
            lines.append(f"  {number:>8,} {words}")
    if received.unmatched:
        lines.append(
            f"  {received.unmatched:>8,} name no prediction of ours: {', '.join(received.unmatched_ids)}"
        )
    return lines


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

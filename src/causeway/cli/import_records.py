"""`causeway import-records`."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.ids import counted, short
from causeway.core.printable import harmless

if TYPE_CHECKING:
    from causeway.actions.shipped.inbox import Imported

HEADLINES = {
    "imported": "records brought in",
    "waiting": "nothing whole yet: requests or answers whose other half has not come",
    "already_imported": "already here, nothing new",
    "nothing_imported": "no event is a record of an answer",
}
ORDER = 8


@click.command()
@click.argument("files", type=PLACE, nargs=-1, required=True, metavar="FILE...")
@click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")
@click.option("--release", default="", metavar="DIGEST", help="Whose answers they are; the live one's.")
@json_flag
@guarded
def command(files: tuple[Path, ...], *, folder: Path, release: str, as_json: bool) -> int:
    """Bring in what other servers logged: JSON lines of CloudEvents or of an inference table.

    KServe's and MLServer's payload events, rows of MLflow's or Databricks' inference tables. They become
    answers of the live release in the arm `shipped`, keep their ids, and count once. Exit code 1: none of
    the events is a record.
    """
    from causeway.actions.decide import existing_workspace
    from causeway.actions.shipped.files import import_records
    from causeway.actions.workspace import load_product

    work = existing_workspace(folder)
    with closing(work.ledger):
        manifest, _ = load_product(work, folder)
        found = import_records(work, manifest.product.name, files, release=release)
    code = 1 if found.status == "nothing_imported" else 0
    if as_json:
        emit(found, code=code)
    else:
        click.echo(harmless("\n".join(result_lines(found))))
    return code


def result_lines(found: "Imported") -> list[str]:
    """What was brought in, for a person."""
    lines = [f"{found.product}: {HEADLINES[found.status]}"]
    lines.append(f"  {found.events:>8,} events read")
    lines.append(f"  {found.rows:>8,} new predictions, as answers of release {short(found.release)}")
    if found.already:
        lines.append(f"  {found.already:>8,} said nothing new")
    if found.waiting:
        lines.append(f"  {found.waiting:>8,} wait for their other half, a day at most")
    if found.refused:
        lines.append(f"  {found.refused:>8,} are no record of an answer:")
        shown = list(found.reasons.items())[:ORDER]
        lines += [f"  {count:>8,}   {reason}" for reason, count in shown]
        if len(found.reasons) > ORDER:
            lines.append(f"           and {counted(len(found.reasons) - ORDER, 'reason')} more: --json")
    return lines

"""`causeway seal`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.seal import Sealed

TORN = 1


@click.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def command(folder: Path, *, as_json: bool) -> int:
    """Close the record logs of the product in FOLDER into segments.

    Exit code 1: there were logs, and they held no whole record.
    """
    from causeway.actions.seal import seal
    from causeway.actions.workspace import load_product, open_workspace

    work = open_workspace(folder)
    manifest, _ = load_product(work, folder)
    sealed = seal(work, manifest.product.name)
    code = TORN if sealed.status == "torn" else 0
    if as_json:
        emit(sealed, code=code)
    else:
        click.echo("\n".join(result_lines(sealed)))
    return code


def result_lines(sealed: "Sealed") -> list[str]:
    """What was sealed, for a person."""
    if sealed.status == "torn":
        lines = [f"{sealed.product}: its logs hold no whole record"]
    elif sealed.status == "nothing_to_seal":
        lines = [f"{sealed.product}: nothing to seal"]
    else:
        lines = [f"{sealed.product}: sealed {_rows(sealed.rows)}"]
    lines += [f"  {_rows(s.rows):>14}  {s.path}" for s in sealed.segments]
    if sealed.duplicates:
        lines.append(f"  {_rows(sealed.duplicates)} were there twice and kept once")
    if sealed.torn_bytes:
        lines.append(
            f"  {sealed.torn_bytes:,} bytes at the end of a log are no whole record; put aside as .torn"
        )
    if sealed.lost:
        lines.append(f"  {sealed.lost:,} answers had gone out without a record; see: causeway doctor")
    if sealed.open_logs:
        lines.append(f"  {sealed.open_logs} log still being written; the next seal takes it")
    return lines


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")

"""`causeway verify`."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, folded, guarded, json_flag, narrate

if TYPE_CHECKING:
    from causeway.ledger import Verdict

NOT_WHOLE = 1
FILE = PLACE


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--anchor", type=FILE, metavar="FILE", help="A checkpoint that you kept: sees a cut tail too.")
@click.option("--checkpoint", is_flag=True, help="Sign the heads of all chains, once they are proven whole.")
@click.option("--export-anchor", type=FILE, metavar="FILE", help="Sign, and write the checkpoint to keep.")
@click.option("--export", type=FILE, metavar="FILE", help="Write the ledger as JSON lines.")
@click.option("--export-verifier", type=FILE, metavar="FILE", help="Write the script that checks an export.")
@json_flag
@guarded
def command(
    folder: Path,
    anchor: Path | None,
    export_anchor: Path | None,
    export: Path | None,
    export_verifier: Path | None,
    *,
    checkpoint: bool,
    as_json: bool,
) -> int:
    """Prove the ledger whole, or name the first event that is not.

    Exit code 0: whole; 1: not whole. Without --anchor it says what it cannot prove.
    """
    from causeway.actions import verify
    from causeway.actions.decide import existing_workspace, readable_workspace

    work = existing_workspace(folder) if checkpoint or export_anchor else readable_workspace(folder)
    with closing(work.ledger):
        verdict = verify.verify(work, anchor=anchor)
        if verdict.ok and checkpoint:
            stamp = verify.checkpoint(work)
            narrate(f"checkpoint {stamp.seq} is signed by {stamp.key_id}")
        if verdict.ok and export_anchor:
            verify.export_anchor(work, export_anchor)
            narrate(folded(f"wrote {export_anchor}: keep it where whoever has the database cannot write"))
        if verdict.ok and (checkpoint or export_anchor):
            verdict = verify.verify(work, anchor=anchor)
        if export:
            verify.export(work, export)
            narrate(f"wrote {export}")
        if export_verifier:
            verify.export_verifier(export_verifier)
            narrate(folded(f"wrote {export_verifier}: python -I -S {export_verifier} EXPORT"))
    _show(verdict, as_json=as_json)
    return 0 if verdict.ok else NOT_WHOLE


def _show(verdict: "Verdict", *, as_json: bool) -> None:
    from causeway.actions.verify import in_words

    if as_json:
        emit(verdict, code=0 if verdict.ok else NOT_WHOLE)
        return
    if verdict.bad:
        click.echo("NOT WHOLE")
        _line("first", in_words(verdict))
        return
    from causeway.core.ids import counted

    click.echo(f"Whole: {counted(verdict.events, 'event')} of {counted(verdict.products, 'product')}.")
    for line in verdict.proven:
        _line("proven", line)
    for line in verdict.unproven:
        _line("not proven", line)


def _line(label: str, text: str) -> None:
    click.echo(click.wrap_text(text, width=80, initial_indent=f"  {label:<12}", subsequent_indent=" " * 14))

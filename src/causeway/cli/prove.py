"""`causeway prove`."""

import textwrap
from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

NOT_PROVEN = 1
COLUMN, WIDTH = 11, 80


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--only",
    multiple=True,
    metavar="PART",
    help="baseline, again, tests, endpoint, rehearsal, scan or anchor.",
)
@click.option(
    "--scan",
    "report",
    type=PLACE,
    metavar="FILE",
    help="JSON of pip-audit or OSV-Scanner; else pip-audit is run.",
)
@json_flag
@guarded
def command(folder: Path, *, only: tuple[str, ...], report: Path | None, as_json: bool) -> int:
    """Make the evidence that files do not show, and write it to the ledger.

    The baseline from its query, the training once more, the tests, a gateway that is asked, an anchor of
    the ledger. Exit code 1 where a part does not hold. A scan only where it is asked for.
    """
    from causeway.actions.prove.prove import prove

    proved = prove(folder, only=only, report=report, say=(lambda _: None) if as_json else narrate)
    code = 0 if proved.status == "proven" else NOT_PROVEN
    if as_json:
        emit(proved, code=code)
        return code
    for part in proved.parts:
        mark = "" if part.holds else "NO: "
        click.echo(
            textwrap.fill(
                mark + part.says,
                WIDTH,
                initial_indent=part.name.ljust(COLUMN),
                subsequent_indent=" " * COLUMN,
                break_long_words=False,
            )
        )
    click.echo(f"\nNext: {proved.next}")
    return code

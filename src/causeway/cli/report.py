"""`causeway report`."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causeway.actions.report import Reported

WIDTH = 80


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--monitoring", is_flag=True, help="What every monitor saw over the last windows.")
@click.option(
    "-o",
    "--html",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes. [default: PRODUCT-monitoring.html]",
)
@json_flag
@guarded
def command(folder: Path, *, monitoring: bool, file: Path | None, as_json: bool) -> None:
    """Write one HTML page about the product of FOLDER, to be kept, sent or printed.

    It holds everything that it shows: no script, no font and no address from elsewhere, no row of anybody.
    With --json and no file named, only the numbers are printed.
    """
    from causeway.actions.decide import existing_workspace
    from causeway.actions.report import monitoring_of, reported
    from causeway.console.report import monitoring_html
    from causeway.core.printable import harmless

    if not monitoring:
        raise UsageError("nothing was asked for", hint="say what the report is about: --monitoring")
    work = existing_workspace(folder)
    with closing(work.ledger):
        seen = monitoring_of(work, folder)
    if file is None and not as_json:
        file = Path(f"{seen.product}-monitoring.html")
    done = reported(seen, monitoring_html, file=file)
    if as_json:
        emit(done)
        return
    click.echo(harmless("\n".join(_lines(done))))


def _lines(done: "Reported") -> "Iterator[str]":
    import textwrap

    yield from textwrap.wrap(f"{done.product}: {done.sentence}", WIDTH, subsequent_indent="  ")
    pictures = len(done.monitoring.series)
    yield f"{done.file}: {pictures} picture{'' if pictures == 1 else 's'}, {done.bytes / 1000:,.0f} kB"

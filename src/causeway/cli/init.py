"""`causeway init`."""

import textwrap
from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def command(folder: Path, *, as_json: bool) -> None:
    """Look at a PoC folder; draft causeway.toml and the contract of its data.

    Reads only. Nothing in the folder is run, imported, unpickled or sent; nothing that is there is changed.
    """
    from causeway.actions.init import init

    report = init(folder)
    if as_json:
        emit(report)
        return
    from causeway.cli.reports import findings as show

    parts = [
        show.opening(report.sentence, report.sources),
        show.verdict_line(report.verdict, "sandbox"),
        "\n".join(show.listed(report.findings)),
        textwrap.fill(_written(report.status, report.written), show.WIDTH, break_on_hyphens=False),
        show.reach_text(report.reach),
        show.questions_text(report.questions),
    ]
    click.echo("\n\n".join(part for part in parts if part))
    click.echo(f"Next: {report.next}")


def _written(status: str, written: tuple[str, ...]) -> str:
    nothing = "nothing was run or unpickled, nothing left this machine."
    if status == "already_drafted":
        return f"causeway.toml is there already and was left as it is. Nothing was written, {nothing}"
    return f"Written: {', '.join(written)}. Nothing else was touched, {nothing}"

"""`causeway run`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

DIFFERS = 1


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--again", metavar="RELEASE", help="Make this release anew; exit 1 if another one comes out.")
@json_flag
@guarded
def command(folder: Path, *, again: str | None, as_json: bool) -> int:
    """Build the environment, train, prove, and make a signed release.

    Goes on where an earlier run of the same folder stopped, and repeats no stage that finished.
    """
    from causeway.actions.run import run
    from causeway.actions.workspace import MANIFEST, check_folder, open_workspace
    from causeway.cli.run_text import Narrator, verdict
    from causeway.core.errors import NotFound

    check_folder(folder)
    if not (folder / MANIFEST).is_file():
        raise NotFound(f"there is no {MANIFEST} in {folder}", hint=f"draft one: causeway init {folder}")
    work = open_workspace(folder)
    with Narrator(quiet=as_json) as narrator:
        report = run(work, folder, watcher=narrator, again=again)
    code = DIFFERS if report.again and not report.again.same else 0
    if as_json:
        emit(report, code=code)
        return code
    narrator.catch_up(report.stages)
    click.echo(verdict(report, folder=folder))
    return code

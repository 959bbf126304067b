"""`causeway doctor`."""

from pathlib import Path

import click
import msgspec

from causeway.cli.verb import PLACE, guarded, json_flag, print_json


@click.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def command(folder: Path, *, as_json: bool) -> int:
    """Say what is wrong with this installation or workspace; changes nothing."""
    from causeway.actions.doctor import examine
    from causeway.core.finding import Severity

    checkup = examine(folder)
    code = 0 if checkup.healthy else 1
    if as_json:
        fields = msgspec.to_builtins(checkup) | {"ok": checkup.healthy, "healthy": checkup.healthy}
        print_json(fields)
        return code
    for line in checkup.fine:
        click.echo(f"fine    {line}")
    words = {Severity.BLOCKER: "broken", Severity.FIX: "mend", Severity.NOTE: "note"}
    for finding in checkup.findings:
        click.echo(f"{words[finding.severity]:<8}{finding.title}")
        click.echo(f"        {finding.remedy.words} {finding.remedy.command}".rstrip())
    click.echo()
    click.echo("Nothing is broken." if checkup.healthy else "Something is broken: see above.")
    return code

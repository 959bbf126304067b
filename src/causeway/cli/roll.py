"""`causeway roll`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.group(name="roll")
def command() -> None:
    """Change which release answers."""


@command.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def back(folder: Path, *, as_json: bool) -> int:
    """Take the last change of traffic back."""
    from causeway.actions.roll import roll_back
    from causeway.cli.ship import shares_text, told_trouble, trouble_code

    rolled = roll_back(folder)
    if as_json:
        emit(rolled, code=trouble_code(rolled.trouble))
    elif rolled.status == "nothing_to_roll_back":
        click.echo(f"{rolled.product}: nothing to roll back; {shares_text(rolled.live)}.")
    else:
        click.echo(f"{rolled.product}: {shares_text(rolled.before)} -> {shares_text(rolled.live)}.")
    return told_trouble(rolled.trouble)

"""`causeway access`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

FOLDER = click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")


def _names(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _columns(flag: str, words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(flag, default="", callback=_names, metavar="A,B", help=words)


@click.group(name="access", invoke_without_command=True)
@FOLDER
@json_flag
@click.pass_context
def command(context: click.Context, folder: Path, *, as_json: bool) -> None:
    """Ask for, grant and revoke the use of data; without a word, say how it stands."""
    if context.invoked_subcommand is None:
        _show(folder=folder, as_json=as_json)


@command.command()
@click.argument("source")
@click.option("--purpose", default="", help="What it is for; the manifest's purpose by default.")
@click.option("--days", type=int, default=30, show_default=True, help="For how long.")
@_columns("--columns", "Only these columns.")
@FOLDER
@json_flag
@guarded
def ask(
    source: str, *, purpose: str, days: int, columns: tuple[str, ...], folder: Path, as_json: bool
) -> None:
    """Ask the owner of SOURCE for its use."""
    from causeway.actions.access import ask as ask_for
    from causeway.actions.workspace import open_workspace

    asked = ask_for(open_workspace(folder), folder, source, purpose=purpose, days=days, columns=columns)
    if as_json:
        emit(asked)
        return
    click.echo(f"{asked.ask}: {asked.source}, {asked.status.replace('_', ' ')}: {asked.purpose}")
    if asked.status != "already_granted":
        click.echo(f"  {asked.owner} can give it: causeway access grant {asked.ask} --days {asked.days}")


@command.command()
@click.argument("name", metavar="ASK|SOURCE")
@click.option("--days", type=int, default=0, help="For how long; as long as was asked by default.")
@click.option("--purpose", default="", help="What for; what was asked by default.")
@_columns("--columns", "Only these columns; what was asked by default.")
@_columns("--unmask", "Columns that are read as they are, whatever their classification.")
@FOLDER
@json_flag
@guarded
def grant(
    name: str,
    *,
    days: int,
    purpose: str,
    columns: tuple[str, ...],
    unmask: tuple[str, ...],
    folder: Path,
    as_json: bool,
) -> None:
    """Let the product read a source of yours, for one purpose and some days."""
    from causeway.actions.access import grant as give
    from causeway.actions.workspace import open_workspace

    work = open_workspace(folder)
    given = give(work, folder, name, days=days, purpose=purpose, columns=columns, unmask=unmask)
    if as_json:
        emit(given)
        return
    click.echo(
        f"{given.grant}: {given.product} may read {given.source} until {given.until:%Y-%m-%d %H:%M} UTC: "
        f"{given.purpose}{' (already granted)' if given.status == 'already_granted' else ''}"
    )
    if given.columns:
        click.echo(f"  only {', '.join(given.columns)}")
    if given.unmask:
        click.echo(f"  as they are: {', '.join(given.unmask)}")
    click.echo(f"  take it back: causeway access revoke {given.grant}")


@command.command()
@click.argument("name", metavar="GRANT|SOURCE")
@click.option("--because", default="", help="Why.")
@FOLDER
@json_flag
@guarded
def revoke(name: str, because: str, folder: Path, *, as_json: bool) -> None:
    """Take a grant back, or every grant for a source; the next run reads nothing of it."""
    from causeway.actions.access import revoke as take_back
    from causeway.actions.workspace import open_workspace

    ended = take_back(open_workspace(folder), folder, name, because=because)
    if as_json:
        emit(ended)
        return
    click.echo(f"{', '.join(ended.grants)}: {ended.status.replace('_', ' ')}")


@guarded
def _show(*, folder: Path, as_json: bool) -> None:
    from causeway.actions.access import accesses
    from causeway.actions.workspace import open_workspace
    from causeway.cli.access_text import lines

    found = accesses(open_workspace(folder), folder)
    if as_json:
        emit(found)
        return
    for line in lines(found):
        click.echo(line)

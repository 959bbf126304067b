"""`causeway up`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.actions.instance import CONSOLE_PORT, PORT
from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate
from causeway.core.errors import UsageError

if TYPE_CHECKING:
    from causeway.actions.up import Started


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Of the gateway."
)
@click.option(
    "--console-port",
    type=click.IntRange(0, 65535),
    default=CONSOLE_PORT,
    show_default=True,
    help="Of the console.",
)
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop by itself after so long.")
@click.option("--background", is_flag=True, help="Start it, say where it answers, and return.")
@click.option("--stop", "stopping", is_flag=True, help="Stop what runs for this workspace.")
@json_flag
@guarded
def command(
    folder: Path,
    port: int,
    console_port: int,
    minutes: float | None,
    *,
    background: bool,
    stopping: bool,
    as_json: bool,
) -> None:
    """Run control plane, console and gateway of FOLDER's workspace until Ctrl-C.

    Everything listens on this machine only.
    """
    if background and stopping:
        raise UsageError("--background and --stop are two things", hint="say one of them")
    if stopping:
        _stop(folder, as_json=as_json)
        return
    from causeway.actions.background import start_in_background
    from causeway.actions.up import up
    from causeway.actions.workspace import open_workspace
    from causeway.console.app import create_app

    def ready(started: "Started") -> None:
        if as_json:
            emit(started)
        else:
            _show(started, folder, background=background)

    if background:
        here = open_workspace(folder)
        ready(start_in_background(here, port=port, console_port=console_port, minutes=minutes))
        return
    up(
        folder,
        port=port,
        console_port=console_port,
        console=lambda work, token, cookie: create_app(work, token=token, cookie=cookie),
        ready=ready,
        say=narrate,
        minutes=minutes,
    )


def _show(started: "Started", folder: Path, *, background: bool) -> None:
    if started.status == "already_up":
        click.echo(f"Already up, as process {started.pid}.")
    click.echo(f"Gateway  {started.gateway}")
    click.echo(f"Console  {started.sign_in or started.console}")
    if background or started.status == "already_up":
        click.echo(f"Stop it: causeway up {folder} --stop")
    else:
        click.echo("Ctrl-C stops everything.")


def _stop(folder: Path, *, as_json: bool) -> None:
    from causeway.actions.background import stop
    from causeway.actions.decide import existing_workspace

    stopped = stop(existing_workspace(folder))
    if as_json:
        emit(stopped)
    elif stopped.pid:
        click.echo(f"Stopped process {stopped.pid}; the records are closed, the routes kept.")
    else:
        click.echo("Nothing runs for this workspace.")

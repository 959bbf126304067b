"""`causeway up`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.actions.instance import CONSOLE_PORT, PORT
from causeway.cli.verb import emit, guarded, json_flag, narrate
from causeway.core.errors import MissingExtra

if TYPE_CHECKING:
    from causeway.actions.up import Started


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
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
@json_flag
@guarded
def command(folder: Path, port: int, console_port: int, minutes: float | None, *, as_json: bool) -> None:
    """Run control plane, console and gateway of FOLDER's workspace until Ctrl-C.

    Everything listens on this machine only.
    """
    try:
        from causeway.actions.up import up
        from causeway.console.app import create_app
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{error.name} is not installed", hint='install with: pip install "causeway[serve]"'
        ) from error

    def ready(started: "Started") -> None:
        if as_json:
            emit(started)
        else:
            _show(started)

    up(
        folder,
        port=port,
        console_port=console_port,
        console=lambda work, token, cookie: create_app(work, token=token, cookie=cookie),
        ready=ready,
        say=narrate,
        minutes=minutes,
    )


def _show(started: "Started") -> None:
    if started.status == "already_up":
        click.echo(f"Already up, as process {started.pid}.")
    click.echo(f"Gateway  {started.gateway}")
    click.echo(f"Console  {started.sign_in or started.console}")
    if started.status == "up":
        click.echo("Ctrl-C stops everything.")

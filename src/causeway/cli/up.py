"""`causeway up`."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from causeway.actions.instance import CONSOLE_PORT, HOST, PORT
from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate
from causeway.core.errors import MissingExtra, UsageError
from causeway.gateway.log import FORM

if TYPE_CHECKING:
    from causeway.actions.supervisor import Front
    from causeway.actions.up import Started

FILE = click.Path(dir_okay=False, path_type=Path)
LOCAL = ("127.0.0.1", "::1", "localhost")
"""Hosts at which nobody else can ask."""


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
@click.option("--host", default=HOST, show_default=True, help="Address on which the gateway listens.")
@click.option("--unix", type=FILE, help="Path of a socket at which it answers this user, too.")
@click.option("--tls-cert", type=FILE, envvar="CAUSEWAY_TLS_CERT", help="Its certificate with chain, PEM.")
@click.option("--tls-key", type=FILE, envvar="CAUSEWAY_TLS_KEY", help="The certificate's key, PEM.")
@click.option("--proxy", multiple=True, help="Address or network whose X-Forwarded-* it believes.")
@click.option("--grpc-port", type=click.IntRange(1, 65535), help="Where it answers gRPC, too.")
@click.option(
    "--log",
    "form",
    type=click.Choice(["plain", "json"]),
    envvar="CAUSEWAY_LOG",
    default="plain",
    show_default=True,
    help="How standard error says what goes on.",
)
@click.option("--access-log", is_flag=True, help="The gateway writes a line for each request, too.")
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
    host: str,
    unix: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    proxy: tuple[str, ...],
    grpc_port: int | None,
    form: str,
    access_log: bool,
    background: bool,
    stopping: bool,
    as_json: bool,
) -> None:
    """Run control plane, console and gateway of FOLDER's workspace until Ctrl-C.

    Everything listens on this machine only, unless --host says otherwise for the gateway.
    """
    # the gateway, and whatever else is started here, reads it there
    os.environ[FORM] = form
    front = _front(host, unix, tls_cert, tls_key, proxy)
    front = structs.replace(front, grpc_port=grpc_port, access_log=access_log)
    if grpc_port and find_spec("grpc") is None:
        raise MissingExtra("gRPC is not installed", hint='install with: pip install "causeway[grpc]"')
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
        ready(start_in_background(here, port=port, console_port=console_port, minutes=minutes, front=front))
        return
    up(
        folder,
        port=port,
        console_port=console_port,
        console=lambda work, token, cookie: create_app(work, token=token, cookie=cookie),
        ready=ready,
        say=_narrate,
        minutes=minutes,
        front=front,
    )


def _narrate(text: str) -> None:
    """Tells what goes on, in the form that was asked for."""
    from causeway.gateway.log import is_json, say

    if is_json():
        say("control_plane", text)
    else:
        narrate(text)


def _front(
    host: str, unix: Path | None, tls_cert: Path | None, tls_key: Path | None, proxies: tuple[str, ...]
) -> "Front":
    from causeway.actions.supervisor import Front

    if bool(tls_cert) != bool(tls_key):
        raise UsageError("a certificate and its key belong together", hint="give --tls-cert and --tls-key")
    pair = (tls_cert.absolute(), tls_key.absolute()) if tls_cert and tls_key else None
    if host not in LOCAL:
        clear = "" if pair else ", and keys and rows travel in the clear (--tls-cert)"
        narrate(f"the gateway listens on {host}: whoever reaches this machine can ask{clear}")
    return Front(host, unix.absolute() if unix else None, pair, proxies)


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

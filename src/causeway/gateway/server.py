"""The gateway's process: one listening socket, one event loop, a clean end."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

import uvicorn
import uvloop
from msgspec import Struct

from causeway.core.errors import OutsideError
from causeway.gateway.app import App
from causeway.gateway.desk import Desk
from causeway.gateway.http_limits import BoundedProtocol
from causeway.gateway.lane import FastLane
from causeway.gateway.recorder import Recorder
from causeway.gateway.rpc import beside
from causeway.gateway.watcher import Watcher

BACKLOG = 2048
# less than the supervisor waits before it kills
DRAIN_SECONDS = 5
FAST_LANE = "CAUSEWAY_FASTLANE"
"""With 0 in this variable of the environment every request goes the long way, through ASGI."""


class Options(Struct, frozen=True):
    """Where to listen, what to follow, where to record."""

    routes: Path
    records: Path
    host: str = "127.0.0.1"
    port: int = 0
    port_file: Path | None = None
    rotate_seconds: float = 10.0
    grpc_port: int | None = None


class _Server(uvicorn.Server):
    """Uvicorn's server, whose signals are ours: records are flushed before the process ends."""

    def __init__(self, config: uvicorn.Config, *, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, and says so."""
        await super().startup(sockets)
        self._tell_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the signals alone."""
        yield


def run(options: Options) -> None:
    """Serves until it is told to stop, then drains and flushes."""
    listening = _listen(options.host, options.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options, listening))


async def _serve(options: Options, listening: socket.socket) -> None:
    recorder = Recorder(options.records, rotate_seconds=options.rotate_seconds)
    app = App(recorder)
    watcher = Watcher(app, options.routes)
    await watcher.look()
    server = _Server(_config(app), started=lambda: _announce(options, listening))
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, _stop, server)
    following = loop.create_task(watcher.follow())
    try:
        async with beside(app, options.host, options.grpc_port):
            await server.serve(sockets=[listening])
    finally:
        following.cancel()
        await watcher.close()
        await recorder.close()


def _config(app: App) -> uvicorn.Config:
    short = os.environ.get(FAST_LANE, "1") != "0"
    return uvicorn.Config(
        app,
        http=partial(FastLane, desk=Desk(app)) if short else BoundedProtocol,  # type: ignore[arg-type]
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _announce(options: Options, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    if options.port_file is not None:
        _write_port(options.port_file, port)
    print(f"gateway: ready on http://{host}:{port}", file=sys.stderr, flush=True)  # noqa: T201 - the one line it says


def _write_port(file: Path, port: int) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text(f"{port}\n")
    part.replace(file)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise OutsideError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            hint="another process may hold this port: choose another with --port, or stop it",
        ) from error
    return listening

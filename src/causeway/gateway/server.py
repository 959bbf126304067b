"""The gateway's processes: one that serves alone, or a parent and those that it forks; each ends cleanly."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from weakref import WeakSet

import uvloop
from msgspec import Struct, structs
from uvicorn.config import Config
from uvicorn.server import Server

from causeway.core.errors import OutsideError, UsageError
from causeway.core.routes import read_routes, workers_of
from causeway.gateway.app import App
from causeway.gateway.door.resting import Resting
from causeway.gateway.log import say, say_broken
from causeway.gateway.processes.memory import settle
from causeway.gateway.processes.parent import LEAVE, Limits, Parent, Place
from causeway.gateway.processes.seat import Seat
from causeway.gateway.quick.desk import Desk
from causeway.gateway.quick.lane import FastLane
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.routes.routing import Routing
from causeway.gateway.rpc import beside as grpc_beside
from causeway.gateway.telling.begin import telling
from causeway.gateway.telling.collector import Collector, collector_of
from causeway.gateway.upkeep.heartbeat import report
from causeway.gateway.upkeep.watcher import Watcher, load
from causeway.gateway.wire.certificate import Certificate
from causeway.gateway.wire.doorstep import Doorstep
from causeway.gateway.wire.http_limits import NEW_SECONDS, BoundedProtocol
from causeway.gateway.wire.listening import BACKLOG, Listening, listen
from causeway.gateway.wire.proxies import Proxies

# less than the supervisor waits before it kills
DRAIN_SECONDS = 5
LOOK_SECONDS = 0.01
FAST_LANE = "CAUSEWAY_FASTLANE"
"""With 0 in this variable of the environment every request goes the long way, through ASGI."""
LOCAL = ("127.0.0.1", "::1", "localhost")


class Options(Struct, frozen=True):
    """Where to listen, what to follow, where to record, and with how many processes.

    Without a `port` there is none, and `unix` is a path to listen at. So many `workers` begin, and at most
    `workers_most` answer; 0 takes what the routes ask for.
    """

    routes: Path
    records: Path
    host: str = "127.0.0.1"
    port: int | None = 0
    port_file: Path | None = None
    unix: Path | None = None
    fd: int = -1
    """The port's socket, where whoever started us holds it."""
    rotate_seconds: float = 10.0
    look_seconds: float = 0.5
    workers: int = 0
    workers_most: int = 0
    rise_seconds: int = 3
    fall_seconds: int = 30
    certificate: tuple[Path, Path] | None = None
    """The certificate's chain and its key."""
    proxies: tuple[str, ...] = ()
    grpc_port: int | None = None
    access_log: bool = False
    """Whether each request gets a line on standard error."""
    notes: bool = False
    """Whether to say on standard output what befalls the processes, a JSON line each."""


class _Server(Server):
    """Uvicorn's server, whose signals are ours: records are flushed before the process ends."""

    def __init__(self, config: Config, here: "_Here", resting: Resting) -> None:
        super().__init__(config)
        self._here = here
        self._resting = resting
        self._leaves = False
        self._arriving: WeakSet[asyncio.Protocol] = WeakSet()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, and says so."""
        await self.lifespan.startup()
        self._doorstep = Doorstep(sockets or (), self._protocol, self._here.certificate)
        self.servers = self._doorstep.servers  # type: ignore[assignment]
        await self._doorstep.take()
        self._resting.doorstep = self._doorstep
        self.started = True
        self._here.started()

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., BoundedProtocol] = self.config.http_protocol_class  # type: ignore[assignment]
        protocol = make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        protocol.proxies = self._here.proxies
        protocol.resting = self._resting
        protocol.leaves = self._leaves
        protocol.arriving = self._arriving
        self._arriving.add(protocol)
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more, and waits for what it owes."""
        self._doorstep.close()
        self._doorstep.shut()
        self.leave()
        loop = asyncio.get_running_loop()
        latest = loop.time() + NEW_SECONDS
        while self._arriving and loop.time() < latest:  # noqa: ASYNC110 - a weak set tells nobody that it is empty
            await asyncio.sleep(LOOK_SECONDS)
        await super().shutdown(sockets)

    def leave(self) -> None:
        """Has callers go elsewhere with what they ask next."""
        self._leaves = True
        for connection in self.server_state.connections:
            if isinstance(connection, BoundedProtocol):
                connection.leaves = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the signals alone."""
        yield


class _Here(Struct, frozen=True):
    """What every process of this gateway is told."""

    options: Options
    certificate: Certificate | None
    proxies: Proxies | None
    started: Callable[[], None]
    """Called once it listens."""
    collector: Collector | None = None
    """Who is told of finished requests as spans."""


def run(options: Options) -> None:
    """Serves until it is told to stop, then drains and flushes."""
    limits = _limits(options)
    listening = listen(options.host, options.port, unix=options.unix, seats=limits.most, fd=options.fd)
    try:
        certificate = Certificate(*options.certificate) if options.certificate else None
        here = _Here(
            options,
            certificate,
            Proxies(options.proxies) if options.proxies else None,
            lambda: _announce(options, listening),
            collector_of(os.environ),
        )
        if limits.most == 1:
            _serve_in(here, Routing(), Seat(), listening.of(0))
        else:
            _parent(here, limits, listening).run()
    finally:
        listening.close()


def _parent(here: _Here, limits: Limits, listening: Listening) -> Parent:
    before = _shared(here.options.routes)

    def serve(place: Place) -> None:
        child = structs.replace(here, started=place.started)
        _serve_in(child, before, place.seat, listening.of(place.seat.number), alive=place.alive)

    return Parent(limits, listening, serve=serve, started=here.started, notes=here.options.notes)


def _shared(routes: Path) -> Routing:
    """What is loaded before the first fork, so that the processes share its memory."""
    if not routes.exists():
        return Routing()
    try:
        return _forkable(load(routes, Routing()))
    except Exception as error:  # noqa: BLE001 - the shell: a bundle, however odd, is for those who answer to judge
        say_broken(error)
        return Routing()


def _forkable(routing: Routing) -> Routing:
    """The products that need no process of their own: those belong to whoever starts them."""
    live = {name: each for name, each in routing.live.items() if not any(v.loaded.worker for v in each.kept)}
    return Routing(live=live)


def _serve_in(
    here: _Here, routing: Routing, seat: Seat, sockets: list[socket.socket], *, alive: int = -1
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(here, routing, seat, sockets, alive=alive))


async def _serve(
    here: _Here, routing: Routing, seat: Seat, sockets: list[socket.socket], *, alive: int
) -> None:
    recorder = Recorder(here.options.records, rotate_seconds=here.options.rotate_seconds)
    app = App(recorder, seat)
    app.routing = routing
    watcher = Watcher(app, here.options.routes)
    if seat.number == 0:
        app.usage.restore()
    await watcher.look()
    if not seat.shared:
        settle(alone=True)
    told = contextlib.ExitStack()
    app.witness = told.enter_context(
        telling(here.collector, lines=here.options.access_log, measures=app.measures)
    )
    desk = Desk(app) if os.environ.get(FAST_LANE, "1") != "0" else None
    server = _Server(_config(app, desk), here, app.admission.resting)
    _hear(server, here.certificate, alive)
    loop = asyncio.get_running_loop()
    usage = app.usage.follow(writes=seat.number == 0)
    beside = [loop.create_task(watcher.follow(here.options.look_seconds)), loop.create_task(usage)]
    if here.certificate:
        beside.append(loop.create_task(here.certificate.follow()))
    if seat.shared:
        seat.say(app.state)
        beside.append(loop.create_task(report(app, seat)))
    try:
        at, secret = (here.options.host, here.options.grpc_port), here.options.certificate
        async with grpc_beside(app, *at, desk=desk, shared=seat.shared, certificate=secret):
            await server.serve(sockets=sockets)
    finally:
        for task in beside:
            task.cancel()
        await watcher.close()
        await recorder.close()
        app.usage.keep()
        app.measures.hear(recorder)
        told.close()


def _hear(server: _Server, certificate: Certificate | None, alive: int) -> None:
    """Has it stop when it is told to, or when nobody else has the other end of this pipe any more."""
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, _stop, server)
    if certificate:
        loop.add_signal_handler(signal.SIGHUP, certificate.take_up)
    if alive >= 0:
        loop.add_signal_handler(LEAVE, server.leave)
        loop.add_reader(alive, _orphaned, server, alive)


def _limits(options: Options) -> Limits:
    """How many processes: what was said, else what the routes ask for."""
    least, most = options.workers, options.workers_most
    if not least:
        with contextlib.suppress(OSError, UsageError):
            least, asked = workers_of(read_routes(options.routes.read_bytes()))
            most = most or asked
    least = max(least, 1)
    if most and most < least and options.workers_most:
        raise UsageError("--workers-most is less than --workers", hint="give as many, or more")
    return Limits(least, max(most, least), options.rise_seconds, options.fall_seconds)


def _config(app: App, desk: Desk | None) -> Config:
    return Config(
        app,
        http=partial(FastLane, desk=desk) if desk else BoundedProtocol,  # type: ignore[arg-type]
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
        # ours are stricter, and believe nobody who was not named
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _stop(server: Server) -> None:
    if not server.should_exit:
        server.should_exit = True
        say("stopping", "stops: answers what it has, and keeps its records")


def _orphaned(server: Server, alive: int) -> None:
    asyncio.get_running_loop().remove_reader(alive)
    _stop(server)


def _announce(options: Options, listening: Listening) -> None:
    places: list[str] = []
    if options.port is not None:
        scheme = "https" if options.certificate else "http"
        host = f"[{options.host}]" if ":" in options.host else options.host
        places.append(f"{scheme}://{host}:{listening.port}")
        if options.host not in LOCAL:
            text = f"listening on {options.host}: whoever reaches this machine can ask"
            say("open_to_others", text, level="warning")
    if options.unix:
        places.append(f"unix:{options.unix}")
    say("ready", f"ready on {' and '.join(places)}")
    if options.port_file is not None:
        _write_port(options.port_file, listening.port)


def _write_port(file: Path, port: int) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(f"{port}\n")
        part.replace(file)
    except OSError as error:
        raise OutsideError(
            f"cannot write {file}: {error.strerror}", hint="choose another --port-file"
        ) from error

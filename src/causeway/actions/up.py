"""Runs the control plane, the console and the gateway of one workspace, until it is told to stop."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from msgspec import Struct, structs

from causeway.actions.act import must_train
from causeway.actions.bill.settle import settling_due
from causeway.actions.canary import Lookout, words_of
from causeway.actions.decide import States
from causeway.actions.instance import HOST, Instance, alive, forget, record, recorded, running, start_of
from causeway.actions.routes import sync_routes
from causeway.actions.supervisor import Front, Gateway, stop_process, write_scaled
from causeway.actions.sweep import sweep
from causeway.actions.tick import acting_due, tidying_due, watching_due, whats_due
from causeway.actions.workspace import Workspace, open_workspace
from causeway.assess.due import SEAL
from causeway.core.errors import CausewayError, Conflict, OutsideError, remedy
from causeway.core.events import GatewayScaled
from causeway.core.routes import workers_of
from causeway.gateway.wire.http_limits import BoundedProtocol
from causeway.ledger import Head

BACKLOG = 2048
TICK_SECONDS = 5.0
AGAIN_SECONDS = 60.0
LOOK_SECONDS = 1.0
SEAL_AFTER = timedelta(seconds=60)
TOKEN_BYTES = 24
DRAIN_SECONDS = 1
TURN_SECONDS = 40.0
POLL_SECONDS = 0.1
LOCK = "up.lock"

Application = Callable[..., Awaitable[Any]]
Console = Callable[[Workspace, str, str], Application]
"""Makes the console over a workspace, for a token and a cookie's name."""


class Started(Struct, frozen=True):
    """Where everything answers: `up`, or `already_up`; `sign_in` is the console's link, shown once."""

    status: str
    gateway: str
    console: str
    sign_in: str
    pid: int


def up(
    folder: Path,
    *,
    port: int,
    console_port: int,
    console: Console,
    ready: Callable[[Started], None],
    say: Callable[[str], None],
    minutes: float | None = None,
    front: Front | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM, or for so long; `ready` is told once everything answers."""
    work = open_workspace(folder)
    try:
        with _only_one(work) as here:
            if here:
                ready(Started("already_up", here.address, here.console, "", here.pid))
                return
            sweep(work)
            _stop_orphan(work, say)
            front = front or Front()
            with (
                _listening(console_port, "--console-port") as socket_of_console,
                _listening(port, "--port", host=front.host) as door,
            ):
                station = _Station(
                    work,
                    port=door.getsockname()[1],
                    listening=socket_of_console,
                    say=say,
                    front=structs.replace(front, door=door.fileno()),
                )
                station.keep_routes()
                asyncio.run(station.run(console, ready, seconds=60 * minutes if minutes else None))
    finally:
        work.ledger.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, whose signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals alone."""
        yield


class _Station:
    """One control plane: the console's server, the gateway's process, and the clock that ticks."""

    def __init__(
        self,
        work: Workspace,
        *,
        port: int,
        listening: socket.socket,
        say: Callable[[str], None],
        front: Front | None = None,
    ) -> None:
        self.work = work
        self.listening = listening
        self.say = say
        self.stopping = asyncio.Event()
        self.states = States(work)
        self.seen: list[Head] = []
        self.troubles: Mapping[str, str] = {}
        self.writing: set[asyncio.Task[None]] = set()
        self.told: dict[str, str] = {}
        front = front or Front()
        self.asked: tuple[int, int] = (1, 1)
        self.gateway = Gateway(work, port=port, say=say, moved=self._note, scaled=self._scaled, front=front)
        self.instance = Instance(
            pid=0,
            started="",
            port=port,
            console_port=listening.getsockname()[1],
            at=work.clock.now(),
            host=front.host,
            tls=front.certificate is not None,
        )

    async def run(self, console: Console, ready: Callable[[Started], None], *, seconds: float | None) -> None:
        """Everything up, then everything down."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.stopping.set)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        server = _Server(_config(console(self.work, token, f"causeway_{self.instance.console_port}")))
        try:
            if not await self._gateway_started():
                return
            tasks = [
                asyncio.create_task(server.serve(sockets=[self.listening])),
                asyncio.create_task(self.gateway.keep()),
                asyncio.create_task(self._tick()),
                asyncio.create_task(self._watch_canaries()),
                asyncio.create_task(self._train()),
            ]
            ready(self._started(token))
            stopped = asyncio.create_task(self.stopping.wait())
            await asyncio.wait([*tasks, stopped], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            broken = [task for task in tasks if task.done()]
            server.should_exit = True
            await self._end(tasks, stopped)
            _raise_first(broken)
        finally:
            await self.gateway.stop()
            forget(self.work, self.instance)

    async def _gateway_started(self) -> bool:
        """Whether it answers; False when we were told to stop before it did."""
        starting = asyncio.ensure_future(self.gateway.start())
        stopped = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if starting.done():
            starting.result()
            return True
        starting.cancel()
        return False

    async def _end(self, tasks: list[asyncio.Task[None]], stopped: asyncio.Task[bool]) -> None:
        served, *others = tasks
        for task in (*others, stopped):
            task.cancel()
        await asyncio.gather(*others, stopped, return_exceptions=True)
        await self.gateway.stop()
        await asyncio.gather(served, return_exceptions=True)

    def _started(self, token: str) -> Started:
        here = self.instance
        return Started("up", here.address, here.console, f"{here.console}/?token={token}", here.pid)

    def _note(self, pid: int) -> None:
        own = os.getpid()
        self.instance = structs.replace(
            self.instance, pid=own, started=start_of(own), gateway_pid=pid, gateway_started=start_of(pid)
        )
        record(self.work, self.instance)

    async def _tick(self) -> None:
        """Keeps the route file as the ledger says, and has whatever is due done."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                # reading a long history takes its time, in which the console answers on
                await asyncio.to_thread(self.keep_routes)
                self._fit()
                if await asyncio.to_thread(self._must_seal):
                    await self._tick_apart()
            except (CausewayError, OSError) as error:
                self.say(f"tick: {error}")

    async def _watch_canaries(self) -> None:
        """Judges releases on trial every second, so that harm is taken back within seconds."""
        # a ledger of its own: the other clock may be reading
        work = open_workspace(self.work.root)
        lookout = Lookout(work, state_of=States(work))
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                try:
                    looked = await asyncio.to_thread(lookout.look)
                except (CausewayError, OSError) as error:
                    self.say(f"canary: {error}")
                    continue
                for each in looked:
                    if each.written or each.judged is None:
                        self._say_once(words_of(each), of=each.product)
        finally:
            lookout.close()
            work.ledger.close()

    def _say_once(self, words: str, *, of: str) -> None:
        if self.told.get(of) != words:
            self.told[of] = words
            self.say(f"{of}: {words}")

    def _fit(self) -> None:
        """Has the gateway start anew where its releases now ask for another number of processes."""
        if self.gateway.began_with not in (None, self.asked):
            least, most = self.asked
            self.say(f"the gateway starts anew with {least} to {most} processes, as the manifests ask")
            self.gateway.renew()

    def _scaled(self, fact: GatewayScaled) -> None:
        self.say(f"the gateway went from {fact.before} to {fact.after} processes: {fact.why}")
        writing = asyncio.create_task(asyncio.to_thread(write_scaled, self.work.root, fact))
        self.writing.add(writing)
        writing.add_done_callback(self._written)

    def _written(self, writing: asyncio.Task[None]) -> None:
        self.writing.discard(writing)
        if not writing.cancelled() and (error := writing.exception()):
            self.say(f"the ledger does not know of it: {error}")

    def keep_routes(self) -> None:
        """Has the route file follow the ledger, if anything was written since; says what does not follow."""
        try:
            heads = self.work.ledger.heads()
            if heads == self.seen:
                return
            synced = sync_routes(self.work, state_of=self.states)
            troubles, self.asked = synced.troubles, workers_of(synced.file)
        except (CausewayError, OSError) as error:
            self.say(f"the routes stay as they were: {error}")
            return
        for product, trouble in troubles.items():
            if self.troubles.get(product) != trouble:
                self.say(f"{product}: {trouble}")
        # what is in trouble is tried again, and told once
        self.seen, self.troubles = [] if troubles else heads, troubles

    def _must_seal(self) -> bool:
        due = whats_due(self.work, state_of=self.states, seal_after=SEAL_AFTER)
        if any(each.what == SEAL for _, each in due):
            return True
        return any(
            tidying_due(self.work, self.states, product)
            or watching_due(self.work, self.states, product)
            or acting_due(self.work, self.states, product)
            or settling_due(self.work, self.states, product)
            for product in self.work.products()
        )

    async def _train(self) -> None:
        """Has products trained anew that are to be, beside everything else: it may take hours."""
        work = open_workspace(self.work.root)
        states = States(work)
        try:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                try:
                    due = await asyncio.to_thread(
                        lambda: any(must_train(work, states(p)) for p in work.products())
                    )
                    if due:
                        await self._tick_apart(training="only")
                        # it went as far as it could: what is left waits for something
                        await asyncio.sleep(AGAIN_SECONDS)
                except (CausewayError, OSError) as error:
                    self.say(f"training anew: {error}")
        finally:
            work.ledger.close()

    async def _tick_apart(self, *, training: str = "no") -> None:
        """Ticks in a process of its own, so that this one stays small."""
        words = ("tick", str(self.work.root), "--training", training, "--json")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "causeway", *words),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        if process.returncode:
            self.say(f"tick: {said.decode(errors='replace').strip()}")


def _config(app: Application) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


@contextlib.contextmanager
def _only_one(work: Workspace) -> Iterator[Instance | None]:
    """Nothing, while no other `up` can begin in this workspace; or the one that serves it already."""
    lock = work.state / LOCK
    try:
        handle = lock.open("w")
    except OSError as error:
        raise OutsideError(f"cannot open {lock}: {error.strerror}", hint=remedy(error)) from error
    with handle:
        deadline = time.monotonic() + TURN_SECONDS
        while not _locked(handle):
            if here := running(work):
                yield here
                return
            if time.monotonic() > deadline:
                raise Conflict("another `up` is starting or stopping here", hint="repeat once it is done")
            time.sleep(POLL_SECONDS)
        yield running(work)


def _locked(handle: TextIO) -> bool:
    try:
        # the kernel lets go of it when this process ends, however that happens
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _raise_first(broken: list[asyncio.Task[None]]) -> None:
    """Raises what ended a task that should have gone on."""
    for task in broken:
        if error := task.exception():
            raise error
        raise OutsideError("the console ended by itself", hint="its own words stand above; start again")


@contextlib.contextmanager
def _listening(port: int, option: str, *, host: str = HOST) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise OutsideError(
                f"cannot listen on port {port}: {reason}", hint=f"choose another one with {option}"
            ) from error
        yield listening


def _stop_orphan(work: Workspace, say: Callable[[str], None]) -> None:
    """Ends the gateway of an `up` that was killed; it went on answering until now."""
    before = recorded(work)
    if before is None:
        return
    if alive(before.gateway_pid, before.gateway_started):
        say("the gateway of an earlier `up` still ran; it is replaced")
        stop_process(before.gateway_pid, before.gateway_started)
    forget(work, before)

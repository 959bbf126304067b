"""Keeps the gateway's process running: starts it, starts it again when it dies, stops it."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.instance import HOST, alive
from causeway.actions.routes import current_routes
from causeway.actions.workspace import Workspace, open_workspace
from causeway.core.errors import CausewayError, OutsideError
from causeway.core.events import GatewayScaled
from causeway.core.routes import workers_of

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 10.0


class Front(Struct, frozen=True):
    """How the gateway meets its callers."""

    host: str = HOST
    unix: Path | None = None
    """A path to listen at beside the port."""
    certificate: tuple[Path, Path] | None = None
    """The certificate's chain and its key."""
    proxies: tuple[str, ...] = ()
    grpc_port: int | None = None
    """Where it answers gRPC as well."""
    access_log: bool = False
    """Whether it writes a line for each request."""
    door: int = -1
    """The socket of its port, which is held here so that callers wait while the gateway starts again."""

    @property
    def words(self) -> list[str]:
        """The same for the gateway's command line."""
        chain, key = self.certificate or (None, None)
        pairs = [("--host", self.host), ("--unix", self.unix), ("--tls-cert", chain), ("--tls-key", key)]
        pairs += [("--grpc-port", self.grpc_port), *(("--proxy", each) for each in self.proxies)]
        words = [str(word) for name, value in pairs if value for word in (name, value)]
        return [*words, "--access-log"] if self.access_log else words


class _Note(Struct):
    """What the gateway says about its processes."""

    scaled: GatewayScaled


class Gateway:
    """The gateway as a process of its own.

    `moved` is told its number whenever it has a new one, `scaled` when it has more or fewer processes.
    """

    def __init__(
        self,
        work: Workspace,
        *,
        port: int,
        say: Callable[[str], None],
        moved: Callable[[int], None],
        scaled: Callable[[GatewayScaled], None] = lambda _: None,
        front: Front | None = None,
    ) -> None:
        self.work = work
        self.port = port
        self.say = say
        self.moved = moved
        self.scaled = scaled
        self.front = front or Front()
        self.process: asyncio.subprocess.Process | None = None
        self.again = False
        self.began_with: tuple[int, int] | None = None
        """How many processes the routes asked for when it started: at first, and at most."""

    async def start(self) -> None:
        """Returns once it answers; raises when it ends instead."""
        port_file = self.work.state / "gateway.port"
        port_file.unlink(missing_ok=True)
        self.began_with = self._asked()
        # a session of its own: Ctrl-C is for us, and we stop it after its last answer
        self.process = await asyncio.create_subprocess_exec(
            *self._command(port_file),
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            pass_fds=(self.front.door,) if self.front.door >= 0 else (),
        )
        self.moved(self.process.pid)
        self.listening = asyncio.create_task(self._listen(self.process))
        deadline = time.monotonic() + START_SECONDS
        while not port_file.exists():
            if self.process.returncode is not None or time.monotonic() > deadline:
                await self.stop()
                raise OutsideError(
                    f"the gateway did not start on port {self.port}",
                    hint="its own words stand above; choose another port with --port",
                )
            await asyncio.sleep(POLL_SECONDS)
        port_file.unlink(missing_ok=True)

    async def keep(self) -> None:
        """Starts it again whenever it ends, waiting longer each time, until cancelled."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            pause = await self._watch(pause)

    def renew(self) -> None:
        """Has it end, and start again at once: for what it only reads when it starts."""
        if self.process and self.process.returncode is None:
            self.again = True
            self.process.terminate()

    async def stop(self) -> None:
        """Ends it: asked first, killed if it does not listen."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _watch(self, pause: float) -> float:
        """The pause before the next start, once this process has ended and another one was started."""
        since = time.monotonic()
        code = await self.process.wait() if self.process else 0
        if time.monotonic() - since > STEADY_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        if self.again:
            self.again = False
        else:
            self.say(f"the gateway ended ({_ended(code)}); it starts again in {pause:g} s")
            await asyncio.sleep(pause)
        try:
            await self.start()
        except (CausewayError, OSError) as error:
            self.say(f"the gateway did not start: {error}")
        return min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Hears what it says about its processes, until it ends."""
        while process.stdout and (line := await process.stdout.readline()):
            with contextlib.suppress(msgspec.DecodeError):
                self.scaled(_note(line).scaled)

    def _asked(self) -> tuple[int, int]:
        routes = current_routes(self.work)
        return workers_of(routes) if routes else (1, 1)

    def _command(self, port_file: Path) -> list[str]:
        return [
            sys.executable,
            "-m",
            "causeway.gateway",
            *("--routes", str(self.work.routes)),
            *("--records", str(self.work.state / "records")),
            *self.front.words,
            "--notes",
            *(("--fd", str(self.front.door)) if self.front.door >= 0 else ("--port", str(self.port))),
            *("--port-file", str(port_file)),
        ]


def write_scaled(folder: Path, fact: GatewayScaled) -> None:
    """Writes to the ledger of each product that asked for as many processes as this that it has them."""
    # a ledger of its own, as this runs beside the control plane's clock
    work = open_workspace(folder)
    try:
        routes = current_routes(work)
        for route in routes.routes if routes else ():
            if (route.workers_most or 0) >= max(fact.before, fact.after):
                work.ledger.append(route.product, [fact], actor=work.actor, at=work.clock.now())
    finally:
        work.ledger.close()


_note = msgspec.json.Decoder(_Note).decode


def stop_process(pid: int, started: str) -> None:
    """Ends a process that is not our child: asked first, killed if it does not listen."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while alive(pid, started):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        else:
            return


def _ended(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

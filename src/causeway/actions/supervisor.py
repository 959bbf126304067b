"""Keeps the gateway's process running: starts it, starts it again when it dies, stops it."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from causeway.actions.instance import HOST, alive
from causeway.actions.workspace import Workspace
from causeway.core.errors import CausewayError, OutsideError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 10.0


class Gateway:
    """The gateway as a process of its own; `moved` is told its number whenever it has a new one."""

    def __init__(
        self, work: Workspace, *, port: int, say: Callable[[str], None], moved: Callable[[int], None]
    ) -> None:
        self.work = work
        self.port = port
        self.say = say
        self.moved = moved
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns once it answers; raises when it ends instead."""
        port_file = self.work.state / "gateway.port"
        port_file.unlink(missing_ok=True)
        # a session of its own: Ctrl-C is for us, and we stop it after its last answer
        self.process = await asyncio.create_subprocess_exec(
            *self._command(port_file), stdout=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        self.moved(self.process.pid)
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
        self.say(f"the gateway ended ({_ended(code)}); it starts again in {pause:g} s")
        await asyncio.sleep(pause)
        try:
            await self.start()
        except (CausewayError, OSError) as error:
            self.say(f"the gateway did not start: {error}")
        return min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _command(self, port_file: Path) -> list[str]:
        return [
            sys.executable,
            "-m",
            "causeway.gateway",
            *("--routes", str(self.work.routes)),
            *("--records", str(self.work.state / "records")),
            *("--host", HOST),
            *("--port", str(self.port)),
            *("--port-file", str(port_file)),
        ]


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

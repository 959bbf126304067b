"""The process in which a release's own function, or its model as it is, answers for rows.

It runs in the proof of concept's environment, knows the modules only as the texts that were verified,
and is started again whenever it ends.
"""

import asyncio
import math
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.bundle import FUNCTION, BadBundle
from causeway.core.release import Release
from causeway.gateway.door.admission import Pace, overloaded
from causeway.gateway.log import say
from causeway.gateway.refusals import Broken, Invalid, Restarting, TooLong
from causeway.gateway.rows.schema import Row

SCRIPT = Path(__file__).parents[2] / "runner" / "worker.py"
START_SECONDS = 30.0
CALL_SECONDS = 5.0
QUEUE_SECONDS = 5.0
WAIT_SECONDS = 0.5
"""Whoever would have to wait longer, as calls went lately, is refused at once."""
MEMORY_BYTES = 4 << 30
MOST_MODEL_BYTES = (4 << 30) - 1
MOST_ANSWER_BYTES = 256 << 20
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
MOST_DOUBLINGS = 10
KEPT_VARIABLES = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PLAIN_VARIABLES = {
    "PATH": os.defpath,
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # as it was when the function was proven, so that hashes of texts are the same
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}

Matrix = NDArray[np.float64]


class _Answer(Struct):
    ok: bool
    error: str = ""
    row: int = -1
    values: bytes = b""
    labels: list[str | int | float | bool] = []


_answer = msgspec.json.Decoder(_Answer).decode


class Made(Struct, frozen=True):
    """What a whole model answered: a label a row, and its probabilities, or values, row by row."""

    labels: list[str | int | float | bool]
    values: NDArray[np.float64]


class Worker:
    """One such process; callers take turns. `model` reads the bytes of the whole model, where it has one."""

    def __init__(
        self,
        release: Release,
        content: Mapping[str, bytes],
        *,
        python: str,
        model: Callable[[], bytes] | None = None,
    ) -> None:
        if not python or not Path(python).exists():
            raise BadBundle(
                f"the environment in which {release.model.apart} runs is gone",
                hint="make it anew: causeway run, then ship",
            )
        self.python, self._content = python, model
        self._model, self.product = release.model, release.product
        self._fields = [field.name for field in release.signature.inputs]
        self._hello, self._home = _hello(release, content), ""
        self._may_lack = np.array([name in self._model.missing for name in self._model.columns], np.bool_)
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._calls: set[asyncio.Task[_Answer]] = set()
        self._waiting, self._pace = 0, Pace()
        self._users, self._retired = 0, False
        self._failures, self._back_at = 0, 0.0

    @property
    def trouble(self) -> str:
        """Why it cannot answer just now; empty where it can."""
        return "" if self._process else f"{self._model.apart} is being started again"

    @property
    def pid(self) -> int:
        """The number of its process; 0 while it has none."""
        return self._process.pid if self._process else 0

    @property
    def ended(self) -> bool:
        """Whether it has no process and will have none."""
        return self._keeper is None or self._keeper.done()

    async def start(self) -> None:
        """Starts the process and sees to it that there is one from now on; raises BadBundle if it fails."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - few releases need it, and a gateway is to be small

        home = TemporaryDirectory(prefix="causeway-worker-", ignore_cleanup_errors=True)
        self._home = home.name
        try:
            await self._spawn()
        except BaseException:
            home.cleanup()
            raise
        self._keeper = asyncio.create_task(self._keep(home.cleanup))

    async def matrix(self, rows: Sequence[Row]) -> Matrix:
        """The model's columns for these rows, or the one row that has none."""
        columns = {name: [row[name] for row in rows] for name in self._fields}
        answer = await self._in_turn(msgspec.json.encode({"columns": columns}))
        named = self._model.features
        if not answer.ok and answer.row >= 0:
            raise Invalid(
                f"row {answer.row}: {named} cannot make the model's columns of it: {answer.error}",
                hint="send values as the training data had them",
            )
        if not answer.ok:
            raise Broken(
                f"{named} failed: {answer.error}", hint="each row alone is fine with it; tell its owner"
            )
        made = np.frombuffer(answer.values, "<f8").reshape(len(rows), len(self._model.columns))
        lacking = np.argwhere(np.isnan(made) & ~self._may_lack)
        if len(lacking):
            row, column = map(int, lacking[0])
            raise Invalid(
                f"row {row}: {named} makes no number of it for {self._model.columns[column]}",
                hint="send values as the training data had them",
            )
        return made

    async def answers(self, numbers: Matrix, texts: Mapping[str, Sequence[str | None]]) -> Made:
        """What the whole model answers for its own columns, or the one row that it does not take."""
        asked = {
            "rows": len(numbers),
            "numbers": np.ascontiguousarray(numbers, "<f8").tobytes(),
            "texts": texts,
        }
        answer = await self._in_turn(msgspec.json.encode(asked))
        if not answer.ok and answer.row >= 0:
            raise Invalid(
                f"row {answer.row}: the model does not take it: {answer.error}",
                hint="send values as the training data had them",
            )
        if not answer.ok:
            raise Broken(f"the model failed: {answer.error}", hint="the rows were valid; tell its owner")
        return Made(answer.labels, np.frombuffer(answer.values, "<f8").reshape(len(numbers), -1))

    @contextmanager
    def held(self) -> Generator[None]:
        """Keeps the process from ending while a request that may need it is on its way."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._end_if_idle()

    def retire(self) -> None:
        """Ends the process as soon as nobody needs it."""
        self._retired = True
        self._end_if_idle()

    async def close(self) -> None:
        """Ends the process now."""
        process = self._process
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if process:
            await process.wait()

    def _end_if_idle(self) -> None:
        if self._retired and not self._users and self._keeper:
            # the keeper ends the process when it is cancelled
            self._keeper.cancel()

    async def _in_turn(self, message: bytes) -> _Answer:
        if self._waiting and self._waiting * self._pace.seconds > WAIT_SECONDS:
            raise overloaded()
        self._waiting += 1
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise overloaded() from None
        finally:
            self._waiting -= 1
        # its answer is taken in any case, lest it pass for that of the next request
        call = asyncio.get_running_loop().create_task(self._called(message))
        self._calls.add(call)
        call.add_done_callback(self._over)
        return await asyncio.shield(call)

    async def _called(self, message: bytes) -> _Answer:
        began = time.monotonic()
        answer = await self._ask(message)
        self._pace.last.append(time.monotonic() - began)
        self._failures = 0
        return answer

    def _over(self, call: asyncio.Task[_Answer]) -> None:
        self._turn.release()
        self._calls.discard(call)
        if not call.cancelled():
            # nobody may have waited for it
            call.exception()

    async def _ask(self, message: bytes) -> _Answer:
        process = self._process
        if process is None:
            raise self._away("is being started again")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await _exchange(process, message)
        except TimeoutError:
            _kill(process)
            raise TooLong(
                f"{self._model.apart} took longer than {CALL_SECONDS:.0f} seconds",
                hint="send fewer rows at a time",
            ) from None
        except (EOFError, ConnectionError):
            raise self._away("ended while it worked on this request") from None
        except msgspec.DecodeError:
            # whatever it sends next cannot be told from an answer
            _kill(process)
            raise self._away("answered what cannot be read") from None
        except asyncio.CancelledError:
            # its answer would be taken for that of the next request
            _kill(process)
            raise

    def _away(self, what: str) -> Restarting:
        pause = max(self._back_at - time.monotonic(), 0.0)
        return Restarting(
            f"{self._model.apart} {what}", retry_after=math.ceil(pause) + 1, hint="send it again later"
        )

    async def _spawn(self) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                self.python,
                "-s",
                str(SCRIPT),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd=self._home,
                env=_variables(self._home),
                start_new_session=True,
            )
        except OSError as error:
            raise BadBundle(f"{self.python} cannot be started: {error.strerror}") from error
        if problem := await self._greeted(process):
            await _end(process)
            raise BadBundle(f"{self._model.apart} does not start: {problem}", hint="run again")
        self._process = process
        if self._failures:
            say(
                "worker_started",
                f"{self._model.apart} of {self.product} was started again",
                product=self.product,
            )

    async def _greeted(self, process: Process) -> str:
        """Tells the process what it is for; what is wrong with it, or empty."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await _send(process, self._hello)
                if self._content:
                    # read and checked anew each time, so that it is not held here
                    await _send(process, await asyncio.to_thread(self._content))
                return (await _received(process)).error
        except TimeoutError:
            return f"no answer within {START_SECONDS:.0f} seconds"
        except (EOFError, ConnectionError):
            return "it ended before it could say why"
        except BadBundle as error:
            return error.message
        except msgspec.DecodeError:
            return "it answered what cannot be read"
        except asyncio.CancelledError:
            await _end(process)
            raise

    async def _keep(self, clean: Callable[[], None]) -> None:
        """Starts the process again whenever it ended, later each time that it did no work in between."""
        try:
            while True:
                if self._process:
                    await self._process.wait()
                    await _end(self._process)
                    self._process = None
                pause = min(FIRST_PAUSE * 2 ** min(self._failures, MOST_DOUBLINGS), LONGEST_PAUSE)
                text = f"{self._model.apart} of {self.product} ended; it is started again in {pause:g} s"
                say("worker_ended", text, level="error", product=self.product, pause_s=pause)
                self._failures += 1
                self._back_at = time.monotonic() + pause
                await asyncio.sleep(pause)
                with suppress(BadBundle):
                    await self._spawn()
        finally:
            if self._process:
                _kill(self._process)
                self._process = None
            clean()


def worker_of(
    release: Release, content: Mapping[str, bytes], *, python: str, model: Callable[[], bytes]
) -> Worker | None:
    """The worker that this release needs, not yet started; None where the gateway does all of it itself."""
    if not release.model.apart:
        return None
    return Worker(release, content, python=python, model=model if release.model.whole else None)


def _hello(release: Release, content: Mapping[str, bytes]) -> bytes:
    fields = release.signature.inputs
    return msgspec.json.encode(
        {
            "function": release.model.features,
            "texts": {
                path.removeprefix(FUNCTION): text.decode()
                for path, text in content.items()
                if path.startswith(FUNCTION)
            },
            "fields": [{"name": f.name, "kind": f.kind, "required": f.required} for f in fields],
            "columns": release.model.columns,
            "model": msgspec.Raw(content[release.model.spec] if release.model.whole else b"null"),
            "memory_bytes": MEMORY_BYTES,
            "seconds": CALL_SECONDS,
        }
    )


def _variables(home: str) -> dict[str, str]:
    """The few variables that it gets: no keys, no tokens."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, **PLAIN_VARIABLES, "HOME": home, "TMPDIR": home}


async def _exchange(process: Process, message: bytes) -> _Answer:
    await _send(process, message)
    return await _received(process)


async def _send(process: Process, message: bytes) -> None:
    if process.stdin is None or process.stdin.is_closing():
        raise EOFError
    if len(message) > MOST_MODEL_BYTES:
        raise BadBundle("it is larger than 4 GB")
    process.stdin.write(len(message).to_bytes(4))
    process.stdin.write(message)
    await process.stdin.drain()


async def _received(process: Process) -> _Answer:
    if process.stdout is None:
        raise EOFError
    size = int.from_bytes(await process.stdout.readexactly(4))
    if size > MOST_ANSWER_BYTES:
        raise EOFError
    return _answer(await process.stdout.readexactly(size))


async def _end(process: Process) -> None:
    _kill(process)
    await process.wait()


def _kill(process: Process) -> None:
    """Ends the process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

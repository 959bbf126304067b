"""Hands what was answered to the shadows' own process, and records what that says; the champion never waits.

At most so many bytes wait for that process. What is over is dropped, and counted.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.core.records import Value
from causeway.core.release import Output
from causeway.core.typed_rows import TypedRows
from causeway.gateway.answers.plane import Answer, Asked
from causeway.gateway.metering.measures import Measures
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.routes.routing import Routing

MOST_BYTES = 4 << 20
MOST_TOLD_BYTES = 256 << 20
GATHER_SECONDS = 0.01
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HEAD_BYTES = 4


class Question(Struct, frozen=True, array_like=True):
    """Rows that were answered, and what they were answered."""

    version: int
    """Of the routes by which they were answered."""
    product: str
    unit: str
    request: str
    consumer: str
    at_ns: int
    rows: list[dict[str, Value]]
    outputs: tuple[Output, ...]
    answers: dict[str, list[msgspec.Raw]]


UNANSWERED = ("refused", "failed")


class Told(Struct, frozen=True, array_like=True):
    """What one shadow made of them: its records, and how many rows came to the same."""

    product: str
    release: str
    frames: list[bytes]
    outcomes: dict[str, int]


_encode = msgspec.msgpack.Encoder().encode
_told = msgspec.msgpack.Decoder(Told).decode


class Shadowing:
    """The way to the shadows' process, which is started when it is first needed."""

    def __init__(self, routes: Path, recorder: Recorder, measures: Measures) -> None:
        self._routes = routes
        self._recorder = recorder
        self._measures = measures
        self._parts: list[bytes] = []
        self._bytes = self._version = 0
        self._timer: asyncio.Handle | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._process: Process | None = None

    def take(self, made: Answer, asked: Asked) -> None:
        """Has the shadows of this product asked the same, if there is room."""
        part = b"" if self._full() else self._part(made, asked)
        if not part:
            product = made.variant.loaded.release.product
            self._measures.shadowed.add(product, "", "dropped", amount=len(made.ids))
            return
        self._parts.append(len(part).to_bytes(HEAD_BYTES) + part)
        self._bytes += len(part)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._hand_over)

    def _part(self, made: Answer, asked: Asked) -> bytes:
        """The question as it is sent; nothing where it cannot be, as with an integer of more than 64 bits."""
        try:
            return _encode(_question(made, asked, version=self._version))
        except (OverflowError, ValueError):
            return b""

    def follow(self, routing: Routing) -> Routing:
        """The routing, whose answers are given to the shadows; ends their process where there are none."""
        self._version = routing.version
        beside = {live.product for live in routing.live.values() if live.route.shadow}
        if not beside:
            self._stop()
            return routing
        live = {
            name: structs.replace(
                each, variants=tuple(structs.replace(one, shadow=self) for one in each.variants)
            )
            if name in beside
            else each
            for name, each in routing.live.items()
        }
        return structs.replace(routing, live=live)

    async def close(self) -> None:
        """Ends the process."""
        keeper = self._keeper
        self._stop()
        if keeper:
            with suppress(asyncio.CancelledError):
                await keeper

    def _full(self) -> bool:
        return self._bytes + self._unsent() > MOST_BYTES

    def _unsent(self) -> int:
        stdin = self._process.stdin if self._process else None
        return stdin.transport.get_write_buffer_size() if stdin else 0

    def _hand_over(self) -> None:
        self._timer = None
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.get_running_loop().create_task(self._keep())
        stdin = self._process.stdin if self._process else None
        if stdin is None or stdin.is_closing():
            # as soon as there is one
            return
        stdin.write(b"".join(self._parts))
        self._parts, self._bytes = [], 0

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._parts, self._bytes = [], 0
        if self._keeper:
            self._keeper.cancel()
            self._keeper = None

    async def _keep(self) -> None:
        """Starts the process, hears what it says, and starts it again whenever it ends."""
        pause = FIRST_PAUSE
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "causeway.gateway.shadows.shadow",
                str(self._routes),
                stdin=PIPE,
                stdout=PIPE,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            self._process = process
            self._hand_over()
            try:
                pause = FIRST_PAUSE if await self._heard(process) else min(2 * pause, LONGEST_PAUSE)
            finally:
                self._process = None
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            await asyncio.sleep(pause)

    async def _heard(self, process: Process) -> bool:
        """Hears the process until it ends; whether it said anything."""
        said = False
        stdout = process.stdout
        while stdout is not None:
            try:
                size = int.from_bytes(await stdout.readexactly(HEAD_BYTES))
                if size > MOST_TOLD_BYTES:
                    break
                self._record(_told(await stdout.readexactly(size)))
            except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
                break
            said = True
        return said

    def _record(self, told: Told) -> None:
        if told.frames:
            self._recorder.append(told.product, told.frames)
        for outcome, rows in told.outcomes.items():
            self._measures.shadowed.add(told.product, told.release, outcome, amount=rows)
            if outcome in UNANSWERED:
                self._measures.failed(told.product, told.release, outcome)


def _question(made: Answer, asked: Asked, *, version: int) -> Question:
    rows = asked.rows.sent if isinstance(asked.rows, TypedRows) else asked.rows
    if asked.entities:
        rows = [{**row, asked.entity: who} for row, who in zip(asked.rows, asked.entities, strict=True)]
    release = made.variant.loaded.release
    return Question(
        version,
        release.product,
        asked.unit,
        made.request,
        asked.key.consumer,
        made.at_ns,
        rows,  # type: ignore[arg-type] - typed rows are written as dicts are
        release.signature.outputs,
        made.outputs,  # type: ignore[arg-type] - read as it was written
    )

"""Parquet bodies, read by a process of their own: started for the first one, ended when none come."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.gateway.door.admission import overloaded
from causeway.gateway.refusals import Malformed, TooLarge, TooLong, WrongMedia
from causeway.gateway.rows.schema import MAX_ROWS

PARQUET = "application/vnd.apache.parquet"
SCRIPT = Path(__file__).with_name("parquet_apart.py")
START_SECONDS = 20.0
READ_SECONDS = 5.0
IDLE_SECONDS = 60.0
MOST_WAITING = 16
MAX_ANSWER_BYTES = 64 << 20


class Refused(Struct):
    """What the reader says of a body that it cannot read; of one that it can, nothing."""

    error: str = ""
    hint: str = ""
    large: bool = False


_refused = msgspec.json.Decoder(Refused)


class Tables:
    """The reader of Parquet; callers take turns."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._ends: asyncio.TimerHandle | None = None

    async def as_json(self, body: bytes) -> bytes:
        """The table as the JSON that says the same (`dataframe_split`), or the refusal of it."""
        if not SCRIPT.exists() or find_spec("polars") is None:
            raise WrongMedia(
                "Parquet is not read here: its reader is not installed",
                hint='send JSON or CSV, or install the reader: pip install "causeway[serve]"',
            )
        if self._waiting >= MOST_WAITING:
            raise overloaded()
        self._waiting += 1
        try:
            async with self._turn:
                told = await self._asked(body)
        finally:
            self._waiting -= 1
        if told.startswith(b'{"error"'):
            said = _refused.decode(told)
            raise (TooLarge if said.large else Malformed)(said.error, hint=said.hint)
        return told

    async def _asked(self, body: bytes) -> bytes:
        if self._ends is not None:
            self._ends.cancel()
        try:
            process = await self._started()
            async with asyncio.timeout(READ_SECONDS):
                return await _exchanged(process, body)
        except TimeoutError:
            self._end()
            raise TooLong(
                f"the Parquet was not read within {READ_SECONDS:.0f} seconds",
                hint="send fewer rows at a time",
            ) from None
        except (OSError, asyncio.IncompleteReadError):
            self._end()
            raise Malformed(
                "the Parquet could not be read", hint="send what DataFrame.to_parquet writes, or JSON"
            ) from None
        except (asyncio.CancelledError, TooLarge):
            # what it still says would be taken for the answer to the next question
            self._end()
            raise
        finally:
            self._ends = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end)

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        # of the gateway's variables it gets none: no keys, no tokens
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            SCRIPT,
            str(MAX_ROWS),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PATH": os.defpath},
        )
        async with asyncio.timeout(START_SECONDS):
            await _told(self._process)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()


async def _exchanged(process: Process, body: bytes) -> bytes:
    if process.stdin is None:
        raise BrokenPipeError
    process.stdin.write(len(body).to_bytes(4, "little") + body)
    await process.stdin.drain()
    return await _told(process)


async def _told(process: Process) -> bytes:
    if process.stdout is None:
        raise BrokenPipeError
    size = int.from_bytes(await process.stdout.readexactly(4), "little")
    if size > MAX_ANSWER_BYTES:
        raise TooLarge("the table is too large for one request", hint="send fewer rows at a time")
    return await process.stdout.readexactly(size)

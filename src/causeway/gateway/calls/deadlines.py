"""Until when somebody waits for an answer, and what becomes of a call that nobody waits for."""

import asyncio
import math
import time
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from causeway.gateway.refusals import DeadlinePassed, Malformed
from causeway.gateway.wire.http import Gone, Receive

HEADER = b"causeway-deadline-ms"
NEVER = math.inf
T = TypeVar("T")


def patience_of(headers: Mapping[bytes, bytes], most_ms: float | None) -> float:
    """How many seconds the answer is waited for: what the caller says, at most what the route does."""
    said = headers.get(HEADER)
    asked_ms = NEVER if said is None else _milliseconds(said)
    return (asked_ms if most_ms is None else min(asked_ms, most_ms)) / 1000


def _milliseconds(said: bytes) -> float:
    try:
        asked = float(said) if len(said) <= 20 else math.nan
    except ValueError:
        asked = math.nan
    if not 0 < asked < math.inf:
        raise Malformed(
            f"Causeway-Deadline-Ms is {said.decode('latin-1')[:60]!r}",
            hint="send milliseconds, 250 for instance",
        )
    return asked


def passed() -> DeadlinePassed:
    """Why a call is not answered any more."""
    return DeadlinePassed(
        "the answer was not there before its deadline",
        hint="allow more time, or send fewer requests at once",
    )


def check(until: float) -> None:
    """Refuses what nobody waits for any more."""
    if time.perf_counter() > until:
        raise passed()


async def awaited(work: Awaitable[T], receive: Receive, *, until: float) -> T:
    """What comes of this work while its caller waits for it; it is cancelled when nobody does any more."""
    working = asyncio.ensure_future(work)
    listening: asyncio.Future[bool] = asyncio.ensure_future(_gone(receive))
    try:
        left = None if until == NEVER else max(0.0, until - time.perf_counter())
        await asyncio.wait((working, listening), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not working.done() and listening.done() and not listening.result():
            # this server does not tell who goes away
            left = None if until == NEVER else max(0.0, until - time.perf_counter())
            await asyncio.wait((working,), timeout=left)
        if working.done():
            return working.result()
        raise Gone if listening.done() and listening.result() else passed()
    finally:
        working.cancel()
        listening.cancel()


async def _gone(receive: Receive) -> bool:
    return (await receive())["type"] == "http.disconnect"

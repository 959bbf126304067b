"""`python -m causeway.gateway.shadows.shadow ROUTES`: asks the shadow releases what others were asked.

Questions come on standard input, what becomes of them goes to standard output. It gives way to whoever
answers callers, and ends with them.
"""

import asyncio
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import structs

from causeway.core.errors import CausewayError
from causeway.core.ids import beside
from causeway.core.release import Output
from causeway.core.routes import Key, Route, RouteFile, read_routes
from causeway.gateway.answers.plane import Asked, answered, frames_of
from causeway.gateway.answers.together import taken_off
from causeway.gateway.log import hear_libraries, print_defect, say
from causeway.gateway.models.worker import Worker
from causeway.gateway.records.identifiers import following
from causeway.gateway.refusals import Refusal
from causeway.gateway.routes.revoking import route_bytes
from causeway.gateway.routes.routing import Live, Routing, Variant, next_routing
from causeway.gateway.rows.plain_answers import PlainAnswers, plain_answers_of
from causeway.gateway.shadows.shadowing import HEAD_BYTES, Question, Told

ARM = "shadow"
GIVES_WAY = 5
LOOK_SECONDS = 0.5
TOLERANCE = 1e-6
SAME, DIFFERENT, REFUSED, FAILED = "same", "different", "refused", "failed"


class _Question(Question, frozen=True, array_like=True):
    """As it is read here."""

    answers: dict[str, list[Any]]  # type: ignore[assignment] - plain values


_question = msgspec.msgpack.Decoder(_Question).decode
_encode = msgspec.msgpack.Encoder().encode


class Shadows:
    """The shadow releases of a route file, and their answers."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._looked_at = 0.0
        self._version = 0
        self._routing = Routing()
        self._started: set[Worker] = set()

    async def answers(self, question: _Question) -> list[Told]:
        """What each shadow of this product makes of it."""
        await self._look(question.version)
        live = self._routing.live.get(question.product)
        return [await _told(live, each, question) for each in live.variants] if live else []

    async def _look(self, version: int) -> None:
        """Follows the route file, which is at least of this version."""
        if version <= self._version and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        try:
            status = self._file.stat()
            seen = status.st_mtime_ns, status.st_size, status.st_ino
            if seen == self._seen and not self._routing.troubled:
                return
            routes = shadows_of(read_routes(route_bytes(self._file), where=self._file.name))
        except (OSError, CausewayError):
            # the gateway itself says what is wrong with it
            return
        self._version = routes.version
        before, self._seen, loop = self._routing, seen, asyncio.get_running_loop()

        def start(worker: Worker) -> None:
            self._started.add(worker)
            asyncio.run_coroutine_threadsafe(worker.start(), loop).result()

        self._routing = await asyncio.to_thread(next_routing, routes, before, start=start)
        for worker in self._started - self._routing.workers:
            worker.retire()
        for live in self._routing.live.values():
            _tell(live, before.live.get(live.product))


def shadows_of(file: RouteFile) -> RouteFile:
    """The routes by which the shadows are loaded, and nothing else is."""
    routes = tuple(_shadow_of(route) for route in file.routes if route.shadow)
    return RouteFile(file.version, routes)


def _shadow_of(route: Route) -> Route:
    return structs.replace(route, served=route.shadow, shadow=(), warm=(), keys=(), holdout_percent=0)


def _tell(live: Live, before: Live | None) -> None:
    if live.problem and (before is None or before.problem != live.problem):
        text = f"{live.product}: a shadow is not asked: {live.problem}"
        say("shadow_refused", text, level="error", product=live.product, why=live.problem)


async def _told(live: Live, variant: Variant, question: _Question) -> Told:
    release = variant.loaded.version
    try:
        frames, outcomes = await _asked(live, variant, question)
    except Refusal:
        return Told(question.product, release, [], {REFUSED: len(question.rows)})
    except CausewayError:
        return Told(question.product, release, [], {FAILED: len(question.rows)})
    except Exception as error:  # noqa: BLE001 - the shell: whatever a shadow does, the next question is asked
        print_defect(error)
        return Told(question.product, release, [], {FAILED: len(question.rows)})
    return Told(question.product, release, frames, outcomes)


async def _asked(live: Live, variant: Variant, question: _Question) -> tuple[list[bytes], dict[str, int]]:
    variant = structs.replace(variant, arm=ARM)
    key = Key("", "", question.consumer)
    asked = Asked(question.rows, key, question.unit, question.request, time.perf_counter())
    asked = taken_off(asked, variant, live.route.entity)
    loaded = variant.loaded
    checked = loaded.schema.check(asked.rows)
    made = answered(variant, asked, checked, await loaded.predict(checked.rows))
    outcomes = compared(question.outputs, question.answers, loaded.release.signature.outputs, made.outputs)
    if live.route.records == "off":
        return [], outcomes
    ids = [beside(each, loaded.digest) for each in following(question.unit, len(checked.rows))]
    made = structs.replace(made, ids=ids, at_ns=question.at_ns)
    return frames_of(made, checked.rows, asked), outcomes


def compared(
    outputs: tuple[Output, ...],
    answers: Mapping[str, Sequence[Any]],
    own: tuple[Output, ...],
    made: Mapping[str, Sequence[Any]],
) -> dict[str, int]:
    """How many rows come to the same; those that nobody else answered are not compared."""
    theirs, mine = _columns(outputs, answers), _columns(own, made)
    names = [name for name in theirs if name in mine]
    pairs = zip(*(zip(theirs[name], mine[name], strict=True) for name in names), strict=True)
    return dict(
        Counter(
            SAME if all(_same(*pair) for pair in row) else DIFFERENT
            for row in pairs
            if any(pair[0] is not None for pair in row)
        )
    )


def _columns(outputs: tuple[Output, ...], answers: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    plain = _plain(outputs)
    return plain.columns(answers) if plain else {}


@cache
def _plain(outputs: tuple[Output, ...]) -> PlainAnswers | None:
    return plain_answers_of(outputs)


def _same(theirs: object, mine: object) -> bool:
    if isinstance(theirs, float) and isinstance(mine, int | float):
        return math.isclose(theirs, mine, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return theirs == mine


async def _serve(file: Path) -> None:
    loop = asyncio.get_running_loop()
    questions = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin.buffer)
    shadows = Shadows(file)
    while True:
        try:
            size = int.from_bytes(await questions.readexactly(HEAD_BYTES))
            question = _question(await questions.readexactly(size))
        except asyncio.IncompleteReadError:
            return
        for told in await shadows.answers(question):
            _write(sys.stdout.buffer, _encode(told))
        if os.nice(0) < GIVES_WAY:
            # once its releases are loaded, as they would never be on a machine that is always busy
            os.nice(GIVES_WAY)


def _write(out: BinaryIO, message: bytes) -> None:
    out.write(len(message).to_bytes(HEAD_BYTES) + message)
    out.flush()


def main() -> None:
    """Answers until nobody asks any more."""
    # whoever answers callers may end at any time
    try:
        hear_libraries()
        asyncio.run(_serve(Path(sys.argv[1])))
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()

"""A line for each request: who asked what release when, what came of it and how long it took."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from causeway.gateway.log import is_json
from causeway.gateway.telling.sights import Sight

MOST_AT_ONCE_BYTES = 4096
"""What a pipe takes whole, so that lines of several processes stay lines."""
_NONE = "-"
NANOSECONDS = 1_000_000_000

_encode = msgspec.json.Encoder().encode


class Line(Struct, frozen=True, omit_defaults=True):
    """One request."""

    at: str
    event: str
    method: str
    route: str
    status: int
    ms: float
    code: str = ""
    product: str = ""
    release: str = ""
    arm: str = ""
    consumer: str = ""
    request: str = ""
    trace: str = ""


def write(sights: Sequence[Sight]) -> bool:
    """Writes them to standard error; False if nobody takes them there."""
    make = _json if is_json() else _plain
    part = b""
    try:
        for sight in sights:
            line = make(sight)
            if part and len(part) + len(line) > MOST_AT_ONCE_BYTES:
                _write_all(part)
                part = b""
            part += line
        _write_all(part)
    except OSError:
        return False
    return True


def line_of(sight: Sight) -> Line:
    """What is told of this request."""
    seconds, rest_ns = divmod(sight.ended_ns, NANOSECONDS)
    return Line(
        at=f"{_second(seconds)}.{rest_ns // 1000:06d}Z",
        event="request",
        method=sight.method,
        route=sight.route,
        status=sight.status,
        ms=round(sight.seconds * 1000, 3),
        code=sight.code,
        product=sight.product,
        release=sight.release,
        arm=sight.arm,
        consumer=sight.consumer,
        request=sight.request,
        trace=sight.trace,
    )


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _json(sight: Sight) -> bytes:
    return _encode(line_of(sight)) + b"\n"


def _plain(sight: Sight) -> bytes:
    line = line_of(sight)
    said = (line.method, line.route, str(line.status), line.code, f"{line.ms:g}ms", line.product)
    named = (line.release, line.arm, line.consumer, line.request, line.trace)
    return " ".join([line.at, *(_word(each) for each in (*said, *named))]).encode() + b"\n"


def _word(text: str) -> str:
    """The text as one word, which it must stay whatever a caller named a request."""
    plain = text.isascii() and '"' not in text and " " not in text
    return (text or _NONE) if plain else _encode(text).decode()


def _write_all(content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(sys.stderr.fileno(), rest) :]

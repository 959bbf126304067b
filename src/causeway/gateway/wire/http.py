"""What one HTTP request and its reply are here, over plain ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from causeway.core.errors import CausewayError
from causeway.gateway.refusals import Overloaded, Refusal, Restarting, TooLarge, TooMany, TooSlow, WrongMethod

MAX_BODY_BYTES = 4 << 20
BODY_SECONDS = 20.0
MAX_SHOWN = 500
"""Characters of an error; whatever a caller sent, the reply stays small."""
JSON = "application/json"

APART = "causeway.apart"
"""What the state of a request has once it waits for another process."""
TURNED_AWAY = "causeway.turned_away"
"""What it has once it was refused because too much is asked."""

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

encode = msgspec.json.Encoder().encode


class Gone(Exception):
    """The caller hung up before the body was whole."""


class Reply(Struct, frozen=True, gc=False):
    """What goes back; `headers` are the same for many, and what names just this one stands beside them."""

    body: bytes
    status: int = 200
    media: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    request: str = ""
    """Sent as `x-request-id`, where there is one."""
    prediction: str = ""
    """Sent as `causeway-prediction-id`."""


class ErrorShape(Struct):
    """The one JSON form of an error; `error` is also what Open Inference Protocol clients look for."""

    ok: bool
    error: str
    code: str
    where: str
    hint: str
    status: int


def reply_to(error: CausewayError) -> Reply:
    """An error as a reply."""
    said = error.message[:MAX_SHOWN], error.code, error.where, error.hint[:MAX_SHOWN]
    shape = ErrorShape(False, *said, error.status)
    headers = error.headers if isinstance(error, Refusal) else ()
    if isinstance(error, TooMany | Restarting | Overloaded):
        headers = (*headers, ("retry-after", str(error.retry_after)))
    if isinstance(error, WrongMethod):
        headers = (*headers, ("allow", error.allow))
    return Reply(encode(shape), error.status, headers=headers)


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of a repeated one the last."""
    return dict(scope["headers"])


def declared_bytes(headers: Mapping[bytes, bytes]) -> int | None:
    """How long the body will be, where that is said."""
    said = headers.get(b"content-length", b"")
    # of a number with more digits than a number may have, so many are too large as well
    return int(said.lstrip(b"0")[:19] or b"0") if said.isdigit() else None


async def body_of(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body, unless it is too large or too slow."""
    if (declared_bytes(headers) or 0) > MAX_BODY_BYTES:
        raise too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole(receive)
    except TimeoutError:
        raise too_late() from None


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise too_large()
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def too_late() -> TooSlow:
    """Why a body that is still coming is not waited for."""
    return TooSlow(
        f"the body did not arrive within {BODY_SECONDS:.0f} seconds", hint="send it faster, or in parts"
    )


def too_large() -> TooLarge:
    """Why so many bytes are not read."""
    return TooLarge(f"the body is larger than {MAX_BODY_BYTES >> 20} MB", hint="send fewer rows at a time")


async def send_reply(send: Send, reply: Reply) -> None:
    """Sends it."""
    names = (("x-request-id", reply.request), ("causeway-prediction-id", reply.prediction))
    headers = [("content-type", reply.media), *reply.headers]
    headers += [("content-length", str(len(reply.body))), *(pair for pair in names if pair[1])]
    # the fast lane says it last too
    headers.sort(key=_CLOSING.__eq__)
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": reply.body})


_CLOSING = ("connection", "close")

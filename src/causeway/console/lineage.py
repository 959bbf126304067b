"""Where other tools send OpenLineage events."""

import zlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from causeway.actions.lineage_received import MAX_BODY_BYTES, Inbox, TooMuch
from causeway.actions.workspace import Workspace
from causeway.console.answers import twin
from causeway.console.sign_in import NotSignedIn
from causeway.core.lineage_events import NoEvent

PATH = "/api/v1/lineage"
CREATED = 201
_GZIP = 31


def lineage_route(work: Workspace) -> Route:
    """Takes one event or a list of them, as clients of OpenLineage send them."""
    inbox = Inbox(work)

    async def take(request: Request) -> Response:
        body = await sent(request)
        taken = await run_in_threadpool(inbox.take, body)
        return twin(taken, status=CREATED if taken.received else 200)

    return Route(PATH, take, methods=["POST"])


async def sent(request: Request) -> bytes:
    """The body that another tool sent with its token, unpacked."""
    # a page elsewhere can make a browser send its cookie, never this header
    if not request.headers.get("authorization", "").lower().startswith("bearer "):
        raise NotSignedIn(hint="send the header: Authorization: Bearer TOKEN")
    return _unpacked(await _body(request), request.headers.get("content-encoding", ""))


async def _body(request: Request) -> bytes:
    """The body, read no further than what is taken."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_much()
        parts.append(part)
    return b"".join(parts)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding.lower() not in {"gzip", "x-gzip"}:
        return body
    unpacking = zlib.decompressobj(_GZIP)
    try:
        content = unpacking.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise NoEvent("the body is not gzip, as its header says", hint="send it as it is") from error
    if len(content) > MAX_BODY_BYTES or unpacking.unconsumed_tail:
        raise _too_much()
    if not unpacking.eof or unpacking.unused_data:
        raise NoEvent("the body is cut short, or more than one gzip stream", hint="send it again, as one")
    return content


def _too_much() -> TooMuch:
    return TooMuch(f"more than {MAX_BODY_BYTES >> 20} MiB at once", hint="send fewer events at a time")

"""The gRPC server: each call is asked of the application as `/v2` would be, so both know the same rules."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import msgspec
from msgspec import Struct

from causeway.core.errors import CausewayError, OutsideError
from causeway.gateway.app import App
from causeway.gateway.calls.deadlines import HEADER as DEADLINE
from causeway.gateway.door.admission import overloaded
from causeway.gateway.protocols.oip_binary import LENGTH, OCTETS
from causeway.gateway.quick.desk import Desk
from causeway.gateway.refusals import Malformed, NothingHere, Overloaded, Unauthorized
from causeway.gateway.rpc.certificate import Files, secrets_of
from causeway.gateway.rpc.messages import SERVICE, message, read
from causeway.gateway.rpc.peers import Peers
from causeway.gateway.rpc.translation import body_of, response_of
from causeway.gateway.wire.http import (
    BODY_SECONDS,
    MAX_BODY_BYTES,
    MAX_SHOWN,
    Application,
    Reply,
    Scope,
    reply_to,
    too_late,
)

MAX_CALLS = 1024
"""At once; one more is told that there is no room."""
MAX_STREAMS = 100
"""Of them on one connection; its caller keeps back what is more."""
MAX_WAITING, MAX_WAITING_SECONDS = 512, 2
"""So many may wait until they are begun, and so long; gRPC itself refuses the others."""
MAX_READING = 16
"""Of so many the message may be on its way; the others wait, and theirs are not read."""
MAX_HEADER_BYTES = 64 << 10
HANDSHAKE_MS = 10_000
IDLE_MS = 60_000
"""A connection without calls is closed after so long; clients open another when they need it."""
AGE_MS, GRACE_MS = 600_000, 20_000
"""And any after so long, with time for its last calls: so nobody holds a call open for ever."""
DRAIN_SECONDS = 2
PUSHBACK = "grpc-retry-pushback-ms"
"""When to come again, as gRPC's own clients heed it."""
GONE = 499
"""The status of a call whose caller went away."""

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""By HTTP status; any other is INTERNAL."""
_OURS = frozenset((LENGTH, "content-type", "content-length", "content-encoding", "te", "expect"))
_UNSAID = frozenset((LENGTH, "content-type", "content-length", "connection"))
_json = msgspec.json.Decoder()

Context = grpc.aio.ServicerContext[bytes, bytes]
Headers = list[tuple[bytes, bytes]]


class Got(Struct, frozen=True):
    """What the application said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:  # noqa: ANN401 - JSON of our own
        """The body, where it is JSON."""
        return _json.decode(self.body)


class Service(grpc.GenericRpcHandler):
    """The protocol's six calls."""

    def __init__(self, app: App, desk: Desk | None) -> None:
        self._app = app
        self._desk = desk
        self._peers = Peers(app.admission.resting)
        self._reading = asyncio.Semaphore(MAX_READING)
        anonymous = {"ServerLive": self._live, "ServerReady": self._ready}
        calls = {
            "ServerMetadata": self._server,
            "ModelReady": self._model_ready,
            "ModelMetadata": self._model,
            "ModelInfer": self._infer,
        }
        let_in = anonymous | {name: self._let_in(call) for name, call in calls.items()}
        # bytes in, bytes out: grpc would call it our fault that a message cannot be read; and a stream of one
        # message, as grpc reads that of any other kind of call before we are asked
        self._handlers = {
            f"/{SERVICE}/{name}": grpc.stream_unary_rpc_method_handler(_guarded(call, self._peers))
            for name, call in let_in.items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401 - grpc's own
        """What answers this call; None for those that the protocol does not have."""
        return self._handlers.get(handler_call_details.method)

    def _let_in(self, call: Callable[[bytes, Context], Any]) -> Callable[[Context], Any]:
        """The call of whoever has a key, once its message is there."""

        async def let_in(context: Context) -> Any:  # noqa: ANN401 - a message
            await self._peers.rested(context.peer())
            self._check_door()
            try:
                self._app.routing.keyring.caller(dict(_headers(context)))
            except Unauthorized:
                # refused, and counted, as over HTTP
                _right(await self._asked("GET", "/v2", context))
                raise
            async with self._reading:
                content = await _content(context)
            with self._app.admission.beside(len(content)):
                return await call(content, context)

        return let_in

    def _check_door(self) -> None:
        """Refuses a call unread where there is work enough for whatever it may ask."""
        admission = self._app.admission
        if admission.full and admission.alone:
            admission.shed()
            raise overloaded()

    async def _live(self, context: Context) -> Any:  # noqa: ANN401 - a message
        got = await self._asked("GET", "/v2/health/live", context)
        return message("ServerLiveResponse")(live=got.status == 200)

    async def _ready(self, context: Context) -> Any:  # noqa: ANN401 - the same
        got = await self._asked("GET", "/v2/health/ready", context)
        return message("ServerReadyResponse")(ready=got.status == 200)

    async def _server(self, content: bytes, context: Context) -> Any:  # noqa: ANN401 - the same
        read("ServerMetadataRequest", content)
        got = _right(await self._asked("GET", "/v2", context))
        # bytes behind JSON are a matter of HTTP
        return message("ServerMetadataResponse")(name=got.said["name"], version=got.said["version"])

    async def _model_ready(self, content: bytes, context: Context) -> Any:  # noqa: ANN401 - the same
        asked = read("ModelReadyRequest", content)
        got = await self._asked("GET", f"{_path(asked.name, asked.version)}/ready", context)
        if got.status != 503:
            _right(got)
        return message("ModelReadyResponse")(ready=got.status == 200)

    async def _model(self, content: bytes, context: Context) -> Any:  # noqa: ANN401 - the same
        asked = read("ModelMetadataRequest", content)
        got = _right(await self._asked("GET", _path(asked.name, asked.version), context))
        return message("ModelMetadataResponse")(**got.said)

    async def _infer(self, content: bytes, context: Context) -> Any:  # noqa: ANN401 - the same
        asked = read("ModelInferRequest", content)
        body = body_of(asked)
        more = [(LENGTH.encode(), str(body.head).encode()), (b"content-type", OCTETS.encode())]
        more += _deadline(context)
        path = f"{_path(asked.model_name, asked.model_version)}/infer"
        got = _right(await self._inferred(path, [*_headers(context), *more], body.content))
        context.set_trailing_metadata(_told(got))
        head = got.headers.get(LENGTH)
        raw = bool(asked.raw_input_contents)
        return response_of(got.body, None if head is None else int(head), raw=raw)

    async def _asked(self, method: str, path: str, context: Context) -> Got:
        return await self._long_way(method, path, _headers(context), b"")

    async def _inferred(self, path: str, headers: Headers, body: bytes) -> Got:
        """The answer; it shares a run of the model with HTTP's calls of the same turn, where it may."""
        door = self._desk.door(path.encode()) if self._desk else None
        if self._desk is None or door is None:
            return await self._long_way("POST", path, headers, body)
        call = _Call(dict(headers), body)
        opened = self._desk.opened(call, door)
        if opened is not None:
            self._desk.take(call, opened)
        try:
            return _got_of(await call.answer)
        except asyncio.CancelledError:
            call.disconnected = True
            self._desk.leave()
            raise

    async def _long_way(self, method: str, path: str, headers: Headers, body: bytes) -> Got:
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
        gone = asyncio.Event()
        asking = asyncio.ensure_future(_got(self._app, scope, body, gone))
        try:
            # the application itself ends what nobody waits for, where it may be ended
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            gone.set()
            raise


class _Call:
    """One call at the desk, and the way back."""

    def __init__(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        self.headers = headers
        self.body = body
        self.started = time.perf_counter()
        self.disconnected = self.turned_away = False
        self.answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def reply(self, reply: Reply) -> None:
        """Gives it to whoever waits, if somebody does."""
        if not self.answer.done():
            self.answer.set_result(reply)


def _got_of(reply: Reply) -> Got:
    names = (("x-request-id", reply.request), ("causeway-prediction-id", reply.prediction))
    return Got(reply.status, dict((*reply.headers, *(each for each in names if each[1]))), reply.body)


class _Refused(CausewayError):
    """What the application said no to."""

    def __init__(self, got: Got) -> None:
        said = got.said
        super().__init__(said["error"], hint=said["hint"])
        self.got = got


def _right(got: Got) -> Got:
    if got.status >= 400:
        raise _Refused(got)
    return got


async def _content(context: Context) -> bytes:
    """The call's one message, unless it is too slow."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            content = await context.read()
    except TimeoutError:
        raise too_late() from None
    if not isinstance(content, bytes):
        raise Malformed("the call has no message", hint="use the protocol's open_inference_grpc.proto")
    return content


def _guarded(call: Callable[[Context], Any], peers: Peers) -> Callable[[object, Context], Any]:
    """The call, whose refusals become the status that gRPC has for them."""

    async def answered(_messages: object, context: Context) -> bytes:
        try:
            made: bytes = (await call(context)).SerializeToString()
        except CausewayError as error:
            got = error.got if isinstance(error, _Refused) else _got_of(reply_to(error))
            code = CODES.get(got.status, grpc.StatusCode.INTERNAL)
            told = _told(got)
            if got.status == Overloaded.status and got.said["code"] == Overloaded.code:
                code = grpc.StatusCode.RESOURCE_EXHAUSTED
                told.append((PUSHBACK, str(1000 * int(got.headers.get("retry-after", "1")))))
                peers.refused(context.peer())
            context.set_trailing_metadata(told)
            said = error.message[:MAX_SHOWN] + (f"; {error.hint[:MAX_SHOWN]}" if error.hint else "")
            # a status travels in a header: printable ASCII only
            await context.abort(code, said.encode("ascii", "replace").decode())
            raise
        return made

    return answered


def _told(got: Got) -> list[tuple[str, str]]:
    return [each for each in got.headers.items() if each[0] not in _UNSAID]


def _path(name: str, version: str) -> str:
    if "/" in name or "/" in version:
        raise NothingHere("a model's name or version has no slash")
    return f"/v2/models/{name}/versions/{version}" if version else f"/v2/models/{name}"


def _headers(context: Context) -> Headers:
    """The call's metadata as headers, without those that we say ourselves."""
    given = context.invocation_metadata() or ()
    return [
        (name.encode(), value.encode("latin-1", "replace"))
        for name, value in given
        if isinstance(value, str) and name not in _OURS
    ]


def _deadline(context: Context) -> Headers:
    """How long the caller waits, as over HTTP; nothing where it said that itself, or waits for ever."""
    left: float | None = context.time_remaining()
    said = any(name.encode() == DEADLINE for name, _ in context.invocation_metadata() or ())
    return [] if left is None or said else [(DEADLINE, str(max(1, int(left * 1000))).encode())]


async def _got(app: Application, scope: Scope, body: bytes, gone: asyncio.Event) -> Got:
    parts = [body]
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop()}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Got(GONE, {}, b'{"error":"nobody waits for it any more","hint":""}')
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Got(sent[0]["status"], headers, sent[1]["body"])


@asynccontextmanager
async def serving(
    app: App, desk: Desk | None, at: tuple[str, int], *, shared: bool, certificate: Files | None
) -> AsyncIterator[int]:
    """The port at which gRPC is answered within; `shared` lets other processes listen there as well."""
    host, port = at
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MAX_BODY_BYTES),
            ("grpc.max_metadata_size", MAX_HEADER_BYTES),
            ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
            ("grpc.max_connection_idle_ms", IDLE_MS),
            ("grpc.max_concurrent_streams", MAX_STREAMS),
            ("grpc.server.max_pending_requests", MAX_WAITING),
            ("grpc.server.max_pending_requests_hard_limit", MAX_WAITING),
            ("grpc.server_max_unrequested_time_in_server", MAX_WAITING_SECONDS),
            ("grpc.max_connection_age_ms", AGE_MS),
            ("grpc.max_connection_age_grace_ms", GRACE_MS),
            ("grpc.so_reuseport", int(shared)),
        ],
        maximum_concurrent_rpcs=MAX_CALLS,
    )
    server.add_generic_rpc_handlers((Service(app, desk),))
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if certificate is None:
            bound = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, secrets_of(certificate))
    except RuntimeError as error:
        raise OutsideError(
            f"cannot listen on {host}:{port} for gRPC",
            hint="another process may hold this port: choose another with --grpc-port, or stop it",
        ) from error
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(DRAIN_SECONDS)

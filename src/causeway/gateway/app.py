"""The gateway as an ASGI application: who may ask, what was asked, which protocol answers."""

import asyncio
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs

from causeway import __version__
from causeway.core.errors import CausewayError
from causeway.gateway.health import health_of
from causeway.gateway.http import (
    JSON,
    Gone,
    Receive,
    Reply,
    Scope,
    Send,
    body_of,
    encode,
    headers_of,
    reply_to,
    send_reply,
)
from causeway.gateway.identifiers import prediction_ids
from causeway.gateway.keys import Caller
from causeway.gateway.measures import Measures
from causeway.gateway.metrics import CONTENT_TYPE
from causeway.gateway.places import Place, place_of
from causeway.gateway.plane import Answer, Asked, answer
from causeway.gateway.protocols import invocations, oip
from causeway.gateway.recorder import Recorder
from causeway.gateway.refusals import Broken, NothingHere, WrongMedia
from causeway.gateway.routing import Live, Routing, Variant

MAX_REQUEST_NAME = 128
PROOF = b"causeway-routes"
"""The header with the digest of the route file, by which a reader of it is known."""

Spoken = tuple[Sequence[Mapping[str, object]], Callable[[Answer], Struct]]
"""A body's rows, and how its protocol writes their answer."""


class Request(Struct, frozen=True):
    """One call, after the door was opened."""

    place: Place
    headers: Mapping[bytes, bytes]
    receive: Receive
    unit: str
    """What its release is drawn by; ours, so that no caller chooses who answers."""
    name: str
    """What the caller named it (`x-request-id`), or the unit."""
    started: float


class Seen(Struct):
    """What is known about a call when it ends, for the measures."""

    product: str = ""
    release: str = ""
    rows: int = 0


class Server(Struct):
    """The body of `/v2`."""

    name: str
    version: str
    extensions: list[str]


class Ready(Struct):
    """The body of a model's `ready`."""

    name: str
    ready: bool


class App:
    """Holds the routing of the moment; whoever watches the route file replaces it."""

    def __init__(self, recorder: Recorder) -> None:
        self.routing = Routing()
        self.recorder = recorder
        self.measures = Measures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        seen = Seen()
        try:
            reply = await self._reply(scope, receive, seen, started)
        except CausewayError as error:
            reply = reply_to(error)
        except Gone:
            return
        except Exception:  # noqa: BLE001 - the shell: whatever else goes wrong becomes the one error shape
            traceback.print_exc(file=sys.stderr)
            reply = reply_to(Broken("something went wrong inside the gateway", hint="its log says what"))
        self.measures.count(seen.product, seen.release, reply.status, seconds=time.perf_counter() - started)
        await send_reply(send, reply)

    async def reroute(self, load: Callable[[], Routing]) -> None:
        """Replaces the routing by the one that is loaded; if that breaks, what answered before goes on."""
        try:
            # loading a model takes its time, and callers must not wait for it
            self.routing = await asyncio.to_thread(load)
        except Exception:  # noqa: BLE001 - the shell: no bundle, however odd, may end the following of routes
            traceback.print_exc(file=sys.stderr)
            problem = "the newest routes could not be followed; the gateway's log says why"
            self.routing = structs.replace(self.routing, problem=problem)

    async def _reply(self, scope: Scope, receive: Receive, seen: Seen, started: float) -> Reply:
        place = place_of(scope["method"], scope["path"])
        if place.anonymous:
            return self._health(place, headers_of(scope))
        headers = headers_of(scope)
        caller = self.routing.keyring.caller(headers)
        if place.name == "server":
            return Reply(encode(Server("causeway", __version__, [])))
        if place.name == "metrics":
            return Reply(self._metrics(caller), media=CONTENT_TYPE)
        live = self._live(place, caller)
        seen.product = live.product
        unit = prediction_ids(1, at_ns=time.time_ns())[0]
        request = Request(place, headers, receive, unit, _name(headers) or unit, started)
        if place.method == "GET":
            return self._model(live, request)
        return await self._predict(live, request, caller, seen)

    def _metrics(self, caller: Caller) -> bytes:
        return self.measures.page(self.routing, self.recorder, products=caller.keys.keys())

    def _health(self, place: Place, headers: Mapping[bytes, bytes]) -> Reply:
        health = health_of(self.routing, self.recorder, proof=headers.get(PROOF, b""))
        if place.name == "live":
            return Reply(encode({"live": True}))
        return Reply(encode(health), 200 if health.ready else 503)

    def _live(self, place: Place, caller: Caller) -> Live:
        products = self.routing.live
        mine = sorted(caller.keys)
        if place.product:
            # the same for others' products as for none, so that nobody finds out their names
            if place.product not in caller.keys:
                raise NothingHere(
                    f"there is no product {place.product[:80]!r} for this key",
                    hint=f"this key opens {', '.join(mine)}",
                )
            return products[place.product]
        if len(mine) != 1:
            raise NothingHere(
                "this key opens several products", hint=f"name one: /products/<{'|'.join(mine)}>/invocations"
            )
        return products[mine[0]]

    def _model(self, live: Live, request: Request) -> Reply:
        place = request.place
        if place.name == "model_ready":
            ready = bool(live.variants)
            if ready:
                live.variant(request.unit, version=place.version)
            return Reply(encode(Ready(live.product, ready)), 200 if ready else 503)
        variant = live.variant(request.unit, version=place.version)
        versions = [each.loaded.version for each in live.variants]
        body = oip.metadata(variant.loaded, versions=versions, label=live.route.label)
        return Reply(encode(body), headers=_named(live, variant, request))

    async def _predict(self, live: Live, request: Request, caller: Caller, seen: Seen) -> Reply:
        key = caller.may("predict", live.product)
        if live.allowance is not None:
            live.allowance.take(request.started)
        media = _media(request.headers)
        variant = live.variant(request.unit, version=request.place.version)
        seen.release = variant.loaded.version
        with variant.loaded.held():
            body = await body_of(request.headers, request.receive)
            speak = _infer if request.place.name == "infer" else _invoke
            rows, respond = speak(body, media, request, variant)
            asked = Asked(rows=rows, key=key, request=request.name, started=request.started)
            made = await answer(live, variant, asked, recorder=self.recorder)
        self.measures.rows.add(live.product, amount=len(made.ids))
        named = _named(live, variant, request)
        return Reply(encode(respond(made)), headers=(*named, ("causeway-prediction-id", made.ids[0])))


def _infer(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:
    if media != JSON:
        raise WrongMedia(
            f"infer reads JSON, not {media[:60]}", hint=f"send the header `content-type: {JSON}`"
        )
    if b"inference-header-content-length" in request.headers:
        raise WrongMedia("binary tensors are not read here", hint="send the tensors' data in the JSON")
    release = variant.loaded.release
    asked = oip.read(body)
    oip.check_wanted(asked, release.signature.outputs)
    return oip.rows_of(asked, release.signature.inputs), lambda made: oip.response(made, asked)


def _invoke(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:  # noqa: ARG001 - as _infer
    if media == JSON:
        return invocations.rows_of_json(body), invocations.response
    if media == "text/csv":
        fields = variant.loaded.release.signature.inputs
        return invocations.rows_of_csv(body, fields), invocations.response
    raise WrongMedia(
        f"invocations reads JSON or CSV, not {media[:60]}",
        hint=f"send the header `content-type: {JSON}` or `content-type: text/csv`",
    )


def _media(headers: Mapping[bytes, bytes]) -> str:
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise WrongMedia("compressed bodies are not read here", hint="send the body as it is")
    media = headers.get(b"content-type", JSON.encode()).decode("latin-1")
    return media.partition(";")[0].strip().lower()


def _name(headers: Mapping[bytes, bytes]) -> str:
    """The caller's name for the request if it is fit to be sent back and kept."""
    name = headers.get(b"x-request-id", b"").decode("latin-1")
    return name if len(name) <= MAX_REQUEST_NAME and name.isascii() and name.isprintable() else ""


def _named(live: Live, variant: Variant, request: Request) -> tuple[tuple[str, str], ...]:
    headers = (("causeway-release", variant.loaded.digest), ("x-request-id", request.name))
    return (*headers, ("causeway-stage", live.route.label)) if live.route.label else headers

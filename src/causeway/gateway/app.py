"""The gateway as an ASGI application: who may ask, what was asked, which protocol answers."""

import asyncio
import time
from collections.abc import Callable, Mapping

from msgspec import Struct, structs

from causeway import __version__
from causeway.core.errors import CausewayError
from causeway.core.routes import METRICS
from causeway.gateway.answers.plane import Answer, Asked, answered, recorded
from causeway.gateway.answers.together import held
from causeway.gateway.calls.asking import (
    Opened,
    Request,
    Settled,
    live_of,
    named,
    opened,
    request_name,
    settled,
)
from causeway.gateway.calls.deadlines import awaited, check
from causeway.gateway.calls.places import Place, place_of
from causeway.gateway.calls.standing_in import PREVIOUS, stand_in, stands_in
from causeway.gateway.door.admission import Admission
from causeway.gateway.door.keys import Caller
from causeway.gateway.door.resting import LONG_WAY_SECONDS
from causeway.gateway.log import print_defect, say_broken
from causeway.gateway.metering.health import health_of, state_of
from causeway.gateway.metering.measures import Measures
from causeway.gateway.metering.metrics import CONTENT_TYPE, OPEN_TYPE, open_page, page
from causeway.gateway.openapi.documents import Documents
from causeway.gateway.processes.board import State
from causeway.gateway.processes.seat import Seat
from causeway.gateway.protocols import oip, oip_binary
from causeway.gateway.protocols.parquet import PARQUET, Tables
from causeway.gateway.records.identifiers import prediction_id
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Broken, Overloaded, reason_of
from causeway.gateway.routes.limits import Usage
from causeway.gateway.routes.routing import Live, Routing, Variant
from causeway.gateway.rows.schema import Checked
from causeway.gateway.telling.sights import Witness
from causeway.gateway.wire.http import (
    APART,
    JSON,
    MAX_BODY_BYTES,
    TURNED_AWAY,
    Gone,
    Receive,
    Reply,
    Scope,
    Send,
    body_of,
    declared_bytes,
    encode,
    headers_of,
    reply_to,
    send_reply,
)

PROOF = b"causeway-routes"
"""The header with the digest of the route file, by which a reader of it is known."""


class Seen(Struct):
    """What is known about a call when it ends, for the measures."""

    product: str = ""
    key: str = ""
    call: Opened | None = None
    about: Place | Settled | None = None

    @property
    def release(self) -> str:
        """The release that answered or refused it, if one did."""
        return self.call.refuser if self.call else ""


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

    def __init__(self, recorder: Recorder, seat: Seat | None = None) -> None:
        self.routing = Routing()
        self.recorder = recorder
        self.seat = seat or Seat()
        self.tables = Tables()
        self.measures = Measures(self.seat.tallies)
        self.admission = Admission()
        self.usage = Usage(self.seat.tallies, recorder.folder.with_name("usage.json"))
        self.witness: Witness | None = None
        self._documents = Documents()

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
            self.measures.refused(seen.product, seen.key, reason_of(error))
            if isinstance(error, Overloaded) and "state" in scope:
                scope["state"][TURNED_AWAY] = True
                self.admission.resting.spent(LONG_WAY_SECONDS)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - the shell: whatever else goes wrong becomes the one error shape
            print_defect(error)
            reply = reply_to(Broken("something went wrong inside the gateway", hint="its log says what"))
        self.measures.count(seen.product, seen.release, reply.status, seconds=time.perf_counter() - started)
        await send_reply(send, reply)
        if self.witness is not None:
            self.witness.saw(
                headers_of(scope), started, reply, (seen.product, seen.release), seen.call or seen.about
            )

    async def reroute(self, load: Callable[[], Routing]) -> None:
        """Replaces the routing by the one that is loaded; if that breaks, what answered before goes on."""
        try:
            # loading a model takes its time, and callers must not wait for it
            self.routing = await asyncio.to_thread(load)
            waits = (live.route.deadline_ms for live in self.routing.live.values())
            self.admission.heed(each for each in waits if each is not None)
            self.admission.alone = len(self.routing.live) <= 1
        except Exception as error:  # noqa: BLE001 - the shell: no bundle, however odd, may end the following of routes
            say_broken(error)
            problem = "the newest routes could not be followed; the gateway's log says why"
            self.routing = structs.replace(self.routing, problem=problem)

    async def _reply(self, scope: Scope, receive: Receive, seen: Seen, started: float) -> Reply:
        seen.about = place = place_of(scope["method"], scope["path"])
        if place.anonymous:
            return self._health(place, headers_of(scope))
        headers = headers_of(scope)
        caller = self.routing.keyring.caller(headers)
        if place.name == "server":
            return Reply(encode(Server("causeway", __version__, [oip_binary.EXTENSION])))
        if place.name == "metrics":
            return self._metrics(caller, headers)
        live = live_of(self.routing, place, caller)
        seen.product, seen.key = live.product, caller.keys[live.product].id
        if place.method == "POST":
            self._let_in(live.product)
        unit = prediction_id(time.time_ns())
        if place.method == "GET":
            return self._model(live, Request(place, headers, unit, request_name(headers) or unit, started))
        seen.about = asked = settled(live, place, headers, caller)
        seen.call = call = opened(asked, unit=unit, started=started)
        if call.variant.loaded.worker is not None and "state" in scope:
            scope["state"][APART] = True
        return await self._predict(call, receive, seen)

    def _let_in(self, product: str) -> None:
        """Refuses a request where this turn of the loop has work enough for its product."""
        self.admission.check(product)
        # of the processor: that others had it for a while is no reason to refuse anybody
        now = time.thread_time()
        if self.admission.began(now):
            asyncio.get_running_loop().call_soon(self._turned)
        self.admission.check_turn(now, product)

    def _turned(self) -> None:
        self.admission.turned()

    @property
    def state(self) -> State:
        """How this process is."""
        return state_of(self.routing, self.recorder)

    def _metrics(self, caller: Caller, headers: Mapping[bytes, bytes]) -> Reply:
        self.measures.hear(self.recorder)
        states, products = self.seat.states(self.state), caller.keys.keys()
        by_key = [product for product, key in caller.keys.items() if METRICS in key.scopes]
        is_open = b"application/openmetrics-text" in headers.get(b"accept", b"")
        media, written = (OPEN_TYPE, open_page) if is_open else (CONTENT_TYPE, page)
        body = self.measures.page(self.routing, states, products=products, by_key=by_key, written=written)
        return Reply(body, media=media)

    def _health(self, place: Place, headers: Mapping[bytes, bytes]) -> Reply:
        states = self.seat.states(self.state)
        health = health_of(states, self.routing.digest, proof=headers.get(PROOF, b""))
        if place.name == "live":
            return Reply(encode({"live": True}))
        return Reply(encode(health), 200 if health.ready else 503)

    def _model(self, live: Live, request: Request) -> Reply:
        place = request.place
        if place.name == "model_ready":
            ready = bool(live.variants)
            if ready:
                live.variant(request.unit, version=place.version)
            return Reply(encode(Ready(live.product, ready)), 200 if ready else 503)
        if place.name == "openapi":
            variant = live.variant(request.unit, version=place.version or live.foremost)
            body = self._documents.of(live, variant)
            return Reply(body, headers=named(live, variant), request=request.name)
        variant = live.variant(request.unit, version=place.version)
        versions = [each.loaded.version for each in live.variants]
        told = oip.metadata(variant.loaded, versions=versions, label=live.route.label)
        return Reply(encode(told), headers=named(live, variant), request=request.name)

    async def _predict(self, call: Opened, receive: Receive, seen: Seen) -> Reply:
        request = call.request
        size = declared_bytes(request.headers)
        with self.admission.beside(MAX_BODY_BYTES if size is None else size), held(_needed(call)):
            body = await body_of(request.headers, receive)
            if call.media == PARQUET and request.place.name == "invocations":
                call, body = structs.replace(call, media=JSON), await self.tables.as_json(body)
            rows, respond = call.spoken(body)
            asked = Asked(rows, call.key, request.unit, request.name, request.started)
            if call.live.by_row:
                call, asked = call.drawn(asked)
                seen.call = call
            checked = call.variant.loaded.schema.check(asked.rows)
            check(call.until)
            try:
                made = await self._made(call, asked, checked, receive)
            except Exception as error:
                if not stands_in(call, checked, error):
                    raise
                return await stand_in(call, body, asked, checked, error, house=self)
        self.measures.rows.add(call.live.product, amount=len(made.ids))
        return call.replied(respond(made), made.ids[0])

    async def _made(self, call: Opened, asked: Asked, checked: Checked, receive: Receive) -> Answer:
        """The recorded answer, given up where it comes from another process and nobody waits for it."""
        predicting = call.variant.loaded.predict(checked.rows)
        apart = any(each.loaded.worker for each in call.variant.by or (call.variant,))
        predicted = await (awaited(predicting, receive, until=call.until) if apart else predicting)
        made = answered(call.variant, asked, checked, predicted)
        await recorded(call.live, made, checked.rows, asked, recorder=self.recorder)
        return made


def _needed(call: Opened) -> tuple[Variant, ...]:
    """The releases that may have to answer this call."""
    live = call.live
    needed = live.variants if live.by_row else (call.variant,)
    return (*needed, live.previous) if live.previous and live.route.on_failure == PREVIOUS else needed

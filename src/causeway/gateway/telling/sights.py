"""A finished request as others are told of it: never what was in it."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from causeway.gateway.calls.asking import Opened, Settled
from causeway.gateway.calls.places import Place
from causeway.gateway.routes.routing import Variant
from causeway.gateway.wire.http import Reply
from causeway.gateway.wire.trace_context import Parent, parent_of

REFUSED = 400
_ROUTES = {
    "infer": "/v2/models/{product}/infer",
    "invocations": "/products/{product}/invocations",
    "predict": "/v1/models/{product}:predict",
    "model": "/v2/models/{product}",
    "model_ready": "/v2/models/{product}/ready",
    "openapi": "/products/{product}/openapi.json",
    "server": "/v2",
}
_UNTOLD = frozenset(("metrics",))

About = Opened | Settled | Place | None
"""What was found out about a request before it ended."""


class Sight(Struct, frozen=True, gc=False):
    """One finished request."""

    ended_ns: int
    seconds: float
    method: str
    route: str
    status: int
    code: str
    """Of the error; empty where it was answered."""
    product: str
    release: str
    arm: str
    consumer: str
    request: str
    """Its name, as it is recorded."""
    prediction: str
    trace: str
    parent: Parent | None


class Witness:
    """Makes a sight of each finished request, for those who are told of them."""

    def __init__(self, told: Sequence[Callable[[Sight], object]]) -> None:
        self._told = tuple(told)

    def saw(
        self, headers: Mapping[bytes, bytes], started: float, reply: Reply, seen: Sequence[str], about: About
    ) -> None:
        """Tells of this request; `seen` is its product and release, `started` a `time.perf_counter()`."""
        call = about if isinstance(about, Opened) else None
        asked = call.settled if call else about if isinstance(about, Settled) else None
        place = asked.place if asked else about if isinstance(about, Place) else None
        if place is not None and (place.anonymous or place.name in _UNTOLD):
            return
        parent = parent_of(headers)
        sight = Sight(
            ended_ns=time.time_ns(),
            seconds=time.perf_counter() - started,
            method=place.method if place else "",
            route=route_of(place) if place else "",
            status=reply.status,
            code=_code(reply),
            product=seen[0],
            release=seen[1],
            arm=_arm(call.variant) if call else "",
            consumer=asked.key.consumer if asked else "",
            request=_name(call) if call else "",
            prediction=reply.prediction,
            trace=_trace(parent, call),
            parent=parent,
        )
        for tell in self._told:
            tell(sight)


def route_of(place: Place) -> str:
    """The address without what differs from request to request."""
    route = _ROUTES.get(place.name, "")
    if place.name == "invocations" and not place.product:
        return "/invocations"
    return route.replace("{product}", "{product}/versions/{version}", 1) if place.version else route


def _trace(parent: Parent | None, call: Opened | None) -> str:
    """The caller's trace, else a new one, which is the name of the request's first prediction."""
    if parent is not None:
        return parent.trace
    return call.request.unit.replace("-", "") if call else os.urandom(16).hex()


def _arm(variant: Variant) -> str:
    return ",".join(sorted({each.arm for each in variant.by})) if variant.by else variant.arm


def _name(call: Opened) -> str:
    name, private = call.request.name, call.variant.private
    # what a caller names a request may name a person
    return private.hashed(name) if private is not None and name != call.request.unit else name


class _Error(Struct):
    code: str = ""


_error = msgspec.json.Decoder(_Error).decode


def _code(reply: Reply) -> str:
    return _error(reply.body).code if reply.status >= REFUSED else ""

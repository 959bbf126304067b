"""A request for answers between the door and the model: who asks, of which release, in which words."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, structs

from causeway.core.routes import Key
from causeway.gateway.answers.plane import Answer, Asked
from causeway.gateway.answers.together import drawn, who_answered
from causeway.gateway.calls.deadlines import NEVER, patience_of
from causeway.gateway.calls.places import Place
from causeway.gateway.door import budget
from causeway.gateway.door.keys import Caller
from causeway.gateway.protocols import invocations, oip, oip_binary
from causeway.gateway.protocols.parquet import PARQUET
from causeway.gateway.refusals import NothingHere, WrongMedia
from causeway.gateway.routes.routing import Live, Routing, Variant
from causeway.gateway.wire.http import JSON, Reply, encode
from causeway.gateway.wire.trace_context import TRACEPARENT, parent_of

MAX_REQUEST_NAME = 128
_INFERRED = frozenset((JSON, oip_binary.OCTETS))
_LENGTH = oip_binary.LENGTH.encode()

Named = tuple[tuple[str, str], ...]
Spoken = tuple[Sequence[Mapping[str, object]], Callable[[Answer], Struct]]
"""A body's rows, and how its protocol writes their answer: as what becomes JSON, or as the reply itself."""


class Settled(Struct, frozen=True):
    """What the head of a request settles, however often the same head comes."""

    place: Place
    headers: Mapping[bytes, bytes]
    live: Live
    key: Key
    media: str
    name: str
    """What the caller named the request; empty where that is not fit to be sent back and kept."""
    patience: float = NEVER
    """For how many seconds the answer is waited for."""


class Request(Struct, frozen=True, gc=False):
    """One call, after the door was opened."""

    place: Place
    headers: Mapping[bytes, bytes]
    unit: str
    """What its release is drawn by; ours, so that no caller chooses who answers."""
    name: str
    """What the caller named it (`x-request-id`), or the unit."""
    started: float


class Opened(Struct, frozen=True, gc=False):
    """One call that may be answered, before its body is read."""

    request: Request
    live: Live
    key: Key
    media: str
    variant: Variant
    settled: Settled
    until: float = NEVER
    """The `time.perf_counter()` until which the answer is waited for."""
    undrawn: bool = False
    """Whether its rows are still to be drawn; the variant is only the one by which they are read."""

    @property
    def refuser(self) -> str:
        """The release that refuses or fails this call, if it is; empty where that is none's doing."""
        return "" if self.undrawn else self.variant.loaded.at_fault

    def spoken(self, body: bytes) -> Spoken:
        """The body's rows, and how their answer is written."""
        return _SPEAKERS[self.request.place.name](body, self.media, self.request, self.variant)

    def drawn(self, asked: Asked) -> tuple["Opened", Asked]:
        """The call and its rows, once it is known who answers each of them."""
        variant, asked = drawn(self.live, self.variant, asked, pinned=bool(self.request.place.version))
        return structs.replace(self, variant=variant, undrawn=False), asked

    def replied(self, said: Struct, prediction: str) -> Reply:
        """The reply with this answer; its headers name who answered, and the first row's prediction."""
        headers, name = named(self.live, self.variant), self.request.name
        if type(said) is Reply:
            headers = (*said.headers, *headers)
            return structs.replace(said, headers=headers, request=name, prediction=prediction)
        return Reply(encode(said), 200, JSON, headers, name, prediction)


def live_of(routing: Routing, place: Place, caller: Caller) -> Live:
    """The product that is asked for, or the only one that this key opens."""
    mine = sorted(caller.keys)
    if place.product:
        # the same for others' products as for none, so that nobody finds out their names
        if place.product not in caller.keys:
            raise NothingHere(
                f"there is no product {place.product[:80]!r} for this key",
                hint=f"this key opens {', '.join(mine)}",
            )
        return routing.live[place.product]
    if len(mine) != 1:
        raise NothingHere(
            "this key opens several products", hint=f"name one: /products/<{'|'.join(mine)}>/invocations"
        )
    return routing.live[mine[0]]


def settled(live: Live, place: Place, headers: Mapping[bytes, bytes], caller: Caller) -> Settled:
    """What this caller asks for, if it may ask for that."""
    return Settled(
        place,
        headers,
        live,
        caller.may("predict", live.product),
        _media(headers),
        request_name(headers),
        patience_of(headers, live.route.deadline_ms),
    )


def opened(asked: Settled, *, unit: str, started: float) -> Opened:
    """The call, if there is room for it now."""
    live = asked.live
    if live.route.over_budget is not None:
        budget.check(live.route.over_budget)
    limit = live.limits.get(asked.key.id) if live.limits is not None else None
    if limit is not None:
        limit.take(started)
    if live.allowance is not None:
        live.allowance.take(started)
    if limit is not None:
        limit.count()
    variant = live.variant(unit, version=asked.place.version)
    request = Request(asked.place, asked.headers, unit, asked.name or unit, started)
    until = started + asked.patience
    return Opened(request, live, asked.key, asked.media, variant, asked, until, live.by_row)


def _infer(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:
    if media not in _INFERRED:
        raise WrongMedia(
            f"infer reads JSON, not {media[:60]}", hint=f"send the header `content-type: {JSON}`"
        )
    signature = variant.loaded.release.signature
    length = request.headers.get(_LENGTH)
    plain = variant.loaded.schema.plain
    if plain and length is None and (read := plain.tensors(body)):
        asked = oip.InferRequest([], read[1] or None)
        return read[0], lambda made: oip.response(made, asked)
    asked = oip.read(body) if length is None else oip_binary.read(body, length, signature.inputs)
    oip.check_wanted(asked, signature.outputs)
    rows = oip.rows_of(asked, signature.inputs)
    if asked.parameters or asked.outputs:
        binary = oip_binary.wanted(asked, [*(output.name for output in signature.outputs), oip.IDS])
        if binary:
            return rows, lambda made: oip_binary.written(oip.response(made, asked), binary)
    return rows, lambda made: oip.response(made, asked)


def _invoke(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:  # noqa: ARG001 - as _infer
    if media == JSON:
        plain = variant.loaded.schema.plain
        rows = plain.rows(body) if plain else None
        return rows or invocations.rows_of_json(body), invocations.response
    if media == "text/csv":
        fields = variant.loaded.release.signature.inputs
        return invocations.rows_of_csv(body, fields), invocations.response
    raise WrongMedia(
        f"invocations reads JSON, CSV or Parquet, not {media[:60]}",
        hint=f"send the header `content-type: {JSON}`, `text/csv` or `{PARQUET}`",
    )


def _predict(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:  # noqa: ARG001 - as _infer
    if media != JSON:
        raise WrongMedia(f"predict reads JSON, not {media[:60]}", hint=f"send `content-type: {JSON}`")
    return invocations.rows_of_instances(body), invocations.response


_SPEAKERS = {"infer": _infer, "invocations": _invoke, "predict": _predict}


def _media(headers: Mapping[bytes, bytes]) -> str:
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise WrongMedia("compressed bodies are not read here", hint="send the body as it is")
    media = headers.get(b"content-type", JSON.encode()).decode("latin-1")
    return media.partition(";")[0].strip().lower()


def request_name(headers: Mapping[bytes, bytes]) -> str:
    """What the caller named the request, if that is fit to be sent back and kept; else the caller's trace."""
    name = headers.get(b"x-request-id", b"").decode("latin-1")
    if name and len(name) <= MAX_REQUEST_NAME and name.isascii() and name.isprintable():
        return name
    parent = parent_of(headers) if TRACEPARENT in headers else None
    return parent.trace if parent else ""


def named(live: Live, variant: Variant) -> Named:
    """The headers that name who answered."""
    if variant.by:
        return _labelled(who_answered(variant), live.route.label)
    return _alone(variant.loaded.digest, live.route.label)


@lru_cache(maxsize=1024)
def _alone(digest: str, label: str) -> Named:
    return _labelled((("causeway-release", digest),), label)


def _labelled(who: Named, label: str) -> Named:
    return (*who, ("causeway-stage", label)) if label else who

"""A request for answers between the door and the model: who asks, of which release, in which words."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs

from causeway.core.routes import Key
from causeway.gateway.http import JSON, Reply, encode
from causeway.gateway.keys import Caller
from causeway.gateway.places import Place
from causeway.gateway.plane import Answer
from causeway.gateway.protocols import invocations, oip, oip_binary
from causeway.gateway.refusals import NothingHere, WrongMedia
from causeway.gateway.routing import Live, Routing, Variant

MAX_REQUEST_NAME = 128
_INFERRED = frozenset((JSON, oip_binary.OCTETS))
_LENGTH = oip_binary.LENGTH.encode()

Spoken = tuple[Sequence[Mapping[str, object]], Callable[[Answer], Struct]]
"""A body's rows, and how its protocol writes their answer: as what becomes JSON, or as the reply itself."""


class Request(Struct, frozen=True):
    """One call, after the door was opened."""

    place: Place
    headers: Mapping[bytes, bytes]
    unit: str
    """What its release is drawn by; ours, so that no caller chooses who answers."""
    name: str
    """What the caller named it (`x-request-id`), or the unit."""
    started: float


class Opened(Struct, frozen=True):
    """One call that may be answered, before its body is read."""

    request: Request
    live: Live
    key: Key
    media: str
    variant: Variant

    def spoken(self, body: bytes) -> Spoken:
        """The body's rows, and how their answer is written."""
        speak = _infer if self.request.place.name == "infer" else _invoke
        return speak(body, self.media, self.request, self.variant)

    def replied(self, said: Struct, prediction: str) -> Reply:
        """The reply with this answer; its headers name who answered, and the first row's prediction."""
        headers = (*self.named, ("causeway-prediction-id", prediction))
        if isinstance(said, Reply):
            return structs.replace(said, headers=(*said.headers, *headers))
        return Reply(encode(said), headers=headers)

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The headers that name who answered what."""
        return named(self.live, self.variant, self.request)


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


def opened(live: Live, request: Request, caller: Caller) -> Opened:
    """The call, if this caller may make it now."""
    key = caller.may("predict", live.product)
    if live.allowance is not None:
        live.allowance.take(request.started)
    media = _media(request.headers)
    variant = live.variant(request.unit, version=request.place.version)
    return Opened(request, live, key, media, variant)


def requested(place: Place, headers: Mapping[bytes, bytes], *, unit: str, started: float) -> Request:
    """The call under the name that its caller gave it, if that is fit to be sent back and kept."""
    return Request(place, headers, unit, _name(headers) or unit, started)


def _infer(body: bytes, media: str, request: Request, variant: Variant) -> Spoken:
    if media not in _INFERRED:
        raise WrongMedia(
            f"infer reads JSON, not {media[:60]}", hint=f"send the header `content-type: {JSON}`"
        )
    signature = variant.loaded.release.signature
    length = request.headers.get(_LENGTH)
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
    name = headers.get(b"x-request-id", b"").decode("latin-1")
    return name if len(name) <= MAX_REQUEST_NAME and name.isascii() and name.isprintable() else ""


def named(live: Live, variant: Variant, request: Request) -> tuple[tuple[str, str], ...]:
    """The headers that name who answered what."""
    headers = (("causeway-release", variant.loaded.digest), ("x-request-id", request.name))
    return (*headers, ("causeway-stage", live.route.label)) if live.route.label else headers

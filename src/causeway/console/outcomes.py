"""Where applications send what came about, with a key of the product that may."""

import hashlib
import hmac

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from causeway.actions.decide import States
from causeway.actions.measure.received import NoOutcome, Received, receive
from causeway.actions.measure.sent import Told, told_in
from causeway.actions.workspace import Workspace
from causeway.console.answers import twin
from causeway.console.lineage import sent
from causeway.console.sign_in import NotSignedIn
from causeway.core.errors import NotFound, Refused
from causeway.core.routes import OUTCOMES

PATHS = ("/outcomes", "/outcomes/{product}", "/api/v1/outcomes", "/api/v1/outcomes/{product}")
CREATED = 201


class NotAllowed(Refused):
    """The key is good, but does not open that."""

    code = "forbidden"
    status = 403


def outcomes_routes(work: Workspace) -> list[Route]:
    """Take an outcome, a list or lines of them, by entity and time or by prediction; the same ones once.

    The product stands in the path, in the query or in the body; where there is one alone it need not.
    """
    states = States(work)

    def take(named: str, token: str, body: bytes) -> Received:
        told = None if named else told_in(body)
        product = named or _product(work, told)
        _check(states, work, product, token)
        told = told or told_in(body)
        if told.product not in ("", product):
            raise NoOutcome(
                f"this is sent to {product}, and says that it is of {told.product}",
                hint="name one of the two",
            )
        return receive(work, product, told.sent, channel="post")

    async def post(request: Request) -> Response:
        body = await sent(request)
        token = request.headers["authorization"].split(" ", 1)[1].strip()
        named = request.path_params.get("product") or request.query_params.get("product", "")
        taken = await run_in_threadpool(take, named, token, body)
        return twin(taken, status=CREATED if taken.taken else 200)

    return [Route(path, post, methods=["POST"]) for path in PATHS]


def _product(work: Workspace, told: Told | None) -> str:
    """The product that the body names, else the only one there is."""
    if told and told.product:
        return told.product
    products = work.products()
    if len(products) != 1:
        raise NoOutcome(
            "nothing says of which product this is",
            hint='name it: POST /outcomes/PRODUCT, ?product=, or "product" in the body',
        )
    return products[0]


def _check(states: States, work: Workspace, product: str, token: str) -> None:
    """Refuses whoever holds no key of this product that may send outcomes."""
    if product not in work.products():
        raise NotFound(f"there is no product {product} here", hint="see /")
    digest = hashlib.sha256(token.encode()).hexdigest()
    held = next((key for key in states(product).active_keys if hmac.compare_digest(key.digest, digest)), None)
    if held is None:
        raise NotSignedIn(hint=f"send a key of {product}: causeway key issue NAME --scope {OUTCOMES}")
    if OUTCOMES not in held.scopes:
        raise NotAllowed(
            f"this key may not send outcomes: it may {', '.join(held.scopes)}", hint="issue another"
        )

"""Where other servers send what they were asked and answered."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from causeway.actions.shipped.events import half_of_binary, halves_of
from causeway.actions.shipped.inbox import Imported, Inbox
from causeway.actions.workspace import Workspace
from causeway.console.answers import twin
from causeway.console.lineage import sent
from causeway.core.errors import NotFound, UsageError

PATH = "/api/v1/records/{product}"
CREATED = 201


class NoRecord(UsageError):
    """What was sent is no record of an answer."""

    code = "no_record"
    status = 400


def records_route(work: Workspace) -> Route:
    """Takes one event, a list or lines of them: CloudEvents, or rows of an inference table."""
    inboxes: dict[str, Inbox] = {}

    def take(product: str, headers: dict[str, str], body: bytes) -> Imported:
        if product not in inboxes:
            if product not in work.products():
                raise NotFound(f"there is no product {product} here", hint="see /")
            inboxes[product] = Inbox(work, product)
        is_event = "ce-type" in headers
        taken = inboxes[product].take([half_of_binary(headers, body)] if is_event else halves_of(body))
        if taken.status == "nothing_imported":
            reasons = "; ".join(list(taken.reasons)[:3])
            raise NoRecord(
                f"nothing sent is a record: {reasons}", hint="see docs/watch.md, Other servers' logs"
            )
        return taken

    async def post(request: Request) -> Response:
        body = await sent(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        taken = await run_in_threadpool(take, request.path_params["product"], headers, body)
        return twin(taken, status=CREATED if taken.rows else 200)

    return Route(PATH, post, methods=["POST"])

"""The console: server-rendered pages, each with a JSON twin, for whoever holds the token."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from causeway.actions.lineage_walk import Lineage
from causeway.actions.workspace import Workspace
from causeway.console.answers import SECURITY_HEADERS, TWIN, page, problem, twin
from causeway.console.lineage import lineage_route
from causeway.console.lineage_pages import lineage_index, lineage_page
from causeway.console.monitoring import Watching
from causeway.console.outcomes import outcomes_routes
from causeway.console.pages import events_page, portfolio, product_page, release_page
from causeway.console.records import records_route
from causeway.console.sign_in import SignIn
from causeway.console.trials import Watch, trial_page
from causeway.console.worth import Worths
from causeway.core.errors import CausewayError, NotFound, UsageError

Endpoint = Callable[[Request], Response]
Content = Callable[[Request], Struct]
STYLE = Path(__file__).parent / "static" / "console.css"


class Unexpected(CausewayError):
    """The console failed; its log says why."""

    code = "unexpected"


class WrongMethod(UsageError):
    """The console only shows; it takes no orders."""

    code = "method_not_allowed"
    status = 405


def create_app(work: Workspace, *, token: str, cookie: str = "causeway") -> Starlette:
    """The console over this workspace; only whoever holds the token sees more than `/healthz`."""
    lineage, watch, monitors, worths = Lineage(work), Watch(work), Watching(work), Worths(work)

    def tried(request: Request) -> Struct:
        return trial_page(work, request.path_params["name"], request.path_params["seq"], watch)

    def walked(request: Request) -> Struct:
        return lineage_page(lineage, request.path_params["target"], request.query_params.get("column", ""))

    shows: list[tuple[str, str, Content]] = [
        ("/products/{name}/events", "events.html", lambda r: events_page(work, r.path_params["name"])),
        ("/products/{name}/monitoring", "monitoring.html", lambda r: monitors.page(r.path_params["name"])),
        ("/products/{name}/worth", "worth.html", lambda r: worths.page(r.path_params["name"])),
        ("/products/{name}/trials/{seq}", "trial.html", tried),
        ("/products/{name}", "product.html", lambda r: product_page(work, r.path_params["name"], watch)),
        ("/releases/{digest}", "release.html", lambda r: release_page(work, r.path_params["digest"])),
        ("/lineage/{target:path}", "lineage.html", walked),
        ("/lineage", "lineage_index.html", lambda _: lineage_index(work, lineage)),
        ("/portfolio", "worth_portfolio.html", lambda _: worths.portfolio()),
        ("/", "portfolio.html", lambda _: portfolio(work)),
    ]
    return Starlette(
        routes=[
            Route("/healthz", _healthy),
            Route("/static/console.css", _style),
            lineage_route(work),
            records_route(work),
            *outcomes_routes(work),
            *(Route(path + TWIN, _as_json(content)) for path, _, content in shows),
            *(Route(path, _as_html(template, content)) for path, template, content in shows),
        ],
        middleware=[Middleware(SignIn, token=token, cookie=cookie)],
        exception_handlers={
            CausewayError: _refused,
            HTTPException: _no_such_page,
            Exception: _unexpected,
        },
    )


def _as_html(template: str, content: Content) -> Endpoint:
    # no coroutine: Starlette runs it in a thread, so that one long history does not hold up the others
    def show(request: Request) -> Response:
        return page(template, content(request))

    return show


def _as_json(content: Content) -> Endpoint:
    def show(request: Request) -> Response:
        return twin(content(request))

    return show


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n", headers=SECURITY_HEADERS)


async def _style(_: Request) -> Response:
    return Response(STYLE.read_bytes(), media_type="text/css", headers={"x-content-type-options": "nosniff"})


async def _refused(request: Request, error: Exception) -> Response:
    return problem(request.scope, error if isinstance(error, CausewayError) else Unexpected())


async def _no_such_page(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == WrongMethod.status:
        return problem(request.scope, WrongMethod())
    return problem(request.scope, NotFound(f"there is no page {request.url.path}", hint="start at /"))


async def _unexpected(request: Request, _: Exception) -> Response:
    return problem(request.scope, Unexpected())

"""Who may look: a token from the link that `up` prints, kept as a cookie, or sent as a bearer token."""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from causeway.console.answers import problem, sent_on
from causeway.core.errors import UsageError

OPEN_PATHS = ("/healthz", "/static/console.css")
KEY_PATHS = ("/outcomes", "/api/v1/outcomes")
"""There and below who asks is known by a key of the product, and not by the console's token."""
HOSTS = ("127.0.0.1", "localhost")


class NotSignedIn(UsageError):
    """Nobody is signed in."""

    code = "unauthorized"
    status = 401


class ForeignHost(UsageError):
    """The request names a host that is not this machine."""

    code = "foreign_host"
    status = 421


class SignIn:
    """Lets through whoever holds the token; one in the address becomes a cookie and leaves the address."""

    def __init__(self, app: ASGIApp, *, token: str, cookie: str) -> None:
        self.app = app
        self.token = token
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or passes on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._choose(scope)(scope, receive, send)

    def _choose(self, scope: Scope) -> ASGIApp:
        headers = Headers(scope=scope)
        if headers.get("host", "").rsplit(":", 1)[0] not in HOSTS:
            # a page elsewhere may point its own name at this machine
            return problem(scope, ForeignHost(hint="open it as http://127.0.0.1"))
        offered = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")
        if offered is not None and self._fits(offered):
            return sent_on(_without_token(scope), cookie=self.cookie, token=self.token)
        path = scope["path"]
        if path in OPEN_PATHS or _is_by_key(path) or self._known(headers):
            return self.app
        return problem(scope, NotSignedIn(hint="open the link that `causeway up` printed when it started"))

    def _known(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._fits(bearer.strip())
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return morsel is not None and self._fits(morsel.value)

    def _fits(self, offered: str) -> bool:
        return hmac.compare_digest(offered.encode(), self.token.encode())


def _is_by_key(path: str) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in KEY_PATHS)


def _without_token(scope: Scope) -> str:
    pairs = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != "token"]
    # a path that starts with two slashes would lead to another host
    path = "/" + str(scope["path"]).lstrip("/\\")
    return f"{path}?{urlencode(pairs)}" if pairs else path

"""How the console answers: pages from templates, their JSON twins, and one shape of error in both."""

from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

import jinja2
import msgspec
from markupsafe import Markup
from msgspec import Struct
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from causeway import __version__
from causeway.assess.worth.document import document
from causeway.assess.worth.document_portfolio import portfolio_document
from causeway.console.charts import honest, interval
from causeway.console.monitor_charts import plain_number
from causeway.console.monitoring import methods, ranked, sections_of, sight_numbers, windows_of
from causeway.console.trials import line_of
from causeway.console.worth import kind_of, picture_of
from causeway.core.errors import CausewayError
from causeway.core.figure import plain
from causeway.core.ids import DIGEST_PREFIX, short
from causeway.core.metrics import spoken
from causeway.views.timeline import Told

TWIN = ".json"
API = "/api/"
LEAST_SHARE = 0.005
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def page(template: str, content: Struct, *, status: int = 200) -> Response:
    """The page, filled."""
    html = templates().get_template(template).render(page=content)
    return HTMLResponse(html, status_code=status, headers=SECURITY_HEADERS)


def twin(content: Struct, *, status: int = 200) -> Response:
    """The same as JSON, with `ok: true`."""
    fields = msgspec.to_builtins(content, str_keys=True)
    return _json({"ok": True, **fields}, status=status)


class Problem(Struct, frozen=True):
    """What went wrong, for the error page."""

    status: int
    message: str
    hint: str
    where: str
    code: str


def problem(scope: Scope, error: CausewayError) -> Response:
    """The error in the form that was asked for."""
    seen = Problem(error.status, error.message, error.hint, error.where, error.code)
    if not str(scope["path"]).endswith(TWIN) and not str(scope["path"]).startswith(API):
        return page("problem.html", seen, status=seen.status)
    shape = {
        "ok": False,
        "error": seen.message,
        "code": seen.code,
        "where": seen.where,
        "hint": seen.hint,
        "status": seen.status,
    }
    return _json(shape, status=seen.status)


def sent_on(path: str, *, cookie: str, token: str) -> Response:
    """Sends the browser on with the cookie that keeps it signed in until it closes."""
    answer = RedirectResponse(path, status_code=303, headers=SECURITY_HEADERS)
    answer.set_cookie(cookie, token, httponly=True, samesite="strict", path="/")
    return answer


@lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    """The templates: escaping always on, an unknown name is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("causeway.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        version=__version__,
        interval=interval,
        honest=honest,
        address=address,
        measure_line=line_of,
        sections=sections_of,
        methods=methods,
        ranked=ranked,
        sight_numbers=sight_numbers,
        windows_of=windows_of,
        worth_blocks=document,
        portfolio_blocks=portfolio_document,
        worth_svg=picture_of,
        kind_of=kind_of,
    )
    environment.filters.update(
        short=short,
        bare=_bare,
        moment=_moment,
        count=_count,
        figure=_figure,
        plain=plain,
        megabytes=_megabytes,
        spoken=spoken,
        segment=_segment,
        sentence=_sentence,
        coded=_coded,
        linked=_linked,
        number=_number,
        percent=_percent,
    )
    return environment


def address(target: str | tuple[str, str]) -> str:
    """Where the walk back from this lies; a slash tells a name that ends in .json from a page's twin."""
    text = quote(target if isinstance(target, str) else "/".join(target), safe="/:")
    return f"/lineage/{text}{'/' if text.endswith(TWIN) else ''}"


def _json(fields: dict[str, object], *, status: int) -> Response:
    return Response(
        msgspec.json.encode(fields),
        status_code=status,
        media_type="application/json",
        headers=SECURITY_HEADERS,
    )


def _bare(digest: str) -> str:
    return digest.removeprefix(DIGEST_PREFIX)


def _sentence(text: str) -> Markup:
    """The text with a capital unless it begins with a name, and what stands between backticks as code."""
    begins_with_a_word = text.partition(" ")[0].isalpha()
    return _coded(text[:1].upper() + text[1:] if begins_with_a_word else text)


def _coded(text: str) -> Markup:
    """The text as it is, with what stands between backticks as code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if at % 2 and at < len(parts) - 1 else part for at, part in enumerate(parts)
    )


def _linked(line: Told) -> Markup:
    """The line's words, each release that it names a link; one that it does not name behind them."""
    words = _sentence(line.words)
    for digest in line.releases:
        link = Markup('<a class="digest" href="/releases/{}" title="{}">{}</a>').format(
            _bare(digest), digest, short(digest)
        )
        before, named, after = words.partition(short(digest))
        words = before + link + after if named else words + Markup(" ") + link
    return words


def _segment(name: str) -> str:
    return quote(name, safe="")


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""


def _count(number: int) -> str:
    return f"{number:,}"


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.0f}"


def _number(number: float | None) -> str:
    return "" if number is None else plain_number(number)


def _percent(share: float) -> str:
    return "nothing" if share < LEAST_SHARE else f"{share:.0%}"


def _figure(number: float) -> str:
    return f"{number:.3g}"

"""Posts a message, once; nobody is followed to another address."""

import http.client
import urllib.error
import urllib.request
from typing import Any

from causeway import __version__
from causeway.core.errors import OutsideError, UsageError

SECONDS = 10.0


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """A message with a token goes where it was sent, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - urllib's parameters
        """Never."""


def post(url: str, body: bytes, *, kind: str, token: str = "", seconds: float = SECONDS) -> str:
    """The status that came back; raises OutsideError unless it is one of success."""
    if not url.startswith(("http://", "https://")):
        raise UsageError("the integration has no address", hint='write it: url = "https://..."')
    headers = {"Content-Type": kind, "User-Agent": f"causeway/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - http(s) only
    opener = urllib.request.build_opener(_NoDetour)
    try:
        with opener.open(request, timeout=seconds) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        raise OutsideError(f"it answered {error.code}", hint=_hint(error.code)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise OutsideError(f"it does not answer: {reason}", hint="see whether it runs") from None


def _hint(status: int) -> str:
    return "see its secret" if status in (401, 403) else "see its log"

"""Posts a message, once; nobody is followed to another address."""

import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from causeway import __version__
from causeway.core.errors import OutsideError, UsageError

SECONDS = 10.0


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """A message with a token goes where it was sent, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - urllib's parameters
        """Never."""


class _Cut:
    """Ends connections that go on for too long: whoever sends a byte now and then never times out."""

    def __init__(self) -> None:
        self._open: list[http.client.HTTPConnection] = []

    def plain(self, host: str, **more: Any) -> http.client.HTTPConnection:  # noqa: ANN401 - http.client's parameters
        """A connection that is known here."""
        self._open.append(http.client.HTTPConnection(host, **more))
        return self._open[-1]

    def secure(self, host: str, **more: Any) -> http.client.HTTPConnection:  # noqa: ANN401 - http.client's parameters
        """The same with TLS."""
        self._open.append(http.client.HTTPSConnection(host, **more))
        return self._open[-1]

    def end(self) -> None:
        """Whoever reads from one of them reads its end."""
        for each in self._open:
            if each.sock:
                with suppress(OSError):
                    each.sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def after(self, seconds: float) -> Generator[None]:
        """Ends them unless the block is over by then."""
        timer = threading.Timer(seconds, self.end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, cut: _Cut) -> None:
        super().__init__()
        self._cut = cut

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._cut.plain, req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, cut: _Cut) -> None:
        super().__init__()
        self._cut = cut

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._cut.secure, req)


def post(url: str, body: bytes, *, kind: str, token: str = "", seconds: float = SECONDS) -> str:
    """The status that came back; raises OutsideError unless it is one of success.

    `seconds` is for all of it. No error says the address or the token, since either may be the secret.
    """
    if not url.startswith(("http://", "https://")):
        raise UsageError("the integration has no address", hint='write it: url = "https://..."')
    headers = {"Content-Type": kind, "User-Agent": f"causeway/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    cut = _Cut()
    opener = urllib.request.build_opener(_NoDetour, _Plain(cut), _Secure(cut))
    try:
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - http(s) only
        with cut.after(seconds), opener.open(request, timeout=seconds) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        raise OutsideError(f"it answered {error.code}", hint=_hint(error.code)) from None
    except (http.client.InvalidURL, ValueError):
        # what these say quotes the address, or the header with the token
        raise UsageError(
            "its address or its secret holds what cannot be sent, as a space or a second line",
            hint="write either in one line",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise OutsideError(f"it does not answer: {reason}", hint="see whether it runs") from None


def _hint(status: int) -> str:
    return "see its secret" if status in (401, 403) else "see its log"

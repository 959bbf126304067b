"""Why there is no answer: one class a cause, each with the gateway's own words.

ClientError
├── Unreachable        nobody listens there; nothing was sent
├── Interrupted        the connection ended before the answer came; it may have been answered
├── TimedOut           no answer in time; it may be answered yet
├── Refused            the gateway will not answer this request         4xx
│   ├── Malformed      the request or its body cannot be read           400, 405, 408, 415, 431
│   ├── Unauthorized   no key, or none that is known                    401
│   ├── Forbidden      a good key, but not for this                     403
│   ├── NotFound       no such product, version or address              404
│   ├── TooLarge       more bytes or rows than one request may hold     413
│   ├── RefusedRow     a row is not what the release takes              422
│   └── TooMany        over what may be asked; says when to come back   429
├── NotReady           nothing answers just now                         503
└── Failed             the gateway or the model failed, or it is none   500, 502, 504
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

_ROW = re.compile(r"\brow (\d+)\b")
_FIELD = re.compile(r"\b(?:field|input) '((?:[^'\\]|\\.)*)'")


class ClientError(Exception):
    """There is no answer."""

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", hint: str = "", request: str = ""
    ) -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.status = status
        """Of HTTP; 0 where there was no reply."""
        self.code = code
        self.hint = hint
        self.request = request
        """What the request was named, by which the gateway's owner finds it."""
        self.retry_after: float | None = None
        """Seconds after which to come back, where the gateway says so."""


class Unreachable(ClientError):
    """Nobody listens there; nothing was sent."""

    @property
    def for_now(self) -> bool:
        """Whether the machine is there and the port is closed, as while a gateway starts again."""
        return isinstance(self.__cause__, ConnectionRefusedError)


class Interrupted(ClientError):
    """The connection ended before the answer came; whether it was answered is not known."""


class TimedOut(ClientError):
    """No answer came in time; whether it was answered is not known."""


class Refused(ClientError):
    """The gateway will not answer this request."""


class Malformed(Refused):
    """The request or its body cannot be read."""


class Unauthorized(Refused):
    """A key is needed, and this is none."""


class Forbidden(Refused):
    """The key is good, but does not open that."""


class NotFound(Refused):
    """There is no such product, version or address for this key."""


class TooLarge(Refused):
    """The request is larger than what is taken at once."""


class RefusedRow(Refused):
    """A row is not what the release takes; none of the request's rows was answered."""

    @property
    def row(self) -> int | None:
        """Which row of the request, from 0; None where the refusal is of no row."""
        found = _ROW.search(self.message)
        return int(found[1]) if found else None

    @property
    def field(self) -> str:
        """Which field, where the refusal names one."""
        found = _FIELD.search(self.message)
        return found[1] if found else ""


class TooMany(Refused):
    """More requests than this key or product may take just now."""


class NotReady(ClientError):
    """Nothing answers just now."""


class Failed(ClientError):
    """The gateway or the model failed on this request."""


_BY_STATUS: dict[int, type[ClientError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    413: TooLarge,
    422: RefusedRow,
    429: TooMany,
    503: NotReady,
    **dict.fromkeys((400, 405, 408, 415, 431), Malformed),
}


class _Shape(Struct):
    """The one JSON form of an error."""

    error: str
    code: str = ""
    hint: str = ""


def refusal(status: int, body: bytes, *, retry_after: str | None, request: str) -> ClientError:
    """The reply as an error; one that is not of our form is shown as it came."""
    try:
        said = msgspec.json.decode(body, type=_Shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body[:200].decode("utf-8", "replace").strip()
        said = _Shape(f"the server answered {status}" + (f": {text}" if text else ""))
    kind: Any = _BY_STATUS.get(status, Refused if 400 <= status < 500 else Failed)
    error: ClientError = kind(said.error, status=status, code=said.code, hint=said.hint, request=request)
    if retry_after is not None and retry_after.isdecimal():
        error.retry_after = float(retry_after)
    return error

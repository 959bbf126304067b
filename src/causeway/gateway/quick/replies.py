"""Replies as they are sent, byte by byte: what many of them share is made once."""

from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from causeway.gateway.door.admission import overloaded
from causeway.gateway.wire.http import Reply, reply_to

Defaults = list[tuple[bytes, bytes]]
"""The headers that every answer has; another list when they change."""
OVERLOADED = reply_to(overloaded())


def written(reply: Reply, defaults: Defaults, *, closes: bool) -> bytes:
    """All its bytes."""
    first, rest = _constant(reply.status, reply.media, reply.headers)
    said = b"".join([b"%b: %b\r\n" % pair for pair in defaults])
    named = ""
    if reply.request:
        named = f"\r\nx-request-id: {reply.request}"
    if reply.prediction:
        named += f"\r\ncauseway-prediction-id: {reply.prediction}"
    end = "\r\nconnection: close\r\n\r\n" if closes else "\r\n\r\n"
    return first + said + rest + f"{len(reply.body)}{named}{end}".encode("latin-1") + reply.body


@lru_cache(maxsize=256)
def _constant(status: int, media: str, headers: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes]:
    """The status line, and the headers that many replies share, up to their length."""
    lines = [f"content-type: {media}"]
    lines += [f"{name}: {value}" for name, value in headers if name != "connection"]
    return STATUS_LINE[status], "\r\n".join([*lines, "content-length: "]).encode("latin-1")


class Refusal:
    """That of what was not read: made anew when the date in its headers is."""

    _defaults: Defaults | None = None
    _text = b""

    def text(self, defaults: Defaults, *, closes: bool) -> bytes:
        """All its bytes."""
        if closes:
            return written(OVERLOADED, defaults, closes=True)
        if self._defaults is not defaults:
            self._defaults = defaults
            self._text = written(OVERLOADED, defaults, closes=False)
        return self._text


UNREAD = Refusal()

"""Replies as they are sent, byte by byte: what many of them share is made once."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from causeway.gateway.door.admission import overloaded
from causeway.gateway.wire.http import Reply, reply_to

Defaults = list[tuple[bytes, bytes]]
"""The headers that every answer has; another list when they change."""
MOST_BEGINNINGS = 256
OVERLOADED = reply_to(overloaded())


class Beginnings:
    """The bytes with which replies begin, up to their length: made anew when the headers of all change."""

    def __init__(self) -> None:
        self._defaults: Defaults | None = None
        self._made: dict[tuple[int, str, tuple[tuple[str, str], ...]], bytes] = {}

    def of(self, reply: Reply, defaults: Defaults) -> bytes:
        """Those of this reply."""
        if self._defaults is not defaults or len(self._made) > MOST_BEGINNINGS:
            self._defaults = defaults
            self._made = {}
        key = reply.status, reply.media, reply.headers
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _beginning(reply, defaults)
        return made


_BEGINNINGS = Beginnings()


def written(reply: Reply, defaults: Defaults, *, closes: bool) -> bytes:
    """All its bytes."""
    named = f"\r\nx-request-id: {reply.request}" if reply.request else ""
    if reply.prediction:
        named += f"\r\ncauseway-prediction-id: {reply.prediction}"
    end = "\r\nconnection: close\r\n\r\n" if closes else "\r\n\r\n"
    return b"%b%b%b" % (
        _BEGINNINGS.of(reply, defaults),
        f"{len(reply.body)}{named}{end}".encode("latin-1"),
        reply.body,
    )


def _beginning(reply: Reply, defaults: Defaults) -> bytes:
    """The status line and all headers but the length and those that name just this one."""
    same = b"".join([b"%b: %b\r\n" % pair for pair in defaults])
    lines = [f"content-type: {reply.media}"]
    lines += [f"{name}: {value}" for name, value in reply.headers if name != "connection"]
    return STATUS_LINE[reply.status] + same + "\r\n".join([*lines, "content-length: "]).encode("latin-1")


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

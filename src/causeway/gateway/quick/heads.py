"""Heads of requests that were read before, so that they need not be read again.

What names one request (its name, its trace) is taken out first, as it is another each time.
"""

import re
from collections.abc import Mapping

from msgspec import Struct, structs

from causeway.gateway.calls.asking import Settled, request_name

MAX_KNOWN_HEADS, MAX_KNOWN_HEAD_BYTES = 1024, 2048
_ONCE = frozenset((b"x-request-id", b"traceparent", b"tracestate", b"baggage"))
# only as most write them: any other spelling is left to the parser
_SAID_ONCE = re.compile(
    rb"\r\n([Xx]-[Rr]equest-[Ii][Dd]|[Tt]race(?:parent|state)|[Bb]aggage): "
    rb"([!-~](?:[ -~]{0,510}[!-~])?)(?=\r\n)"
)
_NAMED_STILL = re.compile(rb"\r\n(?:" + b"|".join(_ONCE) + rb")[ \t]*:", re.IGNORECASE)


class Known(Struct, frozen=True, gc=False):
    """A head that was read before: what it settles, and how long a body it declares."""

    settled: Settled
    length: int


class Heads:
    """At most so many heads, byte for byte but for what names one request."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}

    def clear(self) -> None:
        """Forgets all."""
        self._known.clear()

    def get(self, head: bytes) -> Known | None:
        """What a request with this very head asks for."""
        return self._known.get(head) or self._named(head)

    def keep(self, head: bytes, settled: Settled, *, length: int) -> None:
        """Knows this head from now on."""
        if len(head) > MAX_KNOWN_HEAD_BYTES:
            return
        rest, once = _apart(head)
        unread = once.keys() ^ (_ONCE & set(settled.headers)) or (settled.name and not once)
        if unread or _NAMED_STILL.search(rest):
            # it names itself in a way that cannot be taken out, and does not come again
            return
        if once:
            kept = {name: value for name, value in settled.headers.items() if name not in once}
            settled = structs.replace(settled, headers=kept, name="")
        if len(self._known) >= MAX_KNOWN_HEADS:
            self._known.clear()
        self._known[rest] = Known(settled, length)

    def _named(self, head: bytes) -> Known | None:
        """The same for a head that names its request."""
        rest, once = _apart(head)
        known = self._known.get(rest) if once else None
        if known is None:
            return None
        headers = {**known.settled.headers, **once}
        return Known(structs.replace(known.settled, headers=headers, name=request_name(once)), known.length)


def _apart(head: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    """The head without the lines that name this one request, and what they say."""
    found = _SAID_ONCE.findall(head)
    once = {name.lower(): value for name, value in found}
    if not found or len(once) < len(found):
        # of what is said twice the parser takes one
        return head, {}
    return _SAID_ONCE.sub(b"", head), once

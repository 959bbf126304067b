"""What must be so of every request's head before anything else is done with it (RFC 9110 and 9112)."""

import re
from collections.abc import Iterable, Sequence

VERSIONS = ("1.1", "1.0")
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*(?::[0-9]*)?",
)
"""A name or an address, and a port."""
_WISHES = (b"upgrade", b"http2-settings")

Headers = Sequence[tuple[bytes, bytes]]


def head_problem(headers: Headers, version: str, *, known: bytes | None) -> str:
    """What is wrong with a head, or empty; `known` is a host that was found right before."""
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if value != known and not _HOST.fullmatch(value):
                return "the header Host names no host"
        elif name == b"transfer-encoding":
            if version == "1.0":
                # whoever passed it on may not have known where it ends (RFC 9112, 6.1)
                return "HTTP/1.0 has no Transfer-Encoding"
            if value.lower() != b"chunked":
                return "the only transfer coding that is read is chunked"
    if hosts > 1 or (not hosts and version == "1.1"):
        return "the request has not one Host"
    return "" if version in VERSIONS else f"HTTP/{version} is not spoken here"


def host_of(headers: Headers) -> bytes | None:
    """The host that a request names."""
    return next((value for name, value in headers if name == b"host"), None)


def head_without_upgrade(method: bytes, url: bytes, version: str, headers: Headers) -> bytes:
    """The same head without the wish to speak another protocol."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode())]
    lines += [b"%b: %b" % pair for pair in _plain(headers)]
    return b"\r\n".join([*lines, b"", b""])


def _plain(headers: Headers) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        if name == b"connection":
            rest = [token.strip() for token in value.split(b",")]
            yield name, b", ".join(token for token in rest if token.lower() not in _WISHES)
        elif name not in _WISHES:
            yield name, value

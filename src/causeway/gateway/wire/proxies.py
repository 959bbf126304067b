"""Who really asked, where a proxy stands before the gateway: believed only from proxies that were named."""

import ipaddress
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from causeway.core.errors import UsageError

UNIX = "unix"
"""Stands for whoever comes by the Unix socket."""
MOST_HOPS = 32
_PAIR = re.compile(
    rb'\s*(?P<name>[!#$%&\'*+.^_`|~0-9A-Za-z-]+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s;,"]*))\s*'
)

Headers = Sequence[tuple[bytes, bytes]]


class Origin(Struct, frozen=True):
    """Where a request came from."""

    address: str
    scheme: str


class Proxies:
    """Addresses and networks whose word is taken."""

    def __init__(self, trusted: Iterable[str]) -> None:
        named = list(trusted)
        self._unix = UNIX in named
        self._networks = [_network(each) for each in named if each != UNIX]

    def origin(self, peer: str, scheme: str, headers: Headers) -> Origin:
        """Who asked, and how: the last hop that no trusted proxy vouches for."""
        if not self._trusts(peer):
            return Origin(peer, scheme)
        said = _forwarded(headers) or _x_forwarded(headers)
        found = Origin(peer, scheme)
        for address, spoken in reversed(said[-MOST_HOPS:]):
            if address is None:
                # whoever wrote this is trusted, but what it wrote names nobody
                return Origin(found.address, spoken or found.scheme)
            found = Origin(address, spoken or found.scheme)
            if not self._trusts(address):
                return found
        return found

    def _trusts(self, address: str) -> bool:
        if not address:
            return self._unix
        try:
            number = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(number, "ipv4_mapped", None)
        return any((mapped or number) in network for network in self._networks)


Hop = tuple[str | None, str]


def _forwarded(headers: Headers) -> list[Hop]:
    """The hops of RFC 7239, in their order."""
    line = b",".join(value for name, value in headers if name == b"forwarded")
    return [_hop(element) for element in _split(line)] if line else []


def _hop(element: bytes) -> Hop:
    pairs: dict[bytes, str] = {}
    for part in _split(element, b";"):
        if match := _PAIR.fullmatch(part):
            value = match["plain"] if match["quoted"] is None else re.sub(rb"\\(.)", rb"\1", match["quoted"])
            pairs[match["name"].lower()] = value.decode("latin-1")
    return _address(pairs.get(b"for", "")), _scheme(pairs.get(b"proto", ""))


def _x_forwarded(headers: Headers) -> list[Hop]:
    hops = [value for name, line in headers if name == b"x-forwarded-for" for value in line.split(b",")]
    protos = [value for name, line in headers if name == b"x-forwarded-proto" for value in line.split(b",")]
    schemes = [_scheme(each.decode("latin-1").strip()) for each in protos]
    if not hops:
        return []
    # one for each hop, or one that the last proxy says of the first
    fits = len(schemes) == len(hops)
    last = schemes[-1] if schemes else ""
    return [
        (_address(hop.decode("latin-1").strip()), schemes[place] if fits else last)
        for place, hop in enumerate(hops)
    ]


def _split(line: bytes, by: bytes = b",") -> list[bytes]:
    """The parts of a line, where what stands in quotes is one."""
    parts: list[bytes] = []
    quoted, start, at = False, 0, 0
    while at < len(line):
        character = line[at : at + 1]
        if quoted and character == b"\\":
            at += 1
        elif character == b'"':
            quoted = not quoted
        elif character == by and not quoted:
            parts.append(line[start:at])
            start = at + 1
        at += 1
    return [*parts, line[start:]]


def _address(text: str) -> str | None:
    """The address in a hop, with or without a port; None where there is none."""
    bare = text
    if text.startswith("["):
        bare = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        bare = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _scheme(text: str) -> str:
    return text.lower() if text.lower() in ("http", "https") else ""


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no address of a proxy",
            hint=f"give an address or a network, as 10.0.0.0/8, or `{UNIX}`",
        ) from error

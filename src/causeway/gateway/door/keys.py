"""Who is calling: tokens are known only by their digests, and compared in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from msgspec import Struct

from causeway.core.routes import Key, Route
from causeway.gateway.refusals import Forbidden, Unauthorized

Headers = Mapping[bytes, bytes]


class Caller(Struct, frozen=True):
    """Whoever holds a token: the key it is for each product."""

    keys: Mapping[str, Key]

    def may(self, scope: str, product: str) -> Key:
        """The caller's key to one of its products; refused if it has not that scope."""
        key = self.keys[product]
        if scope not in key.scopes:
            raise Forbidden(
                f"this key may not {scope}", hint=f"it may {', '.join(key.scopes) or 'do nothing'}"
            )
        return key


class Keyring:
    """The keys of all routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._keys = [(key.digest.encode(), route.product, key) for route in routes for key in route.keys]

    def caller(self, headers: Headers) -> Caller:
        """Whoever sent these headers; refused if no key matches."""
        token = _token(headers)
        if not token:
            raise Unauthorized(
                "no key was sent",
                hint="send the header `Authorization: Bearer <token>` or `X-API-Key: <token>`",
            )
        digest = hashlib.sha256(token).hexdigest().encode()
        # every key is compared, so that the time taken tells nothing about which one matched
        held = {product: key for known, product, key in self._keys if hmac.compare_digest(known, digest)}
        if not held:
            raise Unauthorized("this key is not known", hint="it may have been revoked; ask for a new one")
        return Caller(held)


def _token(headers: Headers) -> bytes:
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and token:
        return token.strip()
    if scheme.lower() == b"basic":
        return _password(token)
    return headers.get(b"x-api-key", b"").strip()


def _password(credentials: bytes) -> bytes:
    """What stands behind the name: the way of clients that know no other, such as MLflow's."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except ValueError:
        return b""

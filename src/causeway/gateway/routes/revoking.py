"""Keys that were taken from the route file open nothing, even while what else changed is being loaded."""

from pathlib import Path

from msgspec import structs

from causeway.core.errors import CausewayError, UsageError
from causeway.core.routes import Key, read_routes
from causeway.gateway.door.keys import Keyring
from causeway.gateway.routes.routing import Routing

MOST_BYTES = 16 << 20


def route_bytes(file: Path) -> bytes:
    """The route file, unless it is larger than any is."""
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UsageError(f"it is larger than {MOST_BYTES >> 20} MB", hint="ship again to rewrite it")
    return content


def without_revoked(routing: Routing, file: Path) -> Routing:
    """The same without the keys that this file has no more; itself where it has them all."""
    try:
        routes = read_routes(route_bytes(file), where=file.name).routes
    except (CausewayError, OSError):
        # the next look says so; what cannot be read revokes nothing
        return routing
    digests = {route.product: {key.digest for key in route.keys} for route in routes}
    kept: dict[str, tuple[Key, ...]] = {
        product: tuple(key for key in live.route.keys if key.digest in digests.get(product, ()))
        for product, live in routing.live.items()
    }
    if all(len(kept[product]) == len(live.route.keys) for product, live in routing.live.items()):
        return routing
    live = {
        product: structs.replace(each, route=structs.replace(each.route, keys=kept[product]))
        for product, each in routing.live.items()
    }
    return structs.replace(routing, live=live, keyring=Keyring(each.route for each in live.values()))

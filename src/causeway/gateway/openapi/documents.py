"""The documents that were asked for; what makes them is loaded with the first."""

import msgspec

from causeway.gateway.routes.routing import Live, Variant

MOST_KEPT = 64


class Documents:
    """One for each release, made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, ...], bytes] = {}

    def of(self, live: Live, variant: Variant) -> bytes:
        """The document of this release, as JSON."""
        from causeway.gateway.openapi.document import (  # noqa: PLC0415 - few ask, and a gateway is to be small
            document,
            may_be_null,
        )

        route = live.route
        key = (variant.loaded.digest, route.label, route.validation, route.entity, str(may_be_null(live)))
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            made = msgspec.json.encode(document(live, variant.loaded))
            self._made[key] = made
        return made

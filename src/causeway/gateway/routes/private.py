"""How a route's personal inputs are recorded; its key is read once, when the route is loaded."""

import os
from pathlib import Path

from causeway.core.errors import OutsideError, remedy
from causeway.core.personal import KEY_BYTES, OMIT, Private
from causeway.core.routes import Route


def private_of(route: Route) -> Private | None:
    """What to do with its personal inputs; None where there are none, or nothing is recorded."""
    if not route.personal or route.records == "off":
        return None
    try:
        key = bytes.fromhex(Path(route.personal_key).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no key"
        raise OutsideError(
            f"the key for personal values of {route.product} cannot be read: {said}",
            where=route.personal_key,
            hint=remedy(error) if isinstance(error, OSError) else "bring it back from a backup of the disk",
        ) from error
    if len(key) != KEY_BYTES:
        raise OutsideError(
            f"the key for personal values of {route.product} is no key",
            where=route.personal_key,
            hint="bring it back from a backup of the disk",
        )
    return Private(route.personal, key)


def nothing_of(route: Route) -> Private:
    """For as long as its key cannot be read: none of its personal inputs is recorded in any form."""
    return Private(dict.fromkeys(route.personal, OMIT), os.urandom(KEY_BYTES))

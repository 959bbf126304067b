"""What the running gateway answers to a stranger; asked on this machine only, and nothing is written."""

import http.client
from pathlib import Path

import msgspec

from causeway.actions.instance import Instance, alive, connected

SECONDS = 2.0


def anonymous_status(state: Path, product: str) -> int | None:
    """The status of a call without a key; None where no gateway of this workspace answers."""
    try:
        instance = msgspec.json.decode((state / "up.json").read_bytes(), type=Instance)
    except (OSError, msgspec.MsgspecError):
        return None
    if not alive(instance.pid, instance.started):
        return None
    connection = connected(instance, seconds=SECONDS)
    try:
        connection.request("POST", f"/products/{product}/invocations", body=b"{}")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

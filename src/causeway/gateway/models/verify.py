"""Checks one signature in a process of its own: its library takes 8 MB that a gateway need not keep."""

import base64
import subprocess
import sys
from functools import lru_cache

from causeway.core.bundle import BadBundle

HOLDS, FAILS = 0, 10
PATIENCE_SECONDS = 30


@lru_cache(maxsize=64)
def verify_apart(public_pem: str, signature: bytes, content: bytes) -> bool:
    """Whether the holder of this public key made this signature over these bytes."""
    lines = b"\n".join(map(base64.b64encode, (public_pem.encode(), signature, content)))
    command = [sys.executable, "-m", "causeway.gateway.models.verify"]
    try:
        ended = subprocess.run(  # noqa: S603 - this file, with this interpreter
            command, input=lines, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadBundle(f"the signature could not be checked: {error}", hint="try again") from error
    if ended.returncode not in (HOLDS, FAILS):
        said = ended.stderr.decode(errors="replace").strip().splitlines() or ["the check broke off"]
        raise BadBundle(f"the signature could not be checked: {said[-1]}")
    return ended.returncode == HOLDS


def main() -> int:
    """Reads key, signature and content from standard input, a base64 line each; the exit code answers."""
    from causeway.core.signatures import verify  # noqa: PLC0415 - it is what must not stay in the gateway

    public, signature, content = map(base64.b64decode, sys.stdin.buffer.read().split(b"\n"))
    return HOLDS if verify(public.decode(), signature, content) else FAILS


if __name__ == "__main__":
    sys.exit(main())

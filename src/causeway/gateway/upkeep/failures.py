"""Refused and failed requests by release, kept for the control plane while two releases answer."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from causeway.core.records import FAILED_SUFFIX, Failed
from causeway.gateway.routes.routing import Routing

PRIVATE = 0o600


class Failures:
    """Appends counts to a file of this process, one for each product."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {}

    def write(self, routing: Routing, counts: Mapping[tuple[str, str, int], int]) -> None:
        """Keeps these counts by product, release and status; only where releases are compared."""
        now = time.time_ns()
        for (product, release, status), count in counts.items():
            live = routing.live.get(product)
            if live is not None and (len(live.variants) > 1 or live.route.shadow):
                self._append(product, Failed(now, release, status, count))

    def _append(self, product: str, failed: Failed) -> None:
        path = self._files.get(product)
        if path is None:
            name = f"{failed.at_ns}-{os.getpid()}{FAILED_SUFFIX}"
            path = self._files[product] = self._folder / product / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(os.open(path, flags, PRIVATE), "ab") as file:
                file.write(msgspec.json.encode(failed) + b"\n")
        except OSError:
            # a disk that takes no records either: health says so, and the counters go on
            return

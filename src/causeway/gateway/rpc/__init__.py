"""Open Inference Protocol v2 over gRPC: another spelling of what `/v2` says over HTTP."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from causeway.core.errors import MissingExtra, UsageError
from causeway.gateway.app import App
from causeway.gateway.log import say
from causeway.gateway.quick.desk import Desk


@asynccontextmanager
async def beside(
    app: App,
    host: str,
    port: int | None,
    *,
    desk: Desk | None = None,
    shared: bool = False,
    certificate: tuple[Path, Path] | None = None,
) -> AsyncIterator[None]:
    """Answers gRPC at this port within, if one is named; over TLS where there is a `certificate` and its key.

    Calls go over HTTP's `desk`, where there is one; `shared` lets other processes listen there as well.
    """
    if port is None:
        yield
        return
    if find_spec("grpc") is None:
        raise MissingExtra("gRPC is not installed", hint='install with: pip install "causeway[grpc]"')
    if shared and not port:
        raise UsageError("several processes cannot share a free port", hint="name one with --grpc-port")
    # what this process starts are programs of their own, and gRPC would say a line about each
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    # an optional extra, and 10 MB that a gateway without it should not hold
    from causeway.gateway.rpc.service import serving  # noqa: PLC0415

    async with serving(app, desk, (host, port), shared=shared, certificate=certificate) as bound:
        say("grpc_ready", f"gRPC ready on {host}:{bound}", port=bound)
        yield

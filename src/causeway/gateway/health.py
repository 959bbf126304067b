"""Whether the gateway can answer, and what is wrong if something is."""

import hmac

from msgspec import UNSET, Struct, UnsetType

from causeway.gateway.recorder import Recorder
from causeway.gateway.routing import Routing


class Health(Struct):
    """The body of `/v2/health/ready`."""

    live: bool
    ready: bool
    version: int
    """Of the route file that is followed."""
    records_dropped: int
    troubles: int
    """How many things are not as they should be."""
    problems: list[str] | UnsetType = UNSET
    """Which; only for whoever can read the route file, as they name products."""


def health_of(routing: Routing, recorder: Recorder, *, proof: bytes) -> Health:
    """The state of things now; in words for whoever knows the digest of the route file."""
    problems = _problems(routing, recorder)
    reader = bool(routing.digest) and hmac.compare_digest(proof, routing.digest.encode())
    return Health(
        live=True,
        ready=routing.ready,
        version=routing.version,
        records_dropped=sum(recorder.lost.values()),
        troubles=len(problems),
        problems=problems if reader else UNSET,
    )


def _problems(routing: Routing, recorder: Recorder) -> list[str]:
    problems = [routing.problem] if routing.problem else []
    problems += [f"{live.product}: {live.problem}" for live in routing.live.values() if live.problem]
    problems += [
        f"{live.product}: {variant.loaded.worker.trouble}"
        for live in routing.live.values()
        for variant in live.variants
        if variant.loaded.worker and variant.loaded.worker.trouble
    ]
    problems += [
        f"{product}: records are not kept ({why})" for product, why in sorted(recorder.troubles.items())
    ]
    return problems

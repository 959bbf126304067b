"""Whether the gateway can answer, and what is wrong if something is."""

from msgspec import Struct

from causeway.gateway.recorder import Recorder
from causeway.gateway.routing import Routing


class Health(Struct):
    """The body of `/v2/health/ready`; `problems` names whatever is not as it should be."""

    live: bool
    ready: bool
    version: int
    """Of the route file that is followed."""
    records_dropped: int
    problems: list[str]


def health_of(routing: Routing, recorder: Recorder) -> Health:
    """The state of things now."""
    problems = [routing.problem] if routing.problem else []
    problems += [f"{live.product}: {live.problem}" for live in routing.live.values() if live.problem]
    problems += [
        f"{live.product}: {variant.loaded.worker.trouble}"
        for live in routing.live.values()
        for variant in live.variants
        if variant.loaded.worker and variant.loaded.worker.trouble
    ]
    problems += [
        f"{product}: records are not kept ({why})" for product, why in sorted(recorder.failures.items())
    ]
    return Health(
        live=True,
        ready=routing.ready,
        version=routing.version,
        records_dropped=sum(recorder.dropped.values()),
        problems=problems,
    )

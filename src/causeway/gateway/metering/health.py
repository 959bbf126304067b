"""Whether the gateway can answer, and what is wrong if something is."""

import hmac
import os
from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from causeway.gateway.processes.board import State
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.routes.routing import Routing


class Health(Struct):
    """The body of `/v2/health/ready`."""

    live: bool
    ready: bool
    version: int
    """Of the route file that every process follows, or a later one."""
    records_dropped: int
    troubles: int
    """How many things are not as they should be."""
    problems: list[str] | UnsetType = UNSET
    """Which; only for whoever can read the route file, as they name products."""


def health_of(states: Sequence[State], digest: str, *, proof: bytes) -> Health:
    """The state of all processes now; in words for whoever knows the digest of the route file."""
    problems = sorted({problem for state in states for problem in _problems_of(state)})
    reader = bool(digest) and hmac.compare_digest(proof, digest.encode())
    up = [state for state in states if state.up]
    return Health(
        live=True,
        ready=all(state.ready for state in up),
        version=min(state.version for state in up),
        records_dropped=sum(sum(state.lost.values()) for state in states),
        troubles=len(problems),
        problems=problems if reader else UNSET,
    )


def state_of(routing: Routing, recorder: Recorder) -> State:
    """How this process is now, as one that takes requests."""
    return State(
        pid=os.getpid(),
        up=True,
        ready=routing.ready,
        version=routing.version,
        problems=tuple(_problems(routing, recorder)),
        lost=recorder.lost,
        failing=tuple(recorder.troubles),
        refused=tuple(live.product for live in routing.live.values() if live.problem),
    )


def _problems_of(state: State) -> Sequence[str]:
    return state.problems if state.up else ["one of the gateway's processes is being started"]


def _problems(routing: Routing, recorder: Recorder) -> list[str]:
    problems = [routing.problem] if routing.problem else []
    problems += [f"{live.product}: {live.problem}" for live in routing.live.values() if live.problem]
    problems += [
        f"{live.product}: {live.warm_problem}" for live in routing.live.values() if live.warm_problem
    ]
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

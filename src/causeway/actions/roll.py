"""Takes the last change of traffic back."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import open_bundle
from causeway.actions.decide import decide, existing_workspace, product_name
from causeway.actions.measures import still_in_force
from causeway.actions.routes import publish
from causeway.actions.verify import checkpoint_if_short
from causeway.actions.workspace import Workspace
from causeway.core.events import TrafficRouted
from causeway.views.product import ProductState, Routing
from causeway.views.turned import before_turned, turned


class Rolled(Struct, frozen=True):
    """What was live before and what is now: `rolled_back` or `nothing_to_roll_back`."""

    product: str
    status: str
    before: dict[str, int]
    live: dict[str, int]
    trouble: str = ""
    """What keeps the running gateway from following, if anything does."""


def roll_back(folder: Path, *, work: Workspace | None = None) -> Rolled:
    """The traffic as it was before the last change that still stands; nothing live before the first."""

    def facts_of(state: ProductState) -> list[TrafficRouted]:
        if not state.undoable:
            return []
        earlier = state.undoable[-2] if len(state.undoable) > 1 else None
        return [_back(state, state.undoable[-1], earlier)]

    return _rolled(work or existing_workspace(folder), folder, facts_of)


def release_back(folder: Path, *, work: Workspace) -> Rolled:
    """What answered before the last release; what lets less traffic in, or has more answer, stays so."""

    def facts_of(state: ProductState) -> list[TrafficRouted]:
        last, earlier = turned(state), before_turned(state)
        if not state.shares or last is None or earlier is None:
            return []
        back = _back(state, last, earlier)
        return [back, *still_in_force(state, back)]

    return _rolled(work, folder, facts_of)


def _back(state: ProductState, step: Routing, earlier: Routing | None) -> TrafficRouted:
    return TrafficRouted(
        shares=earlier.shares if earlier else {},
        reason="roll back",
        stage=earlier.stage if earlier else state.stage,
        requests_per_minute=earlier.requests_per_minute if earlier else None,
        workers=earlier.workers if earlier else 0,
        undoes=step.seq,
        judgement=earlier.judgement if earlier else "",
        shadow=earlier.shadow if earlier else (),
    )


def _rolled(work: Workspace, folder: Path, back_of: Callable[[ProductState], list[TrafficRouted]]) -> Rolled:
    product = product_name(work, folder)
    before: dict[str, int] = {}
    facts: list[TrafficRouted] = []

    def facts_of(state: ProductState) -> list[TrafficRouted]:
        nonlocal before
        before, facts[:] = state.shares, back_of(state)
        for fact in facts[:1]:
            for release in fact.shares:
                open_bundle(work, release)
        return facts

    state = decide(work, product, facts_of)
    status = "rolled_back" if facts else "nothing_to_roll_back"
    trouble = publish(work, product)
    checkpoint_if_short(work)
    return Rolled(product, status, before, state.shares, trouble=trouble)

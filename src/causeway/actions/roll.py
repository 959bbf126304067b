"""Takes the last change of traffic back."""

from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import open_bundle
from causeway.actions.decide import decide, existing_workspace, product_name
from causeway.actions.routes import publish
from causeway.actions.verify import checkpoint_if_short
from causeway.actions.workspace import Workspace
from causeway.core.events import TrafficRouted
from causeway.views.product import ProductState


class Rolled(Struct, frozen=True):
    """What was live before and what is now: `rolled_back` or `nothing_to_roll_back`."""

    product: str
    status: str
    before: dict[str, int]
    live: dict[str, int]
    trouble: str = ""
    """What keeps the running gateway from following, if anything does."""


def roll_back(folder: Path, *, work: Workspace | None = None) -> Rolled:
    """The traffic as it was before the last `ship` that still stands; nothing live before the first."""
    work = work or existing_workspace(folder)
    product = product_name(work, folder)
    before: dict[str, int] = {}
    undone = 0

    def facts_of(state: ProductState) -> list[TrafficRouted]:
        nonlocal before, undone
        before, undone = state.shares, 0
        if not state.undoable:
            return []
        for release in state.before:
            open_bundle(work, release)
        undone = state.undoable[-1].seq
        earlier = state.undoable[-2] if len(state.undoable) > 1 else None
        return [
            TrafficRouted(
                shares=state.before,
                reason="roll back",
                stage=earlier.stage if earlier else state.stage,
                requests_per_minute=earlier.requests_per_minute if earlier else None,
                undoes=undone,
                judgement=earlier.judgement if earlier else "",
            )
        ]

    state = decide(work, product, facts_of)
    status = "rolled_back" if undone else "nothing_to_roll_back"
    trouble = publish(work, product)
    checkpoint_if_short(work)
    return Rolled(product, status, before, state.shares, trouble=trouble)

"""Which releases answer, and what their share of the rows is called."""

from msgspec import structs

from causeway.actions.bundles import check_signer, trusted_keys
from causeway.actions.personal import made_key, personal_ways
from causeway.actions.releases import chosen
from causeway.actions.routes import promise, route_of
from causeway.actions.workers import routed_python
from causeway.actions.workspace import Workspace
from causeway.core.errors import NotFound
from causeway.core.routes import Route, Served
from causeway.views.product import ProductState

LIVE = "live"
NAMED = "named"
"""The arm of a release that is not live, and was named."""


def route_for(work: Workspace, state: ProductState, wanted: str) -> tuple[Route, str]:
    """What answers, and the arm of a release that was named; empty where the shares decide."""
    if wanted == LIVE:
        if not state.shares:
            raise NotFound(f"nothing of {state.product} is live", hint="ship a release, or name one")
        # nothing is taken back in a scoring, nor compared beside
        return structs.replace(route_of(work, state), warm=(), shadow=()), ""
    digest = chosen(state, state.product, wanted)
    check_signer(work, digest)
    served = Served(digest, str(work.bundle(digest)), 100, routed_python(work, digest))
    serving = promise(work, state).serving
    personal = personal_ways(work, (digest,), serving)
    route = Route(
        product=state.product,
        served=(served,),
        keys=(),
        records=serving.records,
        trusted_keys=trusted_keys(),
        personal=personal,
        personal_key=made_key(work, state.product) if personal else "",
    )
    return route, _live_arm(state, digest)


def _live_arm(state: ProductState, digest: str) -> str:
    if digest not in state.shares:
        return NAMED
    champion = max(state.shares, key=lambda each: state.shares[each])
    return "champion" if digest == champion else "canary"

"""Read a product, decide what follows, and write it: what every verb that changes one product does."""

from collections.abc import Callable, Sequence
from pathlib import Path

from causeway.actions.workspace import Workspace, check_folder, has_workspace, load_product, open_workspace
from causeway.core.errors import Conflict, NotFound
from causeway.core.events import AnyFact
from causeway.views.product import ProductState, fold

ATTEMPTS = 5


def decide(
    work: Workspace, product: str, facts_of: Callable[[ProductState], Sequence[AnyFact]]
) -> ProductState:
    """The product after the facts that `facts_of` drew from it; drawn again if somebody wrote in between."""
    for attempt in range(ATTEMPTS):
        state = product_state(work, product)
        facts = facts_of(state)
        if not facts:
            return state
        try:
            written = work.ledger.append(
                product, facts, actor=work.actor, at=work.clock.now(), expected=state.seq
            )
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return fold(written, after=state)
    raise Conflict


def product_state(work: Workspace, product: str) -> ProductState:
    """The product as all its events tell it."""
    return fold(work.ledger.read(product))


class States:
    """Products as their events tell them; each event is read once, however often one asks."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._known: dict[str, ProductState] = {}

    def __call__(self, product: str) -> ProductState:
        """The product as it is now."""
        before = self._known.get(product)
        events = self._work.ledger.read(product, after=before.seq if before else 0)
        if before is None or events:
            self._known[product] = fold(events, after=before)
        return self._known[product]


def existing_workspace(folder: Path) -> Workspace:
    """The workspace of this folder; none is made."""
    check_folder(folder)
    if not has_workspace(folder):
        raise NotFound(f"nothing has been run in {folder}", hint=f"start with: causeway run {folder}")
    return open_workspace(folder)


def product_name(work: Workspace, folder: Path) -> str:
    """The product of this folder's manifest, or the workspace's only one where there is no manifest."""
    try:
        return load_product(work, folder)[0].product.name
    except NotFound:
        known = work.ledger.products()
        if len(known) == 1:
            return known[0]
        raise

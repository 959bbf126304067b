"""Read a product, decide what follows, and write it: what every verb that changes one product does."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from causeway.actions.workspace import (
    STATE,
    Workspace,
    check_folder,
    clock_of,
    has_workspace,
    load_product,
    open_workspace,
)
from causeway.adapters import registry
from causeway.core.errors import Conflict, NotFound
from causeway.core.events import AnyFact, Event
from causeway.ledger import open_ledger
from causeway.views.product import ProductState, fold

ATTEMPTS = 5


class Numbered(Protocol):
    """What was drawn from a chain's events."""

    @property
    def seq(self) -> int:
        """The last of them."""
        ...


N = TypeVar("N", bound=Numbered)


def decide(
    work: Workspace, product: str, facts_of: Callable[[ProductState], Sequence[AnyFact]]
) -> ProductState:
    """The product after the facts that `facts_of` drew from it; drawn again if somebody wrote in between."""
    state, written = drawn(work, product, lambda: product_state(work, product), facts_of=facts_of)
    return fold(written, after=state) if written else state


def drawn(
    work: Workspace, chain: str, read: Callable[[], N], *, facts_of: Callable[[N], Sequence[AnyFact]]
) -> tuple[N, Sequence[Event]]:
    """What was read of the chain, and the events that `facts_of` drew from it and that were written."""
    for attempt in range(ATTEMPTS):
        known = read()
        facts = facts_of(known)
        if not facts:
            return known, ()
        try:
            return known, work.ledger.append(
                chain, facts, actor=work.actor, at=work.clock.now(), expected=known.seq
            )
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
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
        raise _nothing_run(folder)
    return open_workspace(folder)


def _nothing_run(folder: Path) -> NotFound:
    return NotFound(f"nothing has been run in {folder}", hint=f"start with: causeway run {folder}")


def readable_workspace(folder: Path) -> Workspace:
    """The workspace of this folder for who only reads: no byte in it changes, so it may be read-only."""
    check_folder(folder)
    places = (folder.resolve(), *folder.resolve().parents)
    root = next((place for place in places if (place / STATE).is_dir()), None)
    if root is None:
        raise _nothing_run(folder)
    state = root / STATE
    return Workspace(
        root=root,
        state=state,
        ledger=open_ledger(os.environ.get("CAUSEWAY_LEDGER") or state / "ledger.db", only_read=True),
        clock=clock_of(state),
        # who only reads appears in no event
        actor="",
        artifacts=registry.artifact_store(state / "artifacts"),
    )


def product_name(work: Workspace, folder: Path) -> str:
    """The product of this folder's manifest, or the workspace's only one where there is no manifest."""
    try:
        return load_product(work, folder)[0].product.name
    except NotFound:
        known = work.products()
        if len(known) == 1:
            return known[0]
        raise

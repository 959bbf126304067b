"""Trains a product anew by hand: on the rows that were labelled, judged beside what is live."""

from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import decide, existing_workspace, product_state
from causeway.actions.loop.loop import go_on, look, started
from causeway.actions.loop.ports import Ports
from causeway.actions.workspace import Workspace, load_product
from causeway.core.errors import Refused
from causeway.core.events import AnyFact
from causeway.core.loop import LoopEnded, LoopMoved, LoopResumed, Tried
from causeway.views.acting import Loop
from causeway.views.product import ProductState

UNDER_WAY = "under_way"
WOULD_TRAIN = "would_train"


class Retrained(Struct, frozen=True, omit_defaults=True):
    """What came of it, state by state.

    `promoted`, `on_trial`, `for_a_person`, `not_better`, `too_few_labelled_rows`, `refused`, `rolled_back`,
    `withdrawn`; `under_way` where another process is at it, or it waits; `would_train` of a dry run;
    `resumed`.
    """

    product: str
    status: str
    because: str = ""
    states: tuple[str, ...] = ()
    """A line for each."""
    window: str = ""
    tried: tuple[Tried, ...] = ()
    release: str = ""
    stopped: str = ""
    """Why nothing more is trained by itself, where that is so."""


def retrain(
    folder: Path, *, because: str = "", dry_run: bool = False, ports: Ports | None = None
) -> Retrained:
    """The product trained anew as far as that goes now; a training that goes on already is taken up.

    With `dry_run` the rows are counted and held to the contract, and nothing is trained or written.
    """
    work = existing_workspace(folder)
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    said = " ".join(because.split()) or "somebody asked for it"
    if dry_run:
        moved = look(work, folder, product, because=said)
        last = moved[-1]
        status = _status(last.outcome) if isinstance(last, LoopEnded) else WOULD_TRAIN
        why = last.because if isinstance(last, LoopEnded) else last.words
        return Retrained(product, status, why, tuple(_line(each) for each in moved))
    _begin(work, product, because=said)
    go_on(work, folder, product, ports=ports)
    return _report(product_state(work, product))


def resume(folder: Path, *, because: str = "") -> Retrained:
    """Lets a product be trained by itself again that had stopped."""
    work = existing_workspace(folder)
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    was = product_state(work, product).acting
    stood = was.stopped or was.fruitless
    decide(work, product, lambda _: [LoopResumed(" ".join(because.split()))] if stood else [])
    return Retrained(product, "resumed" if stood else "already_resumed", was.stopped)


def _begin(work: Workspace, product: str, *, because: str) -> None:
    def facts_of(state: ProductState) -> list[AnyFact]:
        if state.acting.loop:
            return []
        if state.acting.stopped:
            raise Refused(
                f"nothing more is trained: {state.acting.stopped}",
                hint="see what is wrong with the data or the training, then: causeway retrain --resume",
            )
        if not state.shares:
            raise Refused(
                "nothing is live that a training could better", hint="ship a release first: causeway ship"
            )
        if state.canary:
            raise Refused("a release is on trial", hint="wait for it, or: causeway roll back")
        return [started(work, state, because=because)]

    decide(work, product, facts_of)


def _report(state: ProductState) -> Retrained:
    loop: Loop = state.acting.loops[-1]
    ended = loop.ended
    status, why = (_status(ended.outcome), ended.because) if ended else _open(state, loop)
    window = loop.move("windows")
    released = [move.release for move in loop.moves if move.release]
    return Retrained(
        product=state.product,
        status=status,
        because=why,
        states=tuple(_line(move) for move in loop.moves),
        window=window.window if window else "",
        tried=window.tried if window else (),
        release=ended.release if ended and ended.release else (released[-1] if released else ""),
        stopped=state.acting.stopped,
    )


def _open(state: ProductState, loop: Loop) -> tuple[str, str]:
    if state.canary and loop.state == "ship":
        return "on_trial", "causeway tick, or causeway up, sees it through"
    why = "another process is at it, another release is on trial, or it is quiet: causeway watch --why"
    return UNDER_WAY, why


def _status(outcome: str) -> str:
    return outcome.replace(" ", "_")


def _line(move: LoopMoved | LoopEnded) -> str:
    return f"{move.state}: {move.words}" if isinstance(move, LoopMoved) else f"{move.outcome}: {move.because}"

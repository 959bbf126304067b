"""A product is trained anew: waiting is a state in the ledger, and whoever looks next goes on from there."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.bundles import describe
from causeway.actions.decide import decide, product_state
from causeway.actions.lease import holding
from causeway.actions.loop.place import Place
from causeway.actions.loop.ports import Ports
from causeway.actions.loop.releasing import ship_it, to_be_on_trial, withdraw
from causeway.actions.loop.training import (
    gate_it,
    hold_batch,
    look_at_rows,
    make_table,
    train_it,
)
from causeway.actions.loop.windows import try_windows
from causeway.actions.workspace import Workspace, load_product, write_whole
from causeway.assess.loop import stops
from causeway.core.errors import CausewayError, OutsideError, Refused, UsageError
from causeway.core.events import AnyFact
from causeway.core.ids import uuid7
from causeway.core.loop import (
    CONTRACT,
    FRUITLESS,
    GATE,
    REFUSED,
    ROWS,
    SHIP,
    TABLE,
    TRAIN,
    WINDOWS,
    LoopEnded,
    LoopMoved,
    LoopStarted,
    LoopStopped,
)
from causeway.views.acting import Loop
from causeway.views.product import ProductState

MOST_FAILURES = 3
"""So often the outside may fail before it is given up."""
PATIENCE = timedelta(hours=1)
"""What fails outside a run, as a disk that is away, is tried for as long."""


class _Failing(Struct, frozen=True):
    state: str
    since: datetime
    times: int = 0


# what is done after the last finished state
_NEXT: dict[str, Callable[[Place], LoopMoved | LoopEnded | None]] = {
    "": look_at_rows,
    ROWS: hold_batch,
    CONTRACT: try_windows,
    WINDOWS: make_table,
    TABLE: train_it,
    TRAIN: gate_it,
    GATE: ship_it,
    SHIP: to_be_on_trial,
}


def started(work: Workspace, state: ProductState, *, because: str, trigger: str = "") -> LoopStarted:
    """The fact that this product is to be trained anew."""
    live = max(state.shares, key=lambda release: state.shares[release], default="")
    return LoopStarted(uuid7(work.clock.now()), because, trigger, live)


def go_on(work: Workspace, folder: Path, product: str, *, ports: Ports | None = None) -> list[AnyFact]:
    """What was written: every state that could be done now, until it ends, or waits for a trial or an hour.

    Nothing where somebody else is at it.
    """
    ports = ports or Ports()
    written: list[AnyFact] = []
    if product_state(work, product).acting.loop is None:
        return written
    with holding(work, f"loop:{product}") as lease:
        while lease and (loop := product_state(work, product).acting.loop):
            facts = _step(work, folder, product, ports)
            if not facts:
                break
            lease.check()
            decide(work, product, lambda state, facts=facts, loop=loop: _unless_moved(state, loop, facts))
            written += facts
            if any(isinstance(fact, LoopEnded) for fact in facts):
                shutil.rmtree(place_of(work, loop), ignore_errors=True)
    return written


def look(work: Workspace, folder: Path, product: str, *, because: str) -> list[LoopMoved | LoopEnded]:
    """What the first states would say now; nothing is trained or written."""
    state = product_state(work, product)
    fact = started(work, state, because=because)
    if not fact.live:
        raise Refused(
            "nothing is live that a training could better", hint="ship a release first: causeway ship"
        )
    loop = Loop(fact.loop, work.clock.now(), because, live=fact.live)
    manifest, _ = load_product(work, folder)
    live = describe(work, loop.live).release
    found: list[LoopMoved | LoopEnded] = []
    for step in (look_at_rows, hold_batch):
        place = Place(work, folder, manifest, state, loop, live, place_of(work, loop), Ports())
        said = step(place)
        found.append(said)
        if isinstance(said, LoopEnded):
            break
        loop = structs.replace(loop, moves=(*loop.moves, said))
    return found


def place_of(work: Workspace, loop: Loop) -> Path:
    """Where the loop's tables lie as long as it goes on."""
    return work.state / "loops" / loop.loop


def _unless_moved(state: ProductState, loop: Loop, facts: Sequence[AnyFact]) -> Sequence[AnyFact]:
    now = state.acting.loop
    return facts if now and (now.loop, now.state) == (loop.loop, loop.state) else ()


def _step(work: Workspace, folder: Path, product: str, ports: Ports) -> list[AnyFact]:
    """The next state as facts; none while it waits."""
    state = product_state(work, product)
    loop = state.acting.loop
    if loop is None:
        return []
    manifest, _ = load_product(work, folder)
    try:
        live = describe(work, loop.live).release
        place = Place(work, folder, manifest, state, loop, live, place_of(work, loop), ports)
        fact = withdraw(place) or _NEXT[loop.state](place)
    except (Refused, UsageError) as error:
        fact = LoopEnded(loop.loop, REFUSED, _said(error))
    except OutsideError as error:
        if _failures(state, loop) < MOST_FAILURES and not _hopeless(work, loop):
            raise
        fact = LoopEnded(loop.loop, REFUSED, f"{_said(error)} ({MOST_FAILURES} times)")
    if fact is None:
        return []
    return [fact, *_stopped(state, fact, after=manifest.loop.stops_after)]


def _said(error: CausewayError) -> str:
    return " ".join(error.message.split())


def _failures(state: ProductState, loop: Loop) -> int:
    return sum(run.status == "failed" and run.started_at >= loop.at for run in state.runs.values())


def _hopeless(work: Workspace, loop: Loop) -> bool:
    """Whether this state fails for long: no run tells of a source that is gone, or a silent release."""
    note, now = place_of(work, loop) / "failures", work.clock.now()
    try:
        seen = msgspec.json.decode(note.read_bytes(), type=_Failing)
    except (OSError, msgspec.DecodeError):
        seen = _Failing(loop.state, now)
    if seen.state != loop.state or seen.since > now:
        seen = _Failing(loop.state, now)
    seen = structs.replace(seen, times=seen.times + 1)
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, msgspec.json.encode(seen))
    return seen.times >= MOST_FAILURES and now - seen.since >= PATIENCE


def _stopped(state: ProductState, fact: LoopMoved | LoopEnded, *, after: int) -> list[AnyFact]:
    if not isinstance(fact, LoopEnded):
        return []
    acting = state.acting
    ended = tuple(
        structs.replace(each, ended=fact) if each.loop == fact.loop else each for each in acting.loops
    )
    more = 1 if fact.outcome in FRUITLESS else 0
    why = stops(structs.replace(acting, loops=ended, fruitless=acting.fruitless + more), after=after)
    return [LoopStopped(why, acting.fruitless + more)] if why and more else []

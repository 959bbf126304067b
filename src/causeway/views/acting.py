"""What was done because something happened, and the training that goes on, as a product's events tell it."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct, structs

from causeway.core.events import (
    AlertFailed,
    AlertSent,
    Event,
    LoopEnded,
    LoopMoved,
    LoopResumed,
    LoopStarted,
    LoopStopped,
    TriggerApproved,
    TriggerEnded,
    TriggerFired,
    TriggerWaits,
)
from causeway.core.loop import FRUITLESS, PROMOTED
from causeway.core.triggers import FAILED
from causeway.core.watching import OK, Alarm

LOOP = "training anew:"
"""Stands for a trigger's name in messages about a training."""


class Fired(Struct, frozen=True):
    """A trigger's last firing, and what came of it: empty while nobody said."""

    at: datetime
    seq: int
    fact: TriggerFired
    outcome: str = ""
    words: str = ""
    labelled: int = 0
    """How many outcomes were known then."""
    told: tuple[str, ...] = ()
    """The integrations that it was told to since, or that could not be reached."""
    reached: tuple[str, ...] = ()
    """Those that were reached."""
    failures: int = 0
    """How often in a row it failed."""
    trouble: str = ""
    """What it failed of before, where it is tried again."""


_Firings = dict[tuple[str, str], Fired]


class Waiting(Struct, frozen=True):
    """A trigger that waits for a person, and who agreed since."""

    at: datetime
    fact: TriggerWaits
    approved_by: str = ""
    approved_at: datetime | None = None
    told: tuple[str, ...] = ()
    """The integrations that were told that it waits."""


class Loop(Struct, frozen=True):
    """One training anew, and how far it came."""

    loop: str
    at: datetime
    because: str
    trigger: str = ""
    live: str = ""
    labelled: int = 0
    """How many outcomes were known when it began."""
    moves: tuple[LoopMoved, ...] = ()
    ended: LoopEnded | None = None
    ended_at: datetime | None = None

    @property
    def state(self) -> str:
        """The last of its states that is done; empty before the first."""
        return self.moves[-1].state if self.moves else ""

    def move(self, state: str) -> LoopMoved | None:
        """What was written when this state was done."""
        return next((move for move in reversed(self.moves) if move.state == state), None)


class Acting(Struct, frozen=True):
    """Everything that follows by itself in one product."""

    fired: dict[tuple[str, str], Fired] = {}
    """By trigger and cause."""
    waiting: dict[str, Waiting] = {}
    loops: tuple[Loop, ...] = ()
    """Oldest first; the last may be open."""
    fruitless: int = 0
    """How many in a row did not get better."""
    stopped: str = ""
    """Why nothing more is trained, until a person resumes it."""
    loop_told: tuple[tuple[str, str], ...] = ()
    """Integrations that were told of the last training, and of what of it."""
    over: dict[str, datetime] = {}
    """When an alarm was last over, by its cause."""

    @property
    def loop(self) -> Loop | None:
        """The one that goes on now."""
        last = self.loops[-1] if self.loops else None
        return last if last and last.ended is None else None

    def last_fired(self, trigger: str) -> Fired | None:
        """The last firing of this trigger, whatever it was about."""
        found = [fired for (name, _), fired in self.fired.items() if name == trigger]
        return max(found, key=lambda fired: fired.seq, default=None)


KEPT = 20
"""So many of the last loops are remembered."""


def acted(acting: Acting, event: Event, *, labelled: int) -> Acting:  # noqa: C901, PLR0911 - one case a kind
    """What is so after this event; `labelled` is how many outcomes are known."""
    body = event.body
    match body.fact:
        case TriggerFired() as fact:
            waiting = {name: each for name, each in acting.waiting.items() if name != fact.trigger}
            fired = Fired(body.at, body.seq, fact, labelled=labelled)
            return structs.replace(acting, fired=_fired(acting.fired, fired), waiting=waiting)
        case TriggerEnded() as fact:
            return structs.replace(acting, fired=_ended(acting.fired, fact))
        case TriggerWaits() as fact:
            return structs.replace(acting, waiting={**acting.waiting, fact.trigger: Waiting(body.at, fact)})
        case TriggerApproved(trigger=trigger) if trigger in acting.waiting:
            agreed = structs.replace(acting.waiting[trigger], approved_by=body.actor, approved_at=body.at)
            return structs.replace(acting, waiting={**acting.waiting, trigger: agreed})
        case AlertSent() | AlertFailed() as fact:
            return _told(acting, fact)
        case LoopStarted() as fact:
            begun = Loop(fact.loop, body.at, fact.because, fact.trigger, fact.live, labelled)
            return structs.replace(acting, loops=(*acting.loops, begun)[-KEPT:], loop_told=())
        case LoopMoved() as fact:
            return _with(acting, fact.loop, lambda loop: structs.replace(loop, moves=(*loop.moves, fact)))
        case LoopEnded() as fact:
            return _loop_ended(acting, fact, body.at)
        case LoopStopped() as fact:
            return structs.replace(acting, stopped=fact.because)
        case LoopResumed():
            return structs.replace(acting, stopped="", fruitless=0)
        case _:
            return acting


def after_alarm(acting: Acting, alarm: Alarm, at: datetime) -> Acting:
    """What is so after news of this alarm."""
    over = {**acting.over, alarm.cause: at} if alarm.verdict == OK else acting.over
    return structs.replace(acting, over=over)


def _fired(fired: _Firings, new: Fired) -> _Firings:
    key = new.fact.trigger, new.fact.cause
    last = fired.get(key)
    if last and last.outcome == FAILED:
        # whoever was reached knows of it
        new = structs.replace(
            new, told=last.reached, reached=last.reached, failures=last.failures, trouble=last.words
        )
    return {**fired, key: new}


def _ended(fired: _Firings, fact: TriggerEnded) -> _Firings:
    return {
        key: structs.replace(
            each,
            outcome=fact.outcome,
            words=fact.words,
            failures=each.failures + 1 if fact.outcome == FAILED else 0,
        )
        if each.seq == fact.fired
        else each
        for key, each in fired.items()
    }


def _told(acting: Acting, fact: AlertSent | AlertFailed) -> Acting:
    """Somebody was told, or cannot be reached however often it is tried."""
    if fact.trigger == LOOP:
        return structs.replace(acting, loop_told=(*acting.loop_told, (fact.to, fact.cause)))
    key, waits = (fact.trigger, fact.cause), acting.waiting.get(fact.trigger)
    fired, waiting = acting.fired, acting.waiting
    if key in fired:
        told, reached = (*fired[key].told, fact.to), fired[key].reached
        reached = (*reached, fact.to) if isinstance(fact, AlertSent) else reached
        fired = {**fired, key: structs.replace(fired[key], told=told, reached=reached)}
    if waits:
        waiting = {**waiting, fact.trigger: structs.replace(waits, told=(*waits.told, fact.to))}
    return structs.replace(acting, fired=fired, waiting=waiting)


def _with(acting: Acting, loop: str, change: Callable[[Loop], Loop]) -> Acting:
    loops = tuple(change(each) if each.loop == loop else each for each in acting.loops)
    return structs.replace(acting, loops=loops)


def _loop_ended(acting: Acting, fact: LoopEnded, at: datetime) -> Acting:
    after = _with(acting, fact.loop, lambda loop: structs.replace(loop, ended=fact, ended_at=at))
    fruitless = after.fruitless + 1 if fact.outcome in FRUITLESS else after.fruitless
    return structs.replace(after, fruitless=0 if fact.outcome == PROMOTED else fruitless)

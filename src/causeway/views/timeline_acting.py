"""What follows by itself, told in plain words."""

from causeway.core.events import (
    AlertFailed,
    AlertSent,
    Followed,
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
from causeway.core.ids import counted


def words_of(fact: Followed | AlertSent | AlertFailed) -> tuple[str, tuple[str, ...]]:
    """The sentence, and the releases that it speaks of."""
    match fact:
        case AlertSent():
            return f"{fact.to} was told of {fact.cause or fact.trigger}.", ()
        case AlertFailed():
            tries = counted(fact.attempts, "attempt")
            return f"{fact.to} was not reached after {tries}: {fact.because}.", ()
        case TriggerFired() | TriggerWaits() | TriggerApproved() | TriggerEnded():
            return _trigger(fact), ()
        case _:
            return _loop(fact), _of_loop(fact)


def _trigger(fact: TriggerFired | TriggerWaits | TriggerApproved | TriggerEnded) -> str:
    match fact:
        case TriggerFired():
            how = "would be done" if fact.dry_run else "is done"
            return f"Trigger {fact.trigger}: {fact.do} {how}, because {fact.because}."
        case TriggerWaits():
            return f"Trigger {fact.trigger}: {fact.do} waits for a person, because {fact.because}."
        case TriggerApproved():
            return f"Somebody agreed to {fact.trigger}{f': {fact.because}' if fact.because else '.'}"
        case TriggerEnded():
            return f"Trigger {fact.trigger}: {fact.outcome}{f', {fact.words}' if fact.words else ''}."


def _loop(fact: LoopStarted | LoopMoved | LoopEnded | LoopStopped | LoopResumed) -> str:
    match fact:
        case LoopStarted():
            return f"It is trained anew, because {fact.because}."
        case LoopMoved():
            return f"Training anew: {fact.words}."
        case LoopEnded():
            return f"Training anew ended: {fact.outcome}, {fact.because}."
        case LoopStopped():
            return f"Nothing more is trained by itself: {fact.because}."
        case LoopResumed():
            return f"It may be trained again{f': {fact.because}' if fact.because else '.'}"


def _of_loop(fact: LoopStarted | LoopMoved | LoopEnded | LoopStopped | LoopResumed) -> tuple[str, ...]:
    release = fact.release if isinstance(fact, LoopMoved | LoopEnded) else ""
    return (release,) if release else ()

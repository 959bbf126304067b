"""The trials of a product's releases, one after the other, from beginning to end."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, structs

from causeway.core.canary import CanaryJudged, CanaryStarted, KpiTrial, Limits
from causeway.core.events import Event, TrafficRouted
from causeway.views.canary import Canary, on_trial


class Judged(Struct, frozen=True):
    """What was said of a trial, and in which event."""

    seq: int
    at: datetime
    actor: str
    said: CanaryJudged


class Trial(Struct, frozen=True):
    """A release tried beside the live one, from the event that began it."""

    seq: int
    started_at: datetime
    actor: str
    release: str
    champion: str
    steps: tuple[int, ...]
    """Its shares in percent, one after the other; none where it only answers in the shadow."""
    limits: Limits
    kpi: KpiTrial | None
    percent: int = 0
    step_at: datetime | None = None
    judged: tuple[Judged, ...] = ()
    ended_at: datetime | None = None
    ended: str = ""
    """Why the traffic changed that ended it; empty while it goes on."""

    @property
    def shadow(self) -> bool:
        """Whether nobody gets its answers."""
        return not self.steps


def trials_of(events: Iterable[Event]) -> tuple[Trial, ...]:
    """Every trial, in the order in which they began."""
    done: list[Trial] = []
    canary: Canary | None = None
    for event in events:
        before, canary = canary, on_trial(canary, event)
        match event.fact:
            case CanaryStarted() as fact:
                done.append(_begun(event, fact))
            case CanaryJudged() as fact if before:
                said = Judged(event.body.seq, event.body.at, event.body.actor, fact)
                done[-1] = structs.replace(done[-1], judged=(*done[-1].judged, said))
            case TrafficRouted() as fact if before and canary is None:
                done[-1] = structs.replace(done[-1], ended_at=event.body.at, ended=fact.reason)
            case TrafficRouted() if canary:
                done[-1] = structs.replace(done[-1], percent=canary.percent, step_at=canary.step_at)
            case _:
                pass
    return tuple(done)


def _begun(event: Event, fact: CanaryStarted) -> Trial:
    return Trial(
        event.body.seq,
        event.body.at,
        event.body.actor,
        fact.release,
        fact.champion,
        fact.steps,
        fact.limits,
        fact.kpi,
    )

"""A release on trial, as its product's events tell it."""

from datetime import datetime

from msgspec import Struct, structs

from causeway.core.canary import HOLD, CanaryJudged, CanaryStarted, KpiTrial, Limits
from causeway.core.events import Event, OutcomesLabelled, TrafficRouted
from causeway.core.manifest import DecisionPart


class Canary(Struct, frozen=True):
    """A release on trial, and what was last made of its evidence."""

    release: str
    champion: str
    limits: Limits
    steps: tuple[int, ...]
    seq: int
    started_at: datetime
    routed: int = 0
    """Sequence number of its first routing."""
    percent: int = 0
    step_at: datetime | None = None
    """Since when it has this share."""
    verdict: str = ""
    """What was last said of this step; empty where nothing was yet."""
    because: str = ""
    judged_at: datetime | None = None
    outcomes: int = 0
    """How many came in since the trial began."""
    worth: DecisionPart | None = None
    kpi: KpiTrial | None = None
    held: bool = False
    """Whether somebody wants it to stay as it is; only harm changes that."""


def on_trial(canary: Canary | None, event: Event) -> Canary | None:
    """The canary after this event; None where there is none, or the event ended it."""
    match event.fact:
        case CanaryStarted() as fact:
            return Canary(
                fact.release,
                fact.champion,
                fact.limits,
                fact.steps,
                event.body.seq,
                event.body.at,
                worth=fact.worth,
                kpi=fact.kpi,
            )
        case CanaryJudged() as fact if canary:
            return structs.replace(
                canary,
                verdict=fact.verdict,
                because=fact.because,
                judged_at=event.body.at,
                held=canary.held or (fact.by_hand and fact.verdict == HOLD),
            )
        case TrafficRouted() as fact if canary:
            return _routed(canary, fact, event)
        case OutcomesLabelled() as fact if canary:
            return structs.replace(canary, outcomes=canary.outcomes + fact.joined)
        case _:
            return canary


def _routed(canary: Canary, fact: TrafficRouted, event: Event) -> Canary | None:
    beside = canary.release in fact.shadow and canary.champion in fact.shares
    if not beside and set(fact.shares) != {canary.release, canary.champion}:
        return None
    return structs.replace(
        canary,
        routed=canary.routed or event.body.seq,
        percent=fact.shares.get(canary.release, 0),
        step_at=event.body.at,
        verdict="",
        because="",
    )

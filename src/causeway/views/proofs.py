"""What persons agreed to, and what was measured, tested, probed and scanned, as the events tell it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from causeway.core.events import (
    BaselineMeasured,
    DependenciesScanned,
    EndpointProbed,
    Event,
    LoadMeasured,
    ManifestAgreed,
    OutcomesLabelled,
    OwnTestsRan,
    ReleaseMade,
    RunFinished,
    RunStarted,
    ScorePartFinished,
    ScoreStarted,
    StageFinished,
    TrafficRouted,
)
from causeway.core.score import REHEARSAL


class Agreed(Struct, frozen=True):
    """A person's word on one manifest, in one role."""

    fact: ManifestAgreed
    actor: str
    at: datetime


class Baseline(Struct, frozen=True):
    """A measurement of the business measure, and whether a release was live before it."""

    fact: BaselineMeasured
    at: datetime
    after_launch: bool


class SuiteRan(Struct, frozen=True):
    """A run of the product's own tests."""

    fact: OwnTestsRan
    at: datetime


class Probed(Struct, frozen=True):
    """A gateway that was asked."""

    fact: EndpointProbed
    at: datetime


class Loaded(Struct, frozen=True):
    """A gateway that was asked ever more."""

    fact: LoadMeasured
    at: datetime


class Scanned(Struct, frozen=True):
    """A report on the packages."""

    fact: DependenciesScanned
    at: datetime


class Rehearsed(Struct, frozen=True):
    """One part of the rows of a rehearsal: how many were answered, and when."""

    source: str
    answered: int
    at: datetime


class Trained(Struct, frozen=True):
    """A run whose training was done and not taken up, and the release that it made."""

    inputs: str
    release: str
    value: float | None = None
    again: bool = False
    """Whether that very release had been made before."""


class Proofs(Struct, frozen=True):
    """Everything that checks rest on beside releases and traffic, oldest first."""

    agreed: tuple[Agreed, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    tested: tuple[SuiteRan, ...] = ()
    probed: tuple[Probed, ...] = ()
    loaded: tuple[Loaded, ...] = ()
    scanned: tuple[Scanned, ...] = ()
    trained: tuple[Trained, ...] = ()
    rehearsed: tuple[Rehearsed, ...] = ()
    """What was answered though no caller asked; the same rows by the same release once."""
    rehearsed_at: datetime | None = None
    """When that was last done, also where the same rows were answered before."""
    rehearsed_known: int = 0
    """For how many of these answers it is known what really happened."""
    last_act: dict[str, datetime] = {}
    """When each actor last did something."""


def fold(events: Iterable[Event]) -> Proofs:
    """What these events prove."""
    seen = _Seen()
    for event in events:
        seen.add(event)
    return Proofs(
        agreed=tuple(seen.agreed),
        baselines=tuple(seen.baselines),
        tested=tuple(seen.tested),
        probed=tuple(seen.probed),
        loaded=tuple(seen.loaded),
        scanned=tuple(seen.scanned),
        trained=tuple(seen.trained),
        rehearsed=tuple(seen.rehearsed.values()),
        rehearsed_at=seen.rehearsed_at,
        rehearsed_known=seen.rehearsed_known,
        last_act=seen.last_act,
    )


class _Seen:
    def __init__(self) -> None:
        self.agreed: list[Agreed] = []
        self.baselines: list[Baseline] = []
        self.tested: list[SuiteRan] = []
        self.probed: list[Probed] = []
        self.loaded: list[Loaded] = []
        self.scanned: list[Scanned] = []
        self.trained: list[Trained] = []
        self.rehearsals: dict[str, ScoreStarted] = {}
        self.rehearsed: dict[tuple[str, int], Rehearsed] = {}
        self.rehearsed_at: datetime | None = None
        self.rehearsed_known = 0
        self.last_act: dict[str, datetime] = {}
        self.live = False
        self.inputs: dict[str, str] = {}
        self.fresh: set[str] = set()
        self.values: dict[str, float | None] = {}
        self.made: set[str] = set()

    def add(self, event: Event) -> None:
        """Takes one more event in."""
        at = event.body.at
        self.last_act[event.body.actor] = at
        match event.fact:
            case ManifestAgreed() as fact:
                self.agreed.append(Agreed(fact, event.body.actor, at))
            case BaselineMeasured() as fact:
                self.baselines.append(Baseline(fact, at, self.live))
            case OwnTestsRan() as fact:
                self.tested.append(SuiteRan(fact, at))
            case EndpointProbed() as fact:
                self.probed.append(Probed(fact, at))
            case LoadMeasured() as fact:
                self.loaded.append(Loaded(fact, at))
            case DependenciesScanned() as fact:
                self.scanned.append(Scanned(fact, at))
            case TrafficRouted(shares=shares):
                self.live = self.live or bool(shares)
            case ScoreStarted() | ScorePartFinished() | OutcomesLabelled():
                self._rehearsal(event)
            case _:
                self._run(event)

    def _rehearsal(self, event: Event) -> None:
        match event.fact:
            case ScoreStarted(consumer=consumer) as fact if consumer == REHEARSAL:
                self.rehearsals[fact.score] = fact
            case ScorePartFinished(score=score) as fact if score in self.rehearsals:
                begun = self.rehearsals[score]
                part = Rehearsed(begun.source, fact.scored, event.body.at)
                self.rehearsed_at = part.at
                # into another place the same rows are answered again, and recorded once
                self.rehearsed.setdefault((begun.records, fact.part), part)
            case OutcomesLabelled(rehearsed=rehearsed):
                self.rehearsed_known += rehearsed
            case _:
                pass

    def _run(self, event: Event) -> None:
        match event.fact:
            case RunStarted(run=run, inputs=inputs):
                self.inputs[run] = inputs
            case StageFinished(run=run, stage="train", cached=False):
                self.fresh.add(run)
            case ReleaseMade(release=release, value=value):
                self.values[release] = value
            case RunFinished(run=run, status="made", release=release):
                if run in self.fresh:
                    inputs, value = self.inputs.get(run, ""), self.values.get(release)
                    self.trained.append(Trained(inputs, release, value, release in self.made))
                self.made.add(release)
            case _:
                pass

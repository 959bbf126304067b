"""What is on record of a product's value: baselines, approvals, promises, measurements, as events tell it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from causeway.core.events import AnyFact, BaselineMeasured, Event, ProductDeclared, TrafficRouted
from causeway.core.value import (
    DECISION,
    KPI,
    BaselineRecorded,
    ExposuresImported,
    RealisationApproved,
    UnitValueApproved,
    ValueMeasured,
    ValuesReceived,
)


class Baseline(Struct, frozen=True):
    """What a measure was, and whether that was on record before anything was live."""

    measure: str
    value: float
    at: datetime
    seq: int
    after_launch: bool
    fact: BaselineRecorded | None = None
    """None where `causeway prove` computed it."""


class Valued(Struct, frozen=True):
    """An approved unit value, since when."""

    fact: UnitValueApproved
    at: datetime
    seq: int
    actor: str = ""
    """Who put it on record."""


class Realised(Struct, frozen=True):
    """What became of capacity, as approved."""

    fact: RealisationApproved
    at: datetime
    seq: int
    actor: str = ""
    """Who put it on record."""


class Measurement(Struct, frozen=True):
    """A measurement of the value."""

    fact: ValueMeasured
    at: datetime
    seq: int


class Promised(Struct, frozen=True):
    """The manifest that was the promise from then on."""

    manifest: str
    at: datetime
    seq: int


class OnRecord(Struct, frozen=True):
    """Everything that a claim rests on beside records and outcomes, oldest first."""

    baselines: tuple[Baseline, ...] = ()
    unit_values: tuple[Valued, ...] = ()
    realised: tuple[Realised, ...] = ()
    measured: tuple[Measurement, ...] = ()
    promised: tuple[Promised, ...] = ()
    """Without those that say again what was so."""
    imported: tuple[ExposuresImported, ...] = ()
    imported_at: tuple[datetime, ...] = ()
    """When each of them came."""
    values: int = 0
    """Taken in by entity and time."""
    late: int = 0
    corrected: int = 0
    decisions: int = 0
    """What became of answers in the hands of whoever handles the case."""
    live_since: datetime | None = None

    def baseline(self, measure: str = KPI) -> Baseline | None:
        """The last one before launch; else the last one after."""
        known = [each for each in self.baselines if each.measure == measure]
        before = [each for each in known if not each.after_launch]
        return (before or known or [None])[-1]

    def before(self, at: datetime) -> "OnRecord":
        """What was on record then."""
        return OnRecord(
            baselines=tuple(each for each in self.baselines if each.at <= at),
            unit_values=tuple(each for each in self.unit_values if each.at <= at),
            realised=tuple(each for each in self.realised if each.at <= at),
            measured=tuple(each for each in self.measured if each.at <= at),
            promised=tuple(each for each in self.promised if each.at <= at),
            imported=self.imported,
            imported_at=self.imported_at,
            live_since=self.live_since,
        )


def fold(events: Iterable[Event]) -> OnRecord:
    """What these events have on record."""
    seen = _Seen()
    for event in events:
        seen.add(event)
    return OnRecord(
        baselines=tuple(seen.baselines),
        unit_values=tuple(seen.unit_values),
        realised=tuple(seen.realised),
        measured=tuple(seen.measured),
        promised=tuple(seen.promised),
        imported=tuple(seen.imported),
        imported_at=tuple(seen.imported_at),
        values=seen.values,
        late=seen.late,
        corrected=seen.corrected,
        decisions=seen.decisions,
        live_since=seen.live_since,
    )


class _Seen:
    def __init__(self) -> None:
        self.baselines: list[Baseline] = []
        self.unit_values: list[Valued] = []
        self.realised: list[Realised] = []
        self.measured: list[Measurement] = []
        self.promised: list[Promised] = []
        self.imported: list[ExposuresImported] = []
        self.imported_at: list[datetime] = []
        self.values = self.late = self.corrected = self.decisions = 0
        self.live_since: datetime | None = None

    def add(self, event: Event) -> None:
        """Takes one more event in."""
        at, seq = event.body.at, event.body.seq
        match event.fact:
            case BaselineRecorded() as fact:
                self.baselines.append(Baseline(fact.measure, fact.value, at, seq, self.is_late, fact))
            case BaselineMeasured(value=value):
                self.baselines.append(Baseline(KPI, value, at, seq, self.is_late))
            case UnitValueApproved() as fact:
                self.unit_values.append(Valued(fact, at, seq, event.body.actor))
            case RealisationApproved() as fact:
                self.realised.append(Realised(fact, at, seq, event.body.actor))
            case ValueMeasured() as fact:
                self.measured.append(Measurement(fact, at, seq))
            case ProductDeclared(manifest=manifest):
                if not self.promised or self.promised[-1].manifest != manifest:
                    self.promised.append(Promised(manifest, at, seq))
            case TrafficRouted(shares=shares) if shares and self.live_since is None:
                self.live_since = at
            case _:
                self._received(event.fact, at)

    @property
    def is_late(self) -> bool:
        """Whether it is too late for a baseline: live, assigned by another tool, or measured already."""
        return self.live_since is not None or bool(self.imported or self.measured)

    def _received(self, fact: AnyFact, at: datetime) -> None:
        match fact:
            case ExposuresImported():
                self.imported.append(fact)
                self.imported_at.append(at)
            case ValuesReceived():
                self.values += fact.taken
                self.late += fact.late
                self.corrected += fact.corrected
                self.decisions += fact.names.get(DECISION, 0)
            case _:
                pass

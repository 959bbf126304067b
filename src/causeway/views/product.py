"""One product as its events tell it: stage, releases, traffic, keys, waivers, runs, segments."""

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct, structs

from causeway.core.errors import OutsideError
from causeway.core.events import (
    GENESIS,
    AnyFact,
    CanaryJudged,
    CanaryStarted,
    Elsewhere,
    Event,
    FindingWaived,
    Followed,
    GatewayScaled,
    KeyIssued,
    KeyRevoked,
    OutcomesLabelled,
    ProductDeclared,
    RecordsTorn,
    ReleaseMade,
    RunFinished,
    RunStarted,
    SegmentSealed,
    StageFinished,
    TrafficRouted,
)
from causeway.core.keeping import RecordsLost, SegmentErased
from causeway.core.metering import BudgetJudged, CostUnusual, Metering, ServingMetered
from causeway.core.watching import OK, Alarm, WatchJudged
from causeway.views.acting import Acting, acted, after_alarm
from causeway.views.canary import Canary, on_trial
from causeway.views.segments import follow


class Made(Struct, frozen=True):
    """A release as the ledger knows it; the same inputs make the same digest, so `at` is the latest time."""

    release: str
    run: str
    key_id: str
    at: datetime
    seq: int
    metric: str = ""
    value: float | None = None
    baseline: float | None = None
    encoded_input: bool = False


class Routing(Struct, frozen=True):
    """A change of traffic that happened."""

    seq: int
    at: datetime
    actor: str
    shares: dict[str, int]
    reason: str
    stage: str
    requests_per_minute: int | None = None
    undoes: int = 0
    judgement: str = ""
    shadow: tuple[str, ...] = ()
    workers: int = 0


class KeyHeld(Struct, frozen=True):
    """A consumer's key; revoked ones stay, with their time."""

    key: str
    digest: str
    consumer: str
    scopes: tuple[str, ...]
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None = None
    requests_per_minute: int | None = None
    requests_per_month: int | None = None

    @property
    def active(self) -> bool:
        """Whether the key still opens the door."""
        return self.revoked_at is None


class Waiver(Struct, frozen=True):
    """Who went on in spite of which finding, why, until when, and for which release (empty: for all)."""

    code: str
    because: str
    actor: str
    at: datetime
    seq: int
    until: datetime | None = None
    release: str = ""

    def holds(self, release: str, *, at: datetime) -> bool:
        """Whether this waiver covers that release at that time."""
        return self.release in ("", release) and (self.until is None or at < self.until)


class RunSeen(Struct, frozen=True):
    """A run and how far it came: `open`, `made` or `failed`."""

    run: str
    status: str
    started_at: datetime
    heard_at: datetime
    stages: tuple[str, ...] = ()
    release: str = ""
    reason: str = ""
    code: str = ""


class Outcomes(Struct, frozen=True):
    """How many outcomes came in, and what became of them."""

    rows: int = 0
    joined: int = 0
    unmatched: int = 0
    duplicates: int = 0
    corrected: int = 0

    @property
    def known(self) -> int:
        """How many predictions have an outcome; a correction is no second one."""
        return self.joined - self.corrected


class ProductState(Struct):
    """What is so after event number `seq`. Only `fold` writes to it, and only to its own copy."""

    product: str = ""
    seq: int = 0
    head: str = GENESIS
    at: datetime | None = None
    stage: str = ""
    manifest: str = ""
    owner: str = ""
    releases: dict[str, Made] = {}
    """By digest, in the order in which they were last made."""
    routings: list[Routing] = []
    undoable: list[Routing] = []
    """The steps forward that still stand; `roll back` takes the last one away."""
    keys: dict[str, KeyHeld] = {}
    waivers: list[Waiver] = []
    runs: dict[str, RunSeen] = {}
    segments: list[SegmentSealed] = []
    """Those that hold rows now, in their order."""
    lost: list[RecordsLost] = []
    outcomes: Outcomes = Outcomes()
    canary: Canary | None = None
    alarms: dict[str, Alarm] = {}
    """Those that are not over, by cause."""
    acting: Acting = Acting()
    """What follows by itself: triggers, and the training that goes on."""
    budget: BudgetJudged | None = None
    """What the last month's cost came to, where it was ever near its budget."""
    unusual: CostUnusual | None = None
    """The last day that cost what nobody could expect."""
    served_until: date | None = None
    """The last day whose hours of serving are written."""
    workers: int = 0
    """Processes of its gateway when their number last changed by itself; 0 where it never did."""

    @property
    def shares(self) -> dict[str, int]:
        """The share of the traffic each release gets now, in percent; empty when nothing is live."""
        return self.routings[-1].shares if self.routings else {}

    @property
    def shadow(self) -> tuple[str, ...]:
        """The releases that are asked beside, and whose answers nobody gets."""
        return self.routings[-1].shadow if self.routings else ()

    @property
    def latest(self) -> Made | None:
        """The release made last."""
        return next(reversed(self.releases.values()), None)

    @property
    def active_keys(self) -> list[KeyHeld]:
        """The keys that open the door, oldest first."""
        return [key for key in self.keys.values() if key.active]

    @property
    def before(self) -> dict[str, int]:
        """The shares that `roll back` would return to."""
        return self.undoable[-2].shares if len(self.undoable) > 1 else {}

    def rows_sealed(self, stream: str) -> int:
        """How many rows lie in the sealed files of one stream."""
        return sum(segment.rows for segment in self.segments if segment.stream == stream)

    def waivers_for(self, release: str, *, at: datetime) -> list[Waiver]:
        """The waivers that hold for this release at that time, oldest first."""
        return [waiver for waiver in self.waivers if waiver.holds(release, at=at)]


def fold(
    events: Iterable[Event], *, after: ProductState | None = None, as_of: datetime | None = None
) -> ProductState:
    """The product after these events, which must follow `after` without a gap.

    With `as_of`, the fold ends before the first event recorded later than that.
    """
    state = _copy(after) if after else ProductState()
    for event in events:
        if as_of is not None and event.body.at > as_of:
            break
        _expect_next(state, event)
        _apply(state, event)
        state.product, state.at = event.body.product, event.body.at
        state.seq, state.head = event.body.seq, event.hash
    return state


def _copy(state: ProductState) -> ProductState:
    return structs.replace(
        state,
        releases=dict(state.releases),
        routings=list(state.routings),
        undoable=list(state.undoable),
        keys=dict(state.keys),
        waivers=list(state.waivers),
        runs=dict(state.runs),
        segments=list(state.segments),
        lost=list(state.lost),
        alarms=dict(state.alarms),
    )


def _expect_next(state: ProductState, event: Event) -> None:
    body = event.body
    if body.seq == state.seq + 1 and body.product == (state.product or body.product):
        return
    raise OutsideError(
        f"event {body.seq} of {body.product} cannot follow event {state.seq} of {state.product or '-'}",
        hint="`causeway verify` names the first event that is not in order",
    )


def _apply(state: ProductState, event: Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of fact
    body = event.body
    if isinstance(body.fact, Elsewhere | Metering):
        _metered(state, body.fact)
        return
    if isinstance(body.fact, Followed):
        state.acting = acted(state.acting, event, labelled=state.outcomes.known)
        return
    match body.fact:
        case ProductDeclared() as fact:
            state.manifest, state.stage, state.owner = fact.manifest, fact.stage, fact.owner
        case RunStarted(run=run):
            state.runs[run] = RunSeen(run, "open", body.at, body.at)
        case StageFinished() as fact:
            _stage_finished(state, fact, body.at)
        case RunFinished() as fact:
            _run_finished(state, fact, body.at)
        case ReleaseMade() as fact:
            state.releases.pop(fact.release, None)
            state.releases[fact.release] = _made(fact, event)
        case FindingWaived() as fact:
            state.waivers.append(
                Waiver(fact.code, fact.because, body.actor, body.at, body.seq, fact.until, fact.release)
            )
        case TrafficRouted() as fact:
            _route(state, fact, event)
        case CanaryStarted() | CanaryJudged():
            state.canary = on_trial(state.canary, event)
        case KeyIssued() as fact:
            state.keys[fact.key] = _held(fact, event)
        case KeyRevoked(key=key) if key in state.keys:
            state.keys[key] = structs.replace(state.keys[key], revoked_at=body.at)
        case KeyRevoked() | RecordsTorn():
            pass
        case SegmentSealed() | SegmentErased() as fact:
            follow(state.segments, fact)
        case GatewayScaled(after=after):
            state.workers = after
        case RecordsLost() as fact:
            state.lost.append(fact)
        case WatchJudged(alarm=alarm):
            _alarmed(state.alarms, alarm)
            state.acting = after_alarm(state.acting, alarm, body.at)
        case OutcomesLabelled() as fact:
            state.outcomes = _labelled(state.outcomes, fact)
            state.canary = on_trial(state.canary, event)


def _metered(state: ProductState, fact: AnyFact) -> None:
    match fact:
        case BudgetJudged():
            state.budget = fact
        case CostUnusual():
            state.unusual = fact
        case ServingMetered(day=day):
            state.served_until = max(day, state.served_until or day)
        case _:
            pass


def _held(fact: KeyIssued, event: Event) -> KeyHeld:
    return KeyHeld(
        fact.key,
        fact.digest,
        fact.consumer,
        fact.scopes,
        event.body.at,
        event.body.actor,
        requests_per_minute=fact.requests_per_minute,
        requests_per_month=fact.requests_per_month,
    )


def _stage_finished(state: ProductState, fact: StageFinished, at: datetime) -> None:
    seen = state.runs.get(fact.run) or RunSeen(fact.run, "open", at, at)
    state.runs[fact.run] = structs.replace(seen, heard_at=at, stages=(*seen.stages, fact.stage))


def _run_finished(state: ProductState, fact: RunFinished, at: datetime) -> None:
    seen = state.runs.get(fact.run) or RunSeen(fact.run, "open", at, at)
    state.runs[fact.run] = structs.replace(
        seen, heard_at=at, status=fact.status, release=fact.release, reason=fact.reason, code=fact.code
    )


def _made(fact: ReleaseMade, event: Event) -> Made:
    return Made(
        release=fact.release,
        run=fact.run,
        key_id=fact.key_id,
        at=event.body.at,
        seq=event.body.seq,
        metric=fact.metric,
        value=fact.value,
        baseline=fact.baseline,
        encoded_input=fact.encoded_input,
    )


def _route(state: ProductState, fact: TrafficRouted, event: Event) -> None:
    routing = Routing(
        seq=event.body.seq,
        at=event.body.at,
        actor=event.body.actor,
        shares=fact.shares,
        reason=fact.reason,
        stage=fact.stage,
        requests_per_minute=fact.requests_per_minute,
        undoes=fact.undoes,
        judgement=fact.judgement,
        shadow=fact.shadow,
        workers=fact.workers,
    )
    state.routings.append(routing)
    state.canary = on_trial(state.canary, event)
    if taken_back := fact.undoes or fact.continues:
        state.undoable = [step for step in state.undoable if step.seq < taken_back]
    if not fact.undoes:
        state.undoable.append(routing)


def _alarmed(alarms: dict[str, Alarm], alarm: Alarm) -> None:
    alarms.pop(alarm.cause, None)
    if alarm.verdict != OK:
        alarms[alarm.cause] = alarm


def _labelled(outcomes: Outcomes, fact: OutcomesLabelled) -> Outcomes:
    return Outcomes(
        rows=outcomes.rows + fact.rows,
        joined=outcomes.joined + fact.joined,
        unmatched=outcomes.unmatched + fact.unmatched,
        duplicates=outcomes.duplicates + fact.duplicates,
        corrected=outcomes.corrected + fact.corrected,
    )

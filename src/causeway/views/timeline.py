"""What happened to a product, told in plain words, each line with what it points at."""

from datetime import datetime

from msgspec import Struct

from causeway.core.costs import Spending
from causeway.core.events import (
    AccessAsked,
    AccessGranted,
    AccessRevoked,
    AlertFailed,
    AlertSent,
    AnyFact,
    BaselineMeasured,
    CanaryJudged,
    CanaryStarted,
    DataRead,
    DependenciesScanned,
    EndpointProbed,
    Event,
    FindingWaived,
    Followed,
    GatewayScaled,
    KeyIssued,
    KeyRevoked,
    LineageReceived,
    LoadMeasured,
    ManifestAgreed,
    OutcomesLabelled,
    OwnTestsRan,
    ProductDeclared,
    RecordsTorn,
    ReleaseAttached,
    ReleaseMade,
    RunFinished,
    RunStarted,
    ScoreFinished,
    ScorePartFinished,
    ScoreStarted,
    SegmentSealed,
    StageFinished,
    TrafficRouted,
)
from causeway.core.ids import counted, short
from causeway.core.keeping import RecordsLost, SegmentErased
from causeway.core.metering import Metering
from causeway.core.metrics import spoken
from causeway.core.reports import Reporting
from causeway.core.value import Valuing
from causeway.core.watching import OK, WatchJudged
from causeway.views.timeline_acting import words_of
from causeway.views.timeline_metering import metered_words
from causeway.views.timeline_reports import reported_words
from causeway.views.timeline_spending import spent_words
from causeway.views.timeline_value import valued_words


class Told(Struct, frozen=True):
    """One event as a line; `releases` are the digests it speaks of."""

    seq: int
    at: datetime
    actor: str
    kind: str
    words: str
    releases: tuple[str, ...] = ()
    hash: str = ""


def tell(event: Event) -> Told:
    """The event in one sentence."""
    words, releases = _words(event.fact)
    return Told(
        seq=event.body.seq,
        at=event.body.at,
        actor=event.body.actor,
        kind=str(event.fact.__struct_config__.tag),
        words=words,
        releases=releases,
        hash=event.hash,
    )


def _words(fact: AnyFact) -> tuple[str, tuple[str, ...]]:  # noqa: C901, PLR0911, PLR0912 - one case for each kind
    if isinstance(fact, Followed | AlertSent | AlertFailed):
        return words_of(fact)
    if isinstance(fact, Spending | Valuing | Reporting | Metering):
        return _of_money(fact), ()
    match fact:
        case ProductDeclared():
            return f"Its promise was declared, for the {fact.stage} stage.", ()
        case RunStarted():
            return "A run began.", ()
        case StageFinished():
            return _stage(fact), ()
        case RunFinished():
            return _ended(fact), (fact.release,) if fact.release else ()
        case ReleaseMade():
            return f"Release {short(fact.release)} was made{_measured(fact)}.", (fact.release,)
        case FindingWaived():
            until = f" until {fact.until:%Y-%m-%d}" if fact.until else ""
            return f"{fact.code} was waived{until}: {fact.because}", tuple(filter(None, (fact.release,)))
        case TrafficRouted():
            return _routed(fact), tuple(fact.shares)
        case CanaryStarted() | CanaryJudged():
            return _canary(fact), (fact.release,)
        case WatchJudged(alarm=alarm):
            return _alarm(fact), (alarm.release,) if alarm.release else ()
        case KeyIssued():
            return f"{fact.key} was issued to {fact.consumer}.", ()
        case KeyRevoked():
            return f"{fact.key} was revoked.", ()
        case SegmentSealed():
            return _sealed(fact), ()
        case GatewayScaled():
            return f"The gateway went from {fact.before} to {fact.after} processes: {fact.why}.", ()
        case RecordsTorn():
            return f"{fact.bytes:,} bytes of record logs held no whole record; they lie aside.", ()
        case RecordsLost():
            return f"{counted(fact.rows, 'record')} of answers were lost: {fact.because}.", ()
        case SegmentErased():
            return f"{counted(fact.rows, 'row')} of {fact.stream} were erased ({fact.because}).", ()
        case OutcomesLabelled():
            kpi = f", {fact.kpi:,} of these with the business measure" if fact.kpi else ""
            return f"{fact.rows:,} outcomes came in; {fact.joined:,} met their prediction{kpi}.", ()
        case ReleaseAttached():
            return f"A model was attached from {fact.source}; what it claims was not measured here.", ()
        case AccessAsked() | AccessGranted() | AccessRevoked() | DataRead():
            return _access(fact), ()
        case LineageReceived():
            said = f"{fact.state} of a run" if fact.state else f"of a {fact.form}"
            return f"{fact.name} of {fact.namespace} told {said}.", ()
        case ScoreStarted() | ScorePartFinished() | ScoreFinished():
            return _score(fact), tuple(fact.shares) if isinstance(fact, ScoreStarted) else ()
        case LoadMeasured():
            held = f"{fact.knee:,.0f} requests a second held, the peak is {fact.peak:,.0f}"
            return f"A gateway was asked ever more: {held}.", tuple(fact.shares)
        case EndpointProbed():
            return "A gateway with the release was asked.", (fact.release,)
        case ManifestAgreed() | BaselineMeasured() | OwnTestsRan() | DependenciesScanned():
            return _proof(fact), ()


def _sealed(fact: SegmentSealed) -> str:
    noun = fact.stream.removesuffix("s")
    return f"{counted(fact.rows, noun)} {'was' if fact.rows == 1 else 'were'} sealed into a segment."


def _of_money(fact: Spending | Valuing | Reporting | Metering) -> str:
    if isinstance(fact, Spending):
        return spent_words(fact)
    if isinstance(fact, Valuing):
        return valued_words(fact)
    return reported_words(fact) if isinstance(fact, Reporting) else metered_words(fact)


def _canary(fact: CanaryStarted | CanaryJudged) -> str:
    match fact:
        case CanaryStarted():
            steps = ", then ".join(f"{step} %" for step in fact.steps)
            how = f"on {steps} of the traffic" if steps else "in the shadow"
            return f"{short(fact.release)} is tried {how}."
        case CanaryJudged():
            return f"Canary {short(fact.release)}: {fact.verdict} ({fact.because})."


def _ended(fact: RunFinished) -> str:
    said = {
        "made": "The run made a release.",
        "tried": "The run put a release together, only to try it.",
        "aborted": "The run was given up: another was begun from other inputs.",
    }
    return said.get(fact.status) or f"The run failed: {fact.reason or fact.code}"


def _alarm(fact: WatchJudged) -> str:
    alarm = fact.alarm
    how = f"is over, it was {fact.before}" if alarm.verdict == OK else alarm.verdict
    how += f" (was {fact.before})" if fact.before and alarm.verdict not in (OK, fact.before) else ""
    likely = f" Likely: {alarm.likely}." if alarm.likely else ""
    return f"Alarm about the {alarm.cause}: {how}. {alarm.because}.{likely}"


def _proof(fact: ManifestAgreed | BaselineMeasured | OwnTestsRan | DependenciesScanned) -> str:
    match fact:
        case ManifestAgreed():
            because = f": {fact.because}" if fact.because else "."
            return f"The manifest was agreed to in the role {fact.role}{because}"
        case BaselineMeasured():
            return f"The business measure was computed from the data: {fact.value:g}."
        case OwnTestsRan():
            return f"Its own tests were run: {fact.passed:,} passed, {fact.failed:,} failed."
        case DependenciesScanned():
            known = f"something is known against {counted(len(fact.weak), 'package')}"
            return f"{fact.covered:,} of {counted(fact.packages, 'package')} were looked up; {known}."


def _stage(fact: StageFinished) -> str:
    how = "was there already" if fact.cached else f"took {fact.seconds:.1f} s"
    return f"Stage {fact.stage} {how}."


def _access(fact: AccessAsked | AccessGranted | AccessRevoked | DataRead) -> str:
    match fact:
        case AccessAsked():
            return f"Access to {fact.source} was asked for {counted(fact.days, 'day')}: {fact.purpose}"
        case AccessGranted():
            return f"Access to {fact.source} was granted until {fact.until:%Y-%m-%d %H:%M}: {fact.purpose}"
        case AccessRevoked():
            return f"{fact.grant} was revoked{f': {fact.because}' if fact.because else '.'}"
        case DataRead():
            rows = f"{counted(fact.rows, 'row')} of " if fact.rows is not None else ""
            under = f" under {fact.grant}" if fact.grant else ""
            masked = f"; {counted(len(fact.masked), 'column')} masked" if fact.masked else ""
            return f"{rows}{fact.source} was read{under}{masked}."


def _score(fact: ScoreStarted | ScorePartFinished | ScoreFinished) -> str:
    match fact:
        case ScoreStarted():
            return f"Scoring of {counted(fact.rows, 'row')} of {fact.source} began, into {fact.target}."
        case ScorePartFinished():
            apart = f", {fact.set_apart:,} set apart" if fact.set_apart else ""
            return (
                f"Part {fact.part + 1} of a scoring is done: {counted(fact.scored, 'row')} answered{apart}."
            )
        case ScoreFinished():
            answered = f"{fact.scored:,} answered, {fact.set_apart:,} set apart"
            return f"A scoring is done: of {counted(fact.rows, 'row')} {answered}."


def _measured(fact: ReleaseMade) -> str:
    if fact.value is None:
        return ""
    beside = f", {fact.baseline:.3g} without a model" if fact.baseline is not None else ""
    return f": {spoken(fact.metric)} {fact.value:.3g}{beside}"


def _routed(fact: TrafficRouted) -> str:
    shares = ", ".join(f"{short(release)} answers {share} %" for release, share in fact.shares.items())
    now = shares or "nothing is live"
    return f"Rolled back: {now}." if fact.undoes else f"Traffic changed: {now}."

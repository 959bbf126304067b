"""What is known of a product that runs, put together for whoever opens a page: nothing is written."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from causeway.actions.act import decisions_of
from causeway.actions.decide import product_state
from causeway.actions.outcome_bins import quality_windows, reference_quality
from causeway.actions.routes import promise
from causeway.actions.watch.business import kpi_of
from causeway.actions.watch.gather import answered, gathered, live_release
from causeway.actions.watch.history import history_of, time_of
from causeway.actions.watch.judges import JUDGES
from causeway.actions.watch.kept import kept
from causeway.actions.watch.remembered import recalled, remembered
from causeway.actions.watch.service import service_of
from causeway.actions.watch.watch import seen_of
from causeway.actions.workspace import Workspace
from causeway.assess.holdout import untouched
from causeway.assess.watch_facts import Facts
from causeway.assess.watch_line import Series
from causeway.assess.watch_series import series_of
from causeway.assess.watch_words import in_short
from causeway.assess.watching import summed, weighed
from causeway.core.errors import CausewayError, NotFound
from causeway.core.events import CanaryStarted, Event, TrafficRouted
from causeway.core.ids import short
from causeway.core.triggers import Decision
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, WARN, Alarm, Sight, WatchJudged, is_worse
from causeway.stats.quality_form import QualityWindow
from causeway.views.product import ProductState

NOT_LIVE = "not-live"
LATE = timedelta(hours=2)
"""Somebody looks every hour; where nobody did for so long, what is shown is old."""
RELEASED, TRIED, RAISED, OVER = "release", "trial", "alarm", "over"


class Mark(Struct, frozen=True):
    """A moment to be marked in every chart: another release, a trial, an alarm raised or over."""

    at: datetime
    kind: str
    words: str
    seq: int
    """The event that says so."""


class Monitoring(Struct, frozen=True):
    """What is the matter with one product, or that nothing is, and what every monitor saw."""

    product: str
    verdict: str
    """The worst alarm's; `ok`, `not-enough-data`, `not-live`."""
    sentence: str
    release: str = ""
    live_since: datetime | None = None
    now: datetime | None = None
    looked_at: datetime | None = None
    """None where nobody looked yet: then everything was judged for this page alone."""
    stale: bool = False
    """Whether nobody looked for so long that it should not be trusted."""
    compared_with: str = ""
    alarms: tuple[Alarm, ...] = ()
    """Those that are on, the worst first."""
    series: tuple[Series, ...] = ()
    sights: tuple[Sight, ...] = ()
    """Everything that the last look saw, fine or not."""
    marks: tuple[Mark, ...] = ()
    triggers: tuple[Decision, ...] = ()
    trouble: str = ""
    """Why triggers could not be explained."""
    unread: int = 0
    """Segments without a profile: what was answered there is in no picture of inputs and answers."""


class Glance(Struct, frozen=True):
    """What the last look made of a product, in one word and one sentence; read, never worked out."""

    verdict: str
    sentence: str
    looked_at: datetime | None = None
    stale: bool = False
    """Whether nobody looked for so long that it should not be trusted."""
    alarms: tuple[Alarm, ...] = ()
    """Those that are on, the worst first."""

    @property
    def is_alarmed(self) -> bool:
        """Whether somebody should look, or do something."""
        return any(each.verdict in (WARN, ACT) for each in self.alarms)


def glance(work: Workspace, state: ProductState) -> Glance:
    """The product as whoever looked last left it."""
    if live_release(state) is None:
        return Glance(NOT_LIVE, in_short(NOT_LIVE, (), ()))
    look, alarms, now = kept(work.state, state.product), _on(state), _latest(work, state)
    sights = look.sights if look else ()
    verdict = summed(sights, alarms) if sights or alarms else NOT_ENOUGH_DATA
    return Glance(
        verdict=verdict,
        sentence=in_short(verdict, alarms, sights) if look or alarms else "Nobody looked yet.",
        looked_at=look.at if look else None,
        stale=look is None or now - look.at > LATE,
        alarms=alarms,
    )


def _on(state: ProductState) -> tuple[Alarm, ...]:
    return tuple(sorted(state.alarms.values(), key=lambda each: (ACT, WARN, NOTE).index(each.verdict)))


class Monitors:
    """What is known of products, worked out anew only where something came in since."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._found: dict[str, tuple[str, _Pictured]] = {}

    def of(self, product: str) -> Monitoring:
        """What is known of this product."""
        work, state = self._work, product_state(self._work, product)
        if not state.seq:
            raise NotFound(f"there is no product {product}", hint="see the products of this workspace at /")
        live = live_release(state)
        if live is None:
            return Monitoring(product, NOT_LIVE, in_short(NOT_LIVE, (), ()))
        now = _latest(work, state)
        found = self._seen(state, now)
        series, sights = found.series, found.sights
        last, alarms = glance(work, state), _on(state)
        verdict = summed(sights, alarms)
        first = min((point.since for each in series for point in each.points), default=now)
        decisions, trouble = _decisions(work, product)
        return Monitoring(
            product=product,
            verdict=verdict,
            sentence=in_short(verdict, alarms, sights),
            release=live[0],
            live_since=live[1],
            now=now,
            looked_at=last.looked_at,
            stale=last.stale,
            compared_with=found.beside,
            alarms=alarms,
            series=series,
            sights=sights,
            marks=tuple(each for each in _marks(work.ledger.read(product)) if each.at >= first),
            triggers=decisions,
            trouble=trouble,
            unread=found.unread,
        )

    def _seen(self, state: ProductState, now: datetime) -> "_Pictured":
        look = kept(self._work.state, state.product)
        key = f"{seen_of(state)} {now:%Y-%m-%d %H} {look.at if look else ''}"
        known, found = self._found.get(state.product, ("", _Pictured()))
        if known != key:
            facts, told = _facts(self._work, state, now)
            sights = look.sights if look and look.sights else _judged(self._work, state, now)
            found = _pictured(facts, told, sights) if facts else _Pictured(sights=sights)
            more = recalled(remembered(self._work.state, state.product), found.series, sights)
            found = structs.replace(found, series=(*found.series, *more))
            self._found[state.product] = key, found
        return found


class _Pictured(Struct, frozen=True):
    series: tuple[Series, ...] = ()
    sights: tuple[Sight, ...] = ()
    beside: str = ""
    unread: int = 0


def _pictured(facts: Facts, told: Sequence[QualityWindow], sights: tuple[Sight, ...]) -> _Pictured:
    beside = facts.windows[-1].with_what if facts.windows else ""
    return _Pictured(series_of(facts, sights, answered=told), sights, beside, facts.unread)


def _latest(work: Workspace, state: ProductState) -> datetime:
    """Now; in a copy in which time was compressed, when it ended."""
    last = [each.last_at for each in state.segments if each.last_at]
    return max([work.clock.now(), *last, *([state.at] if state.at else [])])


def _facts(
    work: Workspace, state: ProductState, now: datetime
) -> tuple[Facts | None, tuple[QualityWindow, ...]]:
    """As a look gathers them, and of outcomes no more than the same time; those of every release, too."""
    past = history_of(work, state, now=now)
    facts = gathered(work, state, promise(work, state), now=now, history=past, quality=False)
    if facts is None or not past.live:
        return facts, ()
    windows = quality_windows(work, state.product, since=time_of(past.live[0].hour))
    apart = untouched(windows) if facts.manifest.serving.holdout_percent else ()
    told = apart or answered(windows)
    going, events = facts.going, work.ledger.read(state.product)
    facts = structs.replace(
        facts,
        service=service_of(work, state, past, now=now, latency_ms=None),
        kpi=kpi_of(work, state, facts.manifest, events, now=now),
        quality=tuple(each for each in told if each.release == going.release),
        is_of_holdout=bool(apart),
        quality_reference=reference_quality(work, state.product, going.release),
    )
    return facts, told


def _judged(work: Workspace, state: ProductState, now: datetime) -> tuple[Sight, ...]:
    """As a look would judge."""
    facts = gathered(work, state, promise(work, state), now=now)
    return tuple(weighed([each for judge in JUDGES for each in judge(facts)], facts)) if facts else ()


def _decisions(work: Workspace, product: str) -> tuple[tuple[Decision, ...], str]:
    try:
        return decisions_of(work, product), ""
    except CausewayError as error:
        return (), error.message


def _marks(events: Iterable[Event]) -> Iterator[Mark]:
    shares: dict[str, int] = {}
    for event in events:
        at, seq = event.body.at, event.body.seq
        match event.fact:
            case TrafficRouted() as fact:
                if fact.shares.keys() != shares.keys():
                    yield Mark(at, RELEASED, f"{_answering(fact.shares)}: {fact.reason}", seq)
                shares = fact.shares
            case CanaryStarted() as fact:
                yield Mark(at, TRIED, f"{short(fact.release)} goes on trial", seq)
            case WatchJudged() as fact if fact.alarm.verdict == OK:
                yield Mark(at, OVER, f"the alarm about {fact.alarm.cause} is over", seq)
            case WatchJudged() as fact if not fact.before or is_worse(fact.alarm.verdict, fact.before):
                yield Mark(at, RAISED, f"alarm about {fact.alarm.cause}: {fact.alarm.verdict}", seq)
            case _:
                pass


def _answering(shares: dict[str, int]) -> str:
    said: Sequence[str] = [f"{short(release)} {share} %" for release, share in shares.items()]
    return ", ".join(said) or "nothing answers"

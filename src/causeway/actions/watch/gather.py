"""Everything that the monitors of one product look at, out of its records and its ledger."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import structs

from causeway.actions.outcome_bins import quality_history, reference_quality
from causeway.actions.outcome_shift import weighing_where_needed
from causeway.actions.segments import PREDICTIONS
from causeway.actions.watch.business import kpi_of
from causeway.actions.watch.history import BESIDE, NOBODY, History, history_of, hour_of
from causeway.actions.watch.history import DAYS as HISTORY_DAYS
from causeway.actions.watch.references import References, release_of
from causeway.actions.watch.service import DAYS, scored_of, service_of
from causeway.actions.watch.windows import MOST, cut, lately, least_hours, parted
from causeway.actions.workspace import Workspace
from causeway.assess.holdout import untouched
from causeway.assess.quality_promise import promise_of
from causeway.assess.watch_facts import Facts, Going
from causeway.core.events import Event
from causeway.core.manifest import Manifest
from causeway.core.watching import ACT, MODEL, OK, WARN, WatchJudged
from causeway.stats.quality_form import QualityWindow
from causeway.views.product import ProductState


def live_release(state: ProductState) -> tuple[str, datetime] | None:
    """The release that answers most of the traffic, and since when it does; None where none does."""
    found: tuple[str, datetime] | None = None
    for routing in state.routings:
        most = max(routing.shares, key=lambda each: routing.shares[each], default="")
        if not most:
            found = None
        elif found is None or found[0] != most:
            found = (most, routing.at)
    return found


def gathered(
    work: Workspace,
    state: ProductState,
    manifest: Manifest,
    *,
    now: datetime,
    history: History | None = None,
    most: int = MOST,
    quality: bool = True,
) -> Facts | None:
    """The facts, with so many windows at most; None where nothing answers."""
    live = live_release(state)
    if live is None:
        return None
    release, since = live
    past = history or history_of(work, state, now=now)
    described, profile = release_of(work, release)
    going = Going(release, since, described, profile)
    own = [each for each in past.live if each.release == release]
    references = References(
        past.live,
        release=release,
        profile=profile,
        since=hour_of(since),
        without=alarming_hours(work.ledger.read(state.product), since=since, now=now),
    )
    windows = cut(own, least_hours=least_hours(own, references))
    alike, earlier = parted(windows.windows, references, most=most)
    before, own_quality = _quality_of(work, state, release, since=since, now=now) if quality else ((), ())
    apart = untouched(own_quality) if manifest.serving.holdout_percent else ()
    facts = Facts(
        product=state.product,
        now=now,
        manifest=manifest,
        going=going,
        windows=tuple(alike),
        earlier=tuple(earlier),
        lately=lately(own, references) if own else None,
        waiting_rows=windows.waiting,
        hours=past.live,
        beside=past.beside if state.canary else (),
        quality=apart or answered(own_quality),
        is_of_holdout=bool(apart),
        quality_before=(apart and untouched(before)) or answered(before),
        quality_reference=reference_quality(work, state.product, release) if quality else None,
        unread=past.unread,
        alarms=state.alarms,
        budget=state.budget,
        unusual=state.unusual,
        can_go_back=bool(state.before),
        last_at=_last_at(state),
    )
    return _with_service(work, state, _with_weighing(work, facts), past) if quality else facts


def _with_weighing(work: Workspace, facts: Facts) -> Facts:
    """The same with held-out rows weighted to look like the last days', where nothing else estimates."""
    if facts.going.described is None:
        return facts
    seen = weighing_where_needed(
        work,
        facts.product,
        facts.quality,
        reference=facts.quality_reference,
        promise=promise_of(facts.going.described, facts.manifest.evaluation),
        now_us=round(facts.now.timestamp() * 1e6),
    )
    return structs.replace(facts, weighing=seen)


def _with_service(work: Workspace, state: ProductState, facts: Facts, past: History) -> Facts:
    """The same with what the gateway answered, what it brought, and what scorings set apart."""
    events, now = list(work.ledger.read(state.product)), facts.now
    latency_ms = facts.manifest.serving.latency_ms
    return structs.replace(
        facts,
        service=service_of(work, state, past, now=now, latency_ms=latency_ms),
        kpi=kpi_of(work, state, facts.manifest, events, now=now),
        scored=scored_of(events, since=now - timedelta(days=DAYS)),
    )


def _last_at(state: ProductState) -> datetime | None:
    """When the last row was answered; when outcomes came says nothing of that."""
    times = [each.last_at for each in state.segments if each.stream == PREDICTIONS and each.last_at]
    return max(times, default=None)


def _quality_of(
    work: Workspace, state: ProductState, release: str, *, since: datetime, now: datetime
) -> tuple[tuple[QualityWindow, ...], tuple[QualityWindow, ...]]:
    """All rows that other releases answered before this one, and this one's own windows since.

    Of what was answered long ago a window is a day.
    """
    windows = quality_history(work, state.product, lately=now - timedelta(days=HISTORY_DAYS))
    first = since.timestamp() * 1e6
    own = tuple(each for each in windows if each.release == release and each.until_us > first)
    before = (each for each in windows if each.until_us <= first and not each.slice)
    return tuple(before), own


def answered(windows: Iterable[QualityWindow]) -> tuple[QualityWindow, ...]:
    """Those that callers got the answers of."""
    return tuple(each for each in windows if each.arm not in BESIDE | NOBODY)


def alarming_hours(events: Iterable[Event], *, since: datetime, now: datetime) -> list[range]:
    """The hours that are no reference: those of an alarm about the model.

    Where such an alarm was on when this release went live, nothing before it is one either.
    """
    spans: list[range] = []
    began: datetime | None = None
    answered: datetime | None = None
    for event in events:
        if not isinstance(event.fact, WatchJudged) or event.fact.alarm.cause != MODEL:
            continue
        alarm = event.fact.alarm
        if alarm.verdict in (WARN, ACT):
            began = min(began, alarm.since) if began else alarm.since
        elif began and (alarm.verdict == OK or alarm.verdict not in (WARN, ACT)):
            spans.append(range(hour_of(began), hour_of(event.body.at) + 1))
            if began <= since <= event.body.at:
                answered = since
            began = None
    if began:
        if began <= since:
            answered = since
            spans.append(range(hour_of(began), hour_of(since)))
        else:
            spans.append(range(hour_of(began), hour_of(now) + 1))
    return [*spans, range(hour_of(answered))] if answered else spans

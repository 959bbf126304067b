"""Whether what the manifest asks for when something happens is to be done now, or exactly why not."""

import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from causeway.core.cron import read_cron
from causeway.core.ids import counted
from causeway.core.loop import GATE, SHIP
from causeway.core.manifest import Manifest, TriggerPart
from causeway.core.quiet import read_quiet
from causeway.core.triggers import (
    COOLING,
    DRY_RUN,
    FAILED,
    FINDING,
    FIRES,
    HOLD,
    NOT_MET,
    NOTIFY,
    QUIET,
    RETRAIN,
    ROLL_BACK,
    STOPPED,
    UNDER_WAY,
    WAITS,
    WORDS_ONLY,
    Decision,
)
from causeway.core.watching import ACT, LABELS, WARN, Alarm, is_worse, worst
from causeway.views.acting import Fired, Waiting
from causeway.views.product import ProductState
from causeway.views.turned import before_turned

ANY_ALARM = "alarm"
AHEAD = timedelta(hours=1)
"""What happened later than that was written by a clock that was wrong, and says nothing of when it was."""
FIRST_PAUSE = timedelta(minutes=5)
"""After so long what failed is tried again."""
SCHEDULE = "schedule:"
DATA_ROWS = 1000.0
"""New labelled rows that `data` waits for where the manifest names no number."""
ONCE = ("outcomes", "release")
"""What comes, and is not there any more once something followed."""
SHORT_WORDS = {
    "decay": ("quality",),
    "slo": ("slo", "latency", "errors"),
    "contract": ("contract", "schema"),
}
"""What watches for it, where that is called otherwise."""


class _Met(Struct, frozen=True):
    """Whether what a trigger waits for is so, in words and numbers."""

    met: bool
    why: str
    cause: str = ""
    until: datetime | None = None
    value: float | None = None
    threshold: float | None = None


def triggers_of(manifest: Manifest) -> tuple[TriggerPart, ...]:
    """Everything that follows by itself: the manifest's triggers, and the actions that monitors are bound to.

    Where somebody can be told and the manifest does not say of what, every alarm is told.
    """
    bound = [TriggerPart(each.name, each.action) for each in manifest.monitors if each.action]
    named = list({each.called: each for each in (*bound, *manifest.triggers)}.values())
    can_tell = any(each.kind in ("webhook", "chat", "other") for each in manifest.integrations)
    if can_tell and not any(each.do == NOTIFY for each in named):
        named.append(TriggerPart(ANY_ALARM, NOTIFY))
    return tuple(named)


def due(
    state: ProductState,
    now: datetime,
    *,
    promise: Manifest,
    alarms: Mapping[str, Alarm] | None = None,
) -> tuple[Decision, ...]:
    """For every trigger whether it fires now; one that tells of alarms decides about each of them."""
    known = state.alarms if alarms is None else alarms
    return tuple(
        _decided(part, met, state, now, promise=promise, alarms=known)
        for part in triggers_of(promise)
        for met in _conditions(part, state, known, now)
    )


def explained(decision: Decision) -> str:
    """The decision in one line."""
    until = f", until {decision.until:%Y-%m-%d %H:%M} UTC" if decision.until else ""
    return f"{decision.trigger} ({decision.do}): {decision.verdict}{until}: {decision.why}"


def _decided(
    part: TriggerPart,
    met: _Met,
    state: ProductState,
    now: datetime,
    *,
    promise: Manifest,
    alarms: Mapping[str, Alarm],
) -> Decision:
    decision = Decision(
        trigger=part.called,
        on=part.on,
        do=part.do,
        verdict=DRY_RUN if part.dry_run else FIRES,
        why=met.why,
        value=met.value,
        threshold=met.threshold,
        cause=met.cause,
    )
    if begun := _begun(part, state, now):
        verdict, why, until = begun
        return structs.replace(decision, verdict=verdict, why=why, until=until)
    if not met.met:
        return structs.replace(decision, verdict=NOT_MET, until=met.until)
    for hindered in (
        _impossible(part, state, alarms),
        _cooling(part, met, state, now),
        _quiet(part, now),
        _unapproved(part, state, promise),
    ):
        if hindered:
            verdict, why, until = hindered
            return structs.replace(decision, verdict=verdict, why=f"{why} ({met.why})", until=until)
    waiting = asked(state, part.called, on=part.on, do=part.do)
    return structs.replace(decision, approved_by=waiting.approved_by if waiting else "")


_Hindered = tuple[str, str, datetime | None]


def _begun(part: TriggerPart, state: ProductState, now: datetime) -> _Hindered | None:
    """How far the training is that this trigger began, whatever became of what it began for."""
    loop = state.acting.loop
    if part.do != RETRAIN or loop is None or loop.trigger != part.called:
        return None
    quiet = _quiet(part, now) if loop.state in (GATE, SHIP) else None
    if quiet:
        return QUIET, f"{quiet[1]}; what it trained goes live after them, a trial goes on then", quiet[2]
    return UNDER_WAY, f"it is being trained anew since {loop.at:%Y-%m-%d %H:%M} UTC", None


def _impossible(part: TriggerPart, state: ProductState, alarms: Mapping[str, Alarm]) -> _Hindered | None:
    if part.do == RETRAIN:
        return _untrainable(state, alarms)
    if part.do == HOLD and not state.canary:
        return NOT_MET, "no release is on trial that could be held", None
    if part.do == ROLL_BACK and not (state.shares and before_turned(state)):
        why = "nothing was live before that traffic could go back to" if state.shares else "nothing answers"
        return NOT_MET, why, None
    return None


def _untrainable(state: ProductState, alarms: Mapping[str, Alarm]) -> _Hindered | None:
    acting, labels = state.acting, alarms.get(LABELS)
    if labels and not is_worse(WARN, than=labels.verdict):
        return NOT_MET, f"outcomes are not as they should be, so nothing is learnt: {labels.because}", None
    if acting.stopped:
        return STOPPED, f"{acting.stopped}; a person resumes it: causeway retrain --resume", None
    if acting.loop:
        return UNDER_WAY, f"it is being trained anew since {acting.loop.at:%Y-%m-%d %H:%M} UTC", None
    if state.canary:
        return UNDER_WAY, "a release is on trial", None
    if not state.shares:
        return NOT_MET, "nothing is live that could be bettered", None
    return None


def _cooling(part: TriggerPart, met: _Met, state: ProductState, now: datetime) -> _Hindered | None:
    last = _last(part, met.cause, state)
    if last is None or last.at > now + AHEAD:
        return None
    if _has_failed(part, last):
        return _pausing(part, last, now)
    if part.on.startswith(SCHEDULE):
        # it has a clock of its own
        return None
    if part.do in (NOTIFY, FINDING) and met.cause and not _over_since(last, met.cause, state):
        why = f"it was told at {last.at:%Y-%m-%d %H:%M} UTC; again when it is worse, or comes back"
        return COOLING, why, None
    until = last.at + timedelta(hours=part.cooldown_hours)
    if now >= until:
        return None
    return COOLING, f"it fired at {last.at:%Y-%m-%d %H:%M} UTC, and rests {part.cooldown_hours:g} h", until


def _has_failed(part: TriggerPart, last: Fired | None) -> bool:
    return last is not None and last.outcome == FAILED and not part.dry_run


def _pausing(part: TriggerPart, last: Fired, now: datetime) -> _Hindered | None:
    """Whether what failed is not tried again yet: each time it waits twice as long, up to the cool-down."""
    longest = max(timedelta(hours=part.cooldown_hours), FIRST_PAUSE)
    until = last.at + min(longest, FIRST_PAUSE * 2 ** min(last.failures - 1, 20))
    if now >= until:
        return None
    times = f", {counted(last.failures, 'time')} in a row" if last.failures > 1 else ""
    return (
        COOLING,
        f"it failed at {last.at:%Y-%m-%d %H:%M} UTC{times}, and is tried again: {last.words}",
        until,
    )


def _over_since(last: Fired, cause: str, state: ProductState) -> bool:
    """Whether the alarm that it told of is no more the same one; `cause` names alarm and verdict."""
    over = state.acting.over.get(cause.partition(":")[0])
    return over is not None and over > last.at


def _last(part: TriggerPart, cause: str, state: ProductState) -> Fired | None:
    """When it fired last; what only tells may tell of another cause at once."""
    acting = state.acting
    last = acting.fired.get((part.called, cause)) if part.do in WORDS_ONLY else acting.last_fired(part.called)
    # what was only said has not been done
    return None if last and last.fact.dry_run and not part.dry_run else last


def _quiet(part: TriggerPart, now: datetime) -> _Hindered | None:
    quiet = read_quiet(part.quiet)
    until = quiet.ends(now) if quiet else None
    return (QUIET, f"quiet hours: {part.quiet}", until) if until else None


def _unapproved(part: TriggerPart, state: ProductState, promise: Manifest) -> _Hindered | None:
    if part.dry_run or not needs_approval(part, promise):
        return None
    waiting = asked(state, part.called, on=part.on, do=part.do)
    if waiting and waiting.approved_by:
        return None
    who = promise.product.owner or "a person"
    since = f" since {waiting.at:%Y-%m-%d %H:%M} UTC" if waiting else ""
    return WAITS, f"{who} must agree{since}: causeway approve {shlex.quote(part.called)}", None


def asked(state: ProductState, trigger: str, *, on: str, do: str) -> Waiting | None:
    """What a person was asked about this trigger; None once its alarm is over, or it would do otherwise."""
    waiting = state.acting.waiting.get(trigger)
    if waiting is None or (waiting.fact.on, waiting.fact.do) != (on, do):
        return None
    over = state.acting.over.get(waiting.fact.cause.partition(":")[0])
    return None if over and over > waiting.at else waiting


def needs_approval(part: TriggerPart, promise: Manifest) -> bool:
    """Whether a person must agree: as the trigger says, else where the risk is high and something changes."""
    if part.approval is not None:
        return part.approval
    return promise.product.risk_tier == "high" and part.do not in WORDS_ONLY


def _conditions(
    part: TriggerPart, state: ProductState, alarms: Mapping[str, Alarm], now: datetime
) -> Iterable[_Met]:
    last = _last(part, "", state)
    if last and _has_failed(part, last) and (part.on.startswith(SCHEDULE) or part.on in ONCE):
        # whatever it waits for came, and nothing was done about it
        return (_Met(True, last.fact.because),)
    if part.on.startswith(SCHEDULE):
        return (_scheduled(part, state, now),)
    match part.on:
        case "data":
            return (_enough_rows(part, state),)
        case "outcomes":
            return (_new_outcomes(part, state),)
        case "release":
            return (_new_release(part, state),)
        case _:
            return _alarming(part, alarms)


def _alarming(part: TriggerPart, alarms: Mapping[str, Alarm]) -> Iterable[_Met]:
    watched = SHORT_WORDS.get(part.on, (part.on,))
    seen = [_of_alarm(part, alarm, watched) for alarm in alarms.values()]
    found = [met for met in seen if met]
    if not found:
        what = "there is no alarm" if part.on == ANY_ALARM else f"{part.on} raises no alarm"
        return (_Met(False, what),)
    met = [each for each in found if each.met]
    # a message for each of them, but only one training
    return (met if part.do in WORDS_ONLY else met[:1]) or found[:1]


def _of_alarm(part: TriggerPart, alarm: Alarm, watched: tuple[str, ...]) -> _Met | None:
    sights = [
        sight for sight in alarm.sights if part.on in (ANY_ALARM, sight.monitor) or sight.watches in watched
    ]
    if not sights and part.on not in (ANY_ALARM, alarm.monitor):
        return None
    seen = worst(sight.verdict for sight in sights) if sights else alarm.verdict
    # one cause: an effect that is plain enough to warn of acts with what it brings about
    level = alarm.verdict if part.on == ANY_ALARM or seen == WARN else seen
    needed = WARN if part.do in (NOTIFY, FINDING) else ACT
    first = sights[0] if sights else None
    met = not is_worse(needed, than=level)
    why = alarm.because or (first.why if first else f"{alarm.monitor} says {alarm.verdict}")
    return _Met(
        met,
        why if met else f"it is {level}, and {part.do} waits for {needed}: {why}",
        cause=f"{alarm.cause}:{level}" if part.do in (NOTIFY, FINDING) else alarm.cause,
        value=first.value if first else None,
        threshold=first.threshold if first else None,
    )


def _scheduled(part: TriggerPart, state: ProductState, now: datetime) -> _Met:
    cron = read_cron(part.on.removeprefix(SCHEDULE))
    fired = _last(part, "", state)
    times = ([fired.at] if fired else []) + [each.at for each in state.routings[:1]]
    last, following = cron.last(now), cron.next(now)
    if not times:
        return _Met(False, "nothing is live yet", until=following)
    since = next((at for at in times if at <= now + AHEAD), None)
    if last is None or (since is not None and last <= since):
        return _Met(False, "its time has not come", until=following)
    return _Met(True, f"it was due at {last:%Y-%m-%d %H:%M} UTC")


def _enough_rows(part: TriggerPart, state: ProductState) -> _Met:
    trained = max((loop.labelled for loop in state.acting.loops), default=0)
    return _rows(part, state.outcomes.known - trained, "labelled since it was trained", least=DATA_ROWS)


def _new_outcomes(part: TriggerPart, state: ProductState) -> _Met:
    fired = _last(part, "", state)
    new = state.outcomes.known - (fired.labelled if fired else 0)
    return _rows(part, new, "labelled since it fired", least=1.0)


def _rows(part: TriggerPart, new: int, words: str, *, least: float) -> _Met:
    threshold = part.threshold or least
    why = f"{counted(new, 'row')} {words}, of {threshold:,.0f} that it waits for"
    return _Met(new >= threshold, why, value=float(new), threshold=threshold)


def _new_release(part: TriggerPart, state: ProductState) -> _Met:
    fired = _last(part, "", state)
    latest = state.latest
    if latest is None or (fired and latest.seq < fired.seq):
        return _Met(False, "no release was made since")
    return _Met(True, f"release {latest.release[7:19]} was made at {latest.at:%Y-%m-%d %H:%M} UTC")

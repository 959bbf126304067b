"""One alarm for each cause: what monitors saw, joined, and whether that is news."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from causeway.assess.watch_facts import Facts
from causeway.assess.watch_outcomes import WellSince, are_timely, well_since
from causeway.core.ids import short
from causeway.core.watching import (
    ACT,
    CAUSES,
    COST,
    MODEL,
    NOTE,
    OK,
    WARN,
    Alarm,
    Sight,
    is_worse,
    worst,
)
from causeway.stats.profile_form import TextProfile, Window

SHOWN = 3
MOST_SIGHTS = 12
NEW = timedelta(days=2)
"""A release that went live so shortly before is the first to be suspected."""
MOVED = 0.1
CALIBRATION = "calibration"
"""Chances that say too much are a warning of their own: who is ranked how may be as good as ever."""
INDIRECT = frozenset({"drift", "skew", "schema"})
"""What matters only as far as answers or outcomes do."""
JUDGED = INDIRECT | {"output", "estimate"}
"""What outcomes can say is harmless."""


def alarms_of(facts: Facts, sights: Sequence[Sight]) -> tuple[Alarm, ...]:
    """Every alarm there is now, and those that are over (`ok`), by cause; sights are weighed already."""
    found: list[Alarm] = []
    for cause in CAUSES:
        mine = [each for each in sights if each.caused_by == cause]
        before = facts.alarms.get(cause)
        alarm = _alarm(facts, cause, mine, before)
        if alarm:
            found.append(alarm)
    return tuple(found)


def weighed(sights: Sequence[Sight], facts: Facts) -> list[Sight]:
    """The same; where drift alone shows it is a warning at most, and a note where outcomes say all is well.

    Where outcomes come in time, or the manifest says that they will, they and what is estimated of them are
    the judge; else the answers are.
    """
    timely, well = are_timely(facts, sights), well_since(facts, sights)
    loud = [
        each for each in sights if each.breach and each.verdict in (WARN, ACT) and each.watches != CALIBRATION
    ]
    # what was shown once is not unseen because an estimate falls silent
    breach = _is_shown(facts) or any(each.watches != "output" or not timely for each in loud)
    return [_weighed(each, breach=breach, timely=timely, well=well) for each in sights]


def _is_shown(facts: Facts) -> bool:
    """Whether an alarm about this release's model acts already."""
    on = facts.alarms.get(MODEL)
    return on is not None and on.verdict == ACT and on.release == facts.going.release


def _weighed(sight: Sight, *, breach: bool, timely: bool, well: WellSince) -> Sight:
    if sight.watches not in JUDGED or not is_worse(sight.verdict, NOTE):
        return sight
    if well(sight.since):
        why = f"{sight.why}; outcomes since then are as good as ever"
        return structs.replace(sight, verdict=NOTE, lasting=True, why=why)
    alone = sight.watches in INDIRECT or (timely and sight.watches == "output")
    if sight.verdict == ACT and alone and not breach:
        who = "outcomes do not show it yet" if timely else "neither answers nor outcomes show it"
        return structs.replace(sight, verdict=WARN, why=f"{sight.why}; {who}, so nothing acts")
    return sight


def _alarm(facts: Facts, cause: str, sights: Sequence[Sight], before: Alarm | None) -> Alarm | None:
    release = facts.going.release
    if before and before.release != release and cause == MODEL:
        # another release answers: what was alarming was about the one before
        before = None
    seen = sorted(_once(filter(_counts, sights)), key=_rank)
    if not seen:
        return _over(facts, cause, sights)
    first = seen[0]
    since = _began(seen)
    return Alarm(
        cause=cause,
        monitor=first.monitor,
        verdict=first.verdict,
        since=min(since, before.since) if before and _goes_on(before, first.verdict) else since,
        until=max(each.until for each in seen),
        release=release,
        because=_because(seen),
        sights=tuple(seen[:MOST_SIGHTS]),
        likely=_likely(facts, seen) if cause == MODEL else "",
        command=_command(facts, cause, first.verdict, since),
    )


def _goes_on(before: Alarm, verdict: str) -> bool:
    """Whether it began when it did before; what was a note has only now begun to matter."""
    return before.verdict != NOTE or verdict == NOTE


def _once(sights: Iterable[Sight]) -> list[Sight]:
    """The same without the skew of columns that drift is seen of."""
    held = list(sights)
    drifted = {each.about for each in held if each.watches == "drift"}
    return [each for each in held if each.watches != "skew" or each.about not in drifted]


def _began(seen: Sequence[Sight]) -> datetime:
    """When the first of it was seen; a comparison of the whole week says little of that."""
    loud = [each for each in seen if is_worse(each.verdict, NOTE)] or list(seen)
    pointed = [each for each in loud if each.watches != "skew"] or loud
    return min(each.since for each in pointed)


def _counts(sight: Sight) -> bool:
    return sight.verdict in (WARN, ACT) or (sight.verdict == NOTE and sight.lasting)


def _rank(sight: Sight) -> tuple[float, ...]:
    """By verdict, then what is about answers or outcomes, then by effect times importance."""
    severity = [ACT, WARN, NOTE].index(sight.verdict)
    weight = 1.0 if sight.importance is None else sight.importance
    return severity, not sight.breach, -abs(sight.value or 0.0) * weight


def _over(facts: Facts, cause: str, sights: Sequence[Sight]) -> Alarm | None:
    """The alarm that ends; none where there was none, or what raised it cannot be seen now."""
    before = facts.alarms.get(cause)
    if before is None:
        return None
    replaced = cause == MODEL and before.release != facts.going.release
    well = {each.monitor for each in sights if each.verdict == OK}
    if not replaced and not well & before.monitors.keys():
        return None
    why = f"{short(facts.going.release)} answers now" if replaced else "everything is as it should be again"
    return structs.replace(before, verdict=OK, until=facts.now, because=why, sights=(), command="", likely="")


def _because(seen: Sequence[Sight]) -> str:
    """The worst of it in one sentence: what it did, then where it came from."""
    level = seen[0].verdict
    most = [each for each in seen if each.verdict == level]
    said = [f"{_named(each)}: {each.why}" for each in most[:SHOWN]]
    more = f"; and {len(most) - SHOWN} more" if len(most) > SHOWN else ""
    return "; ".join(said) + more


def _named(sight: Sight) -> str:
    return f"{sight.watches} of {sight.about}" if sight.about else sight.watches


def _likely(facts: Facts, seen: Sequence[Sight]) -> str:
    """Which release, caller, column or source changed, as far as it shows."""
    said: list[str] = []
    began = _began(seen)
    going = facts.going
    if timedelta(0) <= began - going.since <= NEW:
        said.append(f"release {short(going.release)} went live at {going.since:%Y-%m-%d %H:%M}")
    if moved := _callers(facts, seen):
        said.append(moved)
    loud = [each for each in seen if is_worse(each.verdict, NOTE)] or seen
    columns = [each.about for each in loud if each.watches in INDIRECT and each.about]
    if columns:
        named = ", ".join(dict.fromkeys(columns[:SHOWN]))
        owner = {part.owner for part in facts.manifest.data if part.owner}
        whose = f" (source: {', '.join(sorted(owner))})" if owner else ""
        said.append(f"{named} changed{whose}")
    return "; ".join(said)


def _callers(facts: Facts, seen: Sequence[Sight]) -> str:
    """The caller whose share of the rows grew most since then, where it grew by a tenth of all."""
    since = int(_began(seen).timestamp() // 3600)
    before = _shares(each for each in facts.hours if each.hour < since)
    now = _shares(each for each in facts.hours if each.hour >= since)
    grown = {name: share - before.get(name, 0.0) for name, share in now.items()} if before else {}
    name = max(grown, key=lambda each: grown[each], default="")
    if not name or grown[name] < MOVED:
        return ""
    return f"{name} sends {now[name]:.0%} of the rows, was {before.get(name, 0.0):.0%}"


def _shares(windows: Iterable[Window]) -> Mapping[str, float]:
    counts: dict[str, int] = {}
    for each in windows:
        callers = each.columns.get("consumer")
        if isinstance(callers, TextProfile):
            for name, count in callers.counts.items():
                counts[name] = counts.get(name, 0) + count
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def _command(facts: Facts, cause: str, verdict: str, since: datetime) -> str:
    young = timedelta(0) <= since - facts.going.since <= NEW
    if cause == MODEL and verdict == ACT and young and facts.can_go_back:
        return "causeway roll back"
    if cause == MODEL and verdict == ACT:
        return f"causeway retrain {facts.product}"
    if cause == COST:
        return f"causeway bill show {facts.product}"
    return f"causeway watch {facts.product} --why"


def is_news(alarm: Alarm, before: Alarm | None) -> bool:
    """Whether it is to be written: new, over, of another verdict, or seen by one more monitor."""
    if before is None or alarm.release != before.release:
        return alarm.verdict != OK or before is not None
    if alarm.verdict != before.verdict:
        return True
    loud = {name for name, verdict in alarm.monitors.items() if verdict in (WARN, ACT)}
    return bool(loud - {name for name, verdict in before.monitors.items() if verdict in (WARN, ACT)})


def summed(sights: Sequence[Sight], alarms: Sequence[Alarm]) -> str:
    """The product in one word: the worst alarm, else whether anything could be judged at all."""
    if alarms:
        return worst(each.verdict for each in alarms)
    judged = [each.verdict for each in sights if each.watches in ("drift", "output", "quality")]
    return OK if OK in judged or not judged else worst(judged)

"""The promises of the service, by how fast what may fail is used up; and its throughput and uptime."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from causeway.assess.watch_facts import Facts
from causeway.core.ids import counted
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, OK, WARN, Sight
from causeway.stats.burn import Burn, Span, burn_of

HOUR = 3600.0
MONTH = 28 * 24 * HOUR
LATENCY_OBJECTIVE = 0.99
"""As `[serving] latency_ms` says: 99 of 100."""
LEAST_BAD = 5
"""Fewer bad requests never alarm, whatever share they are: one caller tries again so often."""
CHANCE = 1e-4
"""What chance does as often in a service that keeps its promise never alarms."""
REACHED = 0.5
"""Where not even all requests could burn so fast, half of them do."""
RULE_OF_THREE = 3
FINE = 300.0
DOWN = timedelta(minutes=15)
METHOD = (
    "multi-window burn rates (SRE workbook, chapter 5): 14.4 over 1 h and 5 min, 6 over 6 h and 30 min, "
    "1 over 3 days and 6 h"
)


class Rule(Struct, frozen=True):
    """An alarm where both windows burn so many times faster than allowed."""

    rate: float
    long: float
    short: float
    verdict: str
    words: str


RULES = (
    Rule(14.4, HOUR, 300.0, ACT, "the last hour"),
    Rule(6.0, 6 * HOUR, 1800.0, ACT, "the last 6 hours"),
    Rule(1.0, 72 * HOUR, 6 * HOUR, WARN, "the last 3 days"),
)


def slo(facts: Facts) -> tuple[Sight, ...]:
    """Whether the promises of `[serving]` hold, and how much of what may fail in 28 days is used up."""
    promised = facts.manifest.serving
    sights: list[Sight] = []
    if promised.availability is not None and facts.service is not None:
        spans = [Span(each.since, each.until, each.answered, each.failed) for each in facts.service.asked]
        what = ("availability", "requests", "failed")
        sights.append(_judged(facts, spans, what, objective=promised.availability))
    if promised.latency_ms is not None and facts.service is not None:
        spans = [Span(each.since, each.until, each.within, each.slow) for each in facts.service.timed]
        what = ("latency", "answered rows", f"took longer than {promised.latency_ms:g} ms")
        sights.append(_judged(facts, spans, what, objective=LATENCY_OBJECTIVE))
    return tuple(sights)


def _judged(facts: Facts, spans: Sequence[Span], what: tuple[str, str, str], *, objective: float) -> Sight:
    about, units, badly = what
    now = facts.now.timestamp()
    allowed = max(1 - objective, 1e-9)
    month = burn_of(spans, since=now - MONTH, allowed=allowed)
    broken = next((rule for rule in RULES if _breaks(spans, rule, now, allowed)), None)
    if broken:
        verdict, since = broken.verdict, now - broken.long
        why = f"{_said(burn_of(spans, since=since, allowed=allowed), units, badly)} in {broken.words}"
    elif month.rate > 1 and month.bad >= LEAST_BAD and month.chance < CHANCE:
        verdict, since, why = WARN, now - MONTH, f"{_said(month, units, badly)} in 28 days"
    elif month.total * allowed < RULE_OF_THREE and month.rate <= 1:
        verdict, since = NOT_ENOUGH_DATA, now - MONTH
        needed = f"{RULE_OF_THREE / allowed:,.0f} tell whether {objective:.6g} of them hold"
        why = f"{month.total:,} {units} in 28 days; {needed}"
    else:
        verdict, since, why = OK, now - MONTH, f"{_said(month, units, badly)} in 28 days"
    if verdict in (WARN, ACT):
        why += f"; {_used(month)}"
    return Sight(
        monitor=facts.monitor("slo", about=about).name,
        watches="slo",
        verdict=verdict,
        since=_time(max(since, spans[0].since) if spans else since),
        until=facts.now,
        why=why,
        about=about,
        value=round(month.rate, 4),
        threshold=1.0,
        unit="of the budget",
        rows=month.total,
        method=f"{METHOD}; at least {LEAST_BAD} bad and no chance{_resolution(spans, now)}",
    )


def _breaks(spans: Sequence[Span], rule: Rule, now: float, allowed: float) -> bool:
    share = min(rule.rate * allowed, max(REACHED, allowed))
    long = burn_of(spans, since=now - rule.long, allowed=allowed)
    short = burn_of(spans, since=now - rule.short, allowed=allowed)
    return (
        long.share >= share
        and short.share >= share
        and long.bad >= LEAST_BAD
        and long.rate > 1
        and long.chance < CHANCE
    )


def _said(burn: Burn, units: str, badly: str) -> str:
    if not burn.bad:
        return f"none of {burn.total:,} {units} {badly}"
    times = f"{burn.allowed:.2%} allowed, {burn.rate:.1f} times that"
    return f"{burn.share:.2%} of {burn.total:,} {units} {badly} ({times})"


def _used(month: Burn) -> str:
    return f"{month.rate:.0%} of what may be in 28 days" if month.total else "nothing came in 28 days"


def _resolution(spans: Sequence[Span], now: float) -> str:
    last = [each for each in spans if each.until > now - HOUR]
    rough = any(each.until - each.since > FINE for each in last)
    return "; the last hour is known as a whole only" if rough else ""


def throughput(facts: Facts) -> tuple[Sight, ...]:
    """Requests in the last hour, and what a day brings."""
    if facts.service is None or not facts.service.asked:
        return ()
    now, part = facts.now.timestamp(), facts.monitor("throughput")
    asked = [each for each in facts.service.asked if each.until > now - 24 * HOUR]
    if not asked:
        return ()
    day = sum(each.requests for each in asked)
    hour = sum(each.requests for each in asked if each.until > now - HOUR)
    spans = min(24.0, max((now - asked[0].since) / HOUR, 1.0))
    verdict = WARN if part.threshold is not None and hour < part.threshold else OK
    return (
        Sight(
            monitor=part.name,
            watches="throughput",
            verdict=verdict,
            since=_time(asked[0].since),
            until=facts.now,
            why=f"{counted(hour, 'request')} in the last hour, {day / spans:,.0f} an hour over {spans:.0f} h",
            value=hour,
            threshold=part.threshold,
            unit="requests an hour",
            rows=day,
            method="all requests, as the gateway counted them",
        ),
    )


def uptime(facts: Facts) -> tuple[Sight, ...]:
    """For how much of the time the gateway was up; an alarm where it is gone and availability is promised."""
    if facts.service is None or not facts.service.asked:
        return ()
    asked, part = facts.service.asked, facts.monitor("uptime")
    now = facts.now.timestamp()
    begun = max(asked[0].since, now - MONTH)
    up = sum(each.up_seconds for each in asked if each.until > begun)
    share = min(1.0, up / max(now - begun, 1.0))
    gone = timedelta(seconds=max(0.0, now - asked[-1].until))
    promised = facts.manifest.serving.availability is not None or facts.is_watched("uptime")
    down = promised and gone >= DOWN
    few = part.threshold is not None and share < part.threshold
    said = f"the gateway was up {share:.2%} of {_span(now - begun)}"
    return (
        Sight(
            monitor=part.name,
            watches="uptime",
            verdict=WARN if down or few else OK,
            since=_time(asked[-1].until if down else begun),
            until=facts.now,
            why=f"it has said nothing for {_span(gone.total_seconds())}; {said}" if down else said,
            value=round(share, 6),
            threshold=part.threshold,
            unit="share",
            method="minutes in which any process of it wrote what it answered, also where that was nothing",
        ),
    )


def _span(seconds: float) -> str:
    if seconds >= 2 * 24 * HOUR:
        return f"{seconds / 24 / HOUR:.0f} days"
    return f"{seconds / HOUR:.0f} h" if seconds >= 2 * HOUR else f"{seconds / 60:.0f} min"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

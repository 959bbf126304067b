"""Rows that are not as was agreed: refused at the door, flagged in answers, set apart in scorings."""

from datetime import datetime, timedelta

from causeway.assess.watch_facts import Facts
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, OK, WARN, Sight
from causeway.stats.profile_form import TextProfile
from causeway.stats.proportion import wilson

REFUSED, FLAGGED, SET_APART = "refused", "flagged", "set apart"
DAY = 86_400.0
MORE = 0.05
"""So much more of the rows than before is a break."""
HALF = 0.5
LEAST = 50
LEAST_BROKEN = 10


def contract(facts: Facts) -> tuple[Sight, ...]:
    """Each way in which rows break the contract: the last hours beside the days before."""
    found = (_refused(facts), _flagged(facts), _set_apart(facts))
    return tuple(each for each in found if each is not None)


def _refused(facts: Facts) -> Sight | None:
    if facts.service is None or not facts.service.asked:
        return None
    now = facts.now.timestamp()
    counts = [
        (each.until, each.by_contract, each.answered + each.by_contract) for each in facts.service.asked
    ]
    return _beside(
        facts, counts, now, about=REFUSED, what="requests were refused as not what the contract says"
    )


def _flagged(facts: Facts) -> Sight | None:
    counts: list[tuple[float, int, int]] = []
    for each in facts.hours:
        flags = each.columns.get("flags")
        hits = flags.count if isinstance(flags, TextProfile) else 0
        counts.append(((each.hour + 1) * 3600.0, hits, each.rows))
    if not any(hits for _, hits, _ in counts):
        return None
    return _beside(facts, counts, facts.now.timestamp(), about=FLAGGED, what="answers were flagged")


def _beside(
    facts: Facts, counts: list[tuple[float, int, int]], now: float, *, about: str, what: str
) -> Sight | None:
    """The shortest of the last hour, 6 hours and day that has rows enough, beside all before it."""
    part = facts.monitor("contract", about=about)
    for hours in (1, 6, 24):
        since = now - hours * 3600.0
        hits, rows = _summed(counts, since, now)
        if rows >= LEAST or hours == 24:
            usual_hits, usual_rows = _summed(counts, now - 28 * DAY, since - DAY)
            allowed = _allowed(part.threshold, usual_hits, usual_rows)
            return _sight(
                facts, hits, rows, (facts.now - timedelta(hours=hours), allowed), about=about, what=what
            )
    return None


def _summed(counts: list[tuple[float, int, int]], since: float, until: float) -> tuple[int, int]:
    mine = [each for each in counts if since < each[0] - 1 <= until]
    return sum(each[1] for each in mine), sum(each[2] for each in mine)


def _allowed(asked: float | None, hits: int, rows: int) -> float:
    """The share that is nothing new: as the manifest says, else a twentieth more than at most before."""
    if asked is not None:
        return asked
    return MORE + (wilson(hits, rows)[1] if rows >= LEAST else 0.0)


def _set_apart(facts: Facts) -> Sight | None:
    """The last scoring beside those before."""
    if not facts.scored:
        return None
    last, before = facts.scored[-1], facts.scored[:-1]
    part = facts.monitor("contract", about=SET_APART)
    usual = sum(each.set_apart for each in before), sum(each.rows for each in before)
    what = "rows of the last scoring were set apart"
    return _sight(
        facts,
        last.set_apart,
        last.rows,
        (last.at, _allowed(part.threshold, *usual)),
        about=SET_APART,
        what=what,
    )


def _sight(
    facts: Facts, hits: int, rows: int, since_allowed: tuple[datetime, float], *, about: str, what: str
) -> Sight:
    since, allowed = since_allowed
    low, high = wilson(hits, rows)
    verdict = OK if rows >= LEAST else NOT_ENOUGH_DATA
    if hits >= LEAST_BROKEN and low > allowed:
        verdict = ACT if low > max(HALF, allowed) else WARN
    return Sight(
        monitor=facts.monitor("contract", about=about).name,
        watches="contract",
        verdict=verdict,
        since=min(since, facts.now),
        until=facts.now,
        why=f"{hits:,} of {rows:,} {what} ({allowed:.1%} are nothing new)",
        about=about,
        value=round(hits / rows, 6) if rows else None,
        low=round(low, 6),
        high=round(high, 6),
        threshold=round(allowed, 6),
        unit="share",
        rows=rows,
        method="Wilson interval, 95 %, beside the 28 days before",
    )

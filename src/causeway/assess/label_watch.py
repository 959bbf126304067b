"""Whether outcomes come as they used to: how long they take, how many come at all, and when they stopped."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from causeway.assess.quality_promise import QualityPromise, QualityRules
from causeway.core.ids import counted
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, WARN, Sight
from causeway.stats.delays import MATURE, Arrival, Waiting, arrival_of
from causeway.stats.proportion import wilson
from causeway.stats.quality_form import HOUR_US, QualityWindow

FEWEST = 50
"""Outcomes below which nothing is known of their delay."""
LABELS = "labels"
JOIN_RATE, DELAY = "join rate", "delay"
HALF = 0.5
"""Fewer than so many of those expected by now are an outage."""
EXPECTED = 20
"""Outcomes that must be due before their absence says anything."""
EARLY = 0.01
"""A share of outcomes known before their prediction that is no accident."""
LONGER = 1.5


class Maturity(Struct, frozen=True):
    """When a window is old enough to be judged: nearly all outcomes that come at all have come."""

    hours: float | None
    """None where too few outcomes came to know."""
    declared: bool
    arrival: Arrival

    def is_mature(self, window: QualityWindow, now_us: int) -> bool:
        """Whether the window's outcomes are in."""
        return self.hours is not None and window.until_us + self.hours * HOUR_US <= now_us


def maturity_of(windows: Sequence[QualityWindow], *, promise: QualityPromise, now_us: int) -> Maturity:
    """As the manifest declares it, else as the delays so far tell (windows of all rows, oldest first)."""
    arrival = arrival_of(_waiting(windows, now_us))
    if promise.delay_hours is not None:
        return Maturity(promise.delay_hours, declared=True, arrival=arrival)
    learnt = arrival.quantile(MATURE) / 3600 if arrival.outcomes >= FEWEST else math.nan
    return Maturity(None if math.isnan(learnt) else learnt, declared=False, arrival=arrival)


def labels_of(
    windows: Sequence[QualityWindow], maturity: Maturity, *, now_us: int, rules: QualityRules
) -> tuple[Sight, ...]:
    """What is to be said of the outcomes themselves; windows of all rows, oldest first."""
    if not windows:
        return ()
    return (_delay(windows, maturity), _join_rate(windows, maturity, now_us=now_us, rules=rules))


def at(us: int) -> datetime:
    """The moment."""
    return datetime.fromtimestamp(us / 1e6, UTC)


def said_hours(hours: float) -> str:
    """So many hours as people say it."""
    if hours < 2:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.1f} days"


def by_day(windows: Sequence[QualityWindow], *, hours: int = 24) -> list[tuple[QualityWindow, ...]]:
    """Windows of the same day together, oldest first."""
    span = hours * HOUR_US
    return [tuple(group) for _, group in groupby(windows, key=lambda window: window.since_us // span)]


def _waiting(windows: Sequence[QualityWindow], now_us: int) -> list[Waiting]:
    return [
        Waiting((now_us - window.until_us) / 1e6, window.answered, window.delays)
        for window in windows
        if window.delays is not None and window.until_us <= now_us
    ]


def _delay(windows: Sequence[QualityWindow], maturity: Maturity) -> Sight:
    arrival = maturity.arrival
    early = sum(window.delays.before for window in windows if window.delays)
    about = Sight(
        monitor=LABELS,
        watches=LABELS,
        about=DELAY,
        verdict=NOT_ENOUGH_DATA,
        since=at(windows[0].since_us),
        until=at(windows[-1].until_us),
        why=f"{counted(arrival.outcomes, 'outcome')} came so far; {FEWEST} tell how long they take.",
        threshold=maturity.hours if maturity.declared else None,
        unit="hours",
        rows=arrival.outcomes,
        method="Kaplan-Meier: who waits counts for as long as it has waited",
    )
    if arrival.outcomes < FEWEST:
        return about
    half, nearly = arrival.quantile(0.5) / 3600, arrival.quantile(MATURE) / 3600
    verdict = OK
    why = f"Half of the outcomes take {said_hours(half)} at most, 95 of 100 {said_hours(nearly)}."
    if early > EARLY * arrival.outcomes:
        verdict = NOTE
        why += f" {early:,} were known before their prediction was made: clocks differ, or it leaks."
    elif maturity.declared and maturity.hours is not None and nearly > LONGER * max(maturity.hours, 1.0):
        verdict = NOTE
        why += f" That is longer than the {said_hours(maturity.hours)} that are declared."
    return replace(about, verdict=verdict, value=nearly, why=why)


def _join_rate(
    windows: Sequence[QualityWindow], maturity: Maturity, *, now_us: int, rules: QualityRules
) -> Sight:
    days = [_Day.of(group) for group in by_day(windows, hours=rules.window_hours)]
    last = max((place for place, day in enumerate(days) if day.labelled), default=-1)
    told = [window for window in windows if last >= 0 and window.until_us <= days[last].until_us]
    usual = arrival_of(_waiting(told, now_us))
    mature = [day for day in days if maturity.hours is not None and day.is_older(maturity.hours, now_us)]
    about = Sight(
        monitor=LABELS,
        watches=LABELS,
        about=JOIN_RATE,
        verdict=NOT_ENOUGH_DATA,
        since=at(days[0].since_us),
        until=at(days[-1].until_us),
        why="No day is old enough for its outcomes to be in.",
        unit="share",
        method="Wilson",
    )
    if last < 0 or usual.outcomes < FEWEST:
        waiting = sum(day.answered for day in days)
        return replace(about, rows=waiting, why=f"{waiting:,} answers have next to no outcomes yet.")
    about = replace(about, reference=usual.join_rate, threshold=HALF * usual.join_rate)
    out = _outage(days, usual, now_us)
    if out is not None:
        return _told(about, days[out:], usual, now_us)
    if not mature:
        return about
    latest = mature[-1]
    low, high = wilson(latest.labelled, latest.answered)
    return replace(
        about,
        verdict=OK,
        since=at(latest.since_us),
        until=at(latest.until_us),
        value=latest.labelled / latest.answered,
        low=low,
        high=high,
        rows=latest.answered,
        why=f"{latest.labelled:,} of {latest.answered:,} answers have an outcome; "
        f"{usual.join_rate:.0%} is usual.",
    )


class _Day(Struct, frozen=True):
    since_us: int
    until_us: int
    answered: int
    labelled: int

    @classmethod
    def of(cls, windows: Sequence[QualityWindow]) -> "_Day":
        return cls(
            windows[0].since_us,
            max(window.until_us for window in windows),
            sum(window.answered for window in windows),
            sum(window.labelled for window in windows),
        )

    def is_older(self, hours: float, now_us: int) -> bool:
        return self.until_us + hours * HOUR_US <= now_us

    def expected(self, usual: Arrival, now_us: int) -> float:
        """The share of its outcomes that should be known by now."""
        return usual.after((now_us - self.until_us) / 1e6)


def _outage(days: Sequence[_Day], usual: Arrival, now_us: int) -> int | None:
    """The first of the last days without a break whose outcomes are missing; None where they came."""
    found = None
    for place in range(len(days) - 1, -1, -1):
        day = days[place]
        share = day.expected(usual, now_us)
        if day.answered * share < EXPECTED:
            # nobody can tell yet
            continue
        if wilson(day.labelled, day.answered)[1] >= HALF * share:
            break
        found = place
    return found


def _told(about: Sight, days: Sequence[_Day], usual: Arrival, now_us: int) -> Sight:
    answered, labelled = sum(day.answered for day in days), sum(day.labelled for day in days)
    wanted = sum(day.answered * day.expected(usual, now_us) for day in days)
    low, high = wilson(labelled, answered)
    return replace(
        about,
        verdict=WARN,
        since=at(days[0].since_us),
        until=at(days[-1].until_us),
        value=labelled / answered,
        low=low,
        high=high,
        rows=answered,
        why=f"Outcomes stopped coming: of {answered:,} answers since {at(days[0].since_us):%Y-%m-%d} "
        f"{wanted:,.0f} should have one by now, {labelled:,} have. Quality is not known until they come.",
    )

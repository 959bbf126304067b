"""How often what is said of quality would have been wrong, and how late it finds what is planted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median

from msgspec import structs

from causeway.assess.backtest_form import Planted, Tested
from causeway.assess.label_watch import at
from causeway.assess.quality_watch import EVERY_LOOK
from causeway.assess.watch_facts import Facts
from causeway.assess.watch_quality import quality
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, SILENT, WARN, Sight
from causeway.stats.planted_quality import spoilt
from causeway.stats.proportion import wilson
from causeway.stats.quality_form import HOUR_US, QualityWindow
from causeway.stats.quality_window import merged_windows

SHARES = (0.2, 0.5)
STARTS = 6
BEFORE, AHEAD = 3, 14
"""Days before a change is planted, and days in which it is found or it is not."""
MOST_DAYS = 60
DAY_US = 24 * HOUR_US
JUDGED = (OK, NOTE, WARN, ACT)
Days = Mapping[int, tuple[QualityWindow, ...]]


def quality_tests(facts: Facts, *, quiet: Callable[[datetime], bool]) -> tuple[Tested, ...]:
    """What outcomes, and estimates before they come, would have said at the end of each day."""
    days = _by_day(facts.quality)
    if len(days) <= BEFORE or not any(each.labelled for each in facts.quality):
        return ()
    ends = sorted(days)[BEFORE:][-MOST_DAYS:]
    looks = [_said(facts, days, end) for end in ends if quiet(at((end + 1) * DAY_US))]
    made = [_tested(facts, "quality", looks, planted=tuple(_planted(facts, days)))]
    if any(each.watches == "estimate" for look in looks for each in look):
        made.append(_tested(facts, "estimate", looks))
    return tuple(made)


def _by_day(windows: Sequence[QualityWindow]) -> Days:
    held: dict[int, dict[tuple[str, str], list[QualityWindow]]] = {}
    for each in windows:
        day = held.setdefault(each.since_us // DAY_US, {})
        day.setdefault((each.arm, each.slice), []).append(each)
    return {
        day: tuple(whole for part in parts.values() if (whole := merged_windows(part)))
        for day, parts in held.items()
    }


def _said(facts: Facts, days: Days, end: int, *, since: int | None = None, share: float = 0.0) -> list[Sight]:
    """What would have been said at the end of this day, of outcomes that were in by then."""
    known = [
        spoilt(each, share) if since is not None and day >= since else each
        for day, windows in sorted(days.items())
        if day <= end
        for each in windows
    ]
    then = at((end + 1) * DAY_US)
    sights = quality(structs.replace(facts, quality=tuple(known), now=then, weighing=None))
    return [
        each
        for each in sights
        if each.watches == "estimate" or (each.watches == "quality" and _is_whole(each))
    ]


def _is_whole(sight: Sight) -> bool:
    """Whether it is the metric of all rows."""
    return sight.about == sight.unit and sight.about != EVERY_LOOK


def _tested(
    facts: Facts, watches: str, looks: Sequence[Sequence[Sight]], *, planted: tuple[Planted, ...] = ()
) -> Tested:
    seen = [each for look in looks for each in look if each.watches == watches]
    judged = [each for each in seen if each.verdict in JUDGED]
    false = sum(each.verdict in (WARN, ACT) for each in judged)
    low, high = wilson(false, len(judged))
    unknown = sum(each.verdict == NOT_ENOUGH_DATA for each in seen)
    silent = sum(each.verdict == SILENT for each in seen)
    left = [
        f"{unknown} more had too few outcomes" if unknown else "",
        f"{silent} were silent" if silent else "",
    ]
    how = "; ".join(filter(None, [f"at the end of each of {len(judged)} days", *left]))
    if watches == "estimate" and judged:
        how = f"{how}; {_proof(judged[-1])}"
    return Tested(
        monitor=facts.monitor(watches).name,
        watches=watches,
        looks=len(judged),
        false=false,
        low=low,
        high=high,
        acts=sum(each.verdict == ACT for each in judged),
        planted=planted,
        how=how.removesuffix("; "),
    )


def _proof(sight: Sight) -> str:
    """How far off the estimate was, as it says itself."""
    return next(
        (part.split(".  ")[0].strip() for part in sight.why.split("; ") if part.startswith("on ")), ""
    )


def _planted(facts: Facts, days: Days) -> Iterator[Planted]:
    known = sorted(days)
    last = known[-1] - AHEAD
    places = [day for day in known[BEFORE:] if day <= last][-MOST_DAYS:]
    starts = places[:: max(1, len(places) // STARTS)][:STARTS]
    of_numbers = any(each.numbers is not None for each in facts.quality)
    for share in SHARES if starts else ():
        late = [found for start in starts if (found := _found(facts, days, start, share)) is not None]
        what = (
            f"errors {share:.0%} larger"
            if of_numbers
            else f"{share:.0%} of outcomes unrelated to the answers"
        )
        yield Planted(
            what,
            places=len(starts),
            found=len(late),
            windows=median(late) if late else None,
            hours=round(24 * (median(late) + 1), 1) if late else None,
        )


def _found(facts: Facts, days: Days, start: int, share: float) -> int | None:
    """How many days after it began it would have been acted on."""
    for end in range(start, start + AHEAD + 1):
        if end in days:
            said = _said(facts, days, end, since=start, share=share)
            if any(each.watches == "quality" and each.verdict in (WARN, ACT) for each in said):
                return end - start
    return None

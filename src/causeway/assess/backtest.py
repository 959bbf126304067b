"""How often monitors would have been wrong about what was recorded, and how late about what is planted."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import structs

from causeway.assess.backtest_form import Planted, Tested
from causeway.assess.backtest_quality import quality_tests
from causeway.assess.drift import DriftSeen, Moment, drift_of
from causeway.assess.watch_facts import IN, Compared, Facts, Judge, bare
from causeway.assess.watch_supply import freshness, volume
from causeway.core.watching import ACT, WARN
from causeway.stats.planted import planted
from causeway.stats.profile_form import HOUR_US, NumberProfile
from causeway.stats.proportion import wilson

SIZES = (0.2, 0.5)
STARTS = 6
AHEAD = 12
"""So many windows after its beginning a shift is found, or it is not."""
BEFORE = 2
MOST_HOURS = 28 * 24
BY_HOUR: dict[str, Judge] = {"volume": volume, "freshness": freshness}
_HOUR = HOUR_US // 1_000_000


def backtest(facts: Facts, *, quiet: Callable[[datetime], bool]) -> tuple[Tested, ...]:
    """Every monitor that history can be asked about; `quiet` says whether nothing was alarming then."""
    windows = [each for each in facts.windows if quiet(each.moment.since)]
    made: list[Tested] = []
    if windows:
        made.append(_drift(facts, windows))
    made += [_by_hour(facts, judge, watches, quiet) for watches, judge in BY_HOUR.items()]
    return (*made, *quality_tests(facts, quiet=quiet))


def _drift(facts: Facts, windows: Sequence[Compared]) -> Tested:
    moments = [each.moment for each in windows]
    seen = _seen(facts, moments)
    judged = [each for each in seen if each.columns]
    false = sum(each.verdict in (WARN, ACT) for each in judged)
    low, high = wilson(false, len(judged))
    columns = sum(name.startswith(IN) for name in moments[-1].columns)
    return Tested(
        monitor=facts.monitor("drift").name,
        watches="drift",
        looks=len(judged),
        false=false,
        low=low,
        high=high,
        acts=sum(each.verdict == ACT for each in judged),
        planted=tuple(
            _found(facts, moments, name, size) for name in _chosen(facts, moments[-1]) for size in SIZES
        ),
        how=f"{len(judged):,} windows of {columns} inputs, each beside {windows[-1].with_what}",
    )


def _seen(facts: Facts, moments: Sequence[Moment]) -> tuple[DriftSeen, ...]:
    return drift_of(moments, rules=facts.drift_rules, importance=facts.going.importance)


def _chosen(facts: Facts, moment: Moment) -> list[str]:
    """The number and the text on which most hangs."""
    weight = facts.going.importance
    names = [name for name in moment.reference if name.startswith(IN) and name in moment.columns]
    names.sort(key=lambda name: -weight.get(name, 0.0))
    numbers = [name for name in names if isinstance(moment.columns[name], NumberProfile)]
    texts = [name for name in names if name not in numbers and moment.columns[name].count]
    return numbers[:1] + texts[:1]


def _found(facts: Facts, moments: Sequence[Moment], name: str, size: float) -> Planted:
    """A lasting change of one column, planted at several places of the history."""
    last = max(BEFORE, len(moments) - AHEAD)
    step = max(1, (last - BEFORE) // STARTS)
    starts = range(BEFORE, min(last, len(moments) - 1) + 1, step)[:STARTS]
    delays: list[int] = []
    spans: list[float] = []
    for start in starts:
        part = list(moments[start - BEFORE : start])
        part += [_with(each, name, size) for each in moments[start : start + AHEAD]]
        seen = _seen(facts, part)[BEFORE:]
        at = next((place for place, each in enumerate(seen) if _warned(each, name)), None)
        if at is not None:
            delays.append(at)
            spans.append((seen[at].until - seen[0].since) / timedelta(hours=1))
    number = isinstance(moments[-1].columns[name], NumberProfile)
    what = f"{bare(name)} by {size:g} sd" if number else f"{size:.0%} of {bare(name)}'s commonest renamed"
    return Planted(
        what,
        places=len(starts),
        found=len(delays),
        windows=median(delays) if delays else None,
        hours=round(median(spans), 1) if spans else None,
    )


def _with(moment: Moment, name: str, size: float) -> Moment:
    if name not in moment.columns or name not in moment.reference:
        return moment
    changed = planted(moment.reference[name], moment.columns[name], size)
    return structs.replace(moment, columns={**moment.columns, name: changed})


def _warned(seen: DriftSeen, name: str) -> bool:
    return any(each.name == name and each.verdict in (WARN, ACT) for each in seen.columns)


def _by_hour(
    facts: Facts,
    judge: Judge,
    watches: str,
    quiet: Callable[[datetime], bool],
) -> Tested:
    """The monitor as it would have judged at the end of each recorded hour, knowing what was known then."""
    hours = sorted({each.hour for each in facts.hours})
    looks = false = 0
    for now in range(hours[0] + 1, hours[-1] + 2)[-MOST_HOURS:] if hours else ():
        then = datetime.fromtimestamp(now * _HOUR, facts.now.tzinfo)
        if not quiet(then):
            continue
        for sight in judge(_as_of(facts, now, then)):
            if sight.verdict in ("ok", "note", WARN, ACT):
                looks += 1
                false += sight.verdict in (WARN, ACT)
    low, high = wilson(false, looks)
    monitor = facts.monitor(watches).name
    return Tested(monitor, watches, looks, false, low, high, how=f"at the end of each of {looks:,} hours")


def _as_of(facts: Facts, hour: int, then: datetime) -> Facts:
    known = tuple(each for each in facts.hours if each.hour < hour)
    last = datetime.fromtimestamp((known[-1].hour + 1) * _HOUR, facts.now.tzinfo) if known else None
    return structs.replace(facts, now=then, hours=known, last_at=last)

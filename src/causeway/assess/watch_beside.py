"""How a release on trial answers beside the live one, in the hours in which both did."""

from datetime import UTC, datetime

from causeway.assess.watch_facts import OUT, Facts, bare
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, Sight
from causeway.stats.drift import difference
from causeway.stats.profile_form import Window
from causeway.stats.profile_many import merged_rows

LEAST = 200
LARGE = 0.1
ALPHA = 0.01


def disagreement(facts: Facts) -> tuple[Sight, ...]:
    """How far the answers of a canary or a shadow lie from the live ones; trials judge, this only shows."""
    arms = sorted({each.arm for each in facts.beside})
    return tuple(sight for arm in arms for sight in _of_arm(facts, arm))


def _of_arm(facts: Facts, arm: str) -> tuple[Sight, ...]:
    others = [each for each in facts.beside if each.arm == arm]
    hours = {each.hour for each in others}
    live = [each for each in facts.hours if each.hour in hours and each.release == facts.going.release]
    few = min(_rows(others), _rows(live))
    if few < LEAST:
        return (
            _sight(facts, others, arm, NOT_ENOUGH_DATA, f"{few:,} rows of one of both, {LEAST} are needed"),
        )
    mine, its = merged_rows(live), merged_rows(others)
    sights: list[Sight] = []
    for name in sorted(its.keys() & mine.keys()):
        if not name.startswith(OUT):
            continue
        found = difference(mine[name], its[name])
        apart = found.p < ALPHA and found.effect >= LARGE
        why = f"the {arm}'s {bare(name)} lies {found.effect:.2f} from the live release's, {found.rows:,} rows"
        verdict = NOTE if apart else OK
        sights.append(
            _sight(facts, others, arm, verdict, why, column=bare(name), value=round(found.effect, 4))
        )
    return tuple(sights)


def _sight(
    facts: Facts,
    windows: list[Window],
    arm: str,
    verdict: str,
    why: str,
    *,
    column: str = "",
    value: float | None = None,
) -> Sight:
    return Sight(
        monitor=facts.monitor("disagreement").name,
        watches="disagreement",
        verdict=verdict,
        since=_time(windows[0].hour),
        until=_time(windows[-1].hour + 1),
        why=why,
        about=f"{arm} {column}".strip(),
        value=value,
        threshold=LARGE,
        unit="distance",
        rows=_rows(windows),
        method="KS or total variation of the answers in the hours in which both answered",
    )


def _rows(windows: list[Window]) -> int:
    return sum(each.rows for each in windows)


def _time(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)

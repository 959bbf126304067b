"""What callers send and are answered, beside what the release was made of and the same hours before."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import structs

from causeway.assess.drift import DriftSeen, Moment, drift_of
from causeway.assess.drift_columns import ColumnSeen
from causeway.assess.drift_relations import RelationSeen
from causeway.assess.watch_facts import IN, OUT, Compared, Facts, bare
from causeway.core.ids import counted
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, WARN, Sight
from causeway.stats.drift import difference
from causeway.stats.proportion import wilson

NEW = timedelta(days=7)
"""So long after it went live, rows unlike those that a release was made of are skew, and drift after that."""
SOME, LARGE = 0.1, 0.2
"""What is certain to have changed by so much is worth a warning, or an act, at any time of the day."""
LEAST = 200
MATTERS = 0.2
"""A column of a smaller share of the largest importance is a note, whatever becomes of it."""
METHOD = "KS or total variation, false discoveries held at 1 %, 2 of 3 windows; {} to act"
BOUND = "lower bound (DKW, McDiarmid) over 1, 6 or 24 windows"


def drift(facts: Facts) -> tuple[Sight, ...]:
    """Each input and each answer in the last window; what lasts is a warning, what is certain may be more."""
    if not facts.windows:
        return (_too_few(facts),)
    moments = [each.moment for each in facts.windows]
    last, seen = facts.windows[-1], _named_drift(facts, moments)[-1]
    if seen.verdict == NOT_ENOUGH_DATA and not seen.columns:
        return (structs.replace(_too_few(facts), why=seen.why),)
    # how an answer goes with what it is made of is the model's doing
    pairs = tuple(
        _of_relation(facts, seen, each)
        for each in seen.relations
        if not (each.first.startswith(OUT) or each.second.startswith(OUT))
    )
    return (*(_of_column(facts, last, seen, each) for each in seen.columns), *pairs)


def _named_drift(facts: Facts, moments: Sequence[Moment]) -> tuple[DriftSeen, ...]:
    return drift_of(moments, rules=facts.drift_rules, importance=facts.going.importance)


def _of_column(facts: Facts, last: Compared, seen: DriftSeen, column: ColumnSeen) -> Sight:
    watches = "output" if column.name.startswith(OUT) else "drift"
    name = bare(column.name)
    verdict = column.verdict if last.seasonal or not _is_part_of_a_day(last.moment) else _anytime(column)
    lasting = verdict in (WARN, ACT) or column.low > facts.drift_rules.effect
    if column.weight < MATTERS and verdict in (WARN, ACT):
        verdict = NOTE
    return Sight(
        monitor=facts.monitor(watches, about=name).name,
        watches=watches,
        verdict=verdict,
        since=seen.lasting_since or seen.since,
        until=seen.until,
        why=column.why,
        about=name,
        value=round(column.effect, 4),
        low=round(column.low, 4),
        threshold=facts.drift_rules.effect,
        unit="distance",
        rows=seen.rows,
        method=f"beside {last.with_what}; {METHOD.format(BOUND)}",
        importance=facts.going.importance.get(column.name),
        lasting=lasting and (verdict == NOTE),
        breach=watches == "output",
    )


def _of_relation(facts: Facts, seen: DriftSeen, pair: RelationSeen) -> Sight:
    first, second = bare(pair.first), bare(pair.second)
    weights = [facts.going.importance.get(each) for each in (pair.first, pair.second)]
    known = [each for each in weights if each is not None]
    return Sight(
        monitor=facts.monitor("drift").name,
        watches="drift",
        verdict=pair.verdict,
        since=seen.since,
        until=seen.until,
        why=f"{first} and {second} went together by {pair.before:.2f}, now by {pair.now:.2f}",
        about=f"{first}, {second}",
        value=round(pair.now, 4),
        reference=round(pair.before, 4),
        unit="rank correlation",
        rows=seen.rows,
        method="rank correlation within the hour, Fisher's z, false discoveries held at 1 %, 2 of 3 windows",
        importance=min(known) if known else None,
    )


def _is_part_of_a_day(moment: Moment) -> bool:
    return moment.until - moment.since < timedelta(days=1)


def _anytime(column: ColumnSeen) -> str:
    """The verdict where it may be the hour that is unlike all hours together, and no change."""
    if column.verdict in (WARN, ACT):
        return ACT if column.verdict == ACT and column.low >= LARGE else WARN if column.low >= SOME else NOTE
    return column.verdict


def _too_few(facts: Facts) -> Sight:
    since = facts.going.since
    why = f"{counted(facts.waiting_rows, 'row')} came since the last window; {LEAST} are needed"
    if facts.manifest.serving.records == "off":
        why = 'nothing is recorded ([serving] records = "off"), so nothing can be watched'
    elif facts.unread:
        why += f"; {counted(facts.unread, 'segment')} of an earlier version have no profile"
    return Sight(
        monitor=facts.monitor("drift").name,
        watches="drift",
        verdict=NOT_ENOUGH_DATA,
        since=min(since, facts.now),
        until=facts.now,
        why=why,
        rows=facts.waiting_rows,
    )


def skew(facts: Facts) -> tuple[Sight, ...]:
    """The last seven days beside the release's own rows: skew while it is new, slow drift later."""
    if facts.lately is None:
        return ()
    moment = facts.lately.moment
    new = facts.now - facts.going.since <= NEW
    (seen,) = drift_of([moment], rules=facts.drift_rules, importance=facts.going.importance)
    sights: list[Sight] = []
    for column in seen.columns:
        if not column.name.startswith(IN):
            continue
        certain = column.verdict == ACT and (not _is_part_of_a_day(moment) or column.low >= SOME)
        loud = new and column.weight >= MATTERS
        verdict = WARN if certain and loud else NOTE if certain else OK
        sights.append(
            Sight(
                monitor=facts.monitor("skew", about=bare(column.name)).name,
                watches="skew",
                verdict=verdict,
                since=moment.since,
                until=moment.until,
                why=f"{column.why} ({_days(moment)} beside the release's own rows)",
                about=bare(column.name),
                value=round(column.effect, 4),
                low=round(column.low, 4),
                threshold=facts.drift_rules.effect,
                unit="distance",
                rows=moment.rows,
                lasting=certain,
                method=f"beside {facts.lately.with_what}",
                importance=facts.going.importance.get(column.name),
            )
        )
    return tuple(sights)


def _days(moment: Moment) -> str:
    days = (moment.until - moment.since) / timedelta(days=1)
    return f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} h"


def schema(facts: Facts) -> tuple[Sight, ...]:
    """Columns that the training had and no caller sends, and columns that came as another kind of value."""
    profile = facts.going.profile
    if profile is None or not facts.windows:
        return ()
    moment = facts.windows[-1].moment
    sights: list[Sight] = []
    for name, known in profile.columns.items():
        seen = moment.columns.get(name)
        if not name.startswith(IN) or not known.count:
            continue
        had = known.count / (known.count + known.missing)
        if seen is None or not seen.count:
            why = f"no caller sends {bare(name)}, which {had:.0%} of the training's rows have"
            sights.append(_schema(facts, moment, name, WARN, why))
        elif difference(known, seen).kind == "type":
            why = f"{bare(name)} came as another kind of value than in training"
            sights.append(_schema(facts, moment, name, WARN, why))
    if not sights:
        why = f"all {sum(name.startswith(IN) for name in profile.columns)} columns of the training come"
        return (_schema(facts, moment, "", OK, why),)
    return tuple(sights)


def _schema(facts: Facts, moment: Moment, name: str, verdict: str, why: str) -> Sight:
    return Sight(
        monitor=facts.monitor("schema", about=bare(name)).name,
        watches="schema",
        verdict=verdict,
        since=moment.since,
        until=moment.until,
        why=why,
        about=bare(name),
        rows=moment.rows,
        importance=facts.going.importance.get(name),
    )


def promised_inputs(facts: Facts) -> tuple[Sight, ...]:
    """What the manifest allows to be missing or unseen, held against the last window."""
    if not facts.windows:
        return ()
    moment = facts.windows[-1].moment
    return tuple(
        sight
        for watches in ("missing", "unseen")
        if facts.is_watched(watches)
        for name in moment.columns
        if name.startswith(IN)
        if (sight := _promised(facts, moment, name, watches)) is not None
    )


def _promised(facts: Facts, moment: Moment, name: str, watches: str) -> Sight | None:
    part = facts.monitor(watches, about=bare(name))
    if part.threshold is None or part.column not in ("", bare(name)):
        return None
    seen = moment.columns[name]
    rows = seen.count + seen.missing
    if watches == "missing":
        hits, reference = seen.missing, None
    else:
        known = facts.going.profile.columns.get(name) if facts.going.profile else None
        if known is None or not seen.count:
            return None
        found = difference(known, seen).strange
        rows, hits, reference = seen.count, round(found.seen * seen.count), found.reference
    low, high = wilson(hits, rows)
    verdict = ACT if low > part.threshold else WARN if hits > part.threshold * rows else OK
    said = "missing" if watches == "missing" else "unlike anything the release was made of"
    allowed = f"{part.threshold:.1%} allowed"
    return Sight(
        monitor=part.name,
        watches=watches,
        verdict=verdict,
        since=moment.since,
        until=moment.until,
        why=f"{bare(name)} is {said} in {hits / max(rows, 1):.1%} of {rows:,} rows ({allowed})",
        about=bare(name),
        value=hits / max(rows, 1),
        low=low,
        high=high,
        threshold=part.threshold,
        reference=reference,
        unit="share",
        rows=rows,
        method="Wilson interval, 95 %",
        importance=facts.going.importance.get(name),
        breach=True,
    )

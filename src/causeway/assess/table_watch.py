"""What is to be said of a table of scored rows: columns, answers and quality by window, and one verdict.

Drift of inputs acts where nothing else can judge, that is where rows have neither answers nor outcomes;
else it is a warning until answers or outcomes show it.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from causeway.assess.drift import DriftSeen, Moment, drift_of
from causeway.assess.drift_columns import ColumnSeen, DriftRules
from causeway.assess.drift_relations import RelationSeen
from causeway.assess.quality_promise import QualityPromise, QualityRules
from causeway.assess.quality_watch import EVERY_LOOK, quality_of
from causeway.assess.table_roles import Roles
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, SILENT, WARN, Sight, is_worse, worst
from causeway.stats.binned_metrics import metric_of
from causeway.stats.quality_form import QualityWindow

IN, OUT = "in_", "out_"
LEAST_ROWS = 100
"""Of a table that does not grow, so many rows are judged."""
HELD = frozenset({"quality", "calibration", "estimate"})
METHOD = "KS or total variation, false discoveries held at 1 %{}; lower bound (DKW, McDiarmid) to act"
OF_THREE = ", 2 of 3 windows"


class TableSeen(Struct, frozen=True):
    """One window of the table, and what its rows showed."""

    since: datetime
    until: datetime
    rows: int
    verdict: str
    changed: tuple[str, ...] = ()
    """Columns worth a warning or more, the largest first."""


class Judged(Struct, frozen=True):
    """Everything that was looked at, and the verdict of it all."""

    verdict: str
    sights: tuple[Sight, ...]
    windows: tuple[TableSeen, ...]


def judged(
    moments: Sequence[Moment],
    *,
    roles: Roles,
    absent: Sequence[str],
    quality: Sequence[QualityWindow],
    promise: QualityPromise | None,
    reference: QualityWindow | None,
    window_hours: int,
    rows: int,
    at: datetime,
) -> Judged:
    """The sights of the last window that could be judged, and all windows; `absent` are columns that went."""
    if not moments:
        why = f"{rows:,} rows are no reference and a window: {LEAST_ROWS} each are needed"
        few = Sight("drift", "drift", NOT_ENOUGH_DATA, at, at, why, rows=rows)
        return Judged(NOT_ENOUGH_DATA, (few,), ())
    alone = len(moments) < 2
    rules = DriftRules(least_rows=LEAST_ROWS, of_three=1 if alone else 2)
    seen = drift_of(moments, rules=rules, importance={}) if moments else ()
    sights = [*_drift(seen, alone=alone), *_absent(moments, absent)]
    if promise is not None and quality:
        sights += _quality(quality, promise, reference, window_hours=window_hours, alone=alone)
    weighed = _weighed(sights, roles)
    return Judged(_verdict(weighed), tuple(weighed), tuple(map(_window, seen)))


def _drift(seen: Sequence[DriftSeen], *, alone: bool) -> list[Sight]:
    whole = [each for each in seen if each.columns]
    if not whole:
        return [_too_few(each) for each in seen[-1:]]
    last = whole[-1]
    how = METHOD.format("" if alone else OF_THREE)
    sights = [_of_column(last, each, how) for each in last.columns]
    # how an answer goes with what it is made of is the model's doing
    pairs = [each for each in last.relations if not (each.first + each.second).count(OUT)]
    holes = _holes(last)
    return [*sights, *(_of_relation(last, each, alone=alone) for each in pairs), *holes]


def _holes(seen: DriftSeen) -> list[Sight]:
    """Columns that never lacked a value and now do, however few; beyond chance over all columns.

    Several that begin to at once have one cause, and count together.
    """
    rules = DriftRules()
    inputs = [each for each in seen.columns if each.verdict in (OK, NOTE) and "missing" not in each.aspects]
    shares = {_bare(each.name): each.difference.missing for each in inputs}
    holes = {
        name: share
        for name, share in shares.items()
        if share.seen and not share.reference and share.p * len(seen.columns) <= rules.q
    }
    together = len(holes) > 1 and sum(each.seen for each in holes.values()) >= rules.effect
    return [
        Sight(
            "missing",
            "missing",
            WARN if together else NOTE,
            seen.since,
            seen.until,
            f"missing in {share.seen:.1%} of {seen.rows:,} rows, never in the reference"
            + (f"; so are values of {len(holes) - 1} more columns" if together else ""),
            about=name,
            value=round(share.seen, 4),
            reference=0.0,
            unit="share",
            rows=seen.rows,
            lasting=True,
        )
        for name, share in holes.items()
    ]


def _too_few(seen: DriftSeen) -> Sight:
    return Sight("drift", "drift", NOT_ENOUGH_DATA, seen.since, seen.until, seen.why, rows=seen.rows)


def _of_column(seen: DriftSeen, column: ColumnSeen, how: str) -> Sight:
    watches = "output" if column.name.startswith(OUT) else "drift"
    return Sight(
        monitor=watches,
        watches=watches,
        verdict=column.verdict,
        since=(seen.lasting_since or seen.since) if column.verdict in (WARN, ACT) else seen.since,
        until=seen.until,
        why=column.why,
        about=_bare(column.name),
        value=round(column.effect, 4),
        low=round(column.low, 4),
        threshold=DriftRules().effect,
        unit="distance",
        rows=seen.rows,
        method=how,
        lasting=column.low > DriftRules().effect,
        breach=watches == "output",
    )


def _of_relation(seen: DriftSeen, pair: RelationSeen, *, alone: bool) -> Sight:
    first, second = _bare(pair.first), _bare(pair.second)
    return Sight(
        monitor="drift",
        watches="drift",
        verdict=NOTE if alone else pair.verdict,
        since=seen.since,
        until=seen.until,
        why=f"{first} and {second} went together by {pair.before:.2f}, now by {pair.now:.2f}",
        about=f"{first}, {second}",
        value=round(pair.now, 4),
        reference=round(pair.before, 4),
        unit="rank correlation",
        rows=seen.rows,
        method="rank correlation within a window, Fisher's z, false discoveries held at 1 %",
    )


def _absent(moments: Sequence[Moment], absent: Sequence[str]) -> list[Sight]:
    if not moments:
        return []
    last = moments[-1]
    why = "the reference has this column, the rows do not"
    return [
        Sight("schema", "schema", WARN, last.since, last.until, why, about=name, rows=last.rows)
        for name in absent
    ]


def _quality(
    windows: Sequence[QualityWindow],
    promise: QualityPromise,
    reference: QualityWindow | None,
    *,
    window_hours: int,
    alone: bool,
) -> list[Sight]:
    known = reference if reference is not None and reference.labelled >= LEAST_ROWS else None
    sights = quality_of(
        windows,
        promise=promise,
        now_us=windows[-1].until_us,
        rules=QualityRules(least_rows=LEAST_ROWS, window_hours=window_hours, of_three=1 if alone else 2),
        reference=known,
    )
    # outcomes lie beside their rows here: how long they took nobody can tell
    kept = [each for each in sights if each.watches != "labels" and each.about != EVERY_LOOK]
    return [_reworded(each) for each in kept if each.watches != "estimate" or windows[-1].scores is not None]


def _reworded(sight: Sight) -> Sight:
    why = sight.why.removesuffix(".")
    if sight.watches == "quality" and sight.verdict == NOT_ENOUGH_DATA:
        why = f"of {sight.rows:,} rows the outcome is known; {LEAST_ROWS} are needed, and some of each class"
    return structs.replace(sight, why=why)


def _weighed(sights: Sequence[Sight], roles: Roles) -> list[Sight]:
    """The same; what only inputs show is a warning at most, where answers or outcomes could show it."""
    outcomes = [each for each in sights if each.watches == "quality" and each.value is not None]
    shown = [each for each in sights if each.breach and each.verdict in (WARN, ACT)]
    breach = any(each.watches != "output" for each in shown) if outcomes else bool(shown)
    blind = not roles.answers and not roles.outcome
    if breach or blind:
        return list(sights)
    who = "outcomes do not show it" if outcomes else "answers do not show it" if roles.answers else ""
    said = f"; {who}, so nothing acts" if who else "; nothing says what answers make of it, so nothing acts"
    return [
        structs.replace(each, verdict=WARN, why=f"{each.why}{said}")
        if each.verdict == ACT and each.watches not in HELD
        else each
        for each in sights
    ]


def _verdict(sights: Sequence[Sight]) -> str:
    loud = [each.verdict for each in sights if _counts(each)]
    if loud:
        return worst(loud)
    held = [each.verdict for each in sights if each.watches in {"drift", "output", "quality"}]
    known = [each for each in held if each not in (NOT_ENOUGH_DATA, SILENT)]
    return OK if known else NOT_ENOUGH_DATA


def _counts(sight: Sight) -> bool:
    return is_worse(sight.verdict, NOTE) or (sight.verdict == NOTE and sight.lasting)


def _window(seen: DriftSeen) -> TableSeen:
    changed = [_bare(each.name) for each in seen.columns if each.verdict in (WARN, ACT)]
    pairs = [f"{_bare(each.first)}, {_bare(each.second)}" for each in seen.relations if each.verdict == WARN]
    return TableSeen(seen.since, seen.until, seen.rows, seen.verdict, (*changed, *pairs))


def _bare(column: str) -> str:
    return column.removeprefix(IN).removeprefix(OUT)


def promised(reference: QualityWindow | None, *, task: str, scored: bool) -> QualityPromise:
    """What the reference's own rows came to, which later ones are held against."""
    metric = "rmse" if task == "regression" else "roc_auc" if task == "binary" and scored else "accuracy"
    labelled = reference.labelled if reference is not None else 0
    found = metric_of(reference, metric) if reference is not None and labelled >= LEAST_ROWS else None
    return QualityPromise(
        release="",
        task=task,
        metric=metric,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        rows=labelled,
        higher_is_better=metric != "rmse",
        delay_hours=0.0,
    )

"""Whether chances still mean what they say, answers are as sure as they were, and groups fare alike."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from causeway.assess.label_watch import at
from causeway.assess.quality_promise import QualityPromise, QualityRules
from causeway.core.watching import NOT_ENOUGH_DATA, NOTE, OK, WARN, Sight
from causeway.stats.binned import middles_of
from causeway.stats.binned_metrics import ece
from causeway.stats.fairness import Fairness, Group, Rate, fairness_between
from causeway.stats.proportion import wilson
from causeway.stats.quality_form import QualityWindow, ScoreBins
from causeway.stats.quality_window import grouped, merged_windows

CALIBRATION, OUTPUT, FAIRNESS = "calibration", "output", "fairness"
CONFIDENCE = "confidence"
LARGE_ERROR = 0.05
"""A calibration error worth a word where the manifest names no ceiling."""
LESS_SURE = 0.05
"""A change of mean confidence worth a word."""
LEAST_OF_GROUP = 30


def calibration_of(
    mature: Sequence[QualityWindow], *, promise: QualityPromise, rules: QualityRules
) -> tuple[Sight, ...]:
    """The calibration error of the last windows together, beside what chance explains."""
    groups = grouped(mature, hours=rules.window_hours, least=rules.least_rows)
    window = merged_windows(groups[-rules.horizon :])
    if window is None or window.scores is None or window.scores.known < rules.least_rows:
        return ()
    seen = ece(window.scores)
    by_chance = seen.by_chance or 0.0
    limit = LARGE_ERROR if promise.calibration_ceiling is None else promise.calibration_ceiling
    told = f"Chances lie {seen.value:.3f} from what came ({seen.low:.3f} to {seen.high:.3f})"
    off = seen.value > by_chance and seen.low > limit
    verdict = WARN if off else NOTE if seen.value > max(by_chance, limit) else OK
    end = f"; {by_chance:.3f} is what chance explains, at most {limit:g} is asked."
    return (
        Sight(
            monitor=CALIBRATION,
            watches=CALIBRATION,
            about="probability" if promise.task == "binary" else CONFIDENCE,
            verdict=verdict,
            since=at(window.since_us),
            until=at(window.until_us),
            why=told + end,
            value=seen.value,
            low=seen.low,
            high=seen.high,
            threshold=limit,
            reference=promise.calibration.error if promise.calibration else None,
            unit="share",
            rows=seen.rows,
            method=f"10 equally wide bins, {seen.method}",
            breach=off,
        ),
    )


def confidence_of(
    windows: Sequence[QualityWindow], reference: QualityWindow | None, *, rules: QualityRules
) -> tuple[Sight, ...]:
    """How sure the last day's answers are, beside those that were measured; needs no outcomes."""
    if reference is None or reference.scores is None or not windows:
        return ()
    span = rules.window_hours * 3_600_000_000
    window = merged_windows([each for each in windows if each.until_us > windows[-1].until_us - span])
    if window is None or window.scores is None or window.scores.rows < rules.least_rows:
        return ()
    binary = window.labels is None or len(window.labels.classes) == 2
    now, then = _sureness(window.scores, binary=binary), _sureness(reference.scores, binary=binary)
    changed = abs(now - then) > LESS_SURE
    return (
        Sight(
            monitor=OUTPUT,
            watches=OUTPUT,
            about=CONFIDENCE,
            verdict=NOTE if changed else OK,
            since=at(window.since_us),
            until=at(window.until_us),
            why=f"Answers are {now:.1%} sure on average; those that were measured were {then:.1%} sure.",
            value=now,
            threshold=LESS_SURE,
            reference=then,
            unit="share",
            rows=window.scores.rows,
            method="mean of the likelier answer's chance",
        ),
    )


def fairness_of(
    slices: Mapping[str, Sequence[QualityWindow]], *, promise: QualityPromise, rules: QualityRules
) -> tuple[Sight, ...]:
    """Who is chosen how often, by each column that the manifest names; outcomes are not needed for that."""
    return tuple(
        _fairness(column, slices, promise=promise, rules=rules) for column in promise.fairness_columns
    )


def _fairness(
    column: str,
    slices: Mapping[str, Sequence[QualityWindow]],
    *,
    promise: QualityPromise,
    rules: QualityRules,
) -> Sight:
    end = max((windows[-1].until_us for windows in slices.values() if windows), default=0)
    start = end - rules.horizon * rules.window_hours * 3_600_000_000
    groups: list[Group] = []
    for name, windows in slices.items():
        if name.startswith(f"{column}="):
            window = merged_windows([each for each in windows if each.since_us >= start])
            group = _group(name.removeprefix(f"{column}="), window) if window else None
            groups += [group] if group else []
    seen = fairness_between(groups)
    about = Sight(
        monitor=FAIRNESS,
        watches=FAIRNESS,
        about=column,
        verdict=NOT_ENOUGH_DATA,
        since=at(start),
        until=at(end),
        why=f"Of {column} fewer than two groups of {LEAST_OF_GROUP} rows were recorded.",
        threshold=promise.fairness_floor,
        reference=promise.fairness[column].ratio if column in promise.fairness else None,
        unit="ratio",
        method="Katz",
    )
    return about if seen is None else _judged(about, seen, promise.fairness_floor)


def _judged(about: Sight, seen: Fairness, floor: float) -> Sight:
    rates = {group.name: group.chosen for group in seen.groups}
    least, most = rates[seen.least], rates[seen.most]
    why = (
        f"{seen.least} is chosen {seen.ratio:.2f} times as often as {seen.most}: {least.hits:,} of "
        f"{least.rows:,} against {most.hits:,} of {most.rows:,}"
    )
    told = replace(
        about,
        value=seen.ratio,
        low=seen.low,
        high=seen.high,
        rows=sum(group.chosen.rows for group in seen.groups),
    )
    if seen.ratio >= floor:
        return replace(told, verdict=OK, why=f"{why}.")
    if seen.high >= 1:
        return replace(told, verdict=NOTE, why=f"{why}; chance may explain that.")
    return replace(told, verdict=WARN, why=f"{why}; at least {floor:g} is asked.", breach=True)


def _group(name: str, window: QualityWindow) -> Group | None:
    """Chosen of all rows, and of those whose outcome is known; None without two classes or enough rows."""
    labels = window.labels
    if labels is None or len(labels.classes) != 2 or labels.rows < LEAST_OF_GROUP:
        return None
    table = labels.counts
    return Group(
        name,
        _rate(int(table[1].sum()), labels.rows),
        _rate(int(table[1, 1]), int(table[:, 1].sum())),
        _rate(int(table[1, 0]), int(table[:, 0].sum())),
    )


def _rate(hits: int, rows: int) -> Rate:
    return Rate(hits, rows, *wilson(hits, rows))


def _sureness(scores: ScoreBins, *, binary: bool) -> float:
    middles, rows = middles_of(scores), scores.counts.sum(axis=0)
    sure = abs(middles - 0.5) + 0.5 if binary else middles
    return float(rows @ sure / rows.sum())

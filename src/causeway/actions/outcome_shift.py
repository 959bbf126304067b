"""Days of traffic beside the held-out rows of the release that answered them, weighted to look alike."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from causeway.actions.bundles import describe
from causeway.actions.outcome_reference import features_of, held_answers
from causeway.actions.segments import PREDICTIONS, segment_source, segments_of
from causeway.actions.stages.kept_answers import KeptAnswers
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.label_watch import by_day, maturity_of
from causeway.assess.quality_promise import QualityPromise
from causeway.assess.quality_rows import own_rows
from causeway.assess.quality_weighing import WeighedDay, Weighing
from causeway.core.errors import CausewayError
from causeway.core.events import SegmentSealed
from causeway.core.table import Numbers
from causeway.stats.binned_metrics import metric_of
from causeway.stats.estimated_weights import weighted_metric, weights_of
from causeway.stats.profile_form import Coded
from causeway.stats.quality import METRICS
from causeway.stats.quality_form import HOUR_US, QualityWindow
from causeway.stats.quality_window import by_slice, merged_windows

DAYS = 6
LEAST_KNOWN = 200
MOST_ROWS = 5_000
"""Of a day; they are taken evenly."""


def weighing_where_needed(
    work: Workspace,
    product: str,
    windows: Sequence[QualityWindow],
    *,
    reference: QualityWindow | None,
    promise: QualityPromise,
    now_us: int,
) -> Weighing | None:
    """The same where nothing else estimates: answers without chances, of which no errors were learnt."""
    every = by_slice(windows).get("", [])
    if reference is None or reference.scores or reference.expected or not every:
        return None
    hours = maturity_of(every, promise=promise, now_us=now_us).hours
    known_until_us = 0 if hours is None else now_us - round(hours * HOUR_US)
    return weighing(work, product, promise.release, every, known_until_us=known_until_us)


def weighing(
    work: Workspace,
    product: str,
    release: str,
    windows: Sequence[QualityWindow],
    *,
    known_until_us: int,
) -> Weighing | None:
    """The last days of these windows (of all rows of one release, oldest first), outcomes in by then.

    None where its held-out rows are not on this disk, or no input is a number.
    """
    try:
        described = describe(work, release).release
    except CausewayError:
        return None
    kept = held_answers(work, product, release)
    if kept is None:
        return None
    names, features = features_of(kept, described)
    if not names:
        return None
    metric, truth, answers = _judged(kept)
    segments = segments_of(work, product, PREDICTIONS)
    days: list[WeighedDay] = []
    for group in by_day(windows)[-DAYS:]:
        rows = _features(work, segments, group, release, names=names)
        if (window := merged_windows(group)) is None or not len(rows):
            continue
        weighted = weighted_metric(metric, truth, answers, weights_of(features, rows))
        is_known = window.until_us <= known_until_us and window.labelled >= LEAST_KNOWN
        came = metric_of(window, metric) if is_known else None
        days.append(WeighedDay(window.since_us, window.until_us, window.answered, weighted, came))
    chosen = METRICS[metric]
    return Weighing(metric, chosen.higher_is_better, chosen.of(truth, answers), tuple(days))


def _judged(kept: KeptAnswers) -> tuple[str, Numbers, Numbers]:
    truth, answers, chance = kept.column("truth"), kept.column("answer"), kept.column("chance")
    if not kept.classes:
        return "rmse", truth, answers
    if len(chance):
        return "roc_auc", (truth == kept.one).astype(np.float64), chance
    return "accuracy", truth, answers


def _features(
    work: Workspace,
    segments: Sequence[SegmentSealed],
    group: Sequence[QualityWindow],
    release: str,
    *,
    names: Sequence[str],
) -> Numbers:
    since, until = group[0].since_us, max(window.until_us for window in group)
    parts = [
        part
        for fact in segments
        if _meets(fact, since, until)
        for part in _parts(work, fact, release, names=names, since=since, until=until)
    ]
    found = np.concatenate(parts) if parts else np.empty((0, len(names)))
    step = -(-len(found) // MOST_ROWS) if len(found) else 1
    return found[::step]


def _parts(
    work: Workspace, fact: SegmentSealed, release: str, *, names: Sequence[str], since: int, until: int
) -> Iterator[Numbers]:
    columns = ["at", "release", "arm", "flags", "consumer", *(f"in_{name}" for name in names)]
    for _, rows in registry.segment_files().keyed(segment_source(work, fact), columns):
        at, released, arm = rows["at"], rows["release"], rows["arm"]
        if isinstance(at, Coded) or not isinstance(released, Coded) or not isinstance(arm, Coded):
            continue
        if release not in released.names:
            continue
        mine = own_rows(rows, arm) & (released.codes == released.names.index(release))
        mine &= (at >= since) & (at < until)
        held = [rows.get(f"in_{name}") for name in names]
        numbers = [np.full(len(at), np.nan) if x is None or isinstance(x, Coded) else x for x in held]
        yield np.column_stack(numbers)[mine]


def _meets(fact: SegmentSealed, since: int, until: int) -> bool:
    first, last = fact.first_at, fact.last_at
    if first is None or last is None:
        return True
    return _us(first) < until and _us(last) >= since


def _us(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1e6)

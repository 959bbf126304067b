"""Whether outcomes come in time to judge drift by, and whether they say that all is well since it began."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache

from causeway.assess.quality_promise import QualityRules, promise_of
from causeway.assess.quality_usual import scatter_of
from causeway.assess.quality_watch import EVERY_LOOK, Held, held_of, spells_of
from causeway.assess.watch_facts import Facts
from causeway.core.watching import NOTE, Sight, is_worse
from causeway.stats.binned_metrics import Measured, metric_of
from causeway.stats.quality_form import ONE, ZERO, QualityWindow
from causeway.stats.quality_window import by_slice, merged_windows

TIMELY = timedelta(days=10)
"""Outcomes that take no longer are waited for."""
OVERDUE = timedelta(days=2)
LEAST, LEAST_EACH = 100, 20
"""So many labelled rows, and rows of each of two classes, say how it goes since then."""
RULES = QualityRules()

WellSince = Callable[[datetime], bool]


def is_overall(sight: Sight) -> bool:
    """Whether it is what outcomes say of all rows lately, not of a slice nor of the release's whole life."""
    return sight.watches == "quality" and sight.about in ("", sight.unit) and sight.about != EVERY_LOOK


def are_timely(facts: Facts, sights: Sequence[Sight]) -> bool:
    """Whether outcomes come within days, as they do or are declared to."""
    labels = [each for each in sights if each.watches == "labels"]
    if any(is_worse(each.verdict, NOTE) for each in labels):
        return False
    hours = [each.value for each in labels if each.unit == "hours" and each.value is not None]
    return any(timedelta(hours=each) <= TIMELY for each in hours) or _are_expected(facts)


def _are_expected(facts: Facts) -> bool:
    """Whether outcomes are declared to come soon, and are not overdue yet."""
    days = facts.manifest.evaluation.outcome_days
    if not days or timedelta(days=days) > TIMELY:
        return False
    return facts.now - facts.going.since <= timedelta(days=days) + OVERDUE


def well_since(facts: Facts, sights: Sequence[Sight]) -> WellSince:
    """Tells of a moment whether outcomes of rows since then are as good as ever; no, where too few came."""
    latest = max(filter(is_overall, sights), key=lambda each: each.until, default=None)
    if latest is None or is_worse(latest.verdict, NOTE) or facts.going.described is None:
        return lambda _: False
    promise = promise_of(facts.going.described, facts.manifest.evaluation)
    held = held_of(promise)[0][1]
    windows = by_slice(facts.quality).get("", [])
    spells = spells_of(windows, promise)
    usual = scatter_of(spells)

    @cache
    def well(since: datetime) -> bool:
        first = round(since.timestamp() * 1e6)
        merged = merged_windows([each for each in windows if each.since_us >= first])
        seen = _measured(merged, held) if merged else None
        if seen is None or held.below_floor(seen):
            return False
        since_then = [each.rows for each in spells if each.since_us >= first] or [seen.rows]
        measured_on = max(held.rows * len(since_then) / sum(since_then), 1.0)
        return not held.decayed(seen, RULES, apart=usual * (1 / len(since_then) + 1 / measured_on))

    return well


def _measured(window: QualityWindow, held: Held) -> Measured | None:
    if window.labelled < LEAST:
        return None
    if held.metric == "roc_auc" and window.scores is not None:
        each = window.scores.counts.sum(axis=1)
        if min(int(each[ZERO]), int(each[ONE])) < LEAST_EACH:
            return None
    return metric_of(window, held.metric)

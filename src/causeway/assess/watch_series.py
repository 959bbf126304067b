"""What monitors saw over the last windows, one line each: what a page or a report draws."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from msgspec import structs

from causeway.assess.drift import DriftSeen, drift_of
from causeway.assess.label_watch import Maturity, at, maturity_of
from causeway.assess.quality_estimates import estimates_of
from causeway.assess.quality_promise import QualityPromise, QualityRules, promise_of
from causeway.assess.quality_watch import Held, held_of
from causeway.assess.watch_facts import OUT, Compared, Facts, bare
from causeway.assess.watch_line import Point, Series, spans
from causeway.assess.watch_series_service import MOST_POINTS, service_series
from causeway.core.ids import counted
from causeway.core.watching import NOT_ENOUGH_DATA, OK, SILENT, WARN, Sight
from causeway.stats.binned_metrics import metric_of
from causeway.stats.profile_form import HOUR_US
from causeway.stats.proportion import wilson
from causeway.stats.quality_form import QualityWindow
from causeway.stats.quality_window import by_slice, grouped, merged_windows

OF_OTHER_SPANS = frozenset({"labels", "volume"})
"""What is judged over other spans than those that are drawn: its threshold has no place there."""


def series_of(
    facts: Facts, sights: Sequence[Sight], *, answered: Sequence[QualityWindow] = ()
) -> tuple[Series, ...]:
    """Every monitor that can be asked about its past: outcomes, answers and inputs, volume, latency.

    `answered` is what every release answered callers, beside what came of it; the live one's when left out.
    """
    windows = answered or facts.quality
    quality = [_believed(each, sights) for each in _quality(facts, windows)]
    found = (*quality, *_outcomes(windows), *_drift(facts), *service_series(facts))
    return tuple(_said(each, sights) for each in found if each.points)


def _said(series: Series, sights: Sequence[Sight]) -> Series:
    """With what the last look said of it."""
    same = [each for each in sights if each.watches == series.watches and each.about == series.about]
    if not same:
        return series
    sight = same[0]
    alike = series.watches not in OF_OTHER_SPANS
    return structs.replace(
        series,
        monitor=sight.monitor,
        verdict=sight.verdict,
        why=sight.why,
        method=sight.method or series.method,
        threshold=sight.threshold if alike and series.threshold is None else series.threshold,
        reference=sight.reference if alike and series.reference is None else series.reference,
        importance=sight.importance if series.importance is None else series.importance,
    )


def _believed(series: Series, sights: Sequence[Sight]) -> Series:
    """Without estimates, where the last look found that they do not hold."""
    refused = next((each for each in sights if each.watches == "estimate" and each.verdict == SILENT), None)
    return structs.replace(series, beside=(), beside_is="", note=refused.why) if refused else series


def _drifts(facts: Facts, windows: Sequence[Compared]) -> tuple[DriftSeen, ...]:
    moments = [each.moment for each in windows]
    return drift_of(moments, rules=facts.drift_rules, importance=facts.going.importance)


def _drift(facts: Facts) -> Iterator[Series]:
    """Each answer, then each input, by what matters most."""
    seen = sorted(
        (*_drifts(facts, facts.earlier), *_drifts(facts, facts.windows)), key=lambda each: each.since
    )
    names = dict.fromkeys(column.name for window in seen for column in window.columns)
    made = [
        Series(
            watches="output" if name.startswith(OUT) else "drift",
            about=bare(name),
            unit="distance",
            threshold=facts.drift_rules.effect,
            importance=facts.going.importance.get(name),
            period=spans([each.until - each.since for each in seen]),
            points=tuple(
                next(
                    (
                        Point(
                            window.since, window.until, window.rows, each.effect, each.low, None, each.verdict
                        )
                        for each in window.columns
                        if each.name == name
                    ),
                    Point(window.since, window.until, window.rows, verdict=NOT_ENOUGH_DATA),
                )
                for window in seen
            ),
        )
        for name in names
    ]
    yield from sorted(made, key=lambda each: (each.watches != "output", -each.weight))


def _quality(facts: Facts, answered: Sequence[QualityWindow]) -> Iterator[Series]:
    """The promised metric, of all rows and of each slice, where outcomes are in; estimates beside."""
    described, rules = facts.going.described, QualityRules()
    if described is None or not answered:
        return
    promise = promise_of(described, facts.manifest.evaluation)
    slices, now_us = by_slice(answered), round(facts.now.timestamp() * 1e6)
    maturity = maturity_of(slices.get("", []), promise=promise, now_us=now_us)
    for name in ("", *promise.slices):
        windows = slices.get(name, [])
        groups = _groups(windows, maturity, now_us=now_us, rules=rules)
        held = dict(held_of(promise))[name]
        points = tuple(_measured(each, held, mature=mature, rules=rules) for each, mature in groups)
        series = Series(
            watches="quality",
            about=name or promise.metric,
            unit=promise.metric,
            points=points,
            period=spans([each.until - each.since for each in points]),
            threshold=held.threshold(rules),
            reference=held.value,
        )
        yield _estimated(facts, series, [each for each, _ in groups], promise) if not name else series


def _groups(
    windows: Sequence[QualityWindow], maturity: Maturity, *, now_us: int, rules: QualityRules
) -> list[tuple[QualityWindow, bool]]:
    """Days with outcomes enough, as they are judged, and then those whose outcomes are not in yet."""
    found: list[tuple[QualityWindow, bool]] = []
    for _, same in groupby(windows, key=lambda each: each.release):
        held = list(same)
        mature = [each for each in held if maturity.is_mature(each, now_us)]
        found += [(each, True) for each in grouped(mature, hours=rules.window_hours, least=rules.least_rows)]
        found += [(each, False) for each in _by_answers(held[len(mature) :], rules)]
    return found[-MOST_POINTS:]


def _by_answers(windows: Sequence[QualityWindow], rules: QualityRules) -> Iterator[QualityWindow]:
    """Days that have answers enough, whatever came of them."""
    span = rules.window_hours * HOUR_US
    waiting: list[QualityWindow] = []
    for each in windows:
        full = sum(one.answered for one in waiting) >= rules.least_rows
        if full and each.since_us // span != waiting[-1].since_us // span:
            yield from filter(None, [merged_windows(waiting)])
            waiting = []
        waiting.append(each)
    yield from filter(None, [merged_windows(waiting)])


def _measured(window: QualityWindow, held: Held, *, mature: bool, rules: QualityRules) -> Point:
    since, until = at(window.since_us), at(window.until_us)
    seen = metric_of(window, held.metric) if mature and window.labelled >= rules.least_rows else None
    if seen is None:
        return Point(since, until, window.labelled, verdict=NOT_ENOUGH_DATA)
    verdict = WARN if held.decayed(seen, rules) or held.below_floor(seen) else OK
    return Point(since, until, seen.rows, seen.value, seen.low, seen.high, verdict)


def _estimated(
    facts: Facts, series: Series, groups: Sequence[QualityWindow], promise: QualityPromise
) -> Series:
    """With what was estimated of the same windows, where the last look believes in estimates."""
    seen = [
        sight
        for each in groups
        if each.release == facts.going.release
        for sight in estimates_of(
            [each], mature=(), promise=promise, reference=facts.quality_reference, rules=QualityRules()
        )
        if sight.about == series.unit and sight.value is not None
    ]
    points = tuple(Point(each.since, each.until, each.rows, each.value, each.low, each.high) for each in seen)
    if not points:
        return series
    note = "The dashed line is estimated before outcomes come; it assumes that answers mean what they meant."
    return structs.replace(series, beside=points, beside_is="estimated", note=note)


def _outcomes(answered: Sequence[QualityWindow]) -> Iterator[Series]:
    """The share of the answers of each day whose outcome is known by now."""
    days: dict[int, list[QualityWindow]] = {}
    for each in by_slice(answered).get("", []):
        days.setdefault(each.since_us // (24 * HOUR_US), []).append(each)
    points: list[Point] = []
    for day in sorted(days)[-MOST_POINTS:]:
        asked = sum(each.answered for each in days[day])
        came = sum(each.labelled for each in days[day])
        since = at(day * 24 * HOUR_US)
        low, high = wilson(came, asked)
        share = came / asked if asked else None
        points.append(Point(since, since + timedelta(days=1), asked, share, low, high))
    answers, known = sum(each.rows for each in points), sum((each.value or 0) * each.rows for each in points)
    waiting = 1 - known / answers if answers else 0.0
    note = f"{waiting:.1%} of these {counted(answers, 'answer')} have no outcome yet."
    yield Series("labels", "join rate", "share", tuple(points), period="days", method="Wilson", note=note)

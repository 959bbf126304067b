"""What monitors saw over the last windows, one line each: what a page or a report draws."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from msgspec import Struct, structs

from causeway.assess.drift import drift_of
from causeway.assess.label_watch import Maturity, at, maturity_of
from causeway.assess.quality_estimates import estimates_of
from causeway.assess.quality_promise import QualityPromise, QualityRules, promise_of
from causeway.assess.quality_watch import Held, held_of
from causeway.assess.watch_facts import OUT, Facts, bare
from causeway.assess.watch_service import P99, USUAL, alike, rows_by_hour
from causeway.core.ids import counted
from causeway.core.watching import NOT_ENOUGH_DATA, OK, SILENT, WARN, Sight
from causeway.stats.binned_metrics import metric_of
from causeway.stats.profile import quantile
from causeway.stats.profile_form import HOUR_US, NumberProfile
from causeway.stats.profile_many import merged_columns
from causeway.stats.proportion import wilson
from causeway.stats.quality_form import QualityWindow
from causeway.stats.quality_window import by_slice, grouped, merged_windows

MOST_POINTS = 32
VOLUME_HOURS = 72
MEDIAN = 0.5
_HOUR = timedelta(hours=1)


class Point(Struct, frozen=True, omit_defaults=True):
    """One window of a line: a number with its interval; no number where there was too little to say."""

    since: datetime
    until: datetime
    rows: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = OK
    threshold: float | None = None
    """Of this window, where it is another in each."""
    reference: float | None = None
    """The same."""


class Series(Struct, frozen=True, omit_defaults=True):
    """One monitor over its last windows, oldest first, and what the last look said of it."""

    watches: str
    about: str
    unit: str
    points: tuple[Point, ...]
    monitor: str = ""
    verdict: str = OK
    why: str = ""
    period: str = ""
    """What one window is."""
    method: str = ""
    threshold: float | None = None
    reference: float | None = None
    importance: float | None = None
    beside: tuple[Point, ...] = ()
    """A second line, drawn dashed."""
    beside_is: str = ""
    """What that line is."""
    note: str = ""
    """What else is to be known of it, in one sentence."""

    @property
    def last(self) -> Point | None:
        """The last window in which there was a number."""
        return next((each for each in reversed(self.points) if each.value is not None), None)

    @property
    def weight(self) -> float:
        """Effect times importance, by which features are ranked; what nobody measured counts in full."""
        share = 1.0 if self.importance is None else self.importance
        return abs(self.last.value or 0.0) * share if self.last else 0.0


def series_of(
    facts: Facts, sights: Sequence[Sight], *, answered: Sequence[QualityWindow] = ()
) -> tuple[Series, ...]:
    """Every monitor that can be asked about its past: outcomes, answers and inputs, volume, latency.

    `answered` is what every release answered callers, beside what came of it; the live one's when left out.
    """
    windows = answered or facts.quality
    quality = [_believed(each, sights) for each in _quality(facts, windows)]
    found = (*quality, *_outcomes(windows), *_drift(facts), *_volume(facts), *_latency(facts))
    return tuple(_said(each, sights) for each in found if each.points)


def _said(series: Series, sights: Sequence[Sight]) -> Series:
    """With what the last look said of it."""
    same = [each for each in sights if each.watches == series.watches and each.about == series.about]
    if not same:
        return series
    sight = same[0]
    # the threshold is for days whose outcomes are due, and the last ones drawn may not be
    threshold = None if series.watches == "labels" else sight.threshold
    return structs.replace(
        series,
        monitor=sight.monitor,
        verdict=sight.verdict,
        why=sight.why,
        method=sight.method or series.method,
        threshold=threshold if series.threshold is None else series.threshold,
        reference=sight.reference if series.reference is None else series.reference,
        importance=sight.importance if series.importance is None else series.importance,
    )


def _believed(series: Series, sights: Sequence[Sight]) -> Series:
    """Without estimates, where the last look found that they do not hold."""
    refused = next((each for each in sights if each.watches == "estimate" and each.verdict == SILENT), None)
    return structs.replace(series, beside=(), beside_is="", note=refused.why) if refused else series


def _drift(facts: Facts) -> Iterator[Series]:
    """Each answer, then each input, by what matters most."""
    moments = [each.moment for each in facts.windows]
    seen = drift_of(moments, rules=facts.drift_rules, importance=facts.going.importance)
    names = dict.fromkeys(column.name for window in seen for column in window.columns)
    made = [
        Series(
            watches="output" if name.startswith(OUT) else "drift",
            about=bare(name),
            unit="distance",
            threshold=facts.drift_rules.effect,
            importance=facts.going.importance.get(name),
            period=_spans([each.until - each.since for each in seen]),
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


def _spans(spans: Sequence[timedelta]) -> str:
    """From the shortest to the longest in words."""
    least, most = min(spans, default=_HOUR), max(spans, default=_HOUR)
    return f"windows of {_span(least)}" if least == most else f"windows of {_span(least)} to {_span(most)}"


def _span(span: timedelta) -> str:
    hours = span / _HOUR
    return f"{hours / 24:.3g} days" if hours >= 48 else f"{hours:.3g} h"


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
            period=_spans([each.until - each.since for each in points]),
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


def _volume(facts: Facts) -> Iterator[Series]:
    """The rows of each hour in three days, beside what is usual then; and of each day."""
    rows = rows_by_hour(facts)
    if not rows:
        return
    end = max(max(rows) + 1, min(int(facts.now.timestamp() // 3600), max(rows) + VOLUME_HOURS))
    hours = range(max(min(rows), end - VOLUME_HOURS), end)
    points: list[Point] = []
    for hour in hours:
        before = sorted(alike(rows, hour))
        usual = float(before[len(before) // 2]) if len(before) >= USUAL else None
        came, since = rows.get(hour, 0), _time(hour)
        points.append(Point(since, since + _HOUR, came, came, reference=usual))
    yield Series("volume", "", "rows", tuple(points), period="hours")
    days: dict[int, int] = {}
    for hour, count in rows.items():
        days[hour // 24] = days.get(hour // 24, 0) + count
    whole = range(max(min(days), max(days) - MOST_POINTS + 1), max(days) + 1)
    if len(whole) > 3:
        daily = tuple(
            Point(_time(day * 24), _time(day * 24 + 24), days.get(day, 0), days.get(day, 0)) for day in whole
        )
        yield Series("volume", "by day", "rows", daily, period="days")


def _latency(facts: Facts) -> Iterator[Series]:
    """How long 99 of 100 answers took, and half of them, in each window."""
    slow: list[Point] = []
    half: list[Point] = []
    for moment in (each.moment for each in facts.windows):
        first, end = moment.since.timestamp() // 3600, moment.until.timestamp() // 3600
        found = [
            each.columns["latency_us"]
            for each in facts.hours
            if first <= each.hour < end
            and each.release == facts.going.release
            and "latency_us" in each.columns
        ]
        times = merged_columns(found) if found else None
        if isinstance(times, NumberProfile) and times.count:
            for line, share in ((slow, P99), (half, MEDIAN)):
                took = quantile(times, share) / 1000
                line.append(Point(moment.since, moment.until, times.count, round(took, 3)))
    limit = facts.monitor("latency").threshold
    yield Series(
        "latency",
        "",
        "ms",
        tuple(slow),
        period=_spans([each.until - each.since for each in slow]),
        method="the 99th percentile of all answers of the window",
        threshold=limit if limit is not None else facts.manifest.serving.latency_ms,
        beside=tuple(half),
        beside_is="the median",
    )


def _time(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)

"""Whether answers are as good as they were measured to be: by window and slice, with intervals, said once.

A window decays where the upper end of the difference to what was measured lies below the tolerance; the
interval is that of two independent measures (MOVER; Zou and Donner, 2008). It counts in two of three windows
in a row, or over the last seven together. Over the release's whole life the loss is held against what was
measured by a confidence sequence, which may be looked at every hour.
"""

import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from causeway.assess.label_watch import Maturity, at, labels_of, maturity_of, said_hours
from causeway.assess.quality_estimates import estimates_of
from causeway.assess.quality_groups import calibration_of, confidence_of, fairness_of
from causeway.assess.quality_promise import RELATIVE, QualityPromise, QualityRules
from causeway.core.ids import counted
from causeway.core.metrics import spoken
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, Sight
from causeway.stats.binned_metrics import Measured, metric_of
from causeway.stats.quality_form import HOUR_US, ONE, ZERO, QualityWindow
from causeway.stats.quality_window import by_slice, grouped, lately, merged_windows
from causeway.stats.sequential import Moments, difference_of_means

QUALITY = "quality"
EVERY_LOOK = "loss"
"""What the confidence sequence is about."""


class Held(Struct, frozen=True):
    """What one metric of one slice is held against."""

    metric: str
    higher_is_better: bool
    value: float | None
    low: float | None
    high: float | None
    floor: float | None
    slice: str = ""

    @property
    def sign(self) -> float:
        """1 where more is better, else -1."""
        return 1.0 if self.higher_is_better else -1.0

    def tolerance(self, rules: QualityRules) -> float:
        """By how much it may be worse."""
        return rules.tolerance * (abs(self.value or 0.0) if self.metric in RELATIVE else 1.0)

    def threshold(self, rules: QualityRules) -> float | None:
        """Worse than this is a decay."""
        return None if self.value is None else self.value - self.sign * self.tolerance(rules)

    def decayed(self, seen: Measured, rules: QualityRules) -> bool:
        """Whether it is worse than it was measured, beyond chance and tolerance."""
        if self.value is None:
            return False
        best = seen.high if self.higher_is_better else seen.low
        worst = self.low if self.higher_is_better else self.high
        reach = math.hypot(best - seen.value, (self.value if worst is None else worst) - self.value)
        return self.sign * (seen.value - self.value) + reach < -self.tolerance(rules)

    def below_floor(self, seen: Measured) -> bool:
        """Whether it is below what was agreed, beyond chance."""
        return self.floor is not None and self.higher_is_better and seen.high < self.floor


def quality_of(
    windows: Sequence[QualityWindow],
    *,
    promise: QualityPromise,
    now_us: int,
    rules: QualityRules | None = None,
    reference: QualityWindow | None = None,
    monitor: str = QUALITY,
) -> tuple[Sight, ...]:
    """What is to be said of one release, by all its windows: of outcomes, quality, estimates and groups."""
    rules = rules or QualityRules()
    slices = by_slice(windows)
    every = slices.get("", [])
    if not every:
        return ()
    maturity = maturity_of(every, promise=promise, now_us=now_us)
    seen: list[Sight] = [*labels_of(every, maturity, now_us=now_us, rules=rules)]
    for name, held in held_of(promise):
        seen.append(_quality(slices.get(name, []), held, maturity, now_us=now_us, rules=rules))
    if (life := _life(every, reference, maturity, now_us=now_us, rules=rules)) is not None:
        seen.append(life)
    all_mature = [window for window in every if maturity.is_mature(window, now_us)]
    mature = _recent(all_mature, rules)
    seen += calibration_of(mature, promise=promise, rules=rules)
    seen += confidence_of(every, reference, rules=rules)
    seen += fairness_of(slices, promise=promise, rules=rules)
    first = all_mature[: 2 * rules.horizon * rules.window_hours]
    seen += estimates_of(every, mature=mature, first=first, promise=promise, reference=reference, rules=rules)
    return tuple(replace(each, monitor=monitor) if each.watches == QUALITY else each for each in seen)


def held_of(promise: QualityPromise) -> list[tuple[str, Held]]:
    """What each slice is held against, all rows (the empty name) first."""
    whole = Held(
        promise.metric,
        promise.higher_is_better,
        promise.value,
        promise.low,
        promise.high,
        promise.floor,
    )
    parts = [
        (
            name,
            Held(promise.metric, promise.higher_is_better, part.value, part.low, part.high, part.floor, name),
        )
        for name, part in promise.slices.items()
    ]
    return [("", whole), *parts]


def _quality(
    windows: Sequence[QualityWindow],
    held: Held,
    maturity: Maturity,
    *,
    now_us: int,
    rules: QualityRules,
) -> Sight:
    about = Sight(
        monitor=QUALITY,
        watches=QUALITY,
        about=held.slice or held.metric,
        verdict=NOT_ENOUGH_DATA,
        since=at(windows[0].since_us) if windows else at(now_us),
        until=at(windows[-1].until_us) if windows else at(now_us),
        why=_why_not(windows, held, maturity),
        reference=held.value,
        threshold=held.threshold(rules),
        unit=held.metric,
        rows=sum(window.labelled for window in windows),
        breach=True,
    )
    mature = _recent([window for window in windows if maturity.is_mature(window, now_us)], rules)
    groups = grouped(mature, hours=rules.window_hours, least=rules.least_rows)
    measured = [(group, seen) for group in groups if (seen := _measured(group, held.metric, rules))]
    if not measured:
        return about
    merged = merged_windows([group for group, _ in measured[-rules.horizon :]])
    whole = _measured(merged, held.metric, rules) if merged else None
    seen = _judged(about, measured, (merged, whole), held=held, rules=rules)
    old_us = now_us - measured[-1][0].until_us - round((maturity.hours or 0) * HOUR_US)
    if seen.verdict == ACT or old_us <= rules.horizon * rules.window_hours * HOUR_US:
        return seen
    return replace(
        seen,
        verdict=NOT_ENOUGH_DATA,
        why=f"Since {at(measured[-1][0].until_us):%Y-%m-%d} too few outcomes came. {seen.why}",
    )


def _judged(
    about: Sight,
    measured: Sequence[tuple[QualityWindow, Measured]],
    merged: tuple[QualityWindow | None, Measured | None],
    *,
    held: Held,
    rules: QualityRules,
) -> Sight:
    """The last window, what the two before it say of it, and all of the horizon together."""
    window, seen = measured[-1]
    horizon, whole = merged
    three = [each for _, each in measured[-3:]]
    decays = [held.decayed(each, rules) for each in three]
    lasting = sum(decays) >= rules.of_three and decays[-1]
    slow = whole is not None and len(measured) > 1 and held.decayed(whole, rules)
    floored = sum(map(held.below_floor, three)) >= rules.of_three and held.below_floor(seen)
    if not (lasting or floored) and slow and horizon is not None and whole is not None:
        window, seen = horizon, whole
    about = replace(
        about,
        since=at(window.since_us),
        until=at(window.until_us),
        value=seen.value,
        low=seen.low,
        high=seen.high,
        rows=seen.rows,
        method=seen.method,
    )
    told = f"{_spoken(held)} is {_interval(seen)}"
    beside = f"; it was measured as {held.value:.3f}" if held.value is not None else ""
    if floored:
        return replace(
            about, verdict=ACT, threshold=held.floor, why=f"{told}: below the floor {held.floor:g}."
        )
    if lasting or slow:
        how = f"in {sum(decays)} of the last {len(three)} windows" if lasting else "over all of them together"
        return replace(about, verdict=ACT, why=f"{told}{beside}: worse beyond chance {how}.")
    if decays[-1]:
        return replace(about, verdict=NOTE, why=f"{told}{beside}: worse in one window, which happens.")
    if held.floor is not None and held.higher_is_better and seen.low < held.floor:
        return replace(
            about, verdict=NOTE, why=f"{told}: it may lie below the floor {held.floor:g}, for so few rows."
        )
    return replace(about, verdict=OK, why=f"{told}{beside}.")


def _recent(windows: Sequence[QualityWindow], rules: QualityRules) -> Sequence[QualityWindow]:
    """Those that a verdict is made of: however long a release has been live, it costs no more."""
    return lately(windows, hours=rules.back * rules.window_hours, rows=2 * rules.horizon * rules.least_rows)


def _why_not(windows: Sequence[QualityWindow], held: Held, maturity: Maturity) -> str:
    if not windows:
        return f"No row of {held.slice} was recorded."
    if maturity.hours is None:
        return "Too few outcomes came to know how long they take; [evaluation] outcome_days says it."
    labelled = sum(window.labelled for window in windows)
    return (
        f"{counted(labelled, 'answer')} with an outcome, of windows {said_hours(maturity.hours)} old "
        "and older there are too few."
    )


def _measured(window: QualityWindow, metric: str, rules: QualityRules) -> Measured | None:
    """None of too few rows, or too few of a class."""
    if window.labelled < rules.least_rows:
        return None
    if metric == "roc_auc" and window.scores is not None:
        each = window.scores.counts.sum(axis=1)
        if min(int(each[ZERO]), int(each[ONE])) < rules.least_each:
            return None
    return metric_of(window, metric)


def _life(
    windows: Sequence[QualityWindow],
    reference: QualityWindow | None,
    maturity: Maturity,
    *,
    now_us: int,
    rules: QualityRules,
) -> Sight | None:
    """The release's whole life beside what was measured, by a sequence that may be looked at every hour."""
    mature = [window for window in windows if maturity.is_mature(window, now_us)]
    seen = sum((window.loss for window in mature), Moments())
    if reference is None or not reference.loss.rows or not seen.rows:
        return None
    bounds = difference_of_means(seen, reference.loss, alpha=rules.alpha)
    measured = reference.loss.mean
    limit = rules.tolerance
    worse = bounds.low > limit
    what = "The mean loss over the release's life"
    return Sight(
        monitor=QUALITY,
        watches=QUALITY,
        about=EVERY_LOOK,
        verdict=ACT if worse else OK,
        since=at(mature[0].since_us),
        until=at(mature[-1].until_us),
        why=f"{what} is {seen.mean:.3f}, when measured it was {measured:.3f}; the difference is between "
        f"{bounds.low:.3f} and {bounds.high:.3f}" + (", which is too much." if worse else "."),
        value=seen.mean,
        low=measured + bounds.low,
        high=measured + bounds.high,
        threshold=measured + limit,
        reference=measured,
        unit="loss",
        rows=seen.rows,
        method=f"confidence sequence, right at every look but for {rules.alpha:.0%}",
        breach=True,
    )


def _spoken(held: Held) -> str:
    name = spoken(held.metric)
    return f"{name[0].upper()}{name[1:]} of {held.slice}" if held.slice else f"{name[0].upper()}{name[1:]}"


def _interval(seen: Measured) -> str:
    return f"{seen.value:.3f} ({seen.low:.3f} to {seen.high:.3f}) on {seen.rows:,} rows"

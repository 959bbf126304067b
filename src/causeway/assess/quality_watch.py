"""Whether answers are as good as they were measured to be: by window and slice, with intervals, said once.

A decay is a fall below what was usual (`quality_usual`). A window that lies below what was measured beyond
its rows' chance and the tolerance is a note; the interval is that of two independent measures (MOVER; Zou
and Donner, 2008). Over the release's whole life the loss is held against what was measured by a confidence
sequence, which may be looked at every hour.
"""

import math
from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct, structs
from msgspec.structs import replace

from causeway.assess.label_watch import Maturity, at, labels_of, maturity_of, said_hours
from causeway.assess.quality_estimates import estimates_of
from causeway.assess.quality_groups import calibration_of, confidence_of, fairness_of
from causeway.assess.quality_promise import RELATIVE, QualityPromise, QualityRules
from causeway.assess.quality_usual import LIMIT, Fall, Spell, fall_of, scatter_of, spell_of
from causeway.core.ids import counted
from causeway.core.metrics import spoken
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, Sight
from causeway.stats.binned_metrics import Measured, metric_of
from causeway.stats.proportion import Z
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
    rows: int = 0
    """That it was measured on."""

    @property
    def sign(self) -> float:
        """1 where more is better, else -1."""
        return 1.0 if self.higher_is_better else -1.0

    def tolerance(self, rules: QualityRules) -> float:
        """By how much it may be worse."""
        return rules.tolerance * (abs(self.value or 0.0) if self.metric in RELATIVE else 1.0)

    @property
    def measured(self) -> Spell | None:
        """What was measured, as a window is compared."""
        if self.value is None:
            return None
        low, high = (self.value if each is None else each for each in (self.low, self.high))
        return Spell(0, 0, self.value, (high - low) / (2 * Z), self.rows)

    def threshold(self, rules: QualityRules) -> float | None:
        """Worse than this is a decay."""
        return None if self.value is None else self.value - self.sign * self.tolerance(rules)

    def decayed(self, seen: Measured, rules: QualityRules, *, apart: float = 0.0) -> bool:
        """Whether it is worse than it was measured, beyond chance and tolerance.

        `apart` is the variance that so many windows have beside that of their rows.
        """
        if self.value is None:
            return False
        best = seen.high if self.higher_is_better else seen.low
        worst = self.low if self.higher_is_better else self.high
        reach = math.hypot(
            best - seen.value, (self.value if worst is None else worst) - self.value, Z * math.sqrt(apart)
        )
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
    before: Sequence[Spell] = (),
    monitor: str = QUALITY,
) -> tuple[Sight, ...]:
    """What is to be said of one release, by all its windows: of outcomes, quality, estimates and groups.

    `before` are the product's windows that other releases answered.
    """
    rules = rules or QualityRules()
    slices = by_slice(windows)
    every = slices.get("", [])
    if not every:
        return ()
    maturity = maturity_of(every, promise=promise, now_us=now_us)
    seen: list[Sight] = [*labels_of(every, maturity, now_us=now_us, rules=rules)]
    for name, held in held_of(promise):
        past = () if name else before
        own = slices.get(name, [])
        seen.append(_quality(own, held, maturity, before=past, now_us=now_us, rules=rules))
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
        rows=promise.rows,
    )
    parts = [
        structs.replace(
            whole,
            value=part.value,
            low=part.low,
            high=part.high,
            floor=part.floor,
            slice=name,
            rows=part.rows,
        )
        for name, part in promise.slices.items()
    ]
    return [("", whole), *((each.slice, each) for each in parts)]


def _quality(
    windows: Sequence[QualityWindow],
    held: Held,
    maturity: Maturity,
    *,
    before: Sequence[Spell],
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
    mature = [window for window in windows if maturity.is_mature(window, now_us)]
    measured = _by_windows(mature, held.metric, rules)
    if not measured:
        return about
    seen = _judged(about, measured, before, held=held, rules=rules)
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
    before: Sequence[Spell],
    *,
    held: Held,
    rules: QualityRules,
) -> Sight:
    """The last window, or the last ones together where they fell, beside what was usual."""
    spells = [spell_of(each.since_us, each.until_us, seen, release=each.release) for each, seen in measured]
    fall = fall_of(
        spells, before, held.measured, sign=held.sign, tolerance=held.tolerance(rules), rules=rules
    )
    window, seen = _fallen(measured, fall, held, rules) or measured[-1]
    three = [each for _, each in measured[-3:]]
    floored = sum(map(held.below_floor, three)) >= rules.of_three and held.below_floor(three[-1])
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
        why = f"{told}: below the floor {held.floor:g}."
        return replace(about, verdict=ACT, threshold=held.floor, why=why)
    if fall is not None:
        return _fell(about, fall, f"{told}{beside}", held=held, rules=rules)
    if held.decayed(three[-1], rules) and rules.of_three == len(measured) == 1:
        return replace(about, verdict=ACT, why=f"{told}{beside}: worse beyond chance.")
    if held.decayed(three[-1], rules):
        return replace(
            about, verdict=NOTE, why=f"{told}{beside}: worse, but by no more than windows differ here."
        )
    if held.floor is not None and held.higher_is_better and seen.low < held.floor:
        return replace(
            about, verdict=NOTE, why=f"{told}: it may lie below the floor {held.floor:g}, for so few rows."
        )
    return replace(about, verdict=OK, why=f"{told}{beside}.")


def _fallen(
    measured: Sequence[tuple[QualityWindow, Measured]], fall: Fall | None, held: Held, rules: QualityRules
) -> tuple[QualityWindow, Measured] | None:
    """The windows that fell, together."""
    merged = merged_windows([window for window, _ in measured[-fall.windows :]]) if fall else None
    seen = _measured(merged, held.metric, rules) if merged else None
    return (merged, seen) if merged and seen else None


def _fell(about: Sight, fall: Fall, told: str, *, held: Held, rules: QualityRules) -> Sight:
    limit = fall.reference - held.sign * held.tolerance(rules)
    lately = f"{fall.windows} windows"
    if fall.since_us:
        days = f"from {at(fall.since_us):%Y-%m-%d} to {at(fall.until_us):%Y-%m-%d}"
        told += f", and was {fall.reference:.3f} {days}"
    if fall.spared:
        why = f"{told}. It was so on the same days before."
        return replace(about, verdict=NOTE, threshold=limit, why=why)
    why = f"{told}: worse for {lately}, by more than windows differ here."
    return replace(about, verdict=ACT, threshold=limit, reference=fall.reference, why=why)


def spells_of(
    windows: Sequence[QualityWindow], promise: QualityPromise, *, rules: QualityRules | None = None
) -> tuple[Spell, ...]:
    """Windows of all rows that any release answered, oldest first, as they are compared."""
    found: list[Spell] = []
    for _, part in groupby(windows, key=lambda each: each.release):
        for window, seen in _by_windows(list(part), promise.metric, rules or QualityRules()):
            found.append(spell_of(window.since_us, window.until_us, seen, release=window.release))
    return tuple(found)


def _by_windows(
    windows: Sequence[QualityWindow], metric: str, rules: QualityRules
) -> list[tuple[QualityWindow, Measured]]:
    """Days with rows enough, and the metric of each."""
    groups = grouped(windows, hours=rules.window_hours, least=rules.least_rows)
    return [(group, seen) for group in groups if (seen := _measured(group, metric, rules))]


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
    limit = rules.tolerance + _apart(mature, reference, rules)
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


def _apart(mature: Sequence[QualityWindow], reference: QualityWindow, rules: QualityRules) -> float:
    """How far the mean losses may lie apart because windows differ, whatever their rows."""
    groups = grouped(mature, hours=rules.window_hours, least=rules.least_rows)
    spells = [
        Spell(
            each.since_us,
            each.until_us,
            each.loss.mean,
            math.sqrt(each.loss.spread) / each.loss.rows,
            each.loss.rows,
        )
        for each in groups
        if each.loss.rows
    ]
    if not spells:
        return 0.0
    usual = sum(each.rows for each in spells) / len(spells)
    windows = max(reference.loss.rows / usual, 1.0)
    return LIMIT * math.sqrt(scatter_of(spells) * (1 / len(spells) + 1 / windows))


def _spoken(held: Held) -> str:
    name = spoken(held.metric)
    return f"{name[0].upper()}{name[1:]} of {held.slice}" if held.slice else f"{name[0].upper()}{name[1:]}"


def _interval(seen: Measured) -> str:
    return f"{seen.value:.3f} ({seen.low:.3f} to {seen.high:.3f}) on {seen.rows:,} rows"

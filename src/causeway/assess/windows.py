"""On which rows a product is trained anew: windows of its history, judged on what came after them.

Times are microseconds; a labelled row is known from its `known` time on, and no model may learn it before.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.loop import Tried
from causeway.core.metrics import spoken
from causeway.core.table import Numbers
from causeway.stats.quality import METRICS, interval, resamples

DAY = 86_400_000_000
FEWEST_ROWS = 50
"""A window with fewer rows is not tried."""
RESAMPLES = 200
EVEN = 1e-3
"""Windows that lie closer are as good: then the one with more rows is taken."""
_WINDOW = re.compile(r"(all)(?:/(\d+)d)?|(\d+)d")

Times = NDArray[np.int64]
Answer = Callable[[NDArray[np.int64]], Numbers]
"""What a fitted model answers to the rows at these places."""
Fit = Callable[[Numbers], Answer]
"""A model fitted on all rows with these weights, of which many are zero."""


class Window(Struct, frozen=True):
    """Some of the rows before a moment: all, the last days, or all with the older ones counting less."""

    name: str
    days: float | None = None
    half_life: float | None = None

    def weights(self, at: Times, until: int, *, known: Times | None = None) -> Numbers:
        """What each row counts for a training at `until`; 0 for those that came or were known later."""
        age = (until - at) / DAY
        inside = (at < until) & (True if known is None else known <= until)
        if self.days is not None:
            inside &= age <= self.days
        decayed = 0.5 ** (np.maximum(age, 0) / self.half_life) if self.half_life else np.ones(len(at))
        return np.where(inside, decayed, 0.0)


class Split(Struct, frozen=True):
    """The moments that part the labelled rows: what is learnt, what judges windows, what judges releases."""

    since: int
    """Microseconds: from here on rows judge windows."""
    until: int
    """From here on rows judge the release beside the live one."""
    last: int
    rows: int


def read_windows(words: str) -> tuple[Window, ...]:
    """The windows that the manifest names, in its order."""
    found: list[Window] = []
    for word in (each.strip() for each in words.split(",")):
        match = _WINDOW.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no window")
        half = float(match[2]) if match[2] else None
        found.append(Window(word, float(match[3]) if match[3] else None, half))
    return tuple(found)


def split_of(at: Times, *, judged: int, least: int) -> Split | None:
    """The newest rows kept for the gate, as many before them for the windows; None of too few rows.

    At most a quarter of the rows goes to each. Rows of one moment stay together.
    """
    if len(at) < max(least, 4):
        return None
    ordered = np.sort(at)
    size = max(1, min(judged, len(ordered) // 4))
    until = int(ordered[-size])
    before = ordered[ordered < until]
    if len(before) < 2 * size or not size:
        return None
    return Split(int(before[-size]), until, int(ordered[-1]), len(ordered))


def worth_trying(
    windows: Sequence[Window], at: Times, until: int, *, known: Times | None = None
) -> tuple[tuple[Window, ...], tuple[Tried, ...]]:
    """The windows that hold enough rows and not the same ones; and the others, each with its reason."""
    kept: dict[bytes, Window] = {}
    left: list[Tried] = []
    for window in windows:
        weights = window.weights(at, until, known=known)
        rows, key = int((weights > 0).sum()), weights.tobytes()
        if rows < FEWEST_ROWS:
            left.append(Tried(window.name, rows, why_not=f"only {rows:,} rows"))
        elif key in kept:
            left.append(Tried(window.name, rows, why_not=f"holds the same rows as {kept[key].name}"))
        else:
            kept[key] = window
    return tuple(kept.values()), tuple(left)


def judged_on(window: Window, rows: int, metric: str, truth: Numbers, answers: Numbers) -> Tried:
    """How well a window's model did on the rows after it, with the 95 % interval by bootstrap."""
    known = ~np.isnan(answers) & ~np.isnan(truth)
    truth, answers = truth[known], answers[known]
    if len(truth) < 2:
        return Tried(window.name, rows, why_not="it answers none of the rows that came after")
    measure = METRICS[metric].weighted(truth, answers)
    value = measure(np.ones(len(truth)))
    if np.isnan(value):
        return Tried(
            window.name, rows, len(truth), why_not=f"{spoken(metric)} is not defined on what came after"
        )
    drawn = np.array([measure(weights) for weights in resamples(len(truth), None, count=RESAMPLES)])
    low, high = interval(drawn)
    return Tried(window.name, rows, len(truth), round(value, 4), round(low, 4), round(high, 4))


def chosen(tries: Sequence[Tried], *, metric: str) -> tuple[Tried | None, str]:
    """The window whose model did best on what came after it, and why; of equals that with more rows."""
    able = [each for each in tries if each.value is not None]
    if not able:
        reasons = "; ".join(f"{each.window}: {each.why_not}" for each in tries)
        return None, f"no window could be judged ({reasons or 'there is none'})"
    sign = 1 if METRICS[metric].higher_is_better else -1
    best = max(sign * (each.value or 0.0) for each in able)
    even = [each for each in able if best - sign * (each.value or 0.0) <= EVEN]
    won = max(even, key=lambda each: each.rows)
    others = ", ".join(f"{each.window} {each.value:.3f}" for each in able if each is not won)
    beside = f"; {others}" if others else "; no other could be tried"
    after = f"on the {won.judged:,} rows after it: {spoken(metric)} {won.value:.3f}"
    return won, f"{won.window} does best {after}{beside}"


def backtest(
    windows: Sequence[Window],
    at: Times,
    truth: Numbers,
    fit: Fit,
    *,
    metric: str,
    until: int,
    judged: int,
    known: Times | None = None,
) -> tuple[Tried, ...]:
    """Every window tried: a model fitted on it as of the moment before the newest rows, judged on these.

    Only rows known by `until` take part; the `judged` newest of them are the judges.
    """
    usable = (at < until) & (True if known is None else known <= until)
    ordered = np.sort(at[usable])
    if len(ordered) <= judged:
        return ()
    since = int(ordered[-judged])
    # what was not known at that moment cannot have been learnt then
    able, left = worth_trying(windows, at, since, known=known)
    after = np.flatnonzero(usable & (at >= since))
    tries = [
        judged_on(
            window,
            int((weights > 0).sum()),
            metric,
            truth[after],
            fit(weights)(after),
        )
        for window in able
        for weights in [window.weights(at, since, known=known)]
    ]
    return (*tries, *left)

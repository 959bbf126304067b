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
JUDGED_DAYS, ENOUGH_JUDGES = 7, 200
MOST_FOLDS, MOST_TRAININGS = 3, 9
"""So many spans of rows judge windows, as long as that takes no more trainings than this."""
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


class Fold(Struct, frozen=True):
    """The rows from one moment to another judge what was learnt before the first; microseconds."""

    since: int
    until: int


class Answered(Struct, frozen=True):
    """What models of one window answer to the rows after it, in each fold; the newest first."""

    window: Window
    rows: int
    """That the newest of them learnt from."""
    answers: tuple[Numbers, ...]


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

    At most a quarter of the rows goes to each, and of so many no more than a week's, but 200: what judges is
    not learnt, and should not be long ago. Rows of one moment stay together.
    """
    if len(at) < max(least, 4):
        return None
    ordered = np.sort(at)
    week = int((ordered > ordered[-1] - JUDGED_DAYS * DAY).sum())
    size = max(1, min(judged, len(ordered) // 4, max(week, ENOUGH_JUDGES)))
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


def folds_of(at: Times, *, since: int, until: int, windows: int) -> tuple[Fold, ...]:
    """The spans of rows that judge windows, the newest first: three, where history and cost allow it.

    All hold as many rows as the newest, and before each lie twice as many to learn from. Each costs a
    training for each window, and there are nine of these at most.
    """
    ordered = np.sort(at[at < until])
    size = int((ordered >= since).sum())
    found = [Fold(since, until)]
    while size and len(found) < min(MOST_FOLDS, MOST_TRAININGS // max(windows, 1)):
        before = ordered[ordered < found[-1].since]
        if len(before) < 3 * size:
            break
        earlier = int(before[-size])
        if int((before < earlier).sum()) < 2 * size:
            break
        found.append(Fold(earlier, found[-1].since))
    return tuple(found)


def judged_together(
    asked: Sequence[Answered], truths: Sequence[Numbers], *, metric: str
) -> tuple[Tried, ...]:
    """How well each window's models did on the rows after it, over all folds, and how far behind the best.

    Only rows that all of them answer count, and the standard error of how far is that of paired rows,
    drawn anew within each fold (stratified bootstrap; Efron and Tibshirani, 1993, chapter 8).
    """
    silent = [each for each in asked if _is_silent(each, truths)]
    able = [each for each in asked if each not in silent]
    drawn = [
        found for fold, truth in enumerate(truths) if (found := _drawn(able, truth, fold=fold, metric=metric))
    ]
    why = "it does not answer most of the rows that came after"
    undefined = f"{spoken(metric)} is not defined on what came after"
    if not able or not drawn:
        return tuple(
            Tried(each.window.name, each.rows, why_not=why if each in silent else undefined) for each in asked
        )
    judged = sum(rows for rows, _ in drawn)
    # first what was measured, then what chance would make of it; a row for each window
    values = np.mean([found for _, found in drawn], axis=0)
    best = int(np.argmax(values[:, 0] * (1 if METRICS[metric].higher_is_better else -1)))
    told = [
        _told(each, values[place], values[best], judged=judged, folds=len(drawn))
        for place, each in enumerate(able)
    ]
    return (*told, *(Tried(each.window.name, each.rows, why_not=why) for each in silent))


def chosen(tries: Sequence[Tried], *, metric: str) -> tuple[Tried | None, str]:
    """The window whose models did best on what came after it, and why; of equals that with more rows.

    Equal is what lies behind the best one by no more than the difference's standard error: few rows fit the
    last days by chance (the one-standard-error rule; Breiman and others, 1984).
    """
    able = [each for each in tries if each.value is not None]
    if not able:
        reasons = "; ".join(f"{each.window}: {each.why_not}" for each in tries)
        return None, f"no window could be judged ({reasons or 'there is none'})"
    even = [each for each in able if each.behind <= max(EVEN, each.behind_error)]
    won = max(even, key=lambda each: each.rows)
    others = ", ".join(f"{each.window} {each.value:.3f}" for each in able if each is not won)
    beside = f"; {others}" if others else "; no other could be tried"
    after = f"on the {won.judged:,} rows after it"
    if won.folds > 1:
        after = f"in {won.folds} back-tests, on {won.judged:,} rows"
    return won, f"{won.window} does best {after}: {spoken(metric)} {won.value:.3f}{beside}"


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
    """Every window tried: models fitted on it as of the moment before the newest rows, judged on these.

    Only rows known by `until` take part; the `judged` newest of them are the judges, and as many before
    them those of each earlier fold.
    """
    usable = (at < until) & (True if known is None else known <= until)
    ordered = np.sort(at[usable])
    if len(ordered) <= judged:
        return ()
    since = int(ordered[-judged])
    # what was not known at that moment cannot have been learnt then
    able, left = worth_trying(windows, at, since, known=known)
    folds = folds_of(at[usable], since=since, until=until, windows=len(able))
    # what no window could learn enough from judges nothing
    folds = tuple(
        each
        for each in folds
        if all((window.weights(at, each.since, known=known) > 0).sum() >= FEWEST_ROWS for window in able)
    )
    judges = [np.flatnonzero(usable & (at >= each.since) & (at < each.until)) for each in folds]
    asked = [
        Answered(
            window,
            int((window.weights(at, since, known=known) > 0).sum()),
            tuple(
                fit(window.weights(at, each.since, known=known))(rows)
                for each, rows in zip(folds, judges, strict=True)
            ),
        )
        for window in able
    ]
    return (*judged_together(asked, [truth[rows] for rows in judges], metric=metric), *left)


def _is_silent(asked: Answered, truths: Sequence[Numbers]) -> bool:
    """Whether a model of this window refuses half of the rows that came after, or more."""
    return any(
        2 * int((~np.isnan(truth) & ~np.isnan(answers)).sum()) <= int((~np.isnan(truth)).sum())
        for truth, answers in zip(truths, asked.answers, strict=True)
    )


def _drawn(
    able: Sequence[Answered], truth: Numbers, *, fold: int, metric: str
) -> tuple[int, list[list[float]]] | None:
    """How many rows of a fold judge, and of each window the metric there and in each resample of the rows."""
    both = ~np.isnan(truth)
    for each in able:
        both &= ~np.isnan(each.answers[fold])
    rows = int(both.sum())
    if rows < 2:
        return None
    measures = [METRICS[metric].weighted(truth[both], each.answers[fold][both]) for each in able]
    weights = [np.ones(rows), *resamples(rows, None, count=RESAMPLES, seed=fold)]
    found = [[measure(each) for each in weights] for measure in measures]
    return None if any(np.isnan(values[0]) for values in found) else (rows, found)


def _told(asked: Answered, values: Numbers, best: Numbers, *, judged: int, folds: int) -> Tried:
    low, high = interval(values[1:])
    apart = (best - values)[~np.isnan(best - values)]
    return Tried(
        asked.window.name,
        asked.rows,
        judged,
        round(float(values[0]), 4),
        round(low, 4),
        round(high, 4),
        folds=folds,
        behind=round(abs(float(apart[0])), 4),
        behind_error=round(float(np.std(apart[1:])), 4) if len(apart) > 1 else 0.0,
    )

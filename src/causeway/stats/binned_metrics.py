"""Metrics of binned scores, counted labels and summed errors, each with a 95 % interval of the same sums."""

import math
from collections.abc import Callable

import numpy as np
from msgspec import Struct

from causeway.stats.binned import HUNDREDTHS, SMALLEST, edges_of, middles_of
from causeway.stats.proportion import Z, wilson
from causeway.stats.quality_form import (
    ONE,
    ZERO,
    Floats,
    LabelCounts,
    NumberErrors,
    QualityWindow,
    ScoreBins,
)

BISECTIONS = 60
CALIBRATION_BINS = 10


class Measured(Struct, frozen=True):
    """A metric over `rows` whose outcome is known, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    rows: int
    method: str
    """Where the interval comes from."""
    by_chance: float | None = None
    """What 95 of 100 perfectly calibrated models stay below; only of `ece`."""


class Confusion(Struct, frozen=True):
    """Rows by what was said and what came, of two classes."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


def metric_of(window: QualityWindow, name: str) -> Measured | None:
    """A metric of the window; None where it has no answers of that kind, or the metric is undefined."""
    scores, labels, numbers = window.scores, window.labels, window.numbers
    found: Measured | None = None
    if name in OF_SCORES and scores is not None and scores.known:
        found = OF_SCORES[name](scores)
    elif name in OF_LABELS and labels is not None and labels.known:
        found = OF_LABELS[name](labels)
    elif name in OF_NUMBERS and numbers is not None and numbers.known:
        found = OF_NUMBERS[name](numbers)
    return found if found is not None and math.isfinite(found.value) else None


def roc_auc(bins: ScoreBins) -> Measured:
    """The chance that a one has a higher score than a zero, ties and bins counted half; NaN without both.

    Interval: DeLong, DeLong and Clarke-Pearson (1988) on the bins, on the logit scale; Newcombe (2006,
    method 5) where no two rows are in the wrong order.
    """
    zeros, ones = bins.counts[ZERO].astype(np.float64), bins.counts[ONE].astype(np.float64)
    return auc_of(zeros, ones)


def auc_of(zeros: Floats, ones: Floats) -> Measured:
    """The same of counts, or of expected counts, in bins of rising scores."""
    negatives, positives = float(zeros.sum()), float(ones.sum())
    rows = round(negatives + positives)
    if not negatives or not positives:
        return Measured("roc_auc", math.nan, 0.0, 1.0, rows, "undefined without both classes")
    below = (np.cumsum(zeros) - zeros / 2) / negatives
    above = 1 - (np.cumsum(ones) - ones / 2) / positives
    area = float(ones @ below / positives)
    if min(negatives, positives) < 2:
        return Measured("roc_auc", area, 0.0, 1.0, rows, "one row of a class tells nothing")
    variance = float(ones @ (below - area) ** 2) / (positives - 1) / positives
    variance += float(zeros @ (above - area) ** 2) / (negatives - 1) / negatives
    if not 0 < area < 1 or variance <= 0:
        return Measured("roc_auc", area, *_newcombe(area, negatives, positives), rows, "Newcombe")
    half = Z * math.sqrt(variance) / (area * (1 - area))
    middle = math.log(area / (1 - area))
    return Measured("roc_auc", area, _expit(middle - half), _expit(middle + half), rows, "DeLong")


def log_loss(bins: ScoreBins) -> Measured:
    """The mean of -log of the chance given to what came, in nats; interval normal on the log scale."""
    given = np.clip(middles_of(bins), SMALLEST, 1 - SMALLEST)
    squares = bins.counts[ONE] @ np.log(given) ** 2 + bins.counts[ZERO] @ np.log1p(-given) ** 2
    return _mean_loss("log_loss", float(bins.losses[0]), float(squares), bins.known)


def brier(bins: ScoreBins) -> Measured:
    """The mean squared distance of the chance from what came (Brier, 1950); interval as of the log loss."""
    middles = middles_of(bins)
    fourths = bins.counts[ONE] @ (1 - middles) ** 4 + bins.counts[ZERO] @ middles**4
    return _mean_loss("brier", float(bins.losses[1]), float(fourths), bins.known)


def ece(bins: ScoreBins, *, count: int = CALIBRATION_BINS) -> Measured:
    """The mean distance of said chances from shares that came, over `count` equally wide bins (a divisor of
    100), weighted by their rows (Naeini et al., 2015, eq. 3).

    Chance alone lifts it by at most sum w s sqrt(2 / pi), s being the standard error of each bin's gap
    (the mean of a folded normal, Leone et al., 1961); the interval allows for that below, so it holds at
    least 95 %. `by_chance` adds up the same normals for a perfectly calibrated model.
    """
    rows = bins.known
    known, ones, said = _calibration_bins(bins, count)
    gaps = np.abs(ones - said) / rows
    share = ones / known
    real = np.sqrt(np.maximum(ones * (1 - share), 0.0)) / rows
    mean = said / known
    perfect = np.sqrt(np.maximum(said * (1 - mean), 0.0)) / rows
    value = float(gaps.sum())
    lifted = float(real.sum()) * math.sqrt(2 / math.pi)
    half = Z * math.sqrt(float((real**2).sum()))
    by_chance = float(perfect.sum()) * math.sqrt(2 / math.pi)
    by_chance += 1.645 * math.sqrt(float((perfect**2).sum()) * (1 - 2 / math.pi))
    low, high = max(0.0, value - lifted - half), min(1.0, value + half)
    return Measured("ece", value, low, high, rows, "folded normals", by_chance)


def confusion_at(bins: ScoreBins, threshold: float) -> Confusion:
    """Rows with a score of at least the threshold, and the others, by what came.

    Exact at whole hundredths and at the edges of bins; elsewhere a bin's rows lie evenly in it, which errs
    by the rows of that one bin at most.
    """
    whole = int(np.searchsorted(HUNDREDTHS, threshold))
    if whole < len(HUNDREDTHS) and HUNDREDTHS[whole] == threshold:
        above = bins.slots[:, 2 * whole + 1 :].sum(axis=1)
    else:
        low, high = edges_of(bins)
        inside = np.clip((high - threshold) / np.maximum(high - low, 1e-300), 0.0, 1.0)
        above = np.rint(bins.counts @ inside).astype(np.int64)
    total = bins.counts.sum(axis=1)
    return Confusion(
        int(above[ONE]), int(above[ZERO]), int(total[ONE] - above[ONE]), int(total[ZERO] - above[ZERO])
    )


def two_class(name: str, seen: Confusion) -> Measured:
    """`accuracy`, `precision`, `recall` or `f1` of class 1, by Wilson (1927).

    F1 = 2J / (1 + J) with J the share of true positives among all rows but true negatives, which is a
    share of counted rows like the others.
    """
    tp, fp, fn, tn = seen.true_positive, seen.false_positive, seen.false_negative, seen.true_negative
    rows = tp + fp + fn + tn
    hits, of = {
        "accuracy": (tp + tn, rows),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "f1": (tp, tp + fp + fn),
    }[name]
    if not of:
        return Measured(name, math.nan, 0.0, 1.0, rows, "undefined: no such rows")
    value, low, high = hits / of, *wilson(hits, of)
    if name == "f1":
        value, low, high = (2 * share / (1 + share) for share in (value, low, high))
    return Measured(name, value, low, high, rows, "Wilson")


def accuracy(labels: LabelCounts) -> Measured:
    """The share of labels that came; interval of Wilson (1927)."""
    rows = labels.known
    hits = int(np.trace(labels.counts[: len(labels.classes), : len(labels.classes)]))
    return Measured("accuracy", hits / rows, *wilson(hits, rows), rows, "Wilson")


def macro_f1(labels: LabelCounts) -> Measured:
    """The mean of F1 over the classes that were said or came; interval by the delta method.

    The gradient is that of Takahashi, Yamamoto, Kuchiba and Koyama (2022), for any table of counts.
    """
    table = labels.counts[:, :-1].astype(np.float64)
    rows = float(table.sum())
    total = table.sum(axis=0) + table.sum(axis=1)
    there = total > 0
    scores = np.divide(2 * np.diag(table), total, out=np.zeros(len(total)), where=there)
    count = int(there.sum())
    weight = np.divide(1.0, total, out=np.zeros(len(total)), where=there)
    pull = scores * weight
    gradient = 2 * np.diag(weight) - pull[:, None] - pull[None, :]
    spread = math.sqrt(float((table * gradient**2).sum())) / count
    value = float(scores.sum()) / count
    low, high = _clipped(value, Z * spread)
    return Measured("macro_f1", value, low, high, int(rows), "delta method")


def rmse(errors: NumberErrors) -> Measured:
    """The root of the mean squared error, in the answers' unit; interval normal on the log scale."""
    rows, squares = errors.known, float(errors.errors[2])
    seen = _mean_loss("rmse", squares, float(errors.errors[4]), rows)
    return Measured(
        "rmse", math.sqrt(seen.value), math.sqrt(seen.low), math.sqrt(seen.high), rows, seen.method
    )


def mae(errors: NumberErrors) -> Measured:
    """The mean of the errors' sizes, in the answers' unit; interval normal on the log scale."""
    return _mean_loss("mae", float(errors.errors[0]), float(errors.errors[2]), errors.known)


def bias(errors: NumberErrors) -> Measured:
    """The mean of answer less what came, in the answers' unit; normal interval."""
    rows = errors.known
    value = float(errors.errors[1]) / rows
    variance = max(0.0, float(errors.errors[2]) / rows - value * value)
    half = Z * math.sqrt(variance / max(1, rows - 1))
    return Measured("bias", value, value - half, value + half, rows, "normal")


def r2(errors: NumberErrors) -> Measured:
    """One less the share of variance that is left; NaN where what came does not vary.

    Interval by the delta method on log(1 - R2), the ratio of two means of squares.
    """
    rows = errors.known
    t1, t2, t3, t4 = (errors.truths / rows).tolist()
    spread = t2 - t1 * t1
    squared = float(errors.errors[2]) / rows
    if spread <= 0 or not math.isfinite(spread):
        return Measured("r2", math.nan, -math.inf, 1.0, rows, "undefined: what came does not vary")
    left = squared / spread
    if not left:
        return Measured("r2", 1.0, 1.0, 1.0, rows, "no error at all")
    fourth = t4 - 4 * t1 * t3 + 6 * t1 * t1 * t2 - 3 * t1**4
    e4 = float(errors.errors[4]) / rows
    ey2 = (float(errors.both[1]) - 2 * t1 * float(errors.both[0]) + t1 * t1 * float(errors.errors[2])) / rows
    variance = e4 / squared**2 - 2 * ey2 / (squared * spread) + fourth / spread**2
    half = Z * math.sqrt(max(0.0, variance) / rows)
    low, high = 1 - left * math.exp(half), 1 - left * math.exp(-half)
    return Measured("r2", 1 - left, low, high, rows, "delta method")


def confusion_of(labels: LabelCounts) -> Confusion | None:
    """The four counts of two classes, of which the last counts as yes; None with more or fewer."""
    if len(labels.classes) != 2:
        return None
    table = labels.counts[:, :-1]
    tp, fn = int(table[1, 1]), int(table[:, 1].sum() - table[1, 1])
    fp = int(table[1].sum()) - tp
    return Confusion(tp, fp, fn, int(table.sum()) - tp - fp - fn)


def _of_two(name: str, labels: LabelCounts) -> Measured | None:
    seen = confusion_of(labels)
    return two_class(name, seen) if seen else None


def _mean_loss(name: str, total: float, squares: float, rows: int) -> Measured:
    value = total / rows
    if value <= 0:
        return Measured(name, 0.0, 0.0, 0.0, rows, "no loss at all")
    variance = max(0.0, squares / rows - value * value)
    half = Z * math.sqrt(variance / max(1, rows - 1)) / value
    return Measured(name, value, value * math.exp(-half), value * math.exp(half), rows, "normal, logarithm")


def _calibration_bins(bins: ScoreBins, count: int) -> tuple[Floats, Floats, Floats]:
    """Rows, ones and the sum of scores in each wide bin that holds a known outcome.

    A score on the edge belongs to the bin below, as in scikit-learn's `calibration_curve`.
    """
    step = 200 // count
    starts = np.r_[0, np.arange(2 + step, 202, step)]
    known = np.add.reduceat(bins.slots[ZERO] + bins.slots[ONE], starts).astype(np.float64)
    ones = np.add.reduceat(bins.slots[ONE], starts).astype(np.float64)
    said = np.add.reduceat(bins.said, starts)
    there = known > 0
    return known[there], ones[there], said[there]


def _newcombe(area: float, negatives: float, positives: float) -> tuple[float, float]:
    """The areas from which this one lies 1.96 standard errors away, by Newcombe's (2006) method 5."""
    middle = (negatives + positives) / 2 - 1

    def within(other: float) -> bool:
        inner = 1 + middle * ((1 - other) / (2 - other) + other / (1 + other))
        spread = other * (1 - other) * inner / (negatives * positives)
        return (area - other) ** 2 <= Z * Z * spread

    return _end(area, 0.0, within), _end(area, 1.0, within)


def _end(inside: float, outside: float, within: Callable[[float], bool]) -> float:
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if within(middle) else (inside, middle)
    return inside


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def _clipped(value: float, half: float) -> tuple[float, float]:
    return max(0.0, value - half), min(1.0, value + half)


OF_SCORES: dict[str, Callable[[ScoreBins], Measured]] = {
    "roc_auc": roc_auc,
    "log_loss": log_loss,
    "brier": brier,
    "ece": ece,
}
OF_LABELS: dict[str, Callable[[LabelCounts], Measured | None]] = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "f1": lambda labels: _of_two("f1", labels),
    "precision": lambda labels: _of_two("precision", labels),
    "recall": lambda labels: _of_two("recall", labels),
}
OF_NUMBERS: dict[str, Callable[[NumberErrors], Measured]] = {"rmse": rmse, "mae": mae, "bias": bias, "r2": r2}

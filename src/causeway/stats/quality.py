"""How well answers agree with the truth, beside a trivial answer, with intervals by bootstrap over rows.

Labels are numbers (codes of classes); every metric also takes a weight for each row, which is what a
bootstrap resample is.
"""

from collections.abc import Callable, Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Groups = NDArray[np.int64]
Weighted = Callable[[Numbers], float]
"""A metric of given truth and answers, as a function of the rows' weights."""

RESAMPLES = 1000
LEVEL = 0.95
SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)


class Metric(Struct, frozen=True):
    """A measure of agreement of the truth with `label`, `probability`, `probabilities` or `value` answers."""

    name: str
    answers: str
    higher_is_better: bool
    weighted: Callable[[Numbers, Numbers], Weighted]

    def of(self, truth: Numbers, answers: Numbers) -> float:
        """The metric over all rows."""
        return self.weighted(truth, answers)(np.ones(len(truth)))


class Score(Struct, frozen=True):
    """A metric with its interval, and the gain over a trivial answer with its own.

    The gain is positive where the model is better, whichever way the metric points.
    """

    metric: str
    value: float
    low: float
    high: float
    baseline: float
    gain: float
    gain_low: float
    gain_high: float
    rows: int
    higher_is_better: bool


def score_of(
    metric: str,
    truth: Numbers,
    answers: Numbers,
    trivial: Numbers,
    *,
    groups: Groups | None = None,
    count: int = RESAMPLES,
    seed: int = 0,
) -> Score:
    """The metric beside that of trivial answers to the same rows; percentile intervals (Efron, 1979).

    Both are computed on the same resamples, so the gain's interval is paired. Rows of one group
    (numbered from 0) are drawn together: copies of a row say nothing new.
    """
    chosen = METRICS[metric]
    mine, other = chosen.weighted(truth, answers), chosen.weighted(truth, trivial)
    whole = np.ones(len(truth))
    value, baseline = mine(whole), other(whole)
    sign = 1.0 if chosen.higher_is_better else -1.0
    drawn = np.array([(mine(w), other(w)) for w in resamples(len(truth), groups, count=count, seed=seed)])
    low, high = interval(drawn[:, 0])
    gain_low, gain_high = interval(sign * (drawn[:, 0] - drawn[:, 1]))
    return Score(
        metric=metric,
        value=value,
        low=low,
        high=high,
        baseline=baseline,
        gain=sign * (value - baseline),
        gain_low=gain_low,
        gain_high=gain_high,
        rows=len(truth),
        higher_is_better=chosen.higher_is_better,
    )


def resamples(
    rows: int, groups: Groups | None, *, count: int = RESAMPLES, seed: int = 0
) -> Iterator[Numbers]:
    """Weights of the rows in each of `count` bootstrap resamples; rows of one group are drawn together."""
    generator = np.random.default_rng(seed)
    own = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    units = int(own.max(initial=-1)) + 1
    for _ in range(count):
        yield np.bincount(generator.integers(0, units, units), minlength=units).astype(np.float64)[own]


def interval(drawn: Numbers) -> tuple[float, float]:
    """The 95 % percentile interval, less the resamples in which the metric is undefined."""
    kept = drawn[~np.isnan(drawn)]
    if not len(kept):
        return float("nan"), float("nan")
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(kept, [tail, 100 - tail])
    return float(low), float(high)


def trivial_class(truth: Numbers, folds: Numbers | None = None) -> Numbers:
    """The commonest class of the rows outside each row's fold; of all rows where there are no folds."""
    return _by_fold(truth, folds, _commonest)


def trivial_probability(truth: Numbers, folds: Numbers | None = None) -> Numbers:
    """The share of ones among the rows outside each row's fold."""
    return _by_fold(truth, folds, lambda values: float(np.mean(values)))


def trivial_probabilities(truth: Numbers, classes: int, *, folds: Numbers | None = None) -> Numbers:
    """The share of each class among the rows outside each row's fold."""
    shares = [trivial_probability((truth == code).astype(np.float64), folds) for code in range(classes)]
    return np.column_stack(shares)


def trivial_value(truth: Numbers, folds: Numbers | None = None) -> Numbers:
    """The median of the rows outside each row's fold."""
    return _by_fold(truth, folds, lambda values: float(np.median(values)))


def _by_fold(truth: Numbers, folds: Numbers | None, of: Callable[[Numbers], float]) -> Numbers:
    if folds is None or len(np.unique(folds)) < 2:
        return np.full(len(truth), of(truth))
    answers = np.empty(len(truth))
    for fold in np.unique(folds):
        answers[folds == fold] = of(truth[folds != fold])
    return answers


def _commonest(values: Numbers) -> float:
    kinds, counts = np.unique(values, return_counts=True)
    return float(kinds[int(np.argmax(counts))])


def _accuracy(truth: Numbers, answers: Numbers) -> Weighted:
    hit = (truth == answers).astype(np.float64)
    return lambda weights: float(hit @ weights / weights.sum())


def _f1(truth: Numbers, answers: Numbers) -> Weighted:
    """Of class 1; 0 where nothing is and nothing is said to be of it."""
    both = ((truth == 1) & (answers == 1)).astype(np.float64)
    either = (truth == 1).astype(np.float64) + (answers == 1)

    def weighted(weights: Numbers) -> float:
        total = float(either @ weights)
        return 2 * float(both @ weights) / total if total else 0.0

    return weighted


def _macro_f1(truth: Numbers, answers: Numbers) -> Weighted:
    """The mean of F1 over the classes that the resample holds, in truth or answers."""
    classes, codes = np.unique(np.concatenate([truth, answers]), return_inverse=True)
    true, said, count = codes[: len(truth)], codes[len(truth) :], len(classes)
    right = true == said

    def weighted(weights: Numbers) -> float:
        both = 2 * np.bincount(true[right], weights[right], count)
        total = np.bincount(true, weights, count) + np.bincount(said, weights, count)
        return float(np.mean(both[total > 0] / total[total > 0]))

    return weighted


def _roc_auc(truth: Numbers, answers: Numbers) -> Weighted:
    """The chance that a one has a higher answer than a zero, ties counted half; NaN without both."""
    _, group = np.unique(answers, return_inverse=True)
    count = int(group.max()) + 1 if len(group) else 0
    ones = truth == 1

    def weighted(weights: Numbers) -> float:
        positive = np.bincount(group[ones], weights[ones], count)
        negative = np.bincount(group[~ones], weights[~ones], count)
        pairs = float(positive.sum() * negative.sum())
        below = np.cumsum(negative) - negative / 2
        return float(positive @ below) / pairs if pairs else float("nan")

    return weighted


def _log_loss(truth: Numbers, answers: Numbers) -> Weighted:
    """Of the probability of class 1, or of a row of probabilities for the classes 0, 1, 2..."""
    if answers.ndim == 1:
        answers = np.column_stack([1 - answers, answers])
    given = np.clip(answers, SMALLEST_PROBABILITY, 1.0)
    loss = -np.log(given[np.arange(len(truth)), truth.astype(np.int64)])
    return lambda weights: float(loss @ weights / weights.sum())


def _mae(truth: Numbers, answers: Numbers) -> Weighted:
    apart = np.abs(truth - answers)
    return lambda weights: float(apart @ weights / weights.sum())


def _rmse(truth: Numbers, answers: Numbers) -> Weighted:
    squares = (truth - answers) ** 2
    return lambda weights: float(np.sqrt(squares @ weights / weights.sum()))


def _r2(truth: Numbers, answers: Numbers) -> Weighted:
    """One less the share of variance that is left; NaN where the truth does not vary."""
    squares = (truth - answers) ** 2

    def weighted(weights: Numbers) -> float:
        middle = float(truth @ weights / weights.sum())
        spread = float((truth - middle) ** 2 @ weights)
        return 1 - float(squares @ weights) / spread if spread else float("nan")

    return weighted


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "label", True, _accuracy),
        Metric("f1", "label", True, _f1),
        Metric("macro_f1", "label", True, _macro_f1),
        Metric("roc_auc", "probability", True, _roc_auc),
        Metric("log_loss", "probabilities", False, _log_loss),
        Metric("mae", "value", False, _mae),
        Metric("rmse", "value", False, _rmse),
        Metric("r2", "value", True, _r2),
    )
}

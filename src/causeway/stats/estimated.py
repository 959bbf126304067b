"""How good answers are before anybody knows, from what the scores themselves promise.

Confidence-based performance estimation (CBPE; Bialek, Kuberski, Perrakis and Bifet, 2024): scores are made
honest on rows whose outcome is known, and then say how many of the new rows they will be right about. It
holds while a score goes on meaning what it meant; where the relation itself changes (concept drift) it
knows nothing, and is no better than assuming that all is as it was.
"""

import math
from collections.abc import Callable

import numpy as np
from msgspec import Struct

from causeway.stats.binned import SMALLEST, edges_of, middles_of
from causeway.stats.binned_metrics import Measured, auc_of, brier, log_loss, roc_auc
from causeway.stats.proportion import Z
from causeway.stats.quality_form import ONE, UNKNOWN, ZERO, Floats, Integers, ScoreBins

FEWEST = 500
"""Rows with a known outcome below which nothing is estimated."""
FEWEST_EACH = 50
_ROWS_A_BIN = 50
_MOST_BINS = 100
_STEPS = 20
_GRID: Floats = 1 / (1 + np.exp(-np.linspace(-20.0, 20.0, 801)))


class Calibrator(Struct, frozen=True, eq=False):
    """What came of each score, rising: between its points it is a straight line."""

    scores: Floats
    shares: Floats
    least: float
    most: float
    """Between these the reference's scores lay."""
    rows: int

    def of(self, scores: Floats) -> Floats:
        """The chance that each score really means."""
        return np.interp(scores, self.scores, self.shares)


class Estimate(Struct, frozen=True):
    """A metric that was not measured, with the 95 % interval of what would be measured.

    If, that is, a score still means what it meant.
    """

    metric: str
    value: float
    low: float
    high: float
    rows: int
    beyond: float = 0.0
    """The share of rows whose scores lie outside of the reference's."""


def calibrator_of(reference: ScoreBins) -> Calibrator | None:
    """What these scores meant; None of too few rows."""
    zeros, ones = reference.counts[ZERO].astype(np.float64), reference.counts[ONE].astype(np.float64)
    return calibrator_from(middles_of(reference), zeros, ones)


def calibrator_from(scores: Floats, zeros: Floats, ones: Floats) -> Calibrator | None:
    """The same of rising scores with how often 0 and 1 came of each, which may be weighted.

    A logistic curve (Platt, 1999) where chance explains what is left, for it knows the ends best; else the
    shares of bins of equal mass, made rising (pool adjacent violators; Ayer et al., 1955).
    """
    if zeros.sum() + ones.sum() < FEWEST or min(zeros.sum(), ones.sum()) < FEWEST_EACH:
        return None
    there = zeros + ones > 0
    zeros, ones, scores = zeros[there], ones[there], scores[there]
    least, most, total = float(scores[0]), float(scores[-1]), round(float((zeros + ones).sum()))
    slope = _logistic(scores, zeros, ones)
    curve = Calibrator(_GRID, _chance(_logit(_GRID), slope), least, most, total)
    error, by_chance = _apart(curve.of(scores), zeros, ones)
    if error <= by_chance:
        return curve
    rows = zeros + ones
    place = _by_mass(rows, int(min(_MOST_BINS, max(2, total // _ROWS_A_BIN))))
    mass = np.bincount(place, rows).astype(np.float64)
    said = np.bincount(place, rows * scores) / mass
    # one row as the curve has it keeps the shares off 0 and 1, where no few rows can be sure
    came = (np.bincount(place, ones) + curve.of(said)) / (mass + 1)
    return Calibrator(said, _rising(came, mass), least, most, total)


def estimate_of(
    metric: str, seen: ScoreBins, calibrator: Calibrator, *, only_known: bool = False
) -> Estimate | None:
    """`roc_auc`, `log_loss`, `brier`, `accuracy` of the likelier answer, or `confidence`, whatever came of
    the scores; None of no rows. `only_known` takes the rows whose outcome is known.
    """
    rows = seen.counts[ZERO if only_known else UNKNOWN :].sum(axis=0).astype(np.float64)
    total = float(rows.sum())
    if metric not in _ESTIMATES or not total:
        return None
    there = rows > 0
    rows, scores = rows[there], middles_of(seen)[there]
    chances = calibrator.of(scores)
    found = _ESTIMATES[metric](rows, scores, chances)
    if not math.isfinite(found.value):
        return None
    low, high = edges_of(seen)
    outside = (high[there] < calibrator.least) | (low[there] > calibrator.most)
    spread = math.sqrt(max(0.0, (found.high - found.low) / (2 * Z)) ** 2 * (1 + total / calibrator.rows))
    return Estimate(
        metric,
        found.value,
        found.value - Z * spread,
        found.value + Z * spread,
        round(total),
        float(rows[outside].sum()) / total,
    )


def realised(metric: str, seen: ScoreBins) -> Measured | None:
    """The same metric as it came, over the rows whose outcome is known; None where it is undefined."""
    if not seen.known:
        return None
    found = {"roc_auc": roc_auc, "log_loss": log_loss, "brier": brier}.get(metric)
    measured = found(seen) if found else None
    return measured if measured is not None and math.isfinite(measured.value) else None


def hit_rate(seen: ScoreBins) -> tuple[int, int]:
    """Of a confidence: how many answers were right, and of how many that is known."""
    return int(seen.counts[ONE].sum()), seen.known


def halves(bins: ScoreBins, *, seed: int = 0) -> tuple[ScoreBins, ScoreBins]:
    """The rows whose outcome is known in two random halves; of the bins only."""
    generator = np.random.default_rng(seed)
    first = generator.binomial(bins.counts, 0.5)
    return _with_counts(bins, first), _with_counts(bins, bins.counts - first)


def _with_counts(bins: ScoreBins, counts: Integers) -> ScoreBins:
    return ScoreBins(bins.parts, bins.places, counts, bins.slots, bins.said, bins.losses)


def miscalibration(bins: ScoreBins, calibrator: Calibrator, *, count: int = 10) -> tuple[float, float]:
    """How far the calibrated chances lie from what came, and what chance explains in 95 of 100 cases.

    Over bins of equal mass, weighted by rows; (0, 0) of no rows.
    """
    zeros, ones = bins.counts[ZERO].astype(np.float64), bins.counts[ONE].astype(np.float64)
    return _apart(calibrator.of(middles_of(bins)), zeros, ones, count=count)


def _apart(chances: Floats, zeros: Floats, ones: Floats, *, count: int = 10) -> tuple[float, float]:
    known = zeros + ones
    total = float(known.sum())
    if not total:
        return 0.0, 0.0
    place = _by_mass(known, count)
    gaps = np.bincount(place, ones - known * chances)
    spread = np.sqrt(np.bincount(place, known * chances * (1 - chances)))
    mean = float(spread.sum()) * math.sqrt(2 / math.pi)
    by_chance = mean + 1.645 * math.sqrt(float((spread**2).sum()) * (1 - 2 / math.pi))
    return float(np.abs(gaps).sum()) / total, by_chance / total


def _by_mass(rows: Floats, count: int) -> Integers:
    """The group of each bin: of rising scores, as many rows in each as the bins allow."""
    place = np.minimum((np.cumsum(rows) - rows / 2) * count / rows.sum(), count - 1).astype(np.int64)
    return np.unique(place, return_inverse=True)[1]


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, 1e-9, 1 - 1e-9)
    return np.log(inside) - np.log1p(-inside)


def _chance(logits: Floats, slope: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(slope[0] + slope[1] * logits, -40, 40)))


def _logistic(scores: Floats, zeros: Floats, ones: Floats) -> Floats:
    """Intercept and slope of the curve on the scores' logits, by Newton's steps; the slope never falls."""
    logits, rows = _logit(scores), zeros + ones
    matrix = np.column_stack([np.ones(len(logits)), logits])
    slope: Floats = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        chance = _chance(logits, slope)
        pull = matrix.T @ (ones - rows * chance)
        curve = (matrix * (rows * chance * (1 - chance))[:, None]).T @ matrix + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(curve, pull), -2, 2).astype(np.float64)
        slope = np.array([slope[0] + step[0], max(0.0, slope[1] + step[1])])
    return slope


def _rising(shares: Floats, weights: Floats) -> Floats:
    """The nearest shares that never fall."""
    values: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for share, weight in zip(shares.tolist(), weights.tolist(), strict=True):
        value, mass, length = share, weight, 1
        while values and values[-1] > value:
            other = masses.pop()
            value = (values.pop() * other + value * mass) / (other + mass)
            mass, length = mass + other, length + lengths.pop()
        values.append(value)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(np.array(values), lengths)


def _auc(rows: Floats, _: Floats, chances: Floats) -> Measured:
    return auc_of(rows * (1 - chances), rows * chances)


def _log_loss(rows: Floats, scores: Floats, chances: Floats) -> Measured:
    given = np.clip(scores, SMALLEST, 1 - SMALLEST)
    return _mean("log_loss", rows, chances, if_one=-np.log(given), if_zero=-np.log1p(-given))


def _brier(rows: Floats, scores: Floats, chances: Floats) -> Measured:
    return _mean("brier", rows, chances, if_one=(1 - scores) ** 2, if_zero=scores**2)


def _accuracy(rows: Floats, scores: Floats, chances: Floats) -> Measured:
    likely = (scores >= 0.5).astype(np.float64)
    return _mean("accuracy", rows, chances, if_one=likely, if_zero=1 - likely)


def _right(rows: Floats, _: Floats, chances: Floats) -> Measured:
    return _mean("confidence", rows, chances, if_one=np.ones(len(rows)), if_zero=np.zeros(len(rows)))


def _mean(name: str, rows: Floats, chances: Floats, *, if_one: Floats, if_zero: Floats) -> Measured:
    total = float(rows.sum())
    expected = chances * if_one + (1 - chances) * if_zero
    squares = chances * if_one**2 + (1 - chances) * if_zero**2
    value = float(rows @ expected) / total
    # given the scores only what comes of them is left to chance
    half = Z * math.sqrt(max(0.0, float(rows @ (squares - expected**2)))) / total
    return Measured(name, value, value - half, value + half, round(total), "given the scores")


_ESTIMATES: dict[str, Callable[[Floats, Floats, Floats], Measured]] = {
    "roc_auc": _auc,
    "log_loss": _log_loss,
    "brier": _brier,
    "accuracy": _accuracy,
    "confidence": _right,
}
"""`confidence`: the share of right answers, where the score is the confidence in them."""

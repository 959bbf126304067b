"""How good answers would be on other rows: rows whose outcome is known, weighted to look like them.

The weight of a row is how much likelier it is among the new rows than among the known ones, as a logistic
regression that tells them apart says (Bickel, Brueckner and Scheffer, 2009). It holds where only the mix of
rows changes (covariate shift), where the new rows are of kinds that were known, and where what they differ
in is among the columns.
"""

import numpy as np
from msgspec import Struct

from causeway.stats.estimated import Calibrator, calibrator_from
from causeway.stats.proportion import Z
from causeway.stats.quality import METRICS
from causeway.stats.quality_form import Floats

STEPS = 25
RIDGE = 1.0
MOST_ROWS = 20_000
LARGEST = 50.0
LEAST_EFFECTIVE = 200
_TINY = 1e-300
_LEAST_LOG = 30.0
_NEAR = 1e-6


class Weights(Struct, frozen=True, eq=False):
    """The weight of each known row; the mean is 1."""

    values: Floats
    effective: float
    """As many equally weighted rows would say as much (Kish, 1965)."""

    @property
    def enough(self) -> bool:
        """Whether so few rows do not decide alone."""
        return self.effective >= LEAST_EFFECTIVE


class Weighted(Struct, frozen=True):
    """A metric of the weighted rows, with its 95 % interval."""

    metric: str
    value: float
    low: float
    high: float
    effective: float


def weights_of(known: Floats, new: Floats) -> Weights:
    """The weights of the known rows (rows by columns of numbers) that make them look like the new ones.

    The regression has each column, its square, and whether it is missing.
    """
    rows = np.concatenate([known, new])
    middle, spread = _scale(known)
    matrix = _expanded((rows - middle) / spread)
    is_new = np.r_[np.zeros(len(known)), np.ones(len(new))]
    # both count alike, however many there are of each
    balance = np.where(is_new == 1, 0.5 / max(1, len(new)), 0.5 / max(1, len(known))) * len(rows)
    place = np.linspace(0, len(rows) - 1, min(len(rows), 2 * MOST_ROWS)).astype(np.int64)
    slopes = _fitted(matrix[place], is_new[place], balance[place])
    ratio = np.exp(np.clip(matrix[: len(known)] @ slopes, -_LEAST_LOG, np.log(LARGEST)))
    values = ratio / max(float(ratio.mean()), _TINY)
    return Weights(values, float(values.sum() ** 2 / (values @ values)))


def weighted_metric(
    metric: str, truth: Floats, answers: Floats, weights: Weights, *, parts: int = 20
) -> Weighted:
    """The metric (of `stats.quality`) over the weighted rows; interval by the jackknife over parts of them.

    Delete-a-group jackknife (Kott, 2001).
    """
    of = METRICS[metric].weighted(truth, answers)
    value = of(weights.values)
    group = np.random.default_rng(0).permutation(len(truth)) % parts
    without = np.array([of(np.where(group == each, 0.0, weights.values)) for each in range(parts)])
    spread = float(np.sqrt((parts - 1) / parts * ((without - value) ** 2).sum()))
    return Weighted(metric, value, value - Z * spread, value + Z * spread, weights.effective)


def weighted_calibrator(scores: Floats, truth: Floats, weights: Weights) -> Calibrator | None:
    """What scores mean among rows like the new ones (Bialek et al., 2024, there called PAPE)."""
    order = np.argsort(scores, kind="stable")
    ones = weights.values[order] * (truth[order] == 1)
    return calibrator_from(scores[order], weights.values[order] - ones, ones)


def _scale(known: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(known)
    count = np.maximum(there.sum(axis=0), 1)
    middle = np.where(there, known, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(there, known - middle, 0.0) ** 2).sum(axis=0) / count)
    return middle, np.where(spread > 0, spread, 1.0)


def _expanded(matrix: Floats) -> Floats:
    missing = ~np.isfinite(matrix)
    plain = np.clip(np.where(missing, 0.0, matrix), -5, 5)
    return np.column_stack([np.ones(len(matrix)), plain, plain**2, missing.astype(np.float64)])


def _fitted(matrix: Floats, truth: Floats, counts: Floats) -> Floats:
    """Logistic regression by Newton's steps, held near nought by a ridge."""
    slopes = np.zeros(matrix.shape[1])
    ridge = np.eye(matrix.shape[1]) * RIDGE
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ slopes, -30, 30)))
        pull = matrix.T @ (counts * (truth - chance)) - ridge @ slopes
        curve = (matrix * (counts * chance * (1 - chance))[:, None]).T @ matrix + ridge
        step = np.linalg.solve(curve, pull)
        slopes = slopes + step
        if float(np.abs(step).max()) < _NEAR:
            break
    return slopes

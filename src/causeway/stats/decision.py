"""From which probability on it pays to act, and what acting so is worth a decision."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.quality import interval, resamples

Numbers = NDArray[np.float64]
Groups = NDArray[np.int64]


class Worth(Struct, frozen=True):
    """What a decision of each sort is worth, in money; losses are negative."""

    true_positive: float
    false_positive: float
    true_negative: float
    false_negative: float

    @property
    def acting_can_pay(self) -> bool:
        """Whether acting is better on ones and not acting is better on zeros, so that a threshold exists."""
        return self.true_positive > self.false_negative and self.true_negative > self.false_positive


class Threshold(Struct, frozen=True):
    """The probability from which acting pays, and what a decision was then worth on held-out rows."""

    at: float
    how: str
    """`from the costs` or `from the rows`."""
    value: float
    """Mean worth of a decision."""
    low: float
    high: float
    at_half: float
    """The same when acting from 0.5 on."""
    without: float
    """The same for the better of always acting and never acting."""
    without_name: str
    gain_low: float
    """95 % interval of the paired gain over `without`, by bootstrap over rows (Efron, 1979)."""
    gain_high: float
    rows: int


def break_even(worth: Worth) -> float:
    """The probability at which acting and not acting are worth the same (Elkan, 2001, eq. 2)."""
    spared = worth.true_negative - worth.false_positive
    return spared / (spared + worth.true_positive - worth.false_negative)


def threshold_of(
    truth: Numbers,
    chance: Numbers,
    folds: Numbers,
    *,
    worth: Worth,
    calibrated: bool,
    groups: Groups | None = None,
    seed: int = 0,
) -> Threshold:
    """Where to act, and its worth on rows that did not choose it.

    The costs alone decide where probabilities are `calibrated`. Else the best threshold of the rows
    does, and its worth is counted in each fold with the threshold that the other folds choose.
    Raises ValueError where no threshold can pay (see `Worth.acting_can_pay`).
    """
    if not worth.acting_can_pay:
        raise ValueError("acting must be worth more on ones, and not acting on zeros")
    at = break_even(worth) if calibrated else _best(truth, chance, worth)
    used = np.full(len(truth), at) if calibrated else _cross_chosen(truth, chance, folds, worth)
    each = _worths(truth, chance >= used, worth)
    always, never = _worths(truth, np.ones(len(truth)) > 0, worth), _worths(truth, chance > np.inf, worth)
    name, other = ("always acting", always) if always.mean() > never.mean() else ("never acting", never)
    drawn = np.array(
        [(w @ each / w.sum(), w @ (each - other) / w.sum()) for w in resamples(len(truth), groups, seed=seed)]
    )
    (low, high), (gain_low, gain_high) = interval(drawn[:, 0]), interval(drawn[:, 1])
    return Threshold(
        at=at,
        how="from the costs" if calibrated else "from the rows",
        value=float(each.mean()),
        low=low,
        high=high,
        at_half=float(_worths(truth, chance >= 0.5, worth).mean()),
        without=float(other.mean()),
        without_name=name,
        gain_low=gain_low,
        gain_high=gain_high,
        rows=len(truth),
    )


def _worths(truth: Numbers, acted: NDArray[np.bool_], worth: Worth) -> Numbers:
    on_ones = np.where(acted, worth.true_positive, worth.false_negative)
    return np.where(truth == 1, on_ones, np.where(acted, worth.false_positive, worth.true_negative))


def _best(truth: Numbers, chance: Numbers, worth: Worth) -> float:
    """The threshold, in the middle between two probabilities that occur, that is worth most on these rows."""
    order = np.argsort(-chance, kind="stable")
    gains = np.where(
        truth[order] == 1,
        worth.true_positive - worth.false_negative,
        worth.false_positive - worth.true_negative,
    )
    ranked = chance[order]
    last_of_tie = np.append(ranked[:-1] != ranked[1:], True)
    total = np.where(last_of_tie, np.cumsum(gains), -np.inf)
    best = int(np.argmax(total))
    if total[best] <= 0:
        return float(np.nextafter(ranked[0], np.inf))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _cross_chosen(truth: Numbers, chance: Numbers, folds: Numbers, worth: Worth) -> Numbers:
    """For each row the threshold that the rows of other folds choose; halves where there is one fold."""
    if len(np.unique(folds)) < 2:
        folds = (np.arange(len(truth)) % 2).astype(np.float64)
    used = np.empty(len(truth))
    for fold in np.unique(folds):
        here = folds == fold
        used[here] = _best(truth[~here], chance[~here], worth)
    return used

"""What it is worth to know more first: the loss to expect of deciding now, and what a test saves of it."""

from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_NORMAL = NormalDist()

Array = NDArray[np.float64]


class Decision(Struct, frozen=True):
    """Going on against stopping (worth nought), by what is known now."""

    goes_on: bool
    expected: float
    """The value to expect of the better of the two."""
    loss: float
    """What to expect to lose by deciding now: the value of knowing it all (EVPI)."""


class Study(Struct, frozen=True):
    """More evidence before deciding."""

    value: float
    """What it is worth before its cost (EVSI)."""
    cost: float
    changes_mind: float
    """The chance that the decision turns out another."""

    @property
    def net(self) -> float:
        """What is left of it after its cost."""
        return self.value - self.cost

    @property
    def is_worth_it(self) -> bool:
        """Whether to wait for it."""
        return self.net > 0


def decide(values: Array) -> Decision:
    """The decision on the NPV of each scenario."""
    mean = float(values.mean())
    best = max(mean, 0.0)
    return Decision(mean > 0, best, float(np.maximum(values, 0.0).mean()) - best)


def decide_normal(mean: float, sd: float) -> Decision:
    """The same where the NPV is normal: sd x (phi(u) - u (1 - Phi(u))), u = |mean| / sd."""
    return Decision(mean > 0, max(mean, 0.0), _unit_loss(mean, sd))


def more_evidence(mean: float, sd: float, *, units_now: float, units_more: float, cost: float = 0.0) -> Study:
    """What as many units more in the test are worth, where the NPV is a straight line of a measured effect.

    `mean` and `sd` are of the NPV by what was measured on `units_now`; after more, what is expected of it
    moves with sd x sqrt(more / (now + more)) (Raiffa and Schlaifer, 1961). `cost` is that of the test and of
    what is forgone meanwhile.
    """
    moves = sd * float(np.sqrt(units_more / (units_now + units_more)))
    changes = 1 - _NORMAL.cdf(abs(mean) / moves) if moves > 0 else 0.0
    return Study(_unit_loss(mean, moves), cost, changes)


def more_evidence_drawn(
    effect: Array, values: Array, *, error: float, cost: float = 0.0, seed: int = 7
) -> Study:
    """The same from scenarios, for a test that measures the effect with this standard error.

    What each outcome of the test would make one expect is read from a cubic of it (Strong, Oakley and
    Brennan, 2014).
    """
    outcome = effect + np.random.default_rng(seed).normal(0, error, len(effect))
    centred = (outcome - outcome.mean()) / (outcome.std() or 1.0)
    powers = np.vander(centred, 4)
    expected = powers @ np.linalg.lstsq(powers, values, rcond=None)[0]
    mean = float(values.mean())
    gain = float(np.maximum(expected, 0.0).mean()) - max(mean, 0.0)
    return Study(max(gain, 0.0), cost, float(((expected > 0) != (mean > 0)).mean()))


def _unit_loss(mean: float, sd: float) -> float:
    if sd <= 0:
        return 0.0
    u = abs(mean) / sd
    return sd * (_NORMAL.pdf(u) - u * (1 - _NORMAL.cdf(u)))

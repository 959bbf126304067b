"""Charts as numbers on a line from 0 to 100; templates draw them as SVG."""

import math

from msgspec import Struct

from causeway.core.metrics import spoken
from causeway.core.release import Evaluation

MARGIN = 0.12


class Interval(Struct, frozen=True):
    """Where an evaluation's marks lie, in percent of the chart's width."""

    low: float
    high: float
    value: float
    baseline: float
    claimed: float | None

    @property
    def width(self) -> float:
        """How wide the interval is."""
        return self.high - self.low


def interval(evaluation: Evaluation) -> Interval:
    """The measured value with its interval, beside the trivial answer and what was claimed."""
    marks = [evaluation.low, evaluation.high, evaluation.value, evaluation.baseline]
    # a claim about another metric has no place on this line
    claimed = None if claimed_metric(evaluation) else evaluation.claimed
    if claimed is not None:
        marks.append(claimed)
    span = (max(marks) - min(marks)) or 1.0
    left, right = min(marks) - MARGIN * span, max(marks) + MARGIN * span

    def place(mark: float) -> float:
        return round(100 * (mark - left) / (right - left), 2)

    return Interval(
        low=place(evaluation.low),
        high=place(evaluation.high),
        value=place(evaluation.value),
        baseline=place(evaluation.baseline),
        claimed=None if claimed is None else place(claimed),
    )


def claimed_metric(evaluation: Evaluation) -> str:
    """The metric of the claim, where that is another than the one that was measured first."""
    name, said, _ = evaluation.claimed_how.partition(" in ")
    return name if said and name != spoken(evaluation.metric) else ""


def honest(evaluation: Evaluation) -> float | None:
    """What the metric of the claim was when it was measured, where that is another."""
    name = claimed_metric(evaluation)
    return next((value for each, value in evaluation.others.items() if name and spoken(each) == name), None)


def ticks(least: float, most: float, *, about: int) -> list[float]:
    """About so many round numbers, the first below and the last above all that is drawn."""
    rough = (most - least or abs(most) or 1.0) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * (1 - 1e-9))
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [float(f"{step * at:.12g}") for at in range(first, max(last, first + 1) + 1)]

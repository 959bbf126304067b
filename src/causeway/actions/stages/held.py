"""Answers for rows that were held out, beside the truth, and how well they agree."""

from dataclasses import dataclass

import numpy as np

from causeway.assess.copies import Codes
from causeway.assess.parity import words_of
from causeway.core.answers import HonestAnswers
from causeway.core.release import Evaluation
from causeway.core.table import Column, Number, Numbers
from causeway.stats.quality import METRICS, score_of, trivial_class, trivial_probability, trivial_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The held-out rows that were scored; labels are places among the classes.

    `at` are their places among the rows that were measured, `trivial` the answers of whoever knows
    nothing but the other rows' targets, `one` the class that counts as yes, where there are two.
    """

    at: Codes
    truth: Numbers
    answers: Numbers
    trivial: Numbers
    folds: Numbers
    copies: Codes | None
    classes: tuple[str, ...] = ()
    probabilities: Numbers | None = None
    one: int | None = None
    method: str

    @property
    def is_one(self) -> Numbers:
        """Whether each row is of the class that counts as yes."""
        return (self.truth == self.one).astype(np.float64)

    @property
    def chance(self) -> Numbers:
        """The probability of the class that counts as yes."""
        if self.probabilities is None or self.one is None:
            raise ValueError("only two classes with probabilities have one chance")
        return self.probabilities[:, self.one]

    @property
    def has_chance(self) -> bool:
        """Whether there are two classes and a probability of each."""
        return self.probabilities is not None and self.one is not None

    @property
    def judged(self) -> tuple[str, Numbers, Numbers]:
        """The metric that decides, with the truth and the answers that it compares."""
        if not self.classes:
            return "r2", self.truth, self.answers
        if self.has_chance:
            return "roc_auc", self.is_one, self.chance
        return "accuracy", self.truth, self.answers


def held_out(honest: HonestAnswers, y: Column, *, copies: Codes | None = None, positive: str = "") -> Held:
    """The scored rows of these honest answers to rows whose target is `y`."""
    at = np.flatnonzero(honest.folds >= 0)
    copies = None if copies is None else copies[at]
    classes = honest.classes
    known = _codes(y, classes) if classes else _numbers(y)
    given = (_codes(honest.labels, classes) if classes else _numbers(honest.labels))[at]
    two = len(classes) == 2 and honest.probabilities is not None
    # rows that were only trained on belong to what a trivial answer may know, those held out do not
    trivial = (trivial_class if classes else trivial_value)(known, honest.folds)[at]
    return Held(
        at=at,
        truth=known[at],
        answers=given,
        trivial=trivial,
        folds=honest.folds[at],
        copies=copies,
        classes=classes,
        probabilities=None if honest.probabilities is None else honest.probabilities[at],
        one=(classes.index(positive) if positive in classes else 1) if two else None,
        method=honest.method,
    )


def score_held(held: Held) -> Evaluation:
    """How good the held-out answers are, beside a trivial answer."""
    metric, truth, answers = held.judged
    if metric == "r2":
        names = ("r2", "mae", "rmse")
        others = {name: METRICS[name].of(truth, answers) for name in names}
        return _evaluation(held, others, trivial=held.trivial, name="always the median")
    others = {name: METRICS[name].of(held.truth, held.answers) for name in ("accuracy", "macro_f1")}
    if metric == "accuracy":
        return _evaluation(held, others, trivial=held.trivial, name="always the commonest class")
    said = (held.answers == held.one).astype(np.float64)
    others |= {"f1": METRICS["f1"].of(truth, said), "roc_auc": METRICS["roc_auc"].of(truth, answers)}
    return _evaluation(held, others, trivial=trivial_probability(truth), name="the same probability for all")


def _evaluation(held: Held, others: dict[str, float], *, trivial: Numbers, name: str) -> Evaluation:
    metric, truth, answers = held.judged
    score = score_of(metric, truth, answers, trivial, groups=held.copies)
    return Evaluation(
        metric=metric,
        value=score.value,
        low=score.low,
        high=score.high,
        baseline=score.baseline,
        baseline_name=name,
        rows=score.rows,
        method=held.method,
        gain_low=score.gain_low,
        gain_high=score.gain_high,
        higher_is_better=score.higher_is_better,
        others=others,
        copies=0 if held.copies is None else len(held.copies) - len(np.unique(held.copies)),
    )


def _codes(labels: Column, classes: tuple[str, ...]) -> Numbers:
    """The place of each label among the classes; -1 where it is none of them."""
    places = {name: float(place) for place, name in enumerate(classes)}
    return np.array([places.get(word or "", -1.0) for word in words_of(labels)])


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Number):
        return column.values
    return np.array([np.nan if value is None else float(value) for value in column.values])

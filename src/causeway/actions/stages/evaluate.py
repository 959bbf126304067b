"""Measures the model on rows it was not fitted on, beside the trivial answer and the claim."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.recover import KeptRows, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.copies import Codes, copies_of
from causeway.assess.parity import words_of
from causeway.core.answers import HonestAnswers
from causeway.core.dates import moments_of, moments_of_numbers
from causeway.core.errors import Refused
from causeway.core.metrics import spoken
from causeway.core.poc import Claim
from causeway.core.release import Evaluation
from causeway.core.table import Column, Number, Numbers, Table
from causeway.stats.quality import (
    METRICS,
    score_of,
    trivial_class,
    trivial_probability,
    trivial_value,
)

CLAIMED_NAMES = {
    "auc": "roc_auc",
    "accuracy": "accuracy",
    "f1": "f1",
    "r2": "r2",
    "mae": "mae",
    "rmse": "rmse",
}
"""What people call a metric, and what it is called here."""


class Evaluated(Made, frozen=True, kw_only=True):
    """The honest measure."""

    evaluation: Evaluation


def evaluate(
    site: Site,
    environment: EnvironmentMade,
    trace: Path,
    recovered: Recovered,
    *,
    source: Table,
    claims: Sequence[Claim],
) -> Evaluated:
    """How well clones of the model, fitted on other rows, do on each row whose target is known."""
    rows = _with_target(kept_rows(site, recovered), recovered)
    order, untimed = _order_in_time(source, rows.positions, column=site.data.time_column)
    matrix, y = rows.matrix, rows.y
    if order is not None:
        matrix, y = matrix.take(order), _taken(y, order)
    copies = copies_of(matrix)
    honest = site.workshop.honest_predictions(
        environment.environment,
        trace,
        recovered.model,
        matrix,
        y,
        sampler=recovered.sampler,
        ordered=order is not None,
        copies=None if copies is None else Number(copies.astype(np.float64), "integer"),
    )
    measured = (
        of_values(honest, y, copies=copies)
        if recovered.task == "regression"
        else of_classes(
            honest, y, copies=copies, positive=recovered.target.labels.get(site.data.positive, "")
        )
    )
    measured = structs.replace(measured, method=measured.method + untimed)
    evaluation = beside_claim(measured, claims)
    return Evaluated(fact=_fact(evaluation), evaluation=evaluation)


def _with_target(rows: KeptRows, recovered: Recovered) -> KeptRows:
    """The rows whose target is known."""
    if rows.y is None:
        raise Refused(
            "what the model was fitted to was not seen, so it cannot be measured",
            where=recovered.source_path,
            hint="name the target's column: [[data]] target in causeway.toml",
        )
    known = np.flatnonzero([word is not None for word in words_of(rows.y)])
    return KeptRows(rows.positions[known], rows.fitted[known], rows.matrix.take(known), _taken(rows.y, known))


def _taken(column: Column | None, rows: NDArray[np.int64]) -> Column:
    if column is None:
        return Number(np.empty(0))
    return Table({"y": column}).take(rows).columns["y"]


def _order_in_time(
    source: Table, positions: NDArray[np.int64], *, column: str
) -> tuple[NDArray[np.int64] | None, str]:
    """The kept rows from the oldest to the newest by the manifest's column of time; else why not."""
    if not column:
        return None, ""
    if column not in source.columns:
        return None, f"; not split by time: there is no column {column}"
    times = source.take(positions).columns[column]
    moments = moments_of_numbers(times.values) if isinstance(times, Number) else moments_of(times.values)
    if moments is None:
        return None, f"; not split by time: {column} is not a date that can be read in every row"
    return np.argsort(moments, kind="stable"), ""


def of_values(honest: HonestAnswers, y: Column, *, copies: Codes | None) -> Evaluation:
    """How good these held-out numbers are."""
    scored = np.flatnonzero(honest.folds >= 0)
    copies = None if copies is None else copies[scored]
    known, answers = _numbers(y), _numbers(honest.labels)[scored]
    truth = known[scored]
    # rows that were only trained on belong to what a trivial answer may know, those held out do not
    trivial = trivial_value(known, honest.folds)[scored]
    return _evaluation(
        "r2",
        truth,
        answers,
        trivial,
        method=honest.method,
        baseline_name="always the median",
        others={name: METRICS[name].of(truth, answers) for name in ("r2", "mae", "rmse")},
        copies=copies,
    )


def of_classes(honest: HonestAnswers, y: Column, *, copies: Codes | None, positive: str) -> Evaluation:
    """How good these held-out classes are, by the chance of `positive` where there are two."""
    scored = np.flatnonzero(honest.folds >= 0)
    copies = None if copies is None else copies[scored]
    known, answers = _codes(y, honest.classes), _codes(honest.labels, honest.classes)[scored]
    truth = known[scored]
    others = {"accuracy": METRICS["accuracy"].of(truth, answers)}
    others["macro_f1"] = METRICS["macro_f1"].of(truth, answers)
    if len(honest.classes) != 2 or honest.probabilities is None:
        return _evaluation(
            "accuracy",
            truth,
            answers,
            trivial_class(known, honest.folds)[scored],
            method=honest.method,
            baseline_name="always the commonest class",
            others=others,
            copies=copies,
        )
    one = honest.classes.index(positive) if positive in honest.classes else 1
    is_one, said_one = (truth == one).astype(np.float64), (answers == one).astype(np.float64)
    chance = honest.probabilities[scored, one]
    others |= {"f1": METRICS["f1"].of(is_one, said_one), "roc_auc": METRICS["roc_auc"].of(is_one, chance)}
    return _evaluation(
        "roc_auc",
        is_one,
        chance,
        trivial_probability(is_one),
        method=honest.method,
        baseline_name="the same probability for all",
        others=others,
        copies=copies,
    )


def _evaluation(
    metric: str,
    truth: Numbers,
    answers: Numbers,
    trivial: Numbers,
    *,
    method: str,
    baseline_name: str,
    others: dict[str, float],
    copies: Codes | None,
) -> Evaluation:
    score = score_of(metric, truth, answers, trivial, groups=copies)
    return Evaluation(
        metric=metric,
        value=score.value,
        low=score.low,
        high=score.high,
        baseline=score.baseline,
        baseline_name=baseline_name,
        rows=score.rows,
        method=method,
        gain_low=score.gain_low,
        gain_high=score.gain_high,
        higher_is_better=score.higher_is_better,
        others=others,
        copies=0 if copies is None else len(copies) - len(np.unique(copies)),
    )


def beside_claim(evaluation: Evaluation, claims: Sequence[Claim]) -> Evaluation:
    """The same, with the first claim about a quality that was measured here."""
    for claim in claims:
        name = CLAIMED_NAMES.get(claim.metric, "")
        if name in evaluation.others:
            return structs.replace(
                evaluation, claimed=claim.value, claimed_how=f"{spoken(name)} in {claim.at}"
            )
    return evaluation


def _codes(labels: Column, classes: tuple[str, ...]) -> Numbers:
    """The place of each label among the classes; -1 where it is none of them."""
    places = {name: float(place) for place, name in enumerate(classes)}
    return np.array([places.get(word or "", -1.0) for word in words_of(labels)])


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Number):
        return column.values
    return np.array([np.nan if value is None else float(value) for value in column.values])


def _fact(evaluation: Evaluation) -> str:
    return f"{spoken(evaluation.metric)} {evaluation.value:.3f} on {evaluation.rows:,} rows held out"

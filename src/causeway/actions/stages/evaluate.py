"""Measures the model on rows it was not fitted on, beside the trivial answer and the claim."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.gauges import gauged
from causeway.actions.stages.held import held_out, score_held
from causeway.actions.stages.kept_answers import HELD, write_held
from causeway.actions.stages.recover import KeptRows, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.copies import copies_of
from causeway.assess.parity import words_of
from causeway.core.dates import moments_of, moments_of_numbers
from causeway.core.errors import Refused
from causeway.core.metrics import spoken
from causeway.core.poc import Claim
from causeway.core.release import Evaluation
from causeway.core.table import Column, Number, Table

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
    positions = rows.positions
    if order is not None:
        matrix, y, positions = matrix.take(order), _taken(y, order), positions[order]
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
    held = held_out(honest, y, copies=copies, positive=recovered.target.labels.get(site.data.positive, ""))
    seen = score_held(held)
    evaluation = beside_claim(structs.replace(seen, method=seen.method + untimed), claims)
    raw = source.take(positions)
    return Evaluated(
        fact=_fact(evaluation),
        files={HELD: site.work.artifacts.put(write_held(held, raw))},
        evaluation=gauged(evaluation, held, raw.take(held.at), site.manifest),
    )


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


def beside_claim(evaluation: Evaluation, claims: Sequence[Claim]) -> Evaluation:
    """The same, with the first claim about a quality that was measured here."""
    for claim in claims:
        name = CLAIMED_NAMES.get(claim.metric, "")
        if name in evaluation.others:
            return structs.replace(
                evaluation, claimed=claim.value, claimed_how=f"{spoken(name)} in {claim.at}"
            )
    return evaluation


def _fact(evaluation: Evaluation) -> str:
    return f"{spoken(evaluation.metric)} {evaluation.value:.3f} on {evaluation.rows:,} rows held out"

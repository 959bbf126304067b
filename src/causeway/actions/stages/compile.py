"""Converts the model to ONNX, and proves that it answers raw rows as the proof of concept did.

A model that does not convert, or not to its equal, is kept as it is for a process of its own.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from msgspec import structs

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.proving import Proof, Questions, proof, questions
from causeway.actions.stages.recover import Recovered
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.core.answers import Answers, Converted, WholeModel, WorkerAnswers
from causeway.core.errors import OutsideError, Refused
from causeway.core.metrics import spoken
from causeway.core.release import WORKER, Evaluation, Parity, Speed
from causeway.core.table import Column, Number, Numbers, Table

MODEL = "model.onnx"
WHOLE_MODEL = "model.pkl"
WORKER_SPEC = "worker.json"
DTYPES = {"float32": "in single precision", "float64": "in double precision"}


class Compiled(Made, frozen=True, kw_only=True):
    """The model as a file, and the proof of its parity; `speed` where a process of its own answers."""

    converted: Converted
    parity: Parity
    classes: tuple[str, ...]
    speed: Speed | None = None


def compile_model(
    site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered, *, source: Table
) -> Compiled:
    """The model that answers as the reference did on every kept row; refused where none does."""
    asked = questions(site, environment, trace, recovered, source=source)
    tried: dict[str, str] = {}
    for dtype in DTYPES:
        into = site.scratch / f"compile-{dtype}"
        into.mkdir(parents=True, exist_ok=True)
        converted = site.workshop.convert_model(
            environment.environment, trace, recovered.model, into, dtype=dtype, say=site.watcher.said
        )
        if converted.reason:
            tried[dtype] = converted.reason
            continue
        proven = _answered(site, recovered, asked, file=into / converted.file, converted=converted)
        if isinstance(proven, Proof) and proven.parity.proven:
            return _compiled(site, converted, proven.parity, asked.reference, file=into / converted.file)
        tried[dtype] = proven.shortfall if isinstance(proven, Proof) else proven
    reason = _reason(tried)
    site.watcher.said(f"not compiled: {reason}")
    return _in_worker(site, environment, trace, recovered, asked=asked, reason=reason)


def weighed(refused: Refused, evaluation: Evaluation) -> Refused:
    """The refusal, led by what matters more: a model without skill is not worth serving."""
    if evaluation.has_skill:
        return refused
    between = f"95 % {evaluation.low:.3f} to {evaluation.high:.3f}"
    return Refused(
        f"the model has no skill: {spoken(evaluation.metric)} {evaluation.value:.3f} ({between}) on "
        f"{evaluation.rows:,} rows held out, where "
        f"{evaluation.baseline_name} gets {evaluation.baseline:.3f}; besides, {refused.message}",
        where=refused.where,
        hint="stop here, or find columns that know more about the target; then run it again",
    )


def _compiled(
    site: Site, converted: Converted, parity: Parity, reference: Answers, *, file: Path
) -> Compiled:
    return Compiled(
        fact=_agreed(parity),
        files={MODEL: site.work.artifacts.put_file(file)},
        converted=structs.replace(converted, file=MODEL),
        parity=parity,
        classes=reference.classes,
    )


def _answered(
    site: Site, recovered: Recovered, asked: Questions, *, file: Path, converted: Converted
) -> Proof | str:
    """How the converted model answers everything, or why it does not answer."""
    classes = asked.reference.classes
    try:
        ours = site.workshop.onnx_answers(file, _fed(asked.raw, converted), classes=classes)
        edges = asked.edge_reference.answers
        if len(asked.edges):
            edges = site.workshop.onnx_answers(file, _fed(asked.edges, converted), classes=classes)
    except OutsideError as error:
        return f"the converter made a graph that fails: {error.message}"
    return proof(site, recovered, asked, ours=ours, edges=edges)


def _fed(table: Table, converted: Converted) -> Numbers | Mapping[str, Column]:
    return matrix_of(table) if converted.form == "matrix" else by_input(table, converted)


def _in_worker(
    site: Site,
    environment: EnvironmentMade,
    trace: Path,
    recovered: Recovered,
    *,
    asked: Questions,
    reason: str,
) -> Compiled:
    """The model as it is, proven through the very process that will answer with it."""
    try:
        model = site.workshop.whole_model(trace, recovered.model)
        classes, here = asked.reference.classes, site.scratch / WORKER
        ask = site.workshop.worker_answers
        ours = ask(environment.environment, model, asked.raw, here / "rows", classes=classes)
        edges = asked.edge_reference.answers
        if len(asked.edges):
            edges = ask(
                environment.environment, model, asked.edges, here / "edges", classes=classes
            ).tried.answers
    except Refused as refused:
        raise _neither(recovered, reason, refused.message, hint=refused.hint) from refused
    if len(ours.tried.rows) < len(asked.raw):
        raise _neither(recovered, reason, f"it refuses rows that it was fitted on: {ours.tried.why}")
    proven = proof(site, recovered, asked, ours=ours.tried.answers, edges=edges)
    if not proven.parity.proven:
        raise _neither(recovered, reason, f"in a process of its own it answers otherwise: {proven.shortfall}")
    put = site.work.artifacts.put
    fact = f"a worker process answers: {_agreed(proven.parity)}; {pace(ours.speed)}"
    return Compiled(
        fact=f"{fact}. Not compiled: {reason}",
        files={WHOLE_MODEL: put(model.content), WORKER_SPEC: put(model.spec)},
        converted=_as_it_is(model, asked, ours, reason=reason),
        parity=proven.parity,
        classes=asked.reference.classes,
        speed=ours.speed,
    )


def _as_it_is(model: WholeModel, asked: Questions, ours: WorkerAnswers, *, reason: str) -> Converted:
    """The model's description where nothing was converted; the outputs are those that a converted one has."""
    label = "label" if asked.reference.classes else "value"
    more = ("probability",) if ours.tried.answers.probabilities is not None else ()
    return Converted(
        file=WHOLE_MODEL,
        form=WORKER,
        framework=model.framework,
        input_names=tuple(asked.raw.columns),
        output_names=(label, *more),
        dtype="float64",
        reason=reason,
    )


def pace(speed: Speed) -> str:
    """How fast the process was, in words."""
    return f"{speed.one_row_ms:.2g} ms a row, {speed.rows_per_second:,.0f} rows/s at {speed.batch} a request"


def _agreed(parity: Parity) -> str:
    text = (
        f"{parity.rows_equal:,} of {parity.rows:,} rows agree, "
        f"largest difference {parity.largest_difference:.2g}"
    )
    if parity.largest_difference:
        text += f" (half at most {parity.differences['0.5']:.2g}, 99 % {parity.differences['0.99']:.2g})"
    if parity.label_flips:
        text += f", {parity.label_flips:,} labels differ"
    return f"{text}; {parity.edge_rows} made-up rows at the edges too" if parity.edge_rows else text


def _reason(tried: Mapping[str, str]) -> str:
    """Why neither precision will do, once where both failed alike."""
    whys = {dtype: why.rstrip(".") for dtype, why in tried.items()}
    if len(set(whys.values())) == 1:
        return next(iter(whys.values()))
    return "; ".join(f"{DTYPES[dtype]}, {why}" for dtype, why in whys.items())


def _neither(recovered: Recovered, reason: str, besides: str, *, hint: str = "") -> Refused:
    return Refused(
        f"{recovered.estimator} was not compiled: {reason}; and it cannot answer as it is: {besides}",
        where=recovered.source_path,
        hint=hint or "train an estimator that converts: scikit-learn, XGBoost and LightGBM mostly do",
    )


def matrix_of(table: Table) -> Numbers:
    """The table's numbers, rows by columns."""
    return np.column_stack([column.values for column in table.columns.values() if isinstance(column, Number)])


def by_input(table: Table, converted: Converted) -> Mapping[str, Column]:
    """The table's columns by the names of the model's inputs, which stand in the same order."""
    return dict(zip(converted.input_names, table.columns.values(), strict=True))

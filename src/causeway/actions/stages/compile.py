"""Converts the model to ONNX, and proves that it answers raw rows as the proof of concept did."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from msgspec import structs

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.function import made_by_function
from causeway.actions.stages.recover import FEATURES, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.parity import compare
from causeway.core.answers import Answers, Converted
from causeway.core.errors import OutsideError, Refused
from causeway.core.features import apply_columns, read_features
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation, Parity
from causeway.core.table import Column, Number, Numbers, Table

MODEL = "model.onnx"
DTYPES = ("float32", "float64")


class Compiled(Made, frozen=True, kw_only=True):
    """The converted model as a file, and the proof of its parity."""

    converted: Converted
    parity: Parity
    classes: tuple[str, ...]


def compile_model(
    site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered, *, source: Table
) -> Compiled:
    """The model that answers as the reference did on every kept row; refused where none does."""
    rows = kept_rows(site, recovered)
    reference = site.workshop.reference_predictions(
        environment.environment, trace, recovered.model, rows.matrix
    )
    raw = _from_raw_rows(site, recovered, source.take(rows.positions)) or rows.matrix
    tried: list[str] = []
    for dtype in DTYPES:
        into = site.scratch / f"compile-{dtype}"
        into.mkdir(parents=True, exist_ok=True)
        converted = site.workshop.convert_model(
            environment.environment, trace, recovered.model, into, dtype=dtype, say=site.watcher.said
        )
        if converted.reason:
            tried.append(f"{dtype}: {converted.reason}")
            continue
        file = into / converted.file
        parity = _parity(site, recovered, reference, file=file, converted=converted, raw=raw)
        if parity.rows_equal == parity.rows:
            return _compiled(site, converted, parity, reference, file=file)
        tried.append(f"{dtype}: {_shortfall(parity)}")
    raise Refused(
        f"{recovered.estimator} was not compiled: {'; '.join(tried)}",
        where=recovered.source_path,
        hint="train an estimator that converts: scikit-learn, XGBoost and LightGBM mostly do",
    )


def weighed(refused: Refused, evaluation: Evaluation) -> Refused:
    """The refusal, led by what matters more: a model without skill is not worth converting."""
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
        fact=(
            f"{parity.rows_equal:,} of {parity.rows:,} rows agree, "
            f"largest difference {parity.largest_difference:.2g}"
        ),
        files={MODEL: site.work.artifacts.put_file(file)},
        converted=structs.replace(converted, file=MODEL),
        parity=parity,
        classes=reference.classes,
    )


def _parity(
    site: Site,
    recovered: Recovered,
    reference: Answers,
    *,
    file: Path,
    converted: Converted,
    raw: Table,
) -> Parity:
    fed = matrix_of(raw) if converted.form == "matrix" else by_input(raw, converted)
    try:
        ours = site.workshop.onnx_answers(file, fed, classes=reference.classes)
    except OutsideError as error:
        raise Refused(
            error.message, where=error.where, hint="the converter made a model that fails"
        ) from error
    parity = compare(reference, ours, tolerance=site.manifest.serving.reference_tolerance)
    return structs.replace(
        parity,
        matrix_columns=len(recovered.columns),
        matrix_columns_equal=recovered.columns_equal,
        rows_in_source=recovered.rows_in_source,
    )


def _from_raw_rows(site: Site, recovered: Recovered, rows: Table) -> Table | None:
    """The model's columns made anew from raw rows by the rules or the function that will be shipped."""
    if recovered.function:
        return made_by_function(site, recovered)
    if FEATURES not in recovered.files:
        return None
    features = read_features(site.work.artifacts.get(recovered.files[FEATURES]))
    columns, _ = apply_columns(features, rows)
    return Table(columns)


def matrix_of(table: Table) -> Numbers:
    """The table's numbers, rows by columns."""
    return np.column_stack([column.values for column in table.columns.values() if isinstance(column, Number)])


def by_input(table: Table, converted: Converted) -> Mapping[str, Column]:
    """The table's columns by the names of the model's inputs, which stand in the same order."""
    return dict(zip(converted.input_names, table.columns.values(), strict=True))


def _shortfall(parity: Parity) -> str:
    return (
        f"{parity.rows_equal:,} of {parity.rows:,} rows agree within {parity.tolerance:.2g}, largest "
        f"difference {parity.largest_difference:.2g}, {parity.label_flips} labels differ"
    )

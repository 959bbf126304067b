"""A captured model's own answers, its converted form, and its honest answers."""

import numpy as np
import onnxruntime
import pytest

from causeway.adapters import registry
from causeway.core.errors import NotFound
from causeway.core.table import Number, Table, Text


def session(file: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def fitted_on(into, trace):
    fit = next(f for f in trace.fits if f.call == "fit")
    loaded = registry.load_trace(into)
    return fit.object, loaded.matrices[fit.matrix], loaded.vectors[fit.target]


def test_a_matrix_model_answers_alike_as_onnx(ours, watched, tmp_path):
    into, trace = watched
    captured, matrix, _ = fitted_on(into, trace)
    own = registry.reference_predictions(ours, into, captured, matrix)
    made = registry.convert_model(ours, into, captured, tmp_path, say=print)
    assert (made.form, made.framework, made.input_names, made.reason) == ("matrix", "sklearn", ("X",), "")
    rows = np.stack([c.values for c in matrix.columns.values()], axis=1).astype(np.float32)
    run = session(made.file)
    label, probability = run.run(list(made.output_names), {"X": rows})
    assert [o.shape[0] for o in run.get_outputs()] == ["rows", "rows"]
    assert np.array_equal(label, own.labels.values)
    assert np.abs(probability - own.probabilities).max() < 1e-5


def test_double_precision_brings_a_linear_model_closer(ours, watched, tmp_path):
    into, trace = watched
    captured, matrix, _ = fitted_on(into, trace)
    own = registry.reference_predictions(ours, into, captured, matrix)
    made = registry.convert_model(ours, into, captured, tmp_path, dtype="float64", say=print)
    rows = np.stack([c.values for c in matrix.columns.values()], axis=1)
    _, probability = session(made.file).run(list(made.output_names), {"X": rows})
    assert made.dtype == "float64"
    assert np.abs(probability - own.probabilities).max() < 1e-12


def test_a_pipeline_over_columns_takes_one_input_a_column(ours, searched, tmp_path):
    into, trace = searched
    captured, matrix, _ = fitted_on(into, trace)
    own = registry.reference_predictions(ours, into, captured, matrix)
    made = registry.convert_model(ours, into, captured, tmp_path, say=print)
    assert made.form == "columns"
    assert dict(zip(made.input_names, made.input_kinds, strict=True)) == {
        "plan": "text",
        "age": "number",
        "visits": "number",
    }
    feed = {name: column_of(matrix, name) for name in made.input_names}
    label, probability = session(made.file).run(list(made.output_names), feed)
    assert list(label) == list(own.labels.values)
    assert own.classes == ("leaves", "stays")
    assert np.abs(probability - own.probabilities).max() < 1e-5


def column_of(matrix: Table, name: str) -> np.ndarray:
    column = matrix.columns[name]
    if isinstance(column, Text):
        return np.array(column.values, dtype=object).reshape(-1, 1)
    return column.values.astype(np.float32).reshape(-1, 1)


def test_copies_of_a_row_are_held_out_together(ours, searched):
    into, trace = searched
    captured, matrix, target = fitted_on(into, trace)
    twins = Number(np.arange(len(matrix)) // 2 * 1.0)
    honest = registry.honest_predictions(ours, into, captured, matrix, target, copies=twins)
    assert honest.method.endswith(", copies of a row kept together")
    assert set(honest.folds) == {0, 1, 2, 3, 4}
    even = len(matrix) // 2 * 2
    assert np.array_equal(honest.folds[:even:2], honest.folds[1:even:2])


def test_honest_answers_come_from_clones_that_never_saw_the_row(ours, searched):
    into, trace = searched
    captured, matrix, target = fitted_on(into, trace)
    honest = registry.honest_predictions(ours, into, captured, matrix, target)
    assert honest.method == "5-fold stratified cross-validation, seed 0"
    assert set(honest.folds) == {0, 1, 2, 3, 4}
    assert np.allclose(honest.probabilities.sum(axis=1), 1)
    own = registry.reference_predictions(ours, into, captured, matrix)
    right = np.mean(np.array(honest.labels.values) == np.array(target.values))
    seen = np.mean(np.array(own.labels.values) == np.array(target.values))
    assert right < seen


def test_rows_in_order_of_time_are_scored_at_their_end(ours, watched):
    into, trace = watched
    captured, matrix, target = fitted_on(into, trace)
    honest = registry.honest_predictions(ours, into, captured, matrix, target, ordered=True)
    cut = int(len(target) * 0.8)
    assert honest.method == "trained on the first 80 % of rows, scored on the last 20 %"
    assert set(honest.folds[:cut]) == {-1}
    assert set(honest.folds[cut:]) == {0}
    assert np.isnan(honest.labels.values[:cut]).all()


def test_parts_left_out_for_lack_of_time_are_said(ours, watched):
    into, trace = watched
    captured, matrix, target = fitted_on(into, trace)
    honest = registry.honest_predictions(ours, into, captured, matrix, target, seconds=0)
    assert "only 1 of them were done" in honest.method
    assert np.mean(honest.folds == 0) == pytest.approx(0.2, abs=0.01)


def test_a_number_that_is_no_model_is_told(ours, watched):
    into, _ = watched
    with pytest.raises(NotFound, match=r"no model 99 was captured"):
        registry.convert_model(ours, into, 99, into / "onnx", say=print)

"""Neural networks are watched, asked, taught anew and converted as any other model is."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from causeway.adapters import registry
from causeway.core.environment import Environment

RUNNER = Path(__file__).parents[2] / "src" / "causeway" / "runner"
STAND_IN = Path(__file__).parent / "stand_in" / "keras.py"

READ = """
import pandas as pd
table = pd.read_csv("people.csv")
X, y = (table[["age", "visits"]] - 20) / 10, (table["left"] == "yes").astype(int)
"""

STAND_IN_TRAINING = """
import keras
model = keras.Model(2)
model.compile(loss="binary_crossentropy", optimizer=keras.Adam(1.0))
model.fit(X, y, epochs=400, batch_size=16, callbacks=[keras.EarlyStopping(59)])
print("accuracy", model.evaluate(X, y))
model.save("model.h5")
"""

KERAS_TRAINING = """
import keras
model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.2))
model.fit(X, y, epochs=60, batch_size=16, verbose=0,
          callbacks=[keras.callbacks.EarlyStopping(monitor="loss", patience=3)])
print("accuracy", model.evaluate(X, y))
model.save("model.h5")
"""

TORCH_TRAINING = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(2, 1)
    def forward(self, x):
        return self.line(x).squeeze(1)
torch.set_num_threads(1)
held = torch.tensor(X.values, dtype=torch.float32), torch.tensor(y.values).float()
batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*held), batch_size=16, shuffle=True)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.2)
for epoch in range(12):
    for rows, target in batches:
        optimizer.zero_grad()
        torch.nn.BCEWithLogitsLoss()(model(rows), target).backward()
        optimizer.step()
torch.save(model.state_dict(), "model.h5")
"""

REAL = {
    "keras": ("CAUSEWAY_KERAS_PYTHON", KERAS_TRAINING, "Sequential", "early stopping replaced"),
    "torch": ("CAUSEWAY_TORCH_PYTHON", TORCH_TRAINING, "Net", "taught by a plain loop"),
}


def write_people(folder, training):
    folder.mkdir()
    draw = np.random.default_rng(3)
    age, visits = draw.integers(20, 60, 240), draw.integers(0, 40, 240)
    left = np.where(age + visits + draw.normal(0, 5, 240) > 60, "yes", "no")
    lines = [f"{a},{v},{answer}" for a, v, answer in zip(age, visits, left, strict=True)]
    (folder / "people.csv").write_text("\n".join(["age,visits,left", *lines, ""]))
    (folder / "train.py").write_text(READ + training)
    return folder


@pytest.fixture(scope="module")
def stood_in(ours, tmp_path_factory):
    """A training with the stand-in for Keras, watched."""
    place = tmp_path_factory.mktemp("network")
    folder = write_people(place / "poc", STAND_IN_TRAINING)
    shutil.copy(STAND_IN, folder / "keras.py")
    return place / "trace", registry.watch_training(ours, folder, "train.py", place / "trace")


@pytest.fixture
def runner(monkeypatch):
    monkeypatch.syspath_prepend(str(RUNNER))


def fitted_on(into, trace):
    fit = next(f for f in trace.fits if f.call == "fit")
    loaded = registry.load_trace(into)
    return fit.object, loaded.matrices[fit.matrix], loaded.vectors[fit.target]


def answers_alike(environment, into, trace, tmp_path):
    """Whether the converted network answers as the captured one, whose answers are given back."""
    captured, matrix, _ = fitted_on(into, trace)
    own = registry.reference_predictions(environment, into, captured, matrix)
    made = registry.convert_model(environment, into, captured, tmp_path / "onnx", say=print)
    assert (made.form, made.input_names, made.reason) == ("matrix", ("X",), "")
    ours = registry.onnx_answers(
        tmp_path / "onnx" / "model.onnx", np.stack([c.values for c in matrix.columns.values()], axis=1),
        classes=own.classes,
    )  # fmt: skip
    assert ours.labels.values == [str(int(one)) for one in own.labels.values]
    assert np.abs(ours.probabilities - own.probabilities).max() < 1e-5
    return own


def test_a_network_is_known_with_what_it_learned_from(stood_in):
    into, trace = stood_in
    (captured,) = trace.captured
    assert (captured.estimator, captured.kind, captured.variable) == ("Model", "classifier", "model")
    assert (captured.classes, captured.problem) == (("0", "1"), "")
    assert captured.parameters["batch_size"] == "16"
    assert [(d.object, d.path) for d in trace.dumps] == [(captured.object, "model.h5")]
    assert [(fit.call, fit.where) for fit in trace.fits] == [("fit", "train.py:9"), ("score", "train.py:10")]
    _, matrix, target = fitted_on(into, trace)
    assert list(matrix.columns) == ["age", "visits"]
    assert len(matrix) == len(target) == 240
    assert trace.errors == ()


def test_a_converted_network_gives_a_label_and_both_probabilities(ours, stood_in, tmp_path):
    answers_alike(ours, *stood_in, tmp_path)
    session = onnxruntime.InferenceSession(
        str(tmp_path / "onnx" / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    assert [(o.name, o.shape) for o in session.get_outputs()] == [
        ("label", ["rows"]), ("probabilities", ["rows", 2]),
    ]  # fmt: skip


def test_double_precision_is_not_pretended(ours, stood_in, tmp_path):
    into, trace = stood_in
    made = registry.convert_model(ours, into, trace.captured[0].object, tmp_path, dtype="float64", say=print)
    assert made.reason == "Model of Keras can be converted in single precision only"


def test_copies_of_a_network_start_as_it_did_and_never_see_the_rows_held_out(ours, stood_in):
    into, trace = stood_in
    honest = registry.honest_predictions(ours, into, *fitted_on(into, trace))
    assert honest.method == (
        "5-fold stratified cross-validation, seed 0; early stopping replaced by the number of epochs it had "
        "chosen"
    )
    assert sorted(set(honest.folds)) == [0, 1, 2, 3, 4]
    right = np.array(honest.labels.values, float) == fitted_on(into, trace)[2].values
    assert 0.7 < right.mean() < 1


def test_a_process_of_its_own_answers_with_a_network_too(ours, stood_in, tmp_path):
    into, trace = stood_in
    captured, matrix, _ = fitted_on(into, trace)
    own = registry.reference_predictions(ours, into, captured, matrix)
    model = registry.whole_model(into, captured)
    ours_too = registry.worker_answers(ours, model, matrix, tmp_path / "worker", classes=own.classes)
    assert model.framework == "keras"
    assert np.array_equal(ours_too.tried.answers.probabilities, own.probabilities)


def test_what_numpy_reads_is_a_table_with_columns_by_their_place(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    (folder / "cells.csv").write_text("1,2,0\n3,4,1\n5,6,0\n7,9,1\n")
    (folder / "named.csv").write_text("a, b\n1,2\n3,4\n")
    (folder / "train.py").write_text(
        "from numpy import loadtxt, genfromtxt\n"
        "from sklearn.linear_model import LinearRegression\n"
        "cells = loadtxt('cells.csv', delimiter=',')\n"
        "named = genfromtxt('named.csv', delimiter=',', skip_header=1)\n"
        "LinearRegression().fit(cells[:, :2], cells[:, 2])\n"
    )
    trace = registry.watch_training(ours, folder, "train.py", tmp_path / "trace")
    assert [(t.how, t.path, [c.name for c in t.columns]) for t in trace.tables] == [
        ("loadtxt", "cells.csv", ["column 0", "column 1", "column 2"]),
        ("genfromtxt", "named.csv", ["a", "b"]),
    ]


@pytest.mark.integration
@pytest.mark.timeout(400)
@pytest.mark.parametrize("framework", sorted(REAL))
def test_the_real_framework(framework, tmp_path):
    variable, training, title, said = REAL[framework]
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no interpreter with {framework}, onnx and what it exports with")
    version = ".".join(map(str, sys.version_info[:3]))
    environment = Environment(python, version, {}, (), "real", str(tmp_path / "environment"))
    place = Path(os.environ.get(variable + "_OVERLAY", tmp_path / "none"))
    if place.is_dir():
        (tmp_path / "environment").mkdir()
        (tmp_path / "environment" / "overlay").symlink_to(place)
    folder, into = write_people(tmp_path / "poc", training), tmp_path / "trace"

    trace = registry.watch_training(environment, folder, "train.py", into)

    assert trace.errors == ()
    (captured,) = trace.captured
    assert (captured.estimator, captured.kind, captured.problem) == (title, "classifier", "")
    assert [d.path for d in trace.dumps] == ["model.h5"]
    assert len(fitted_on(into, trace)[1]) == 240
    answers_alike(environment, into, trace, tmp_path)
    honest = registry.honest_predictions(environment, into, *fitted_on(into, trace))
    assert said in honest.method


class Body:
    """Outputs that were made up, with the end that is said of them."""

    name, module = "Made", "made"

    def __init__(self, outputs, head, *, hot=False):
        self.made, self.end, self.hot = np.array(outputs), head, hot

    def head(self):
        return self.end

    def one_hot(self):
        return self.hot

    def fed(self, rows):
        return np.arange(len(rows))

    def outputs(self, table):
        return self.made[table]


def network(body, target):
    from causeway_runner.networks import network_of  # noqa: PLC0415 - only on the path in these tests

    return network_of(body, target)


def test_one_squashed_output_is_the_probability_of_the_ones(runner):
    made = network(Body([[0.2], [0.5], [0.9]], ("sigmoid", False, 1)), np.array([0, 1, 1]))
    assert made.predict([1, 2, 3]).tolist() == [0, 0, 1]
    assert np.allclose(made.predict_proba([1, 2, 3]), [[0.8, 0.2], [0.5, 0.5], [0.1, 0.9]])


def test_scores_are_squashed_first(runner):
    made = network(Body([[-2.0], [2.0]], ("sigmoid", True, 1)), np.array([0, 1]))
    assert made.predict([1, 2]).tolist() == [0, 1]
    assert np.allclose(made.predict_proba([1, 2])[:, 1], [0.11920292, 0.88079708])


def test_several_outputs_are_classes_by_their_place(runner):
    made = network(Body([[1.0, 3.0, 2.0]], ("softmax", True, 3), hot=True), np.array([0, 2]))
    assert made.predict([1]).tolist() == [1]
    assert np.isclose(made.predict_proba([1]).sum(), 1)
    assert made.told([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_a_squashed_output_that_learned_other_values_is_a_value(runner):
    made = network(Body([[0.4]], ("sigmoid", False, 1)), np.array([0.1, 0.7]))
    assert not hasattr(made, "predict_proba")
    assert made.predict([1]).tolist() == [0.4]


def test_several_values_a_row_are_refused(runner):
    made = network(Body([[1.0, 2.0]], ("value", False, 2)), np.array([0.1, 0.7]))
    with pytest.raises(ValueError, match="answers with 2 values a row, not one"):
        made.predict([1])


def test_a_target_of_one_column_a_class_is_the_number_of_the_class(runner):
    from causeway_runner.networks import target_of  # noqa: PLC0415 - only on the path in this test

    assert target_of(np.array([[0, 1, 0], [1, 0, 0]])).tolist() == [1, 0]
    assert target_of(np.array([[3], [4]])).tolist() == [3, 4]
    assert target_of(np.array([[0.5, 0.5], [1, 0]])) is None


def test_without_scikit_learn_each_class_is_spread_over_the_parts(runner):
    from causeway_runner.folding import EvenFolds, Folds  # noqa: PLC0415 - only on the path in this test

    target = np.array([0] * 23 + [1] * 7)
    parts = EvenFolds(5, shuffle=True, random_state=0).split(target, target)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(30))
    assert {int(target[test].sum()) for _, test in parts} == {1, 2}
    assert all(not set(train) & set(test) for train, test in parts)
    assert [len(test) for _, test in Folds(4, shuffle=True, random_state=0).split(target, target)] == [
        8,
        8,
        7,
        7,
    ]


def test_rows_of_batches_are_found_again_equal_ones_one_after_the_other(runner):
    from causeway_runner.lessons import places  # noqa: PLC0415 - only on the path in this test

    cells = np.array([[1, 2], [3, 4], [1, 2]], np.float32)
    assert places(cells, cells[[2, 1, 0]]).tolist() == [0, 1, 2]
    assert places(cells, np.array([[9, 9]], np.float32)) is None
    assert places(cells, cells[[1, 1]]) is None

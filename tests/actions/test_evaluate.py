"""What a held-out measure is held against, and how its rows are ordered."""

from types import SimpleNamespace

import numpy as np
import pytest

from causeway.actions.stages import evaluate as stage
from causeway.actions.stages.recover import KeptRows
from causeway.core.answers import HonestAnswers
from causeway.core.ids import digest_of
from causeway.core.manifest import Manifest, ProductPart
from causeway.core.table import Number, Table, Text


def measured(monkeypatch, y, labels, folds, *, task="regression", source=None, time=""):
    """The evaluation of these answers; what the workshop was asked is in `asked`."""
    asked = {}

    def honest(_environment, _trace, _model, matrix, _y, **options):
        asked.update(options, matrix=matrix)
        classes = () if task == "regression" else tuple(str(int(k)) for k in np.unique(y))
        return HonestAnswers(Number(labels), None, classes, folds, "as told", 0.1)

    rows = KeptRows(np.arange(len(y)), np.ones(len(y), bool), Table({"x": Number(y)}), Number(y))
    monkeypatch.setattr(stage, "kept_rows", lambda *_: rows)
    site = SimpleNamespace(
        workshop=SimpleNamespace(honest_predictions=honest),
        data=SimpleNamespace(time_column=time, positive=""),
        manifest=Manifest(ProductPart("p")),
        work=SimpleNamespace(artifacts=SimpleNamespace(put=digest_of)),
    )
    recovered = SimpleNamespace(
        model=0, sampler=None, task=task, target=SimpleNamespace(labels={}), source_path="t.csv"
    )
    environment = SimpleNamespace(environment=None)
    source = source or Table({"x": Number(y)})
    made = stage.evaluate(site, environment, None, recovered, source=source, claims=())
    return made.evaluation, asked


def test_the_trivial_answer_of_a_split_in_time_knows_the_past_only(monkeypatch):
    y = np.array([1.0] * 80 + [100.0, 101.0] * 10)
    folds = np.array([-1.0] * 80 + [0.0] * 20)
    evaluation, _ = measured(monkeypatch, y, y, folds)
    # the median of the past is far below: R2 of the future's own median would be about 0
    assert evaluation.baseline < -1000


def test_the_commonest_class_is_that_of_the_training_rows(monkeypatch):
    y = np.array([0.0] * 40 + [1.0] * 20 + [2.0] * 20 + [1.0] * 15 + [2.0] * 5)
    folds = np.array([-1.0] * 80 + [0.0] * 20)
    evaluation, _ = measured(monkeypatch, y, y, folds, task="multiclass")
    assert evaluation.baseline == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("times", "order"),
    [
        (["13/01/2025", "02/12/2024", "01/02/2025"], [1, 0, 2]),
        (["10", "9", "-1"], [2, 1, 0]),
        (["2025-02-01T00:00:00+02:00", "2025-01-31", "2025-01-31T21:00:00Z"], [1, 2, 0]),
        (["5 Mar 2025", "28 Feb 2025", "1 Jan 2026"], [1, 0, 2]),
        (["20240201", "20231231", "20240131"], [1, 2, 0]),
    ],
)
def test_dates_are_read_before_they_order_the_rows(monkeypatch, times, order):
    y = np.arange(3.0)
    source = Table({"at": Text(times)})
    evaluation, asked = measured(monkeypatch, y, y, np.zeros(3), source=source, time="at")
    assert (asked["ordered"], evaluation.method) == (True, "as told")
    assert asked["matrix"].columns["x"].values.tolist() == order


@pytest.mark.parametrize(
    "times",
    [
        Text(["1/2/2025", "2/1/2025", "3/3/2025"]),
        Text(["1/13/2025", None, "soon"]),
        Text(["31012024", "01022024", "15032023"]),
        Number(np.array([31012024.0, 1022024.0, 15032023.0]), "integer"),
    ],
)
def test_what_is_not_surely_a_date_does_not_order_them_and_the_method_says_so(monkeypatch, times):
    y = np.arange(3.0)
    evaluation, asked = measured(monkeypatch, y, y, np.zeros(3), source=Table({"at": times}), time="at")
    assert not asked["ordered"]
    assert evaluation.method.startswith("as told; not split by time: at is not a date")

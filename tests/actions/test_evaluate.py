"""What a held-out measure is held against, and how its rows are ordered."""

from types import SimpleNamespace

import numpy as np
import pytest

from causeway.actions.stages import evaluate as stage
from causeway.actions.stages.recover import KeptRows
from causeway.core.answers import HonestAnswers
from causeway.core.table import Number, Table


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

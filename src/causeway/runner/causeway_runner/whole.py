"""A model as its own framework saved it, held in a process that answers with it."""

import pickle
import sys
import types

import numpy as np

from causeway_runner import models
from causeway_runner.answers import label_column
from causeway_runner.columns import shaped
from causeway_runner.function import Failed, Shipped
from causeway_runner.request import said


class Uneven(Exception):
    """The model's answers are not one a row."""


class Whole:
    """Answers for columns; `spec` says in which form the model takes them, and what its bytes refer to."""

    def __init__(self, spec, content):
        sys.meta_path.insert(0, Shipped(spec["texts"]))
        if spec["definitions"]:
            main = types.ModuleType("__main__")
            sys.modules["__main__"] = main
            models.define(spec["definitions"], models.DEFINITIONS, main.__dict__)
        try:
            self.model = pickle.loads(content)
        except Exception as error:
            raise Failed("it cannot be opened: " + said(error)) from error
        self.matrix = models.form_of(spec["matrix"], self.model)
        self.classifies = spec["classifies"]

    def answered(self, rows, numbers, texts):
        """Labels and probabilities, or values, for these rows; raises Failed, or Uneven."""
        try:
            given = shaped(self.columns(rows, numbers, texts), self.matrix)
            labels = label_column(self.model.predict(given))
            values = np.empty((rows, 0))
            if not self.classifies:
                labels, values = labels[:0], np.asarray(labels, dtype="<f8").reshape(-1, 1)
            elif hasattr(self.model, "predict_proba"):
                values = np.ascontiguousarray(self.model.predict_proba(given), dtype="<f8")
            told = [label_of(label) for label in labels.tolist()]
        except (Exception, SystemExit) as error:
            raise Failed(said(error)) from error
        if values.ndim != 2 or len(values) != rows or (self.classifies and len(told) != rows):
            shape = " x ".join(map(str, values.shape))
            raise Uneven("it answers %d labels and %s numbers for %d rows" % (len(told), shape, rows))
        return told, values

    def columns(self, rows, numbers, texts):
        """The cells of each column in the type that the model was fitted on."""
        table = np.frombuffer(numbers, dtype="<f8").reshape(rows, -1)
        held, place = [], 0
        for column in self.matrix["columns"]:
            if column["kind"] == "text":
                held.append(np.array(texts[column["name"]], dtype=object))
                continue
            held.append(typed(table[:, place], column["kind"]))
            place += 1
        return held


def label_of(label):
    """The label as JSON holds it; raises ValueError for what is none, as where the model has no answer."""
    if hasattr(label, "item"):
        label = label.item()
    if not isinstance(label, (str, int, float)) or (isinstance(label, float) and not np.isfinite(label)):
        raise ValueError("it answers %.60r, which is no label" % (label,))
    return label


def typed(cells, kind):
    """Numbers as whole ones or truths where the model had such, and all of these are."""
    if kind == "float" or not np.array_equal(cells, np.rint(cells)):
        return cells.copy()
    return cells.astype(bool if kind == "boolean" else np.int64)

"""Watched trainings made in memory: what the runner would have written, without running anything."""

import numpy as np

from causeway.core.table import Number, Table, Text
from causeway.core.trace import Captured, Dump, Fit, Link, Matrix, RowDrop, Trace, TracedTable
from causeway.recover import LoadedTrace

MODEL, SAMPLER = 1, 2


def column(values):
    """A column of ours from a list or an array."""
    if isinstance(values, Number | Text):
        return values
    if any(isinstance(value, str) for value in values):
        return Text([None if value is None else str(value) for value in values])
    array = np.asarray(values)
    kind = {"i": "integer", "b": "boolean"}.get(array.dtype.kind, "float")
    return Number(array.astype(np.float64), kind)


class Training:
    """Collects what happened, in the order in which it did."""

    def __init__(self, **source):
        self.tables, self.matrices, self.vectors, self.indexes = {}, {}, {}, {}
        self.described, self.fits, self.links, self.dumps, self.drops = [], [], [], [], []
        self.resets, self.captured, self.read = [], [], []
        if source:
            self.reads(**source)

    def reads(self, **source):
        name = f"t{len(self.tables)}"
        self.tables[name] = Table({key: column(values) for key, values in source.items()})
        self.read.append(TracedTable(name, "read_csv", f"{name}.csv", len(self.tables[name]), ()))
        return name

    def matrix(self, columns, *, labels=None, named=True, float32=False):
        name = f"m{len(self.matrices)}"
        self.matrices[name] = Table({key: column(values) for key, values in columns.items()})
        index = "" if labels is None else self.rows(labels)
        self.described.append(Matrix(name, len(self.matrices[name]), (), named, index, float32))
        return name

    def rows(self, positions):
        name = f"rows{len(self.indexes)}"
        self.indexes[name] = np.asarray(positions, np.int64)
        return name

    def vector(self, values):
        name = f"v{len(self.vectors)}"
        self.vectors[name] = column(values)
        return name

    def part(self, parent, positions, how="train_test_split"):
        """Some rows of a matrix, as the split hands them over; -1 makes a row up."""
        positions = np.asarray(positions)
        whole = self.matrices[parent]
        taken = whole.take(np.where(positions < 0, 0, positions))
        child = self.matrix(taken.columns)
        self.links.append(Link("rows", parent, child, self.rows(positions), how))
        return child

    def transformed(self, parent, columns, how="transform"):
        child = self.matrix(columns, named=False)
        self.links.append(Link("same", parent, child, how=how))
        return child

    def reset(self, labels):
        self.resets.append(self.rows(labels))

    def drop(self, where, labels):
        rows = self.rows(labels)
        self.drops.append(RowDrop(where, "df = df.dropna()", "df", 0, 0, rows))

    def fit(self, matrix, y, *, kind="classifier", model=MODEL, save=True):
        self.fits.append(Fit("fit", model, "Model", "sklearn", matrix, self.vector(y)))
        self.captured.append(Captured(model, "Model", "sklearn", "", kind))
        if save:
            self.dumps.append(Dump(model, "model.pkl"))

    def split_fit(self, whole, y, *, train, test=(), kind="classifier"):
        """The usual end: split, fit on one part, predict the other."""
        y = np.asarray(y)
        self.fits.append(Fit("train_test_split", -1, "", "", whole, self.vector(y)))
        self.fit(self.part(whole, train), y[np.asarray(train)], kind=kind)
        if len(test):
            self.fits.append(Fit("predict", MODEL, "Model", "sklearn", self.part(whole, test)))

    def loaded(self):
        trace = Trace(
            "3.11", {}, "train.py", 1.0, 1,
            tables=tuple(self.read), matrices=tuple(self.described), links=tuple(self.links),
            fits=tuple(self.fits), dumps=tuple(self.dumps), resets=tuple(self.resets),
            drops=tuple(self.drops), captured=tuple(self.captured),
        )  # fmt: skip
        return LoadedTrace(trace, self.tables, self.matrices, self.vectors, self.indexes)

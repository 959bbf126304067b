"""A model's answers as columns."""

import os

import numpy as np

PROBABILITIES = "probabilities.bin"


def label_column(answered):
    """One answer a row; raises ValueError for a model that gives several."""
    labels = np.asarray(answered)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError("the model answers with %s values a row, not one" % (labels.shape[1:],))
    return labels


def write_probabilities(folder, answered):
    """The name of a file with the probabilities, row by row."""
    table = np.ascontiguousarray(answered, dtype="<f8")
    if table.ndim != 2:
        raise ValueError("the model's probabilities are not one row a row of input")
    table.tofile(os.path.join(folder, PROBABILITIES))
    return PROBABILITIES

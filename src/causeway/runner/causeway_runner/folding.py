"""How rows are cut into parts: by scikit-learn where the environment has it, else just as evenly."""

import numpy as np


def cutters():
    """A class that cuts rows, and one that spreads each class over the parts."""
    try:
        from sklearn.model_selection import KFold, StratifiedKFold
    except ImportError:
        return Folds, EvenFolds
    return KFold, StratifiedKFold


class Folds:
    """Rows shuffled, then cut into parts of one size."""

    def __init__(self, parts, *, shuffle, random_state):
        self.parts, self.shuffle, self.seed = parts, shuffle, random_state

    def split(self, rows, _target):
        """The rows to fit on and those held out, part by part."""
        part = np.empty(len(rows), dtype=int)
        part[np.random.RandomState(self.seed).permutation(len(rows))] = np.arange(len(rows)) % self.parts
        return [(np.flatnonzero(part != one), np.flatnonzero(part == one)) for one in range(self.parts)]


class EvenFolds(Folds):
    """The same within each class, the next class going on where the last one ended."""

    def split(self, rows, target):
        """The rows to fit on and those held out, part by part."""
        drawn = np.random.RandomState(self.seed).permutation(len(rows))
        order = drawn[np.argsort(np.unique(target, return_inverse=True)[1][drawn], kind="stable")]
        part = np.empty(len(rows), dtype=int)
        part[order] = np.arange(len(rows)) % self.parts
        return [(np.flatnonzero(part != one), np.flatnonzero(part == one)) for one in range(self.parts)]

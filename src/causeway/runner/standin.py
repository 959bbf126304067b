"""Held-out answers of a plain model on the raw columns of a data file: `python standin.py request.json`."""

import os
import time

from causeway_runner.request import answer

FOLDS = 5
SEED = 0
MOST_ROWS = 20000
MOST_CATEGORIES = 200
LONG_TEXT = 25.0
WORDS = 5000
SMALL_BYTES = 4000000


def standin(request):
    """Truth and answers, row by row; with all columns, then with each doubtful one left constant."""
    import numpy as np
    from causeway_runner.rows import frame_of

    # threads that wait for each other cost more than they bring where rows are few
    if os.path.getsize(os.path.join(request["root"], request["path"])) < SMALL_BYTES:
        os.environ["OMP_NUM_THREADS"] = "1"
    frame = frame_of(os.path.join(request["root"], request["path"]), request["dialect"])
    if frame is None:
        return {"reason": "the data file cannot be read"}
    target = request["target"]
    if target not in frame.columns:
        return {"reason": "the data has no column %s" % target}
    frame = frame[frame[target].notna()]
    said = ""
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=SEED)
        said = ", %d of the rows drawn at random" % MOST_ROWS
    frame = frame.reset_index(drop=True)
    y, classes = truth_of(frame[target], request["task"])
    names = [name for name in request["features"] if name in frame.columns and name != target]
    if not names:
        names = [name for name in frame.columns if name != target]
    table, texts = encoded(frame[names])
    held = HeldOut(table, texts, y, classes, request["seconds"])
    labels, chances = held.answers()
    if labels is None:
        return {"reason": "no column could be used"}
    without = {}
    for name in request["drop"]:
        if name in table:
            held.constant = name
            other, other_chances = held.answers()
            without[name] = listed(other_chances if other_chances is not None else other)
    return {
        "truth": listed(y),
        "labels": listed(labels),
        "chances": listed(chances) if chances is not None else [],
        "folds": listed(np.asarray(held.folds, dtype=float)),
        "classes": [str(one) for one in classes],
        "method": "%d-fold cross-validation, seed %d%s" % (FOLDS, SEED, said),
        "columns": [*table, *texts],
        "without": without,
    }


def truth_of(cells, task):
    """The target as numbers, or as places among its classes."""
    import numpy as np

    if task == "regression":
        import pandas as pd

        return pd.to_numeric(cells, errors="coerce").fillna(0.0).to_numpy(dtype=float), []
    classes, codes = np.unique(cells.astype(str), return_inverse=True)
    return codes.astype(float), list(classes)


def encoded(frame):
    """Columns of numbers and of categories as numbers by name, and long texts as they are."""
    import pandas as pd

    table, texts = {}, {}
    for name in frame.columns:
        cells = frame[name]
        if cells.dtype.kind in "biuf":
            table[name] = cells.to_numpy(dtype=float)
            continue
        words = cells.astype(str)
        numbers = pd.to_numeric(words.str.replace(",", ""), errors="coerce")
        if numbers.notna().mean() > 0.9:
            table[name] = numbers.to_numpy(dtype=float)
        elif words.nunique() <= MOST_CATEGORIES:
            table[name] = pd.Categorical(cells).codes.astype(float)
        elif words.str.len().mean() > LONG_TEXT:
            texts[name] = list(words)
    return table, texts


class HeldOut:
    """Answers of models that were fitted on other rows."""

    def __init__(self, table, texts, y, classes, seconds):
        self.table, self.texts, self.y, self.classes = table, texts, y, classes
        self.seconds, self.constant, self.folds = seconds, "", None

    def answers(self):
        """Labels or numbers, and the chance of the last class."""
        import numpy as np

        labels = np.full(len(self.y), np.nan)
        chances = np.full(len(self.y), np.nan) if self.classes else None
        self.folds = np.full(len(self.y), -1.0)
        if not self.table and not self.texts:
            return None, None
        began = time.time()
        for number, (train, test) in enumerate(self.splits()):
            model, rows = self.fitted(train)
            labels[test] = model.predict(rows(test))
            if chances is not None:
                chances[test] = model.predict_proba(rows(test))[:, -1]
            self.folds[test] = number
            if time.time() - began > self.seconds:
                break
        return labels, chances

    def splits(self):
        """The parts, of the same share of classes where there are classes."""
        import numpy as np
        from sklearn.model_selection import KFold, StratifiedKFold

        kind = StratifiedKFold if self.classes and np.bincount(self.y.astype(int)).min() >= FOLDS else KFold
        return kind(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(len(self.y)), self.y)

    def fitted(self, train):
        """A model fitted on these rows, and how it wants any rows."""
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        if self.table:
            held = [cells * 0 if name == self.constant else cells for name, cells in self.table.items()]
            matrix = np.column_stack(held)
            kind = HistGradientBoostingClassifier if self.classes else HistGradientBoostingRegressor
            return kind(random_state=SEED).fit(matrix[train], self.y[train]), lambda rows: matrix[rows]
        return self.fitted_on_text(train)

    def fitted_on_text(self, train):
        """A linear model of the words."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline

        cells = [" ".join(parts) for parts in zip(*self.texts.values())]  # noqa: B905 - Python 3.8
        last = LogisticRegression(max_iter=300) if self.classes else Ridge()
        model = make_pipeline(TfidfVectorizer(max_features=WORDS), last)
        model.fit([cells[i] for i in train], self.y[train])
        return model, lambda rows: [cells[i] for i in rows]


def listed(values):
    """The numbers as a list that JSON knows."""
    return [None if value != value else float(value) for value in values]  # noqa: PLR0124 - NaN


if __name__ == "__main__":
    answer(standin)

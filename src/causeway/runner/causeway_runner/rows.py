"""One real row in the form that a model wants: of what the training handed over, else of the raw data."""

import json
import os

FEW_ROWS = 300
LONG_TEXT = 20.0
VECTORIZERS = ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer", "TfidfTransformer")


class Unasked(Exception):
    """No real row has the form that the model wants."""


class Rows:
    """The rows at hand: matrices of the trace, and the data files of the folder."""

    def __init__(self, request):
        self.request, self.trace = request, request["trace"]

    def for_model(self, model):
        """A row and where it came from; raises Unasked."""
        if wants_text(model):
            return self.text()
        names, width = wanted(model)
        found = self.of_trace(names, width, model) or (self.raw(names) if names else None)
        if found is None and width:
            found = self.numbers(width)
        if found is None:
            what = "its %d columns" % width if width else "what it takes"
            raise Unasked("no row at hand has %s: the training, which makes them, did not come so far" % what)
        return found

    def of_trace(self, names, width, model):
        """The first row of a matrix that the training handed to a model, by names or by width."""
        from causeway_runner.columns import read_matrix

        for matrix in self.matrices():
            columns = [column["name"] for column in matrix["columns"]]
            if matrix.get("one_dimensional"):
                continue
            fits = set(names) <= set(columns) if names and matrix.get("named") else len(columns) == width
            if fits and matrix["rows"]:
                frame = read_matrix(self.trace, dict(matrix, named=True if names else matrix.get("named")))
                if names:
                    if not matrix.get("named"):
                        frame.columns = list(names)
                    return frame[list(names)].iloc[[0]], "the first row of the training's matrix"
                rows = frame.iloc[[0]] if hasattr(frame, "iloc") and takes_names(model) else take_first(frame)
                return rows, "the first row of the training's matrix"
        return None

    def matrices(self):
        """The matrices that reached an estimator, the last first."""
        path = os.path.join(self.trace, "trace.json")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as stream:
            trace = json.load(stream)
        known = {matrix["id"]: matrix for matrix in trace.get("matrices", [])}
        used = [fit["matrix"] for fit in reversed(trace.get("fits", [])) if fit["matrix"] in known]
        rest = [name for name in known if name not in used]
        return [known[name] for name in dict.fromkeys(used + rest)]

    def text(self):
        """A text of the training, else of the longest column of text."""
        from causeway_runner.columns import read_matrix

        for matrix in self.matrices():
            if matrix.get("one_dimensional") and matrix["columns"][0]["kind"] == "text" and matrix["rows"]:
                cells = list(read_matrix(self.trace, matrix))
                return [cells[0]], "the first text of the training"
        best, where = None, ""
        for path, frame in self.frames():
            for name in frame.columns:
                cells = [cell for cell in frame[name] if isinstance(cell, str)]
                length = sum(map(len, cells)) / len(cells) if cells else 0
                if length > max(LONG_TEXT, best[0] if best else 0):
                    best, where = (length, cells[0]), "column %s of %s" % (name, path)
        if best is None:
            raise Unasked("no column of text is at hand")
        return [best[1]], where

    def raw(self, names):
        """The first record of a data file that has all these columns."""
        for path, frame in self.frames():
            if set(names) <= set(map(str, frame.columns)):
                chosen = frame[list(names)]
                whole = chosen.dropna()
                return (whole if len(whole) else chosen).iloc[[0]], "the first record of %s" % path
        return None

    def numbers(self, width):
        """The features of the first record, where they are all numbers and as many as wanted."""
        import numpy as np

        names = self.request.get("features", [])
        for path, frame in self.frames():
            kept = frame[names] if names and set(names) <= set(frame.columns) else frame
            numeric = kept.select_dtypes("number")
            if len(numeric.columns) == width == len(kept.columns):
                return np.asarray(numeric.iloc[[0]]), "the first record of %s" % path
        return None

    def frames(self):
        """Path and first records of each data file."""
        for path, dialect in self.request["data"].items():
            frame = frame_of(os.path.join(self.request["root"], path), dialect, FEW_ROWS)
            if frame is not None:
                yield path, frame


def frame_of(path, dialect, rows=None):
    """The records of a data file as pandas reads them; None where it cannot."""
    import pandas as pd

    try:
        if dialect["format"] in ("csv", "tsv", "text", "delimited") or dialect["delimiter"]:
            header = 0 if dialect["header"] else None
            separator = dialect["delimiter"] or ","
            frame = pd.read_csv(
                path, sep=separator, encoding=dialect["encoding"] or None, header=header, nrows=rows
            )
        elif "json" in dialect["format"]:
            frame = pd.read_json(path, lines="line" in dialect["format"], nrows=rows)
        elif dialect["format"] == "parquet":
            frame = pd.read_parquet(path)
        else:
            return None
    except Exception:
        return None
    if not dialect["header"]:
        frame.columns = ["column %d" % place for place in range(len(frame.columns))]
    return frame.rename(columns=str)


def wanted(model):
    """The names of the columns that a model was fitted on, where it knows them, and how many."""
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(model, "get_booster"):
        try:
            names = model.get_booster().feature_names
        except Exception:
            names = None
    names = column_names(model) if names is None else list(map(str, names))
    width = len(names) or getattr(model, "n_features_in_", 0) or coefficients(model) or shape_of(model)
    return names, int(width or 0)


def coefficients(model):
    """How many coefficients a linear model has, as old ones do not say how many columns they had."""
    held = getattr(model, "coef_", None)
    shape = getattr(held, "shape", ())
    return int(shape[-1]) if shape else 0


def shape_of(model):
    """How many numbers a network takes."""
    shape = getattr(model, "input_shape", None)
    return shape[1] if isinstance(shape, tuple) and len(shape) == 2 and shape[1] else 0


def column_names(model):
    """The columns that the first step of an old pipeline chooses by name."""
    for step in [step for _, step in getattr(model, "steps", [])][:1] or [model]:
        chosen = [columns for _, _, columns in getattr(step, "transformers", [])]
        flat = [name for columns in chosen if isinstance(columns, (list, tuple)) for name in columns]
        if flat and all(isinstance(name, str) for name in flat):
            return flat
    return []


def takes_names(model):
    """Whether the model was fitted on a frame."""
    return getattr(model, "feature_names_in_", None) is not None


def take_first(frame):
    """The first row of an array or frame as an array."""
    import numpy as np

    return np.asarray(frame)[:1]


def wants_text(model):
    """Whether it is a pipeline that begins with a vectorizer of text."""
    steps = getattr(getattr(model, "best_estimator_", model), "steps", None)
    return bool(steps) and type(steps[0][1]).__name__ in VECTORIZERS

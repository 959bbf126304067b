"""The app's rows beside the training's: which answers differ, and in which columns."""

import numpy as np

MOST_APART = 12
CLOSE = 1e-6
TELLING = 1e-3
"""Numbers that are answered count as the same within this share of them."""


def stacked(pieces):
    """The rows of several calls as one frame, array or list of texts; None where they do not fit together."""
    first = pieces[0]
    if isinstance(first, list):
        return [text for piece in pieces for text in piece]
    if hasattr(first, "iloc"):
        import pandas as pd

        if getattr(first, "ndim", 2) == 1:
            return [str(cell) for piece in pieces for cell in piece]
        return pd.concat(pieces, ignore_index=True)
    flat = [np.atleast_2d(np.asarray(piece)) for piece in pieces]
    if len({piece.shape[1:] for piece in flat}) != 1:
        return None
    return np.concatenate(flat)


def in_form(reference, like):
    """The training's rows in the form in which the app asks its model."""
    if isinstance(like, list):
        cells = reference.iloc[:, 0] if getattr(reference, "ndim", 1) == 2 else reference
        return [str(cell) for cell in cells]
    if hasattr(like, "iloc"):
        if hasattr(reference, "iloc") and set(map(str, like.columns)) <= set(map(str, reference.columns)):
            return reference[list(like.columns)]
        if not hasattr(reference, "iloc") and reference.shape[1] == like.shape[1]:
            import pandas as pd

            return pd.DataFrame(reference, columns=like.columns)
        return reference
    return np.asarray(reference)


def width_of(rows):
    """How many columns the rows have; 1 for texts."""
    return 1 if isinstance(rows, list) else rows.shape[1] if getattr(rows, "ndim", 1) == 2 else 1


def answers(model, rows, method):
    """The labels or numbers that a model answers, and the chance of its last class, where it gives one."""
    labels = getattr(model, "predict", None) or getattr(model, method)
    held = np.asarray(labels(rows))
    chances = None
    if hasattr(model, "predict_proba"):
        chances = np.asarray(model.predict_proba(rows), dtype=float)
    if held.ndim == 2 and held.shape[1] == 1:
        held = held[:, 0]
    elif held.ndim == 2:
        chances, held = held.astype(float), held.argmax(axis=1)
    return held, chances


def alike(one, other, classes):
    """Where two lists of answers are the same."""
    if classes or one.dtype.kind not in "fc" or other.dtype.kind not in "fc":
        return np.array([str(left) == str(right) for left, right in zip(one, other)], dtype=bool)  # noqa: B905 - 3.8
    size = np.maximum(np.abs(other), CLOSE)
    return np.abs(one - other) <= TELLING * size


def largest(one, other):
    """The largest difference of two arrays of the same shape."""
    if one is None or other is None or one.shape != other.shape or not one.size:
        return 0.0
    apart = np.abs(one - other)
    apart = apart[np.isfinite(apart)]
    return float(apart.max()) if apart.size else 0.0


def columns_apart(app, training, names, numbers):
    """The columns in which the app's rows are not the training's: how many rows, and one of them."""
    if isinstance(app, list):
        differ = [i for i, (one, other) in enumerate(zip(app, training)) if one != other]  # noqa: B905 - 3.8
        return [described("text", differ, numbers, app, training)] if differ else []
    left, right = np.asarray(app, dtype=object), np.asarray(training, dtype=object)
    if left.shape != right.shape:
        return []
    found = {}
    for place, name in enumerate(names):
        differ = {i for i in range(len(left)) if not same(left[i, place], right[i, place])}
        if differ:
            # columns of one name are made of one raw column
            places, rows = found.get(name, ([], set()))
            found[name] = ([*places, place], rows | differ)
    told = []
    for name, (places, rows) in found.items():
        ours, theirs = (cells_at(cells, places, own_names(training)) for cells in (left, right))
        told.append(described(name, sorted(rows), numbers, ours, theirs))
    return sorted(told, key=lambda one: -one["rows"])[:MOST_APART]


def own_names(rows):
    """The names of the columns, where they have any."""
    return list(map(str, rows.columns)) if hasattr(rows, "columns") else []


def cells_at(cells, places, names):
    """The cells of a column; of several made of one raw column, those that are set."""
    if len(places) == 1:
        return cells[:, places[0]]
    called = [names[place] if names else "column %d" % place for place in places]
    return [
        ", ".join(name for name, place in zip(called, places) if not same(row[place], 0)) or "nothing"  # noqa: B905
        for row in cells
    ]


def described(name, differ, numbers, app, training):
    """One column that differs, with the first row where it does."""
    first = differ[0]
    return {
        "column": str(name), "rows": len(differ), "row": int(numbers[first]),
        "app": shown(app[first]), "training": shown(training[first]),
    }  # fmt: skip


def same(one, other):
    """Whether two cells mean the same."""
    try:
        left, right = float(one), float(other)
    except (TypeError, ValueError):
        return str(one) == str(other)
    if np.isnan(left) or np.isnan(right):
        return bool(np.isnan(left) and np.isnan(right))
    return left == right or abs(left - right) <= CLOSE * max(1.0, abs(right))


def shown(cell):
    """A cell in a few characters."""
    try:
        return "%g" % float(cell)
    except (TypeError, ValueError):
        text = " ".join(str(cell).split())
        return text if len(text) <= 60 else text[:57] + "..."

"""What the app's model was asked beside what the training would have asked it: the outcome of a replay."""

import numpy as np

from causeway_runner import comparing
from causeway_runner.request import said


def compared(replay):
    """How many rows agree, against what, and the columns that differ."""
    pairs = [(i, call) for i, call in zip(replay.rows, replay.calls) if call is not None]  # noqa: B905 - Python 3.8
    if not pairs:
        return {"reason": silent(replay)}
    model, method = pairs[-1][1][0], pairs[-1][1][1]
    pairs = [(i, call) for i, call in pairs if type(call[0]) is type(model)]
    app = comparing.stacked([call[2] for _, call in pairs])
    if app is None:
        return {"reason": "its model was asked about rows of different widths"}
    numbers = [replay.request["positions"][i] for i, _ in pairs]
    reference, against = training_rows(replay, [i for i, _ in pairs], app, model)
    if reference is None:
        return {"reason": against}
    try:
        return beside(
            model, method, app, reference, numbers=numbers, against=against, labels=replay.request["labels"]
        )
    except Exception as error:
        return {"reason": "its model does not answer about the training's own rows: %s" % said(error)}


def silent(replay):
    """Why no row was compared."""
    if replay.errors:
        return "it fails on every stored row before its model is asked"
    if replay.refused and not replay.rows:
        return "its inputs take none of the stored rows"
    return "no model that is known was asked when it answered"


def training_rows(replay, places, app, model):
    """The training's rows of the same records in the app's form, and what they are; or None and why."""
    held = replay.matrix
    if held is not None:
        taken = held.iloc[places] if hasattr(held, "iloc") else held[places]
        made = comparing.in_form(taken, app)
        if comparing.width_of(made) == comparing.width_of(app):
            return made, "the rows that the training made"
    own = by_names(replay, places, app, model)
    if own is not None:
        return own, "the stored rows themselves, which is what the saved model takes"
    if held is None:
        return None, "the training did not come so far as to make rows to compare with"
    wide = comparing.width_of(held) if hasattr(held, "shape") else 1
    return None, "its model takes %d columns, the training's %d" % (comparing.width_of(app), wide)


def by_names(replay, places, app, model):
    """The stored rows under the names that the model was fitted on, where it takes raw columns."""
    from causeway_runner.rows import wanted, wants_text

    if wants_text(model):
        return None
    names = wanted(model)[0] or (list(map(str, app.columns)) if hasattr(app, "columns") else [])
    if not names or not set(names) <= set(replay.raw):
        return None
    import pandas as pd

    return pd.DataFrame({name: [replay.raw[name][i] for i in places] for name in names})


def beside(model, method, app, reference, *, numbers, against, labels):
    """Agreement row by row of the one model on the app's rows and on the training's."""
    ours, our_chances = comparing.answers(model, app, method)
    theirs, their_chances = comparing.answers(model, reference, method)
    classes = our_chances is not None or hasattr(model, "classes_")
    same = comparing.alike(ours, theirs, classes)
    width = comparing.width_of(app)
    far = comparing.largest(our_chances, their_chances) if classes else differences(ours, theirs, np.max)
    return {
        "agree": int(same.sum()),
        "compared": len(same),
        "against": against,
        "apart": comparing.columns_apart(app, reference, names_of(app, reference, labels, width), numbers),
        "largest": far,
        "typical": 0.0 if classes else differences(ours, theirs, np.median),
        "labels": [comparing.shown(one) for one in theirs],
        "answers": [comparing.shown(one) for one in ours],
        "places": [int(number) for number in numbers],
    }


def differences(ours, theirs, of):
    """The largest or median difference of answers that are numbers; 0 for others."""
    try:
        apart = np.abs(ours.astype(float) - theirs.astype(float))
    except (TypeError, ValueError):
        return 0.0
    return float(of(apart)) if apart.size and np.isfinite(apart).all() else 0.0


def names_of(app, reference, labels, width):
    """What to call the columns: by the raw ones that they are made of, by their names, else by place."""
    if len(labels) == width:
        return labels
    for rows in (app, reference):
        if hasattr(rows, "columns"):
            return list(rows.columns)
    return ["column %d" % place for place in range(width)]

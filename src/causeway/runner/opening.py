"""Opens one saved file and asks what is in it about one real row: `python opening.py request.json`."""

import os
import sys
import types

from causeway_runner.request import answer, said

SHOWN = 80


def opening(request):
    """What the file held, whether it answers, and what it said."""
    from causeway_runner import models
    from causeway_runner.rows import Rows, Unasked
    from causeway_runner.saved import load, predictors

    root, path = request["root"], os.path.join(request["root"], request["path"])
    os.chdir(root)
    sys.path[:0] = [os.path.dirname(path), root]
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    definitions = os.path.join(request["trace"], models.DEFINITIONS)
    if os.path.exists(definitions):
        with open(definitions, encoding="utf-8") as stream:
            models.define(stream.read(), definitions, main.__dict__)
    try:
        held = load(path, request["format"])
    except BaseException as error:
        return {"outcome": "fails", "error": "opening it: " + said(error)}
    found = predictors(held)
    if not found:
        return {"outcome": "no-model", "estimator": type(held).__name__}
    known = {"estimator": type(found[0]).__name__}
    rows = Rows(request)
    for model in found:
        try:
            row, what = rows.for_model(model)
        except Unasked as error:
            return dict(known, outcome="loads", error=str(error))
        known["row"] = what
        try:
            known["answer"] = asked(model, row)
        except BaseException as error:
            return dict(known, outcome="fails", error="predicting: " + said(error))
    return dict(known, outcome="predicts", error=shown_problem(found[0]))


def asked(model, row):
    """What it says about the row, in a few words."""
    said_ = model.predict(row)
    text = plain(said_)
    if hasattr(model, "predict_proba"):
        text += ", probabilities " + plain(model.predict_proba(row))
    return text[:SHOWN]


def plain(answered):
    """An answer without the marks of its array."""
    if hasattr(answered, "tolist"):
        answered = answered.tolist()
    while isinstance(answered, (list, tuple)) and len(answered) == 1:
        answered = answered[0]
    if isinstance(answered, (list, tuple)):
        return " ".join(plain(one) for one in answered)
    return "%.4g" % answered if isinstance(answered, float) else str(answered)


def shown_problem(model):
    """Why it cannot even be printed, where that is so."""
    try:
        repr(model)
    except BaseException as error:
        return "printing it: " + said(error)
    return ""


if __name__ == "__main__":
    answer(opening)

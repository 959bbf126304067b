"""Fitted models: which were caught, what they are, and their pickles."""

import os
import pickle
import sys
import types

from causeway_runner.networks import Network
from causeway_runner.request import said

MAX_MODELS = 40
DEFINITIONS = "definitions.py"


def capture(recorder, names):
    """Pickles every watched model, or, when no fit was seen, what in the namespace can predict."""
    fitted = fitted_models(recorder)
    how = "fit"
    if not any(hasattr(thing, "predict") for _, thing in fitted):
        fitted, how = fitted + _in_namespace(recorder, names), "namespace"
        taken_as_it_is(recorder, {number for number, _ in fitted})
    folder = os.path.join(recorder.out, "models")
    os.makedirs(folder, exist_ok=True)
    if len(fitted) > MAX_MODELS:
        recorder.note("only the last %d of %d fitted models were kept" % (MAX_MODELS, len(fitted)))
    return [described(recorder, number, thing, names, how) for number, thing in fitted[-MAX_MODELS:]]


def fitted_models(recorder):
    """Number and object of all that was fitted and can predict or resample, in order of their last fit."""
    last = {}
    for order, fit in enumerate(recorder.fits):
        if fit["call"] in ("fit", "fit_resample"):
            last[fit["object"]] = order
    things = [(n, recorder.objects[n]) for n in sorted(last, key=last.get)]
    return [(n, thing) for n, thing in things if hasattr(thing, "predict") or hasattr(thing, "fit_resample")]


def _in_namespace(recorder, names):
    found = [o for n, o in names.items() if not n.startswith("_") and callable(getattr(o, "predict", None))]
    return [(recorder.number(o), o) for o in found if not isinstance(o, (type, types.ModuleType))]


def taken_as_it_is(recorder, numbers):
    """Notes the rows that a loaded model was scored on as those it stands for, since no fit was seen."""
    scored = [one for one in recorder.fits if one["call"] == "score" and one["object"] in numbers]
    recorder.fits += [dict(one, call="fit") for one in scored if one["matrix"] and one["target"]]


def chosen(thing):
    """The model itself: a search's best one."""
    return getattr(thing, "best_estimator_", thing)


def join_searches(recorder):
    """Gives a search and its best model one number."""
    same = {}
    for number, thing in enumerate(recorder.objects):
        best = recorder.numbers.get(id(chosen(thing)))
        if chosen(thing) is not thing and best is not None:
            same[best] = number
    for one in recorder.fits + recorder.dumps:
        one["object"] = same.get(one["object"], one["object"])


def described(recorder, number, thing, names, how):
    """The model as the trace tells of it, pickled if that can be."""
    model = chosen(thing)
    file, problem = _pickled(recorder.out, number, model)
    title, module = title_of(model)
    known = [thing, model, getattr(getattr(model, "body", None), "held", None)]
    own = [n for n, o in names.items() if o is not None and any(o is one for one in known)]
    return {
        "object": number,
        "estimator": title,
        "module": module,
        "file": file,
        "kind": kind_of(model),
        "classes": classes_of(model),
        "parameters": _parameters_of(model),
        "how": "fit" if number in recorder.seconds else how,
        "variable": own[0] if own else "",
        "search": type(thing).__name__ if model is not thing else "",
        "seconds": recorder.seconds.get(number, 0.0),
        "problem": problem,
    }


def _pickled(out, number, model):
    name = "models/%d.pkl" % number
    path = os.path.join(out, name)
    try:
        with open(path, "wb") as stream:
            pickle.dump(model, stream, protocol=4)
    except Exception as error:
        if os.path.exists(path):
            os.remove(path)
        return "", "it cannot be pickled: " + said(error)
    return name, ""


def title_of(model):
    """The name of its class and the module of that; a network's own, not that of what holds it."""
    return model.title if isinstance(model, Network) else (type(model).__name__, type(model).__module__)


def kind_of(model):
    """`classifier`, `regressor`, `sampler`, or `other`."""
    if isinstance(model, Network):
        return model.family
    if hasattr(model, "fit_resample") and not hasattr(model, "predict"):
        return "sampler"
    base = sys.modules.get("sklearn.base")
    try:
        if base is not None and base.is_classifier(model):
            return "classifier"
        if base is not None and base.is_regressor(model):
            return "regressor"
    except (AttributeError, TypeError):  # not of scikit-learn's family
        pass
    if hasattr(model, "predict_proba"):
        return "classifier"
    return "other"


def classes_of(model):
    """The classes that a classifier was fitted on, as text."""
    try:
        return [str(one) for one in model.classes_]
    except (AttributeError, TypeError):
        return []


def _parameters_of(model):
    try:
        known = model.body.lesson if isinstance(model, Network) else model.get_params(deep=False)
    except Exception:
        return {}
    return {str(name): " ".join(repr(value).split())[:200] for name, value in known.items()}


def load(request):
    """A captured model, with the proof of concept's own modules and definitions in reach."""
    folder = os.path.join(request["trace"], "poc")
    beside = os.path.dirname(os.path.join(folder, request["script"]))
    sys.path[:0] = [beside] if beside == folder else [beside, folder]
    path = os.path.join(request["trace"], DEFINITIONS)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    with open(path, encoding="utf-8") as stream:
        define(stream.read(), path, main.__dict__)
    with open(os.path.join(request["trace"], request["model"]), "rb") as stream:
        return pickle.load(stream)


def define(text, path, names):
    """Runs imports and definitions one by one; one that fails is missed only if the model needs it."""
    for piece in text.split("\n\f\n"):
        try:
            exec(compile(piece, path, "exec"), names)
        except Exception as error:
            print("definition left out:", said(error), file=sys.stderr)


def load_other(request, name):
    """Another captured object, once the model's surroundings are in reach."""
    with open(os.path.join(request["trace"], name), "rb") as stream:
        return pickle.load(stream)


def form_of(matrix, model):
    """The matrix as the model was fitted on it; a frame where only the model knows that it was one."""
    if matrix.get("named") is None:
        return dict(matrix, named=hasattr(model, "feature_names_in_"))
    return matrix

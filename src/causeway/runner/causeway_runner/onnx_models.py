"""Models as converters want them: boosters registered, samplers left out, names that they accept."""

import operator
import re

from causeway_runner.models import kind_of
from causeway_runner.onnx_catboost import ready_catboost
from causeway_runner.request import said

WORDS = r"(?u)\b\w\w+\b"
WORDS_IN_GRAPHS = r"[\p{L}\p{N}_][\p{L}\p{N}_]+"
CLASSIFIER_OPTIONS = {"nocl": [True, False], "zipmap": [True, False, "columns"]}


def plain(model):
    """The model as it answers: a pipeline less its samplers, which only act in a fit."""
    steps = getattr(model, "steps", None)
    if steps is None:
        return model
    from sklearn.pipeline import Pipeline

    kept = [(name, plain(step)) for name, step in steps if not hasattr(step, "fit_resample")]
    return Pipeline(kept) if len(kept) != len(steps) or type(model) is not Pipeline else model


def all_dense(model):
    """The pipeline less the steps that make a sparse matrix dense, since a graph has no sparse ones."""
    steps = getattr(model, "steps", [])
    kept = [step for step in steps if not _makes_dense(step[1])]
    if len(kept) == len(steps):
        return model
    from sklearn.pipeline import Pipeline

    return Pipeline(kept)


def _makes_dense(step):
    made_by = getattr(step, "func", None)
    return isinstance(made_by, operator.methodcaller) and "'toarray'" in repr(made_by)


def options_of(model):
    """What the converter is told of parts: words of one letter are none, as the vectorizer has it."""
    held = [part for part in parts_of(model) if getattr(part, "token_pattern", None) == WORDS]
    return {id(part): {"tokenexp": WORDS_IN_GRAPHS} for part in held if part.analyzer == "word"}


def single_trees(model):
    """The pipeline with its trees fed in single precision, which is how they compare."""
    steps = getattr(model, "steps", [])
    if len(steps) < 2 or not _compares_in_single(steps[-1][1]):
        return model
    import numpy as np
    from skl2onnx.sklapi import CastTransformer
    from sklearn.pipeline import Pipeline

    cast = CastTransformer(dtype=np.float32)
    return Pipeline([*steps[:-1], ("single", cast), steps[-1]])


def _compares_in_single(model):
    family, name = type(model).__module__.split("."), type(model).__name__
    if family[0] in ("xgboost", "catboost"):
        return True
    return family[0] == "sklearn" and family[1] in ("tree", "ensemble") and not name.startswith("Hist")


def parts_of(model):
    """The model and every model inside it."""
    yield model
    inside = [step for _, step in getattr(model, "steps", [])]
    inside += [t for _, t, _ in getattr(model, "transformers_", [])]
    inside += _flat(getattr(model, "estimators_", None))
    inside += [getattr(model, name, None) for name in ("estimator_", "final_estimator_", "regressor_")]
    for part in inside:
        if hasattr(part, "get_params"):
            for one in parts_of(part):
                yield one


def _flat(estimators):
    """An ensemble's members as a list; boosting keeps them in a two-dimensional array."""
    if hasattr(estimators, "ravel"):
        return estimators.ravel().tolist()
    return list(estimators or [])


def single_only(model):
    """The name of a part that has no converter for double precision; empty where there is none.

    One that compares in single precision anyway may end a pipeline that is computed in double.
    """
    steps = getattr(model, "steps", [])
    last = steps[-1][1] if len(steps) > 1 and _compares_in_single(steps[-1][1]) else None
    for part in parts_of(model):
        if part is not last and type(part).__module__.startswith(("xgboost", "lightgbm", "catboost")):
            return type(part).__name__
    return ""


def register(model):
    """Makes the converter know the boosters inside this model."""
    for part in parts_of(model):
        family = type(part).__module__.split(".")[0]
        if family == "xgboost":
            _ready_xgboost(part)
        elif family == "lightgbm":
            _ready_lightgbm(part)
        elif family == "catboost":
            ready_catboost(part)
        if hasattr(part, "flatten_transform"):
            # how a voter transforms does not touch what it answers, and the converter knows only one way
            part.flatten_transform = False
    plain_lists()


def plain_lists():
    """Lets converters hand any numbers to onnx, of which newer versions take Python's own only."""
    import numpy as np
    from onnx import helper

    held = helper.make_attribute

    def plain_number(one):
        one = one.item() if isinstance(one, np.generic) else one
        return int(one) if isinstance(one, bool) else one

    def make_attribute(key, value, *args, **kwargs):
        value = value.tolist() if isinstance(value, np.ndarray) else value
        if isinstance(value, (list, tuple)):
            value = [plain_number(one) for one in value]
        return held(key, value, *args, **kwargs)

    helper.make_attribute = make_attribute


def _ready_xgboost(part):
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    booster = part.get_booster()
    # the converter reads columns from names of this shape only
    booster.feature_names = ["f%d" % i for i in range(booster.num_features())]
    if getattr(booster, "feature_types", None) and "c" in booster.feature_types:
        raise NotImplementedError("XGBoost's own categorical columns")
    _known_to_converter(part, "XGBoost", convert_xgboost)


def _ready_lightgbm(part):
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

    _known_to_converter(part, "LightGbm", convert_lightgbm, {"split": None})


def _known_to_converter(part, family, converter, regressor_options=None):
    from skl2onnx import update_registered_converter
    from skl2onnx.common import shape_calculator

    classifies = kind_of(part) == "classifier"
    name = "calculate_linear_%s_output_shapes" % ("classifier" if classifies else "regressor")
    shapes = getattr(shape_calculator, name)
    options = CLASSIFIER_OPTIONS if classifies else regressor_options
    update_registered_converter(type(part), family + type(part).__name__, shapes, converter, options=options)


def reason_of(error, model):
    """Why the conversion failed, in one sentence that a person can act on."""
    kind, name = type(error).__name__, type(model).__name__
    # where in its own source a library says so is no help to anybody
    text = (
        re.sub(r"\S+\.(cpp|cc|h):\d+: ", "", said(error))
        .partition(" You may raise")[0]
        .partition(" and attributes=")[0][:240]
    )
    if (
        kind == "MissingShapeCalculator"
        or "Unable to find a shape calculator" in text
        or "converter for" in text
    ):
        inner = re.search(r"<class '([\w.]+)'>", text)
        return "there is no converter to ONNX for %s" % (inner.group(1) if inner else name).rpartition(".")[2]
    if kind in ("NotImplementedError", "MissingConverter"):
        return "the converter to ONNX does not know a part of %s: %s" % (name, text)
    return "the converter to ONNX failed on %s: %s" % (name, text)

"""Hooks on estimators of scikit-learn's family, train_test_split, and what is saved of them."""

import functools
import sys
import time

import numpy as np

from causeway_runner.chains import is_sparse
from causeway_runner.recorder import caller, dense
from causeway_runner.request import said

FITS = ("fit", "partial_fit", "fit_predict", "fit_resample")
ANSWERS = ("predict", "predict_proba", "score")
TRANSFORMS = ("transform", "fit_transform")
ROOTS = (
    ("sklearn.base", ("BaseEstimator", "TransformerMixin", "ClassifierMixin", "RegressorMixin")),
    ("catboost.core", ("CatBoost",)),
)


class Watched:
    """A method that exists only on some instances (`available_if`), watched where it does."""

    def __init__(self, held, name, recorder):
        self.held, self.name, self.recorder = held, name, recorder

    def __get__(self, thing, owner=None):
        method = self.held.__get__(thing, owner)
        return method if thing is None else _watched_method(method, thing, self.name, self.recorder)

    def __getattr__(self, name):
        return getattr(self.held, name)


def patch_estimators(recorder):
    """Watches every estimator class that is known by now."""
    todo = [getattr(sys.modules[m], n, None) for m, names in ROOTS if m in sys.modules for n in names]
    seen = {None}
    while todo:
        cls = todo.pop()
        if cls in seen:
            continue
        seen.add(cls)
        todo += type.__subclasses__(cls)
        for name in FITS + ANSWERS + TRANSFORMS:
            if name in cls.__dict__:
                watch(cls, name, recorder)


def watch(cls, name, recorder):
    """Puts a watched method in the place of this one, once."""
    held = cls.__dict__[name]
    if isinstance(held, Watched) or getattr(held, "watched", False):
        return
    if hasattr(held, "__code__"):
        watched = _watched_function(held, name, recorder)
    elif hasattr(held, "__get__") and not isinstance(held, (staticmethod, classmethod, property)):
        watched = Watched(held, name, recorder)
    else:
        return
    try:
        setattr(cls, name, watched)
    except (TypeError, AttributeError):  # a class written in C
        return


def _watched_function(held, name, recorder):
    @functools.wraps(held)
    def method(thing, *args, **kwargs):
        frame = caller()
        if not recorder.mine(frame):
            return held(thing, *args, **kwargs)
        return Call(recorder, name, thing).made(functools.partial(held, thing), args, kwargs, frame)

    method.watched = True
    return method


def _watched_method(held, thing, name, recorder):
    @functools.wraps(held)
    def method(*args, **kwargs):
        frame = caller()
        if not recorder.mine(frame):
            return held(*args, **kwargs)
        return Call(recorder, name, thing).made(held, args, kwargs, frame)

    return method


class Call:
    """One call by the proof of concept's own code on an estimator."""

    def __init__(self, recorder, name, thing):
        self.recorder, self.name, self.thing = recorder, name, thing

    def made(self, held, args, kwargs, frame):
        """Makes the call and notes it, if it succeeds; returns what it gave."""
        given = _argument(args, kwargs, 0, ("X", "raw_documents", "data"))
        matrix, target = self.matrix(given), self.target(args, kwargs)
        key, self.took_sparse = self.recorder.chains.key(given), is_sparse(given)
        where = self.where = self.recorder.where(frame)
        out = self.timed(held, args, kwargs)
        if self.name not in TRANSFORMS and not is_label_coder(self.thing):
            call = "fit" if self.name in FITS[:3] else self.name
            self.recorder.fit(call, self.thing, matrix, target, where)
        if matrix:
            self.follow(given, matrix, out)
        try:
            self.chain(given, (matrix, key), target, out)
        except Exception as error:
            # the training goes on whatever could not be noted of it
            self.recorder.note("what %s made was not followed: %s" % (type(self.thing).__name__, said(error)))
        return out

    def chain(self, given, known, target, out):
        """Notes what a transformer made, and what reached a model; `known` are that matrix's id and key."""
        (matrix, key), chains = known, self.recorder.chains
        if is_label_coder(self.thing):
            return
        if self.name in TRANSFORMS:
            chains.transformed(self, matrix, key, out)
        elif self.name == "fit_resample":
            chains.resampled(self.thing, key, out[0], target)
        else:
            call = "fit" if self.name in FITS[:3] else self.name
            chains.reached(self.recorder.number(self.thing), call, key, target, given)

    def matrix(self, given):
        """The id of what it was given, kept before the call can change it."""
        wanted = two_sided(given) and not is_label_coder(self.thing)
        return self.recorder.matrix(given, texts=True) if wanted else ""

    def target(self, args, kwargs):
        """The id of its target, where it takes one."""
        given = None if self.name in ("transform", "predict") else _argument(args, kwargs, 1, ("y",))
        return "" if given is None else self.recorder.vector(given)

    def timed(self, held, args, kwargs):
        """Calls it, blind to what happens inside."""
        started, tracer = time.time(), sys.gettrace()
        self.recorder.busy = True
        sys.settrace(None)
        try:
            out = held(*args, **kwargs)
        finally:
            self.recorder.busy = False
            sys.settrace(tracer)
        if self.name in FITS:
            self.recorder.seconds[self.recorder.number(self.thing)] = time.time() - started
        return out

    def follow(self, given, matrix, out):
        """Notes where the rows went."""
        if self.name in TRANSFORMS and getattr(out, "ndim", 0) == 2:
            child = self.recorder.matrix(out, texts=True)
            self.recorder.link("same", matrix, child, self.name)
        if self.name == "fit_resample":
            positions = resampled(self.thing, given, out[0])
            if positions is not None:
                child = self.recorder.matrix(out[0], texts=True)
                self.recorder.link("rows", matrix, child, self.name, positions)


def _argument(args, kwargs, position, names):
    if len(args) > position:
        return args[position]
    return next((kwargs[name] for name in names if name in kwargs), None)


def two_sided(given):
    """Whether it is a matrix, or texts in one dimension (which a pipeline over documents is fitted on)."""
    sides = getattr(given, "ndim", 0)
    if isinstance(given, list) and given and isinstance(given[0], str):
        return True
    return sides == 2 or (sides == 1 and given.dtype.kind not in "biuf")


def is_label_coder(thing):
    """Whether it codes a target, not features."""
    return type(thing).__name__ in ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer")


def resampled(sampler, given, out):
    """For each row that came out the position it came from, -1 where it was made up; None if unknown."""
    positions = getattr(sampler, "sample_indices_", None)
    if positions is not None:
        return np.asarray(positions)
    given, out = dense(given), dense(out)
    if given is None or out is None:
        return None
    rows = len(given)
    if len(out) >= rows and _alike(np.asarray(out)[:rows], np.asarray(given)):
        return np.concatenate([np.arange(rows), np.full(len(out) - rows, -1)])
    return None


def _alike(left, right):
    if object in (left.dtype, right.dtype):
        return left.shape == right.shape and bool((left == right).all())
    return np.array_equal(left, right)


def patch_split(recorder):
    """Lets an extra array ride along with train_test_split: exact positions, and the same draw."""
    module = sys.modules.get("sklearn.model_selection")
    held = getattr(module, "train_test_split", None)
    if held is None or getattr(held, "watched", False):
        return

    @functools.wraps(held)
    def split(*arrays, **kwargs):
        frame = caller()
        if not recorder.mine(frame) or not arrays:
            return held(*arrays, **kwargs)
        rows = arrays[0].shape[0] if hasattr(arrays[0], "shape") else len(arrays[0])
        recorder.busy = True
        try:
            out = held(*arrays, np.arange(rows), **kwargs)
        finally:
            recorder.busy = False
        follow_split(recorder, arrays, out, recorder.where(frame))
        return out[:-2]

    split.watched = True
    module.train_test_split = split


def follow_split(recorder, arrays, out, where):
    """Notes the parts of every array, and which target belongs to the first."""
    target = recorder.vector(arrays[1]) if len(arrays) > 1 and two_sided(arrays[0]) else ""
    for i, whole in enumerate(arrays):
        if getattr(whole, "ndim", 0) == 2 or (i == 0 and two_sided(whole)):
            for part, positions in ((out[2 * i], out[-2]), (out[2 * i + 1], out[-1])):
                recorder.chains.split(whole, positions, part, "" if i else target)
            parent = recorder.matrix(whole, texts=True)
            for part, positions in ((out[2 * i], out[-2]), (out[2 * i + 1], out[-1])):
                recorder.link(
                    "rows", parent, recorder.matrix(part, texts=True), "train_test_split", positions
                )
    if target:
        recorder.fit("train_test_split", None, recorder.matrix(arrays[0], texts=True), target, where)


def patch_dumps(recorder):
    """Notes which estimators are saved, and where to."""
    for name in ("pickle", "joblib", "cloudpickle", "dill"):
        module = sys.modules.get(name)
        held = getattr(module, "dump", None)
        if held is not None and not getattr(held, "watched", False):
            module.dump = _watched_dump(held, recorder)


def _watched_dump(held, recorder):
    @functools.wraps(held)
    def dump(thing, file, *args, **kwargs):
        if recorder.mine(caller()):
            path = str(getattr(file, "name", file))
            recorder.dumps += [{"object": recorder.number(one), "path": path} for one in models_in(thing)]
        return held(thing, file, *args, **kwargs)

    dump.watched = True
    return dump


def models_in(thing):
    """The models in what was saved: itself, or what a dict, list or tuple holds."""
    parts = (
        thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (list, tuple)) else [thing]
    )
    return [one for one in parts if hasattr(one, "predict") and not isinstance(one, type)]

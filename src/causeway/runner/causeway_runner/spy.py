"""Sees what reaches a model in somebody's app: the rows it is asked about, call by call."""

import functools
import sys

import numpy as np

from causeway_runner.estimators import ROOTS

ASKED = ("predict", "predict_proba", "decision_function", "inplace_predict")
MORE_ROOTS = (
    ("xgboost.core", ("Booster",)),
    ("lightgbm", ("Booster",)),
    ("keras.models", ("Model",)),
    ("tensorflow.keras", ("Model",)),
    ("onnxruntime", ("InferenceSession",)),
)


class Spy:
    """The calls made on models by code below the root, the outermost ones only."""

    def __init__(self, root):
        self.root, self.calls, self.busy = root, [], False

    def mine(self, frame):
        """Whether the app's own code is on the way to this call, and no other watched call is."""
        if self.busy:
            return False
        for _ in range(12):
            if frame is None:
                return False
            if frame.f_code.co_filename.startswith(self.root):
                return True
            frame = frame.f_back
        return False

    def watch(self):
        """Watches every class of models that is known by now."""
        todo = [
            getattr(sys.modules[m], n, None)
            for m, names in ROOTS + MORE_ROOTS
            if m in sys.modules
            for n in names
        ]
        seen = {None}
        while todo:
            cls = todo.pop()
            if cls in seen or not isinstance(cls, type):
                continue
            seen.add(cls)
            todo += type.__subclasses__(cls)
            for name in ASKED:
                if name in cls.__dict__:
                    self.put(cls, name)

    def put(self, cls, name):
        """Puts a watched method in the place of this one, once."""
        held = cls.__dict__[name]
        if isinstance(held, (Seen, staticmethod, classmethod, property)) or not hasattr(held, "__get__"):
            return
        try:
            setattr(cls, name, Seen(held, name, self))
        except (TypeError, AttributeError):  # a class written in C
            return

    def note(self, name, thing, args, kwargs):
        """Keeps what a model is asked about."""
        given = args[0] if args else next(iter(kwargs.values()), None)
        self.calls.append((thing, name, kept(given)))


class Seen:
    """A method that notes what the app asks."""

    def __init__(self, held, name, spy):
        self.held, self.name, self.spy = held, name, spy

    def __get__(self, thing, owner=None):
        method = self.held.__get__(thing, owner)
        if thing is None:
            return method

        @functools.wraps(method)
        def asked(*args, **kwargs):
            if not self.spy.mine(sys._getframe(1)):  # noqa: SLF001 - the only way to see who calls
                return method(*args, **kwargs)
            self.spy.note(self.name, thing, args, kwargs)
            self.spy.busy = True
            try:
                return method(*args, **kwargs)
            finally:
                self.spy.busy = False

        return asked

    def __getattr__(self, name):
        return getattr(self.held, name)


def kept(given):
    """A copy of the rows that a model was asked about."""
    if hasattr(given, "iloc"):
        return given.copy()
    if hasattr(given, "toarray"):
        return given.toarray()
    if type(given).__name__ == "DMatrix":
        rows = given.get_data().toarray()
        return frame_of(rows, given.feature_names) if given.feature_names else rows
    if isinstance(given, list) and given and isinstance(given[0], str):
        return list(given)
    return np.array(given)


def frame_of(rows, names):
    """The rows under these names."""
    import pandas as pd

    return pd.DataFrame(rows, columns=names)

"""Keras: its fits watched, its models kept as it saves them, and fitted anew."""

import functools
import inspect
import os
import random
import sys
import tempfile
import time

import numpy as np

from causeway_runner.networks import SIGMOID, SOFTMAX, VALUE, Seen, target_of
from causeway_runner.recorder import caller

MODULES = ("keras", "tf_keras")
KEPT = ("batch_size", "epochs", "shuffle", "class_weight", "validation_split")
STEERING = ("EarlyStopping", "ModelCheckpoint")
SEED = 0


def patch_keras(recorder):
    """Watches Keras's models, once it is there whole."""
    for name in MODULES:
        module = sys.modules.get(name)
        model = getattr(module, "Model", None)
        if model is None or not hasattr(model, "fit") or getattr(model.fit, "watched", False):
            continue
        seed(module)
        if not hasattr(recorder, "networks"):
            recorder.networks = Seen(recorder)
        for call, act in (("fit", fit), ("predict", asked), ("evaluate", asked), ("save", saved)):
            setattr(model, call, _watched(getattr(model, call), call, act, recorder))


def seed(module):
    """Makes a network's draws without a seed the same in every run; other draws are not touched."""
    held = random.getstate(), np.random.get_state()  # noqa: NPY002 - what the call below would set anew
    module.utils.set_random_seed(SEED)
    random.setstate(held[0])
    np.random.set_state(held[1])  # noqa: NPY002 - as above


def _watched(held, call, act, recorder):
    shape = inspect.signature(held)

    @functools.wraps(held)
    def method(model, *args, **kwargs):
        frame = caller()
        if not recorder.mine(frame):
            return held(model, *args, **kwargs)
        given = dict(shape.bind(model, *args, **kwargs).arguments)
        given.update(given.pop("kwargs", {}))
        work = functools.partial(_blind, recorder, held, model, args, kwargs)
        return act(recorder, call, model, given, (work, recorder.where(frame)))

    method.watched = True
    return method


def _blind(recorder, held, model, args, kwargs):
    """Makes the call, blind to what happens inside."""
    tracer, recorder.busy = sys.gettrace(), True
    sys.settrace(None)
    try:
        return held(model, *args, **kwargs)
    finally:
        recorder.busy = False
        sys.settrace(tracer)


def fit(recorder, _call, model, given, how):
    """Fits it, and notes on what, how and how long."""
    work, where = how
    body, started = recorder.networks.body(model, Body), time.time()
    body.about_to(given)
    out = work()
    body.learned(given, out)
    recorder.networks.fitted(model, given.get("x"), given.get("y"), where)
    body.seconds += time.time() - started
    recorder.seconds[recorder.number(recorder.networks.network(model))] = body.seconds
    return out


def asked(recorder, call, model, given, how):
    """Asks it, and notes about what."""
    out, network = how[0](), recorder.networks.network(model)
    if network is not None:
        name, target = ("score", given.get("y")) if call == "evaluate" else (call, None)
        recorder.networks.note(name, network, given.get("x"), target_of(target), how[1])
    return out


def saved(recorder, _call, model, given, how):
    """Saves it, and notes where to."""
    network = recorder.networks.network(model)
    if network is not None:
        path = str(given.get("filepath", ""))
        recorder.dumps.append({"object": recorder.number(network), "path": path})
    return how[0]()


class Body:
    """A Keras model with how it was taught; it travels as the bytes that Keras saves it in."""

    def __init__(self, model):
        self.held, self.content, self.shape = model, b"", ()
        self.name, self.module = type(model).__name__, type(model).__module__.partition(".")[0]
        self.start, self.optimizer, self.lesson, self.remarks = None, None, {}, []
        self.seconds, self.epochs, self.early = 0.0, 0, False

    def __getstate__(self):
        content = self.content if self.held is None else written(self.held)
        return dict(self.__dict__, held=None, content=content)

    @property
    def model(self):
        """The model, opened where it is still bytes."""
        if self.held is None:
            self.held = opened(self.content, self.module)
        return self.held

    def about_to(self, given):
        """Notes how it starts: its weights and its optimizer before the first fit."""
        if self.optimizer is None and getattr(self.held, "optimizer", None) is not None:
            self.optimizer = framework(self.module).optimizers.serialize(self.held.optimizer)
            self.start = self.held.get_weights() if self.held.built else None
        sides = getattr(given.get("x"), "shape", None)
        if sides is not None:
            self.shape = tuple(sides[1:])

    def learned(self, given, history):
        """Notes how it was taught: the arguments of fit, and how many epochs there were."""
        self.lesson = {name: given[name] for name in KEPT if given.get(name) is not None}
        epochs = getattr(history, "epoch", None) or [0]
        calls = given.get("callbacks") or []
        best = [getattr(one, "best_epoch", 0) + 1 for one in calls if getattr(one, "restore_best_weights", 0)]
        stopped = any(getattr(one, "stopped_epoch", 0) for one in calls)
        self.early = self.early or any(type(one).__name__ in STEERING for one in calls)
        self.epochs += best[0] if best and stopped else len(epochs)
        left = sorted({type(one).__name__ for one in calls} - set(STEERING) - {"History"})
        self.remarks = ["without %s" % name for name in left]
        if given.get("sample_weight") is not None:
            self.remarks.append("without the weights of rows")
        if given.get("validation_data") is not None:
            self.remarks.append("without rows to validate on")

    def head(self):
        """What its last outputs are, whether they are scores, and how many."""
        width = int(np.prod(self.model.output_shape[1:]) if isinstance(self.model.output_shape, tuple) else 0)
        loss, scores = loss_of(self.model.loss)
        end = end_of(self.model)
        if end in (SIGMOID, SOFTMAX):
            return end, False, width
        if "crossentropy" in loss and scores:
            return SIGMOID if loss.startswith("binary") else SOFTMAX, True, width
        return VALUE, False, width

    def one_hot(self):
        """Whether its loss wants one column a class."""
        return loss_of(self.model.loss)[0].startswith("categorical")

    def fed(self, rows):
        """The rows as the model takes them."""
        kinds = [getattr(one, "dtype", "float32") for one in getattr(self.model, "inputs", None) or []]
        kind = kinds[0] if kinds and isinstance(kinds[0], str) else "float32"
        return np.asarray(rows).astype(kind).reshape((len(rows), *self.shape))

    def outputs(self, table):
        """What it answers."""
        out = self.model(table, training=False)
        return np.asarray(out.numpy() if hasattr(out, "numpy") else out)

    def anew(self, seconds):
        """A body that has learned nothing yet, with as many epochs as there is time for; what differs."""
        fresh = Body(opened(self.content or written(self.held), self.module))
        fresh.name, fresh.module, fresh.shape, fresh.lesson = self.name, self.module, self.shape, self.lesson
        model, epochs, remarks = fresh.held, self.epochs, list(self.remarks)
        if self.start:
            model.set_weights(self.start)
        else:
            fresh.held = framework(self.module).models.clone_model(model)
        # saving it in the older format takes the optimizer out of what the model knows of itself
        optimizer = framework(self.module).optimizers.deserialize(self.optimizer)
        fresh.held.compile(optimizer=optimizer, loss=model.loss)
        if self.early:
            remarks.append("early stopping replaced by the number of epochs it had chosen")
        if seconds and self.seconds > seconds:
            epochs = max(1, int(epochs * seconds / self.seconds))
            remarks.append("only %d of %d epochs each, for want of time" % (epochs, self.epochs))
        fresh.lesson = dict(self.lesson, epochs=epochs, verbose=0)
        return fresh, "".join("; " + one for one in remarks)

    def fit(self, table, target):
        """Teaches it as it was taught."""
        self.model.fit(table, target, **self.lesson)

    def export(self, file):
        """Writes it as ONNX, as it stands: its own input, its own output."""
        self.outputs(self.fed(np.zeros((2, int(np.prod(self.shape))))))
        if hasattr(self.model, "export"):
            return self.model.export(file, format="onnx", verbose=False)
        import tf2onnx
        from tensorflow import TensorSpec

        shape = (None, *self.shape)
        return tf2onnx.convert.from_keras(self.model, [TensorSpec(shape, "float32")], output_path=file)


def framework(name):
    """Keras by the name of the module that the model is from."""
    import importlib

    return importlib.import_module(name if name in MODULES else "keras")


def written(model):
    """The bytes that Keras saves the model in; without a compiled loss nothing could be fitted anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        with open(path, "rb") as stream:
            return stream.read()


def opened(content, module):
    """The model of these bytes, with the proof of concept's own layers and losses in reach."""
    keras = framework(module)
    own = {n: o for n, o in vars(sys.modules["__main__"]).items() if callable(o) and not n.startswith("_")}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        with open(path, "wb") as stream:
            stream.write(content)
        return keras.models.load_model(path, custom_objects=own, safe_mode=False)


def loss_of(loss):
    """The name of a loss in small letters and underscores, and whether it takes scores."""
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    settings = getattr(loss, "get_config", dict)()
    return name or "", bool(settings.get("from_logits", False))


def end_of(model):
    """The squashing of the last layer that has one, by name; empty where its values come out as they are."""
    for layer in reversed(getattr(model, "layers", [])):
        if type(layer).__name__ == "Softmax":
            return SOFTMAX
        squashing = getattr(layer, "activation", None)
        if squashing is not None:
            return getattr(squashing, "__name__", "")
        if type(layer).__name__ not in ("Flatten", "Reshape", "Dropout"):
            return ""
    return ""

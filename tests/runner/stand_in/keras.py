"""The few calls of Keras that Causeway makes, with one squashed unit behind them; for tests without Keras."""

import json
import types
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Adam:
    """Keeps the pace only."""

    def __init__(self, learning_rate=0.5):
        self.learning_rate = learning_rate


class EarlyStopping:
    """Stops in the epoch that it was told."""

    restore_best_weights = True

    def __init__(self, patience=0):
        self.best_epoch = self.stopped_epoch = patience


class Dense:
    """One unit."""

    def __init__(self, activation):
        self.activation = types.SimpleNamespace(__name__=activation)


class Model:
    """A logistic regression in numpy that answers to Keras's words."""

    built, loss, optimizer, inputs = True, "", None, ()

    def __init__(self, width, activation="sigmoid"):
        self.width, self.layers, self.output_shape = width, [Dense(activation)], (None, 1)
        self.weights = [np.zeros((width, 1), np.float32), np.zeros(1, np.float32)]

    def compile(self, optimizer=None, loss=None):
        self.optimizer, self.loss = optimizer, loss

    def fit(self, x=None, y=None, *, batch_size=None, epochs=1, callbacks=None, **_):
        x, y = np.asarray(x, np.float32), np.asarray(y, np.float32).reshape(-1, 1)
        assert batch_size == 16
        epochs = min([epochs, *(one.stopped_epoch + 1 for one in callbacks or [])])
        for _ in range(epochs):
            slope = self(x) - y
            pace = self.optimizer.learning_rate / len(x)
            self.weights = [self.weights[0] - pace * x.T @ slope, self.weights[1] - pace * slope.sum(0)]
        return types.SimpleNamespace(epoch=list(range(epochs)))

    def __call__(self, x, **_):
        value = np.asarray(x, np.float32) @ self.weights[0] + self.weights[1]
        return 1 / (1 + np.exp(-value)) if self.layers[0].activation.__name__ == "sigmoid" else value

    def predict(self, x):
        return self(x)

    def evaluate(self, x=None, y=None):
        return float(((self(x)[:, 0] > 0.5) == np.asarray(y)).mean())

    def get_weights(self):
        return [one.copy() for one in self.weights]

    def set_weights(self, weights):
        self.weights = [one.copy() for one in weights]

    def save(self, filepath):
        held = [self.width, self.layers[0].activation.__name__, self.loss]
        Path(filepath).write_text(json.dumps([*held, *(one.tolist() for one in self.weights)]))

    def export(self, filepath, **_):
        names = "kernel", "bias"
        held = [numpy_helper.from_array(one, name) for name, one in zip(names, self.weights)]  # noqa: B905
        squashed = self.layers[0].activation.__name__ == "sigmoid"
        end = helper.make_node("Sigmoid" if squashed else "Identity", ["sum"], ["out"])
        nodes = [helper.make_node("Gemm", ["fed", *names], ["sum"]), end]
        given = helper.make_tensor_value_info("fed", TensorProto.FLOAT, [None, self.width])
        gives = helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, 1])
        graph = helper.make_graph(nodes, "one", [given], [gives], held)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
        onnx.save(made, filepath)


def load_model(path, **_):
    """The model as it was saved."""
    width, activation, loss, *weights = json.loads(Path(path).read_text())
    model = Model(width, activation)
    model.weights = [np.array(one, np.float32) for one in weights]
    model.compile(loss=loss)
    return model


models = types.SimpleNamespace(load_model=load_model, clone_model=lambda m: Model(m.width))
optimizers = types.SimpleNamespace(
    serialize=lambda one: {"learning_rate": one.learning_rate}, deserialize=lambda held: Adam(**held)
)
utils = types.SimpleNamespace(set_random_seed=np.random.seed)

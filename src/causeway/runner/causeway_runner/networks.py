"""Neural networks as the models that everything else here knows: asked, and fitted anew, alike."""

import numpy as np

from causeway_runner.recorder import dense

SIGMOID, SOFTMAX, VALUE = "sigmoid", "softmax", "value"
BATCH = 4096


class Network:
    """A framework's own network behind the words of scikit-learn: one value a row.

    `body` gives its outputs, starts anew, learns and exports; `scores` are outputs before the squashing.
    """

    family = "regressor"
    seconds = 0.0
    """How long a fit of a copy may take; no bound where it is nothing."""

    def __init__(self, body, head, classes=(), *, scores=False, one_hot=False):
        self.body, self.head, self.scores, self.one_hot = body, head, scores, one_hot
        self.classes_ = np.array(classes)

    @property
    def title(self):
        """What its own framework calls it: its class and the module of that."""
        return self.body.name, self.body.module

    def outputs(self, rows):
        """What the network itself answers, in batches, a row of numbers for each row."""
        table = self.body.fed(rows)
        parts = [self.body.outputs(table[at : at + BATCH]) for at in range(0, len(table), BATCH)]
        return np.concatenate([one.reshape(len(one), -1) for one in parts]).astype(np.float64)

    def predict(self, rows):
        """One value a row; raises ValueError for a network that gives several."""
        values = self.outputs(rows)
        if values.shape[1] != 1:
            raise ValueError("the network answers with %d values a row, not one" % values.shape[1])
        return values[:, 0]

    def anew(self, seconds):
        """The same before it learned, and what is otherwise about how it will; within so many seconds."""
        body, remark = self.body.anew(seconds)
        return type(self)(body, self.head, self.classes_, scores=self.scores, one_hot=self.one_hot), remark

    def fit(self, rows, target):
        """Learns as it was taught before, from these rows."""
        self.body.fit(self.body.fed(rows), self.told(target))
        return self

    def told(self, target):
        """The target as the loss takes it."""
        return np.asarray(target, dtype=np.float64)


class Classifier(Network):
    """A network whose outputs are the probabilities of classes."""

    family = "classifier"

    def predict_proba(self, rows):
        """The probability of each class, row by row."""
        values = self.outputs(rows)
        if self.head == SOFTMAX:
            return softmax(values) if self.scores else values
        likely = 1 / (1 + np.exp(-values)) if self.scores else values
        return np.hstack([1 - likely, likely])

    def predict(self, rows):
        """The class of each row: the likeliest, or the second where its probability is above a half."""
        values = self.outputs(rows)
        if self.head == SOFTMAX:
            return self.classes_[np.argmax(values, axis=1)]
        return self.classes_[(values[:, 0] > (0.0 if self.scores else 0.5)).astype(int)]

    def told(self, target):
        """The target as the loss takes it: the place of each class, or one column a class."""
        place = np.searchsorted(self.classes_, np.asarray(target))
        if self.one_hot:
            return np.eye(len(self.classes_))[place]
        return place.astype(np.int64) if self.head == SOFTMAX else place.astype(np.float64)


def softmax(values):
    """Scores as shares of one."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def network_of(body, target):
    """The network as a classifier where its end and its target say so, else as what gives values.

    A single squashed output that learned from noughts and ones is the probability of the ones.
    """
    head, scores, width = body.head()
    binary = target is not None and set(np.unique(target).tolist()) <= {0, 1}
    if head == SIGMOID and width == 1 and binary:
        return Classifier(body, SIGMOID, [0, 1], scores=scores)
    if head == SOFTMAX and width > 1:
        return Classifier(body, SOFTMAX, list(range(width)), scores=scores, one_hot=body.one_hot())
    return Network(body, VALUE)


def table_of(given):
    """What a network was given as a matrix: further sides laid side by side; None where it is none."""
    given = plain(given)
    if given is None or getattr(given, "ndim", 0) < 2 or not len(given):
        return None
    if hasattr(given, "iloc") or given.ndim == 2:
        return given
    return given.reshape(len(given), -1)


def plain(given):
    """A tensor, a sparse matrix or a list as an array; None where it is nothing of the kind."""
    given = dense(given)
    if hasattr(given, "detach"):
        given = given.detach().cpu()
    if isinstance(given, (list, tuple)) and given and not hasattr(given[0], "shape"):
        given = np.array(given)
    if hasattr(given, "numpy") and not hasattr(given, "iloc"):
        given = given.numpy()
    return given if hasattr(given, "dtype") or hasattr(given, "iloc") else None


def target_of(given):
    """The target as one value a row: of one column a class, the number of the class; None for others."""
    given = plain(given)
    if given is None:
        return None
    cells = np.asarray(given)
    if cells.dtype == object:
        return None
    cells = cells.reshape(len(cells), -1)
    if cells.shape[1] == 1:
        return cells[:, 0]
    hot = bool(np.isin(cells, (0, 1)).all() and (cells.sum(axis=1) == 1).all())
    return np.argmax(cells, axis=1) if hot else None


class Seen:
    """The networks of one training, each with the matrix and the target that it learned from last."""

    def __init__(self, recorder):
        self.recorder, self.known = recorder, {}

    def body(self, thing, make):
        """The body of this network, made when it is first met."""
        if id(thing) not in self.known:
            self.known[id(thing)] = [make(thing), None]
        return self.known[id(thing)][0]

    def network(self, thing):
        """The network as it was noted; None where it was not fitted."""
        return self.known.get(id(thing), [None, None])[1]

    def fitted(self, thing, rows, target, where):
        """Notes what it learned from."""
        known = self.known[id(thing)]
        told = target_of(target)
        known[1] = known[1] or network_of(known[0], told)
        self.note("fit", known[1], rows, told, where)

    def note(self, call, network, rows, target, where):
        """Notes one call, under the name that the framework has for the network."""
        table = table_of(rows)
        matrix = "" if table is None else self.recorder.matrix(table)
        vector = "" if target is None else self.recorder.vector(target)
        self.recorder.fit(call, network, matrix, vector, where)
        name, module = network.title
        self.recorder.fits[-1].update(estimator=name, module=module)
        if call == "fit" and not matrix:
            self.recorder.note(
                "what %s learned from is not one matrix of numbers, and was not kept: give fit an array or a "
                "table, no dataset, no texts and no several inputs" % name
            )

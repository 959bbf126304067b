"""What was seen: tables read, matrices handed over, how rows went from one to the other."""

import os
import sys

import numpy as np

from causeway_runner.chains import Chains
from causeway_runner.columns import Full, Store

MAX_CELLS = 20000000
MAX_SPARSE_CELLS = 5000000


class Recorder:
    """Collects the trace; hooks ask it whether the caller is the proof of concept's own code."""

    def __init__(self, root, out, limit_bytes):
        self.root, self.out = root + os.sep, out
        self.store = Store(out, limit_bytes)
        self.busy = False
        self.tables, self.vectors, self.links, self.fits = [], {}, [], []
        self.dumps, self.resets, self.drops, self.errors = [], [], [], []
        self.matrices, self.objects, self.seconds, self.notes = {}, [], {}, []
        self.count = 0
        self.numbers, self.labels, self.last = {}, {}, {}
        self.made, self.writers, self.held = {}, {}, {}
        self.chains = Chains()
        self.texts = {}

    def mine(self, frame):
        """Whether this frame runs the proof of concept's own code, and not on behalf of a watched call."""
        return not self.busy and frame.f_code.co_filename.startswith(self.root)

    def where(self, frame):
        """The place of that frame's current line."""
        label = frame.f_code.co_filename[len(self.root) :]
        return label + (" line " if " cell " in label else ":") + str(frame.f_lineno)

    def note(self, text):
        """Keeps a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def number(self, thing):
        """The object's number; the object is kept alive, so that no other takes its identity."""
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = len(self.objects)
            self.objects.append(thing)
        return self.numbers[id(thing)]

    def table(self, how, path, frame, where):
        """A table as it was read."""
        try:
            columns = [self.store.column(name, cells)[0] for name, cells in columns_of(frame)]
            index = "" if is_counting(frame.index) else self.index(frame)
        except Full:
            return self.note("table %s was not kept: the trace reached its size limit" % path)
        known = {"id": "t%d" % len(self.tables), "how": how, "path": path, "rows": len(frame)}
        self.tables.append(dict(known, columns=columns, index=index, where=where))
        return None

    def matrix(self, given, *, texts=False):
        """The id of these rows and columns, stored once per content; empty where they cannot be kept."""
        try:
            return self._matrix(given, texts)
        except Full:
            self.note("matrices were left out: the trace reached its size limit")
            return ""
        except (TypeError, ValueError):  # cells that are no values, such as lists
            return ""

    def _matrix(self, given, texts):
        given = np.array(given, dtype=object) if isinstance(given, list) else dense(given)
        shape = getattr(given, "shape", ())
        if len(shape) not in (1, 2) or not 0 < np.prod(shape, dtype=float) <= MAX_CELLS:
            return ""
        if not texts and holds_texts(given):
            return ""
        held = [self.store.column(name, cells) for name, cells in columns_of(given)]
        if not texts and any(column["kind"] == "text" for column, _ in held):
            return ""
        return self._described(given, shape, held)

    def _described(self, given, shape, held):
        values = (shape[0], len(shape), *[digest for _, digest in held])
        named = hasattr(given, "iloc")
        names = tuple(column["name"] for column, _ in held) if named else ()
        alike = self.matrices.setdefault(values, {})
        if not named and alike:
            return next(iter(alike.values()))["id"]
        if names not in alike:
            known = alike.pop((), None) or self._fresh(given, shape)
            # a frame knows more than an array of the same values
            alike[names] = dict(known, named=named, columns=[column for column, _ in held])
            alike[names]["index"] = self.index(given) if named else ""
            first = next(iter(alike.values()))["id"]
            self.link("same", first, known["id"], "renamed")
        return alike[names]["id"]

    def _fresh(self, given, shape):
        self.count += 1
        known = {"id": "m%d" % (self.count - 1), "rows": shape[0], "one_dimensional": len(shape) == 1}
        return dict(known, float32=is_float32(given))

    def vector(self, given):
        """The id of a target; empty where it is not one value a row."""
        given = dense(given)
        shape = np.shape(given) if given is not None else ()
        if len(shape) == 2 and shape[1] == 1:
            given = given.iloc[:, 0] if hasattr(given, "iloc") else np.asarray(given)[:, 0]
        elif len(shape) != 1:
            return ""
        try:
            column, digest = self.store.column("", given if hasattr(given, "dtype") else np.asarray(given))
        except (Full, TypeError, ValueError):
            return ""
        key = (column["kind"], digest)
        self.vectors.setdefault(key, dict(column, name="v%d" % len(self.vectors)))
        return self.vectors[key]["name"]

    def index(self, frame):
        """The name of a buffer with the frame's row labels; empty where they cannot be told apart."""
        labels = self.labels_of(frame.index)
        return "" if labels is None else self.store.integers(labels)

    def labels_of(self, index):
        """Row labels as whole numbers; those that are not numbers are numbered, equal ones alike."""
        if getattr(index, "nlevels", 1) > 1:
            return None
        if index.dtype.kind in "iu":
            return index.to_numpy()
        return np.array([self.labels.setdefault(str(v), len(self.labels)) for v in index], dtype=np.int64)

    def reset(self, index):
        """Notes that from here on, label i means what label `index[i]` meant."""
        if getattr(index, "nlevels", 1) == 1 and index.dtype.kind in "iu":
            self.resets.append(self.store.integers(index.to_numpy()))

    def link(self, kind, parent, child, how, positions=None):
        """Notes how the rows of one matrix became those of another."""
        if not parent or not child or parent == child:
            return
        known = {"kind": kind, "parent": parent, "child": child, "how": how}
        if positions is not None:
            known["positions"] = self.store.integers(positions)
        if known not in self.links:
            self.links.append(known)

    def fit(self, call, thing, matrix, target, where):
        """Notes one call on an estimator."""
        known = {"call": call, "object": -1, "estimator": "", "module": ""}
        if thing is not None:
            known["object"] = self.number(thing)
            known["estimator"], known["module"] = type(thing).__name__, type(thing).__module__
        self.fits.append(dict(known, matrix=matrix, target=target, where=where))


def dense(given):
    """A sparse matrix as an array where that stays small."""
    if not hasattr(given, "toarray"):
        return given
    return given.toarray() if np.prod(given.shape, dtype=float) <= MAX_SPARSE_CELLS else None


def columns_of(given):
    """Name and cells of each column of a frame, Series or array."""
    if len(given.shape) == 1:
        yield str(getattr(given, "name", None) or "x0"), given
    elif hasattr(given, "iloc"):
        for i, name in enumerate(one_of_each(given.columns)):
            yield name, given.iloc[:, i]
    else:
        for i in range(given.shape[1]):
            yield "x%d" % i, given[:, i]


def one_of_each(names):
    """The names as text, a repeated one with a number behind it."""
    seen = {}
    for name in map(str, names):
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else "%s.%d" % (name, seen[name] - 1)


def holds_texts(given):
    """Whether a column's type alone tells that it is no number."""
    if hasattr(given, "dtypes") and len(given.shape) == 2:
        kinds = {getattr(one, "kind", "O") + str(one)[:3] for one in given.dtypes}
    else:
        kinds = {given.dtype.kind + str(given.dtype)[:3]}
    return any(kind[0] in "MmSU" or kind[1:] in ("str", "cat") for kind in kinds)


def is_float32(given):
    """Whether its numbers were of single precision, which the model's answers depend on."""
    kinds = list(given.dtypes) if len(given.shape) == 2 and hasattr(given, "dtypes") else [given.dtype]
    return all(str(kind).lower() == "float32" for kind in kinds)


def is_counting(index):
    """Whether the labels are 0, 1, 2..."""
    return getattr(index, "start", None) == 0 and getattr(index, "step", None) == 1


def caller(depth=2):
    """The frame that called the function which asks."""
    return sys._getframe(depth)  # noqa: SLF001 - the only way to see who calls

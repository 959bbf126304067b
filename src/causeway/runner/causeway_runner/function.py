"""The proof of concept's own function from raw rows to the model's columns, loaded from texts in memory."""

import importlib
import importlib.abc
import importlib.util
import sys

import numpy as np

from causeway_runner.columns import cells_of
from causeway_runner.recorder import columns_of, dense
from causeway_runner.request import said


class Failed(Exception):
    """The function, or its module, did not do what it should; says why and where."""


class Shipped(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports modules from texts, path to content: what was proven, whatever lies on the disk."""

    def __init__(self, texts):
        self.texts = texts

    def find_spec(self, name, _path=None, _target=None):
        """The module of this name, if it is among the texts."""
        place = self.place(name)
        if place is None:
            return None
        package = not place.endswith(".py") or place.endswith("__init__.py")
        spec = importlib.util.spec_from_loader(name, self, origin=place, is_package=package)
        spec.has_location = True
        return spec

    def place(self, name):
        """The path of this module's text, or of its folder where that has none; None for others' modules."""
        stem = name.replace(".", "/")
        for path in (stem + "/__init__.py", stem + ".py"):
            if path in self.texts:
                return path
        return stem if any(path.startswith(stem + "/") for path in self.texts) else None

    def get_source(self, name):
        """The module's text."""
        return self.texts.get(self.place(name), "")

    def get_code(self, name):
        """The module's code, which knows its path."""
        return compile(self.get_source(name), self.place(name), "exec", dont_inherit=True)


class Function:
    """Makes the model's columns of raw ones; `request` says which function, and what goes in and out."""

    def __init__(self, request):
        self.named, self.fields = request["function"], list(request["fields"])
        self.wanted, self.texts = request["columns"], request["texts"]
        # an array's columns have names that we made up
        self.by_name = self.wanted != ["x%d" % place for place in range(len(self.wanted))]
        module, _, name = self.named.partition(":")
        sys.meta_path.insert(0, Shipped(self.texts))
        try:
            self.call = getattr(importlib.import_module(module), name)
        except Exception as error:
            raise Failed(self.told(error)) from error

    def made(self, columns):
        """The model's columns as float64, for the cells of each raw column by name."""
        frame = frame_of(self.fields, columns)
        rows = len(frame)
        try:
            out = self.call(frame)
        except Exception as error:
            raise Failed(self.told(error)) from error
        return self.matrix(out, rows)

    def matrix(self, out, rows):
        """What it returned as numbers, a column each of the model's, in their order."""
        if len(getattr(out, "shape", ())) != 2:
            raise Failed("it returned %s, not a table" % type(out).__name__)
        if out.shape[0] != rows:
            raise Failed("it returned %d rows for %d" % (out.shape[0], rows))
        columns = list(columns_of(dense(out)))
        made = np.empty((rows, len(self.wanted)))
        for place, cells in enumerate(self.picked(columns, hasattr(out, "iloc"))):
            kind, held = cells_of(cells) if rows else ("float", [])
            if kind == "text":
                first = next((one for one in held if one is not None), None)
                raise Failed("its column %s is no number: %r" % (self.wanted[place], first))
            made[:, place] = held
        return made

    def picked(self, columns, named):
        """Its columns in the model's order: by name, or by place where there are no names to go by."""
        cells = dict(columns)
        if named and set(self.wanted) <= set(cells):
            return [cells[name] for name in self.wanted]
        if (not named or not self.by_name) and len(columns) == len(self.wanted):
            return [one for _, one in columns]
        if not named:
            raise Failed("it returned %d columns, the model takes %d" % (len(columns), len(self.wanted)))
        lacking = [name for name in self.wanted if name not in cells]
        raise Failed(
            "it returned no column %s (it returned %s)"
            % (", ".join(lacking[:5]), ", ".join(list(cells)[:20]))
        )

    def told(self, error):
        """The error with the innermost line of the shipped modules that it went through."""
        place, step = "", error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename in self.texts:
                place = " (%s:%d)" % (step.tb_frame.f_code.co_filename, step.tb_lineno)
            step = step.tb_next
        return said(error) + place


def frame_of(fields, columns):
    """A frame with the columns and types that the function always gets, however many rows."""
    import pandas as pd

    text = pd.Series(["a"]).dtype
    return pd.DataFrame({f["name"]: pd.Series(*series_of(f, columns[f["name"]], text)) for f in fields})


def series_of(field, cells, text):
    """The cells, no index, and the type of one column."""
    kind = field["kind"]
    if kind == "text":
        return [np.nan if cell is None else cell for cell in cells], None, text
    if kind == "boolean" and not field["required"]:
        return [bool(cell) if cell in (0, 1) else np.nan for cell in cells], None, object
    if kind == "boolean":
        return np.array(cells, dtype=bool), None, None
    # a copy, for the function may write into it
    return (
        np.array(cells, dtype=np.int64 if kind == "integer" and field["required"] else np.float64),
        None,
        None,
    )


def alike(left, right):
    """Which columns of two matrices are equal but for rounding in the last digits."""
    with np.errstate(invalid="ignore"):
        close = np.abs(left - right) <= 1e-12 + 1e-9 * np.abs(right)
    return (close | (left == right) | (np.isnan(left) & np.isnan(right))).all(axis=0)

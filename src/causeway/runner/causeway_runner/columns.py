"""Columns as files: numbers as float64 in one growing buffer, texts as JSON; equal ones are stored once."""

import hashlib
import json
import os

import numpy as np

MISSING_TYPES = ("NAType", "NaTType")


class Full(Exception):
    """The trace has reached its size limit."""


class Store:
    """Writes arrays into a folder."""

    def __init__(self, folder, limit_bytes):
        self.folder, self.left = folder, limit_bytes
        self.known, self.end, self.count = {}, 0, 0
        os.makedirs(folder, exist_ok=True)
        self.buffer = open(os.path.join(folder, "columns.bin"), "wb")  # noqa: SIM115 - held while it grows

    def column(self, name, values):
        """One column as the trace describes it, and a digest of what it holds."""
        kind, held = cells_of(values)
        file, offset, digest = self._texts(held) if kind == "text" else self._numbers(held)
        described = {"name": name, "kind": kind, "file": file, "offset": offset, "rows": len(held)}
        return described, digest

    def integers(self, values):
        """The name of a file with these whole numbers as int64."""
        data = np.ascontiguousarray(values, dtype="<i8").tobytes()
        return self._file("rows", ".bin", data)[0]

    def _numbers(self, held):
        data = np.ascontiguousarray(held, dtype="<f8").tobytes()
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        if digest not in self.known:
            self._spend(len(data))
            self.buffer.write(data)
            self.buffer.flush()
            self.known[digest] = self.end
            self.end += len(data)
        return "columns.bin", self.known[digest], digest

    def _texts(self, held):
        name, digest = self._file("text", ".json", json.dumps(held).encode("ascii"))
        return name, 0, digest

    def _file(self, stem, suffix, data):
        digest = hashlib.blake2b(stem.encode() + data, digest_size=16).hexdigest()
        if digest not in self.known:
            self._spend(len(data))
            self.count += 1
            self.known[digest] = "%s%d%s" % (stem, self.count, suffix)
            with open(os.path.join(self.folder, self.known[digest]), "wb") as stream:
                stream.write(data)
        return self.known[digest], digest

    def _spend(self, size):
        if size > self.left:
            raise Full
        self.left -= size


def cells_of(values):
    """The kind of a Series or one-dimensional array, and its cells as float64 or list of strings and None."""
    letter = getattr(getattr(values, "dtype", None), "kind", "O")
    if letter in "biuf":
        names = {"b": "boolean", "i": "integer", "u": "integer", "f": "float"}
        return names[letter], _floats(values)
    return _of_objects(list(values))


def _floats(values):
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):  # a pandas column with a missing value of its own
        return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _of_objects(cells):
    cells = [None if _missing(cell) else cell for cell in cells]
    present = [cell for cell in cells if cell is not None]
    if present and all(isinstance(cell, (bool, np.bool_)) for cell in present):
        return "boolean", _with_gaps(cells)
    if all(isinstance(cell, (bool, int, float, np.number, np.bool_)) for cell in present):
        return "float", _with_gaps(cells)
    return "text", [None if cell is None else str(cell) for cell in cells]


def _with_gaps(cells):
    return np.array([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)


def _missing(cell):
    if cell is None or type(cell).__name__ in MISSING_TYPES:
        return True
    return isinstance(cell, (float, np.floating)) and cell != cell  # noqa: PLR0124 - only NaN differs from itself


def read_column(folder, described):
    """The cells of a stored column, in the type that a table of the proof of concept would have had."""
    path = os.path.join(folder, described["file"])
    if described["kind"] == "text":
        with open(path, encoding="utf-8") as stream:
            return np.array(json.load(stream), dtype=object)
    count = described["rows"]
    held = np.fromfile(path, dtype="<f8", count=count, offset=described["offset"])
    if described["kind"] == "float" or np.isnan(held).any():
        return held
    return held.astype(bool if described["kind"] == "boolean" else np.int64)


def read_matrix(folder, matrix):
    """A stored matrix in the form its model was fitted on: a frame, a Series of texts, or an array."""
    return shaped([read_column(folder, column) for column in matrix["columns"]], matrix)


def shaped(held, matrix):
    """Columns in the form their model was fitted on: a frame, a Series of texts, or an array."""
    if matrix.get("named"):
        import pandas as pd

        names = [column["name"] for column in matrix["columns"]]
        held = [with_nan(cells) for cells in held]
        if matrix.get("one_dimensional"):
            return pd.Series(held[0], name=names[0])
        frame = pd.concat([pd.Series(cells) for cells in held], axis=1)
        frame.columns = names
        return frame.astype(np.float32) if matrix.get("float32") else frame
    if matrix.get("one_dimensional"):
        return held[0]
    if any(cells.dtype == object for cells in held):
        return np.stack([cells.astype(object) for cells in held], axis=1)
    return np.stack(held, axis=1).astype(np.float32 if matrix.get("float32") else np.float64)


def with_nan(cells):
    """Texts with what a frame holds where there is none."""
    if cells.dtype != object:
        return cells
    return np.array([np.nan if cell is None else cell for cell in cells], dtype=object)

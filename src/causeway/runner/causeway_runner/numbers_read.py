"""Hooks on numpy's readers of text files: what they read is a table too."""

import functools
import sys

from causeway_runner.frames import path_of
from causeway_runner.recorder import caller

READERS = ("loadtxt", "genfromtxt")


def patch_numpy(recorder):
    """Watches numpy's readers, once."""
    module = sys.modules["numpy"]
    for name in READERS:
        held = getattr(module, name)
        if not getattr(held, "watched", False):
            setattr(module, name, _watched(held, name, recorder))


def _watched(held, name, recorder):
    @functools.wraps(held)
    def read(*args, **kwargs):
        out, frame = held(*args, **kwargs), caller()
        if not recorder.mine(frame) or getattr(out, "ndim", 0) != 2 or out.dtype.kind not in "biuf":
            return out
        source = args[0] if args else kwargs.get("fname", "")
        path = path_of(source, recorder.root)
        recorder.table(name, path, Named(out, header_of(source, args, kwargs)), recorder.where(frame))
        recorder.matrix(out)
        return out

    read.watched = True
    return read


class Named:
    """An array under the names of its file's header, in the few words that the recorder asks a table for."""

    def __init__(self, cells, names):
        self.cells, self.shape, self.index = cells, cells.shape, range(len(cells))
        self.columns = (
            names if len(names) == cells.shape[1] else ["column %d" % i for i in range(cells.shape[1])]
        )
        self.iloc = self

    def __len__(self):
        return len(self.cells)

    def __getitem__(self, place):
        return self.cells[place]


def header_of(source, args, kwargs):
    """The names in the line before the numbers, where lines were skipped; nothing where none were."""
    skipped = kwargs.get("skiprows") or kwargs.get("skip_header") or 0
    if not isinstance(source, str) or not skipped or kwargs.get("usecols") is not None:
        return []
    try:
        with open(source, encoding="utf-8-sig") as stream:
            lines = [stream.readline() for _ in range(skipped)]
    except (OSError, UnicodeDecodeError):
        return []
    mark = kwargs.get("delimiter") or (args[3] if len(args) > 3 and isinstance(args[3], str) else None)
    return [name.strip().strip("\"'").lstrip("# ") for name in lines[-1].split(mark)]

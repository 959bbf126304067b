"""Hooks on pandas: what is read, renumbered and dropped, and frames that live only inside functions."""

import functools
import os
import sys

import numpy as np

from causeway_runner.recorder import MAX_CELLS, caller, columns_of
from causeway_runner.source import names_in

MAX_CALLS_LOOKED_AT = 20
MAX_CELLS_COMPARED = 1000000
RENUMBERING = ("dropna", "drop_duplicates", "sort_values", "sample")
PARSING = ("parse_dates", "date_parser", "date_format", "dayfirst", "converters")
DRAWS = ("train_test_split", ".sample(", ".head(", ".tail(", ".iloc[")


def patch_pandas(recorder):
    """Watches pandas, once it is there whole."""
    pd = sys.modules.get("pandas")
    if pd is None or getattr(pd, "causeway_watched", False) or not _ready(pd):
        return
    pd.causeway_watched = True
    for name in [name for name in dir(pd) if name.startswith("read_")]:
        setattr(pd, name, _watched_reader(getattr(pd, name), name, recorder))
    _watch_reset(pd, recorder)
    for name in RENUMBERING:
        setattr(pd.DataFrame, name, watched_renumbering(getattr(pd.DataFrame, name), recorder))
    _watch_concat(pd, recorder)


def _ready(module):
    spec = getattr(module, "__spec__", None)
    return hasattr(module, "read_csv") and not getattr(spec, "_initializing", False)


def _watched_reader(held, name, recorder):
    @functools.wraps(held)
    def read(*args, **kwargs):
        frame = caller()
        if recorder.texts and name in ("read_csv", "read_table") and recorder.mine(frame):
            kwargs = kept_as_texts(args, kwargs, recorder)
        out = held(*args, **kwargs)
        if _is_frame(out) and recorder.mine(frame):
            source = args[0] if args else next(iter(kwargs.values()), "")
            shown = as_written(held, args, kwargs, out, recorder.note)
            recorder.table(name, path_of(source, recorder.root), shown, recorder.where(frame))
        return out

    return read


def kept_as_texts(args, kwargs, recorder):
    """The same wish, with columns read as texts that callers send as such, whatever their cells look like."""
    source = args[0] if args else kwargs.get("filepath_or_buffer", "")
    names = recorder.texts.get(path_of(source, recorder.root), ())
    kinds, converted = kwargs.get("dtype"), kwargs.get("converters") or {}
    if not names or not (kinds is None or isinstance(kinds, dict)):
        return kwargs
    asked = {name: str for name in names if name not in converted}
    return dict(kwargs, dtype=dict(asked, **(kinds or {})))


def as_written(held, args, kwargs, out, note):
    """The frame that was read, with its parsed columns as the file has them: callers send them so."""
    if not any(kwargs.get(name) for name in PARSING):
        return out
    raw = _unparsed(held, args, kwargs)
    converted = kwargs.get("converters") or {}
    shown = out.copy(deep=False)
    for place, name in enumerate(out.columns):
        if not (name in converted or place in converted or out[name].dtype.kind == "M"):
            continue
        if raw is not None and name in raw.columns and len(raw) == len(out):
            shown[name] = raw[name].to_numpy()
        else:
            note("column %s is known as pandas parsed it, not as its file has it" % name)
    return shown


def _unparsed(held, args, kwargs):
    """The same file once more without parsing; None where it cannot be read twice."""
    source = args[0] if args else kwargs.get("filepath_or_buffer", kwargs.get("io"))
    if not isinstance(source, (str, os.PathLike)) or not os.path.isfile(source):
        return None
    plain = {name: value for name, value in kwargs.items() if name not in PARSING}
    try:
        return held(*args, **plain)
    except (TypeError, ValueError):
        return None


def path_of(source, root):
    """The file as a path inside the folder, or what else was read, shortened."""
    path = os.path.realpath(str(getattr(source, "name", source)))
    if os.path.exists(path) and path.startswith(root):
        return path[len(root) :]
    return str(source)[:200]


def _watch_reset(pd, recorder):
    held = pd.DataFrame.reset_index

    @functools.wraps(held)
    def reset_index(frame, *args, **kwargs):
        if recorder.mine(caller()):
            recorder.reset(frame.index)
        return held(frame, *args, **kwargs)

    pd.DataFrame.reset_index = reset_index
    recorder.plain_reset = held


def watched_renumbering(held, recorder):
    """`ignore_index=True` is a hidden reset_index."""

    @functools.wraps(held)
    def method(frame, *args, **kwargs):
        if not (kwargs.get("ignore_index") and not kwargs.get("inplace") and recorder.mine(caller())):
            return held(frame, *args, **kwargs)
        out = held(frame, *args, **dict(kwargs, ignore_index=False))
        recorder.reset(out.index)
        return recorder.plain_reset(out, drop=True)

    return method


def _watch_concat(pd, recorder):
    held = pd.concat

    @functools.wraps(held)
    def concat(objs, *args, **kwargs):
        objs = objs if isinstance(objs, dict) else list(objs)
        along_rows = not args and kwargs.get("axis", 0) in (0, "index", "rows")
        if kwargs.get("ignore_index") and along_rows and recorder.mine(caller()):
            parts = objs.values() if isinstance(objs, dict) else objs
            recorder.reset(pd.Index(np.concatenate([p.index.to_numpy() for p in parts if p is not None])))
        return held(objs, *args, **kwargs)

    pd.concat = concat


def _is_frame(thing):
    return type(thing).__name__ == "DataFrame" and hasattr(thing, "iloc")


def keep(recorder, frame):
    """Stores a frame that is all numbers and not too large."""
    if 0 < frame.size < MAX_CELLS:
        recorder.matrix(frame)


def function_watcher(recorder):
    """A tracer that looks at the frames a function of the proof of concept holds when it returns."""
    calls = {}

    def on_event(frame, event, value):
        if event == "return" and not recorder.busy:
            for held in [*frame.f_locals.values(), value]:
                if _is_frame(held):
                    keep(recorder, held)
        return on_event

    def on_call(frame, _event, _value):
        code = frame.f_code
        if not code.co_filename.startswith(recorder.root) or code.co_name.startswith("<"):
            return None
        calls[code] = calls.get(code, 0) + 1
        if calls[code] > MAX_CALLS_LOOKED_AT:
            return None
        frame.f_trace_lines = False
        return on_event

    return on_call


def look(recorder, names, node, place, text):
    """After a statement: stores frames that it touched, and notes the rows that went."""
    mentioned = names_in(node)
    touched = {n: o for n, o in names.items() if _is_frame(o) and (n in mentioned or _is_new(recorder, n, o))}
    for name, frame in touched.items():
        parent = dropped_from(recorder, name, frame, mentioned, text)
        if parent is not None:
            recorder.drops.append(
                drop(recorder, parent, frame, {"where": place, "source": text, "variable": name})
            )
        keep(recorder, frame)
        note_made(recorder, frame, (place, text), [recorder.writers.get(n, {}) for n in mentioned])
    for name, frame in touched.items():
        recorder.last[name] = (id(frame), frame.index)


def note_made(recorder, frame, here, writers):
    """Notes the columns of new names, and those whose cells changed while the rows stayed.

    They were made `here`, or at the line of a function that was called here and assigns them.
    """
    if frame.size > MAX_CELLS_COMPARED:
        return
    for name, cells in columns_of(frame):
        try:
            known = (len(frame), hash_of(cells))
        except (TypeError, ValueError):  # cells that are no values, such as lists
            continue
        before = recorder.held.setdefault(name, {})
        if not before or before.get(known[0], known[1]) != known[1]:
            recorder.made[name] = next((lines[name] for lines in writers if name in lines), here)
        before[known[0]] = known[1]


def hash_of(cells):
    """A number for the cells in their order; quick, since it is asked after every statement."""
    if isinstance(cells.dtype, np.dtype):
        # of objects these are their places in memory, which a changed cell does not keep
        return hash(cells.to_numpy().tobytes())
    return hash(sys.modules["pandas"].util.hash_pandas_object(cells, index=False).to_numpy().tobytes())


def _is_new(recorder, name, frame):
    return not name.startswith("_") and recorder.last.get(name, (0,))[0] != id(frame)


def dropped_from(recorder, name, frame, mentioned, text):
    """The index that this frame's rows are fewer of: its own before, else the largest one mentioned."""
    before = recorder.last.get(name)
    if before is not None:
        return before[1] if len(before[1]) > len(frame) else None
    if any(word in text for word in DRAWS):
        return None
    others = [recorder.last[n][1] for n in mentioned if n in recorder.last and n != name]
    larger = [index for index in others if len(index) > len(frame) and index.dtype == frame.index.dtype]
    within = [index for index in larger if bool(frame.index.isin(index).all()) and is_selection(frame)]
    return max(within, key=len) if within else None


def is_selection(frame):
    """Whether its labels can tell rows of a parent: a fresh count (a grouped or new table) cannot."""
    return type(frame.index).__name__ != "RangeIndex" and frame.index.dtype.kind in "iu"


def drop(recorder, before, frame, known):
    """What went from the rows of `before`: how many, and which if labels can tell."""
    gone = before.difference(frame.index) if before.is_unique else before[:0]
    labels = recorder.labels_of(gone) if len(gone) == len(before) - len(frame) else None
    kept = recorder.store.integers(labels) if labels is not None else ""
    return dict(known, before=len(before), after=len(frame), labels=kept)

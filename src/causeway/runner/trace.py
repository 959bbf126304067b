"""Runs a training under watch and writes the trace: `python trace.py request.json`."""

import ast
import builtins
import os
import platform
import signal
import sys
import time
import types

from causeway_runner.request import answer, packages, peak_bytes, said, write_json

SEED = 0
AT = "at.txt"
RING_AGAIN_SECONDS = 5
SHARE_OF_ONE = 0.6
"""How much of the whole time a statement may take until the next ones get a chance."""
PLAIN_VALUES = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.Load, ast.USub)


def watch(request):
    """Executes the script statement by statement; the result file says only that it ended."""
    from causeway_runner import source
    from causeway_runner.recorder import Recorder

    started = time.time()
    root, script = request["root"], request["script"]
    recorder = Recorder(root, request["out"], request["limit_bytes"])
    recorder.texts = request.get("texts", {})
    os.chdir(source.start_folder(root, script))
    beside = os.path.dirname(os.path.join(root, script))
    sys.path[:0] = [beside] if beside == root else [beside, root]
    sys.argv = [os.path.join(root, script)]
    seed()
    install(recorder)
    run = Run(recorder, root, script)
    run.ring(request.get("seconds", 0))
    if request.get("function"):
        run.function(request["function"])
    else:
        run.units(source.units_of(root, script))
    signal.setitimer(signal.ITIMER_REAL, 0)
    write_trace(recorder, run, script, started)
    return {"errors": len(recorder.errors)}


class TimeUp(BaseException):
    """A statement had its time."""


def seed():
    """Makes draws without a seed the same in every run; a training that sets seeds is not changed."""
    import random

    import numpy as np

    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 - the generator that libraries fall back on


def install(recorder):
    """Watches what is imported, as soon as it is imported."""
    from causeway_runner.estimators import patch_dumps, patch_estimators, patch_split
    from causeway_runner.frames import function_watcher, patch_pandas
    from causeway_runner.keras_models import patch_keras
    from causeway_runner.numbers_read import patch_numpy
    from causeway_runner.recorder import caller
    from causeway_runner.torch_models import patch_torch

    held = builtins.__import__
    watches = patch_pandas, patch_numpy, patch_estimators, patch_split, patch_dumps, patch_keras, patch_torch

    def patch():
        for one in watches:
            one(recorder)

    def import_and_patch(*args, **kwargs):
        before = len(sys.modules)
        module = held(*args, **kwargs)
        # only when the proof of concept's own import has ended are the modules behind it whole
        if len(sys.modules) != before and recorder.mine(caller()):
            patch()
        return module

    recorder.patch = patch
    builtins.__import__ = import_and_patch
    patch()
    sys.settrace(function_watcher(recorder))


class Run:
    """The execution of one script in a namespace of its own."""

    def __init__(self, recorder, root, script):
        self.recorder, self.root, self.script = recorder, root, script
        self.stopped, self.flags, self.definitions = "", 0, []
        self.begun, self.count, self.executing, self.left = 0, 0, False, 0.0
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        if script.endswith(".ipynb"):
            self.names.update(display=lambda *_a, **_k: None, get_ipython=Shell)
        else:
            self.names["__file__"] = os.path.join(root, script)
        sys.modules["__main__"] = self.module

    def ring(self, seconds):
        """Has the statement left that still runs after most of the time, and all ended after the rest."""
        if not seconds:
            return
        self.left = (1 - SHARE_OF_ONE) * seconds
        signal.signal(signal.SIGALRM, self.rung)
        signal.setitimer(signal.ITIMER_REAL, SHARE_OF_ONE * seconds, RING_AGAIN_SECONDS)

    def rung(self, _number, _frame):
        """Leaves the statement that is running."""
        if self.executing:
            raise TimeUp("it was still running after %d %% of the time" % (100 * SHARE_OF_ONE))
        self.out_of_time("it")

    def out_of_time(self, place):
        """Lets the next statements have what time is left; when there is none, it is the end."""
        signal.setitimer(signal.ITIMER_REAL, self.left, RING_AGAIN_SECONDS)
        if not self.left:
            self.stopped = "%s was still running when time was up" % place
        self.left = 0.0

    def units(self, units):
        """Runs every statement of every unit; one that fails does not keep the next from running."""
        for unit in units:
            try:
                nodes = unit.statements()
            except (SyntaxError, ValueError) as error:
                self.failed(unit.place(getattr(error, "lineno", 1) or 1), error, "")
                continue
            self.count += len(nodes)
            for node in nodes:
                if not self.stopped:
                    self.statement(unit, node)
                    self.begun += 1

    def function(self, name):
        """Imports the script as a module, and calls this function of it."""
        from causeway_runner.source import call_of

        try:
            whole, call = call_of(self.root, self.script, name)
        except (SyntaxError, ValueError) as error:
            place = "%s:%d" % (self.script, getattr(error, "lineno", 1) or 1)
            return self.failed(place, error, "")
        for node in whole.statements():
            if isinstance(node, ast.FunctionDef):
                self.written(whole, node)
        return self.units([call])

    def statement(self, unit, node):
        """Runs one statement and looks at what it changed."""
        from causeway_runner.frames import look

        place, text = unit.place(node.lineno), unit.segment(node)
        self.mark(place)
        try:
            self.execute(unit, node)
        except TimeUp as error:
            self.out_of_time(place)
            self.failed(place, error, text)
        except SystemExit as error:
            self.stopped = "%s left by sys.exit(%s)" % (place, "" if error.code is None else error.code)
            if error.code not in (None, 0):
                self.failed(place, error, text)
        except Exception as error:
            self.failed(self.deepest(error) or place, error, text)
        else:
            self.remember(unit, node)
        tracer = sys.gettrace()
        sys.settrace(None)
        self.recorder.patch()
        look(self.recorder, self.names, node, place, text)
        self.written(unit, node)
        sys.settrace(tracer)

    def written(self, unit, node):
        """Notes the lines that assign columns by name: those of a function hold once it is called."""
        from causeway_runner.source import columns_written

        lines = {name: (unit.place(line), unit.line(line)) for name, line in columns_written(node)}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self.recorder.writers[node.name] = lines
            lines = {name: at for name, at in lines.items() if name not in self.recorder.made}
        self.recorder.made.update(lines)

    def mark(self, place):
        """Leaves word of where it is, for whoever has to stop it."""
        with open(os.path.join(self.recorder.out, AT), "w", encoding="utf-8") as stream:
            stream.write(place)

    def execute(self, unit, node):
        """Runs one statement as its file would, with the future imports before it."""
        tree = ast.Module([node], [])
        code = compile(tree, unit.filename, "exec", self.flags, True)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.flags |= code.co_flags & 0x1FF0000
        self.executing = True
        try:
            exec(code, self.names)
        finally:
            self.executing = False

    def deepest(self, error):
        """The innermost line of the proof of concept's own that the error went through."""
        place, step = "", error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename.startswith(self.recorder.root):
                label = step.tb_frame.f_code.co_filename[len(self.recorder.root) :]
                place = label + (" line " if " cell " in label else ":") + str(step.tb_lineno)
            step = step.tb_next
        return place

    def failed(self, place, error, text):
        """Notes a statement that raised, and prints why."""
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
        known = {"where": place, "error": said(error), "source": text, "after": self.begun}
        self.recorder.errors.append(known)

    def remember(self, unit, node):
        """Keeps what a pickled model may refer to: imports, functions, classes, plain constants."""
        plain = isinstance(node, ast.Assign) and all(
            isinstance(part, PLAIN_VALUES) for part in ast.walk(node.value)
        )
        kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        text = ast.get_source_segment(unit.text, node) or ""
        if (isinstance(node, kept) or plain) and len(text) < 100000:
            marks = getattr(node, "decorator_list", [])
            self.definitions.append(
                "".join("@%s\n" % ast.get_source_segment(unit.text, m) for m in marks) + text
            )


class Shell:
    """Stands in for IPython's shell in a notebook run without it."""

    def __getattr__(self, _name):
        return lambda *_args, **_kwargs: None


def write_trace(recorder, run, script, started):
    """Writes the captured models and trace.json."""
    from causeway_runner.composing import composed
    from causeway_runner.models import DEFINITIONS, capture, join_searches
    from causeway_runner.torch_models import settle

    sys.settrace(None)
    recorder.busy = True
    settle(recorder)
    join_searches(recorder)
    captured = capture(recorder, run.names)
    captured += composed(recorder, captured)
    with open(os.path.join(recorder.out, DEFINITIONS), "w", encoding="utf-8") as stream:
        stream.write("\n\f\n".join(run.definitions))
    recorder.store.buffer.close()
    trace = {
        name: getattr(recorder, name) for name in ("tables", "links", "fits", "dumps", "resets", "drops")
    }
    made = [{"column": n, "where": at, "source": text} for n, (at, text) in recorder.made.items()]
    trace.update(
        made=made, errors=recorder.errors, notes=recorder.notes, captured=captured, stopped=run.stopped
    )
    matrices = [one for alike in recorder.matrices.values() for one in alike.values()]
    trace.update(
        matrices=sorted(matrices, key=lambda one: int(one["id"][1:])), vectors=list(recorder.vectors.values())
    )
    trace.update(python=platform.python_version(), packages=packages(), script=script)
    trace.update(statements=run.count, begun=run.begun)
    trace.update(seconds=time.time() - started, peak_bytes=peak_bytes())
    write_json(os.path.join(recorder.out, "trace.json"), trace)


if __name__ == "__main__":
    answer(watch)

"""A script or notebook as statements, each with the place where it stands."""

import ast
import json
import linecache
import os
import re

MAGIC = re.compile(r"^\s*(?:[!%]|\?\w|\w[\w.]*\s*=\s*[!%]\S)")
TIMED = re.compile(r"^(\s*)%(?:time|timeit)\s+(?=[A-Za-z_])")
CELL_MAGIC = re.compile(r"^\s*%%(\w+)[^\n]*")
PYTHON_CELLS = ("time", "timeit", "capture", "prun")


class Unit:
    """A file, or a cell of a notebook: text that is compiled as one."""

    def __init__(self, label, filename, text):
        self.label, self.filename, self.text = label, filename, text

    def place(self, line):
        """Where that line of it stands, as a person would look for it."""
        return self.label + (" line " if " cell " in self.label else ":") + str(line)

    def statements(self):
        """Its top-level statements; raises SyntaxError."""
        return ast.parse(self.text, self.filename).body

    def segment(self, node):
        """The statement's own text on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())[:200]

    def line(self, number):
        """That line of it, without what surrounds it."""
        return " ".join(self.text.splitlines()[number - 1].split())[:200]


def units_of(root, script):
    """The script as one unit, or the notebook's code cells."""
    path = os.path.join(root, script)
    if not script.endswith(".ipynb"):
        return [Unit(script, path, read_text(path))]
    found = []
    for number, written in cells_of(json.loads(read_text(path))):
        label = "%s cell %d" % (script, number)
        filename = os.path.join(root, label)
        text = without_magics(written)
        # so that tracebacks and inspect can show the cell's lines
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        found.append(Unit(label, filename, text))
    return found


def call_of(root, script, function):
    """The script's own unit, to look at, and one that imports it and calls this function of it."""
    whole = Unit(script, os.path.join(root, script), read_text(os.path.join(root, script)))
    defined = [n.lineno for n in whole.statements() if getattr(n, "name", "") == function]
    module = os.path.splitext(script)[0].replace(os.sep, ".").replace("/", ".")
    text = "import importlib; trained = importlib.import_module(%r).%s()" % (module, function)
    # it stands where the function does, so that whatever is said of it leads there
    above = (defined[-1] if defined else 1) - 1
    return whole, Unit(script, whole.filename, "\n" * above + text)


def cells_of(document):
    """Number (from 1, all kinds of cells) and text of each code cell."""
    cells = document["cells"] if "cells" in document else document["worksheets"][0]["cells"]
    code = [(number, cell) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]
    return [(number, "".join(cell.get("source", cell.get("input", "")))) for number, cell in code]


def without_magics(text):
    """The cell without shell and IPython lines; line numbers stay."""
    magic = CELL_MAGIC.match(text)
    if magic and magic.group(1) not in PYTHON_CELLS:
        return ""
    lines = CELL_MAGIC.sub("", text, count=1).split("\n") if magic else text.split("\n")
    return "\n".join(_plain_line(line) for line in lines)


def _plain_line(line):
    line = TIMED.sub(r"\1", line)
    if MAGIC.match(line) or re.match(r"^\s*[\w.]+\?{1,2}\s*$", line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def read_text(path):
    """The file's text, whatever its encoding."""
    with open(path, "rb") as stream:
        data = stream.read()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def names_in(node):
    """Every plain name that the statement mentions."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def columns_written(node):
    """Name and line of each column that the statement assigns by its name, functions and loops within too."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
            index = getattr(part.slice, "value", part.slice)  # Python 3.8 wraps it
            names = index.elts if isinstance(index, (ast.List, ast.Tuple)) else [index]
            for one in names:
                text = one if isinstance(one, str) else getattr(one, "value", None)
                if isinstance(text, str):
                    yield text, part.lineno
        elif isinstance(part, ast.Call) and getattr(part.func, "attr", "") == "assign":
            for keyword in part.keywords:
                if keyword.arg:
                    yield keyword.arg, part.lineno


def start_folder(root, script):
    """Where the training wants to be started: where more of the files that its text names are found."""
    beside = os.path.dirname(os.path.join(root, script))
    if script.endswith(".ipynb") or beside == root:
        return beside
    try:
        tree = ast.parse(read_text(os.path.join(root, script)))
    except SyntaxError:
        return root
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    likely = [t for t in texts if 0 < len(t) < 200 and ("." in t or "/" in t) and "\0" not in t]
    found = {
        folder: sum(os.path.exists(os.path.join(folder, t)) for t in likely) for folder in (root, beside)
    }
    return beside if found[beside] > found[root] else root

"""Code as syntax trees: a Python file is one block, a notebook one block a cell, in document order."""

import ast
import hashlib
import json
import re
import sys
import warnings
from itertools import pairwise
from typing import Any

from msgspec import Struct, structs

from causeway.core.finding import Evidence
from causeway.core.poc import CUT, NEWER, Notebook, Source
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry

MAX_SOURCE_BYTES = 2_000_000
MAX_NOTEBOOK_BYTES = 40_000_000
MAX_OUTPUT_CHARACTERS = 20_000

_MAGIC = re.compile(r"^\s*(?:[!%]|\?\w|\w[\w.]*\s*=\s*[!%]\S)")
_BARE = re.compile(
    r"^\s*(?:pip3?|conda|mamba|uv|ls|ll|cd|cp|mv|rm|rmdir|mkdir|cat|more|less|man|env|load_ext|reload_ext|run|"
    r"time|timeit|matplotlib|autoreload|config|writefile|history|bookmark|alias)(?:\s+[^\s=(\[,:+].*)?$"
)
"""Magics that Jupyter runs without their sign."""
_PROMPTED = re.compile(r"\s*(?:>>> ?|In \[\d+\]: ?)")
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.\.\.:)(?: |$)", re.MULTILINE)
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = {"time", "timeit", "capture", "prun"}


class Block(Struct, frozen=True):
    """A piece of code that parses by itself, the cell it stands in, and what the cell printed."""

    tree: ast.Module
    cell: int | None = None
    text: str = ""
    printed: str = ""
    count: int | None = None
    """When the cell ran, as the notebook counted."""


class Code(Struct, frozen=True):
    """One file of Python code, with the facts about the file itself."""

    source: Source
    blocks: tuple[Block, ...] = ()
    notebook: Notebook | None = None
    stale: bool = False
    """Python in a file that Python would not run (`app.txt`)."""
    foreign: tuple[tuple[int, str], ...] = ()
    """The cells of a notebook in another language."""

    @property
    def path(self) -> str:
        """The file's path inside the folder."""
        return self.source.path

    def at(self, node: ast.AST, block: Block, text: str = "") -> Evidence:
        """Where this node stands."""
        return Evidence(self.path, line=getattr(node, "lineno", None), cell=block.cell, text=text)


def read_python(entry: Entry) -> Code:
    """A .py file; text that does not parse is a problem of the source, not an error of ours."""
    read = read_text(entry.full, MAX_SOURCE_BYTES)
    digest = hashlib.sha256(read.text.encode("utf-8", "replace")).hexdigest()[:16]
    lines = read.text.count("\n") + 1
    problem = CUT if read.cut else ""
    tree, error = parse(read.text)
    if tree is None and error is not None:
        where = Evidence(entry.path, line=error.lineno)
        problem = "not text" if read.binary else problem or _why(error)
        return Code(Source(entry.path, "Python", lines, digest, problem, where))
    block = Block(tree or ast.Module([], []), text=read.text)
    return Code(Source(entry.path, "Python", lines, digest, problem), (block,))


def _why(error: SyntaxError) -> str:
    # from 3.12 on, the quotes of an f-string may stand inside it again
    old = sys.version_info < (3, 12) and str(error.msg).startswith("f-string")
    return NEWER if old else f"does not parse: {error.msg}"


def read_stale_python(entry: Entry) -> Code | None:
    """A text file that is Python all the same, or None."""
    read = read_text(entry.full, 200_000)
    if read.binary or read.cut or "import " not in read.text:
        return None
    tree, _ = parse(read.text)
    if tree is None or not any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body):
        return None
    source = Source(entry.path, "Python", read.text.count("\n") + 1)
    return Code(source, (Block(tree, text=read.text),), stale=True)


def parse(text: str) -> tuple[ast.Module | None, SyntaxError | None]:
    """The syntax tree, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text), None
    except SyntaxError as error:
        return None, error
    except (ValueError, RecursionError, MemoryError):
        return None, SyntaxError("nested too deeply, or holds a null byte")


def read_notebook(entry: Entry) -> Code:
    """A notebook: its Python cells as blocks, and how it was left."""
    read = read_text(entry.full, MAX_NOTEBOOK_BYTES)
    try:
        cells = _cells(json.loads(read.text))
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        problem = CUT if read.cut else "not a notebook that can be read"
        broken = Notebook(entry.path, 0, 0, problem=problem)
        where = Evidence(entry.path)
        return Code(Source(entry.path, "Python", 0, problem=problem, where=where), notebook=broken)
    language, version = _kernel(json.loads(read.text))
    blocks, errors = [], []
    for number, cell in cells:
        tree, error = _parsed(_text(cell))
        if tree is not None:
            blocks.append(Block(tree, number, _text(cell), _printed(cell), _count(cell)))
        elif language == "Python" and error is not None and _why(error) != NEWER:
            errors.append(Evidence(entry.path, line=error.lineno, cell=number))
    lines = sum(_text(cell).count("\n") + 1 for _, cell in cells)
    digest = hashlib.sha256("\0".join(_text(cell) for _, cell in cells).encode("utf-8", "replace"))
    source = Source(
        entry.path,
        language,
        lines,
        digest.hexdigest()[:16],
        "a cell does not parse" if errors else "",
        errors[0] if errors else None,
    )
    own = language == "Python"
    state = structs.replace(
        _state(entry.path, cells, version if own else ""), kernel=f"{language} {version}".strip()
    )
    foreign = () if own else tuple((number, _text(cell)) for number, cell in cells)
    return Code(source, tuple(blocks) if own else (), state, foreign=foreign)


def _parsed(text: str) -> tuple[ast.Module | None, SyntaxError | None]:
    """A cell's tree as IPython reads it: without prompts, the first line's indent, and magics."""
    plain = _dedented(_PROMPT.sub("", text) if _PROMPTED.match(text) else text)
    tree, _ = parse(plain)
    if tree is not None:
        return tree, None
    tree, error = parse(strip_magics(plain))
    return (tree, error) if tree is not None else (parse(strip_magics(plain, bare=True))[0], error)


def _dedented(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in text.split("\n")) if indent else text


def strip_magics(text: str, *, bare: bool = False) -> str:
    """The cell without shell and IPython lines, those without a sign too when `bare`; line numbers stay."""
    magic = _CELL_MAGIC.match(text)
    if magic and magic[1] not in _PYTHON_CELLS:
        return ""
    kept, goes_on = [], False
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        magical = goes_on or _MAGIC.match(line) or line.rstrip().endswith("?") or (bare and _BARE.match(line))
        kept.append(("" if goes_on else f"{indent}pass") if magical else line)
        goes_on = bool(magical) and line.rstrip().endswith("\\")
    return "\n".join(kept)


def _cells(document: Any) -> list[tuple[int, dict[str, Any]]]:  # noqa: ANN401 - JSON of unknown make
    cells = document["cells"] if "cells" in document else document["worksheets"][0]["cells"]
    numbered = list(enumerate(cells, start=1))
    return [(number, cell) for number, cell in numbered if cell["cell_type"] == "code"]


def _kernel(document: dict[str, Any]) -> tuple[str, str]:
    metadata = document.get("metadata") or {}
    info = metadata.get("language_info") or {}
    name = str(info.get("name") or (metadata.get("kernelspec") or {}).get("language") or "python").lower()
    language = {"python": "Python", "r": "R", "julia": "Julia"}.get(name, name)
    return language, str(info.get("version") or "")


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _count(cell: dict[str, Any]) -> int | None:
    count = cell.get("execution_count", cell.get("prompt_number"))
    return count if isinstance(count, int) else None


def _printed(cell: dict[str, Any]) -> str:
    parts: list[str] = []
    for output in cell.get("outputs") or []:
        data = output.get("data") or {}
        pieces = (output.get("text"), data.get("text/plain"))
        parts += [
            "".join(map(str, piece)) if isinstance(piece, list) else str(piece or "") for piece in pieces
        ]
    return "\n".join(filter(None, parts))[:MAX_OUTPUT_CHARACTERS]


def _state(path: str, cells: list[tuple[int, dict[str, Any]]], python: str) -> Notebook:
    filled = [(number, cell) for number, cell in cells if _text(cell).strip()]
    counts = [(number, cell.get("execution_count")) for number, cell in filled]
    ran = [(number, count) for number, count in counts if isinstance(count, int)]
    left = [number for number, cell in filled if _count(cell) is not None or cell.get("outputs")]
    # tools that strip the counts and leave the outputs: which cells ran can no longer be told
    stripped = bool(left) and not ran
    disorder = [
        Evidence(path, cell=number, text=f"ran as {count}, after {before}")
        for (_, before), (number, count) in pairwise(ran)
        if count < before
    ]
    errors = [
        Evidence(path, cell=number, text=str(output.get("ename") or "error"))
        for number, cell in filled
        for output in cell.get("outputs") or []
        if output.get("output_type") in {"error", "pyerr"}
    ]
    shell = [
        Evidence(path, cell=number, text=line.strip())
        for number, cell in filled
        for line in _text(cell).split("\n")
        if line.lstrip().startswith("!") or "drive.mount(" in line
    ]
    return Notebook(
        path,
        len(filled),
        len(filled) if stripped else len(left),
        python=python,
        first_run=min((count for _, count in ran), default=0),
        last_run=max((count for _, count in ran), default=0),
        disorder=tuple(disorder),
        errors=tuple(errors),
        shell=tuple(shell),
    )

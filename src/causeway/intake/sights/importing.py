"""Files that read data or train as soon as another file imports them."""

import ast
from collections.abc import Iterator

from msgspec import structs

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in


def work_when_imported(project: Project) -> list[Sighting]:
    """Each file that trains or reads data at its top, with the first file that imports it."""
    working = {code.path: found for code in project.codes for found in _work(project, code)}
    told: dict[str, Sighting] = {}
    for code in project.codes:
        for path in sorted(project.imported(code) - {code.path}):
            if path in working and path not in told:
                told[path] = structs.replace(working[path], detail=code.path)
    return list(told.values())


def _work(project: Project, code: Code) -> Iterator[Sighting]:
    if code.notebook is not None or not code.blocks:
        return
    lines = {line for statement in _top(code.blocks[0].tree.body) for line in _lines(statement)}
    events = project.events(code)
    fits = [(item.at, "trains a model") for item in events.fits]
    reads = [(item.at, "reads data") for item in events.reads]
    for at, what in (*fits, *reads):
        if at.path == code.path and at.line in lines:
            yield Sighting("trains_at_import", code.path, structs.replace(at, text=what))
            return


def _top(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that an import runs."""
    return [
        item
        for item in body
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(item, ast.If) and "__name__" in ast.unparse(item.test))
    ]


def _lines(statement: ast.stmt) -> set[int]:
    inner = {
        id(below)
        for node in nodes_in(statement)
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        for below in nodes_in(node)
    }
    return {
        node.lineno for node in nodes_in(statement) if isinstance(node, ast.expr) and id(node) not in inner
    }

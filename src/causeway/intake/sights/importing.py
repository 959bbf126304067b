"""Files that read data or train as soon as another file imports them."""

import ast
from collections.abc import Iterator

from msgspec import structs

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of, loads


def work_when_imported(project: Project) -> list[Sighting]:
    """Each file that trains or reads data at its top, with the first file that imports it."""
    working = {code.path: found for code in project.codes for found in _work(project, code)}
    told: dict[str, Sighting] = {}
    for code in project.codes:
        for path in sorted(project.imported(code) - {code.path}):
            if path in working and path not in told:
                told[path] = structs.replace(working[path], detail=code.path)
    return list(told.values())


def opened_when_imported(project: Project) -> list[Sighting]:
    """Calls at the top of an app of functions in other files that load a model or open a database."""
    by_path = {code.path: code for code in project.codes}
    found: list[Sighting] = []
    for code in project.codes:
        known = aliases_of(code)
        if code.notebook is not None or not code.blocks or framework_of(code, known) is None:
            continue
        beside = [by_path[path] for path in sorted(project.imported(code) - {code.path}) if path in by_path]
        doing = {name: what for item in beside for name, what in _opening(item)}
        for statement in _top(code.blocks[0].tree.body):
            lines = _lines(statement)
            for node in nodes_in(statement):
                if not isinstance(node, ast.Call) or node.lineno not in lines:
                    continue
                name = dotted(node.func, {})
                last = name.rsplit(".", 1)[-1]
                what = doing.get(last, "") if name in known else "opens_at_import" * (last == "create_all")
                if what:
                    found.append(Sighting(what, last, code.at(node, code.blocks[0]), last))
    return found


def _opening(code: Code) -> Iterator[tuple[str, str]]:
    """The plain functions of a file that load a model or open a database each time they are called."""
    known = aliases_of(code)
    functions = (
        item for block in code.blocks for item in block.tree.body if isinstance(item, ast.FunctionDef)
    )
    for function in functions:
        called = {dotted(node.func, known) for node in nodes_in(function) if isinstance(node, ast.Call)}
        if function.decorator_list:
            continue
        if any(loads(name) for name in called):
            yield function.name, "loads_at_import"
        elif any(name.endswith((".create_all", "sqlite3.connect", "psycopg2.connect")) for name in called):
            yield function.name, "opens_at_import"


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

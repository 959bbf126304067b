"""Files that code opens by itself, networks' weights among them, where nothing provides for their absence."""

import ast
import posixpath
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of
from causeway.intake.python.trees import nodes_in

WRITES = set("wax+")
ASKS = {"exists", "isfile", "is_file", "isdir", "is_dir", "glob", "iterdir", "listdir", "access", "stat"}
MAX_ROUNDS = 6


def written_names(project: Project) -> set[str]:
    """The names of files that code opens to write."""
    return {
        posixpath.basename(item.path.replace("\\", "/"))
        for code in project.codes
        for item in project.events(code).opened
        if WRITES & set(item.how)
    }


def opened(project: Project, code: Code, written: set[str]) -> Iterator[tuple[str, Evidence]]:
    """Every file that this code opens to read, as it is written, and that nothing in the folder writes."""
    for item in dict.fromkeys(project.events(code).opened):
        name = posixpath.basename(item.path.replace("\\", "/"))
        own = item.at.path == code.path and not WRITES & set(item.how)
        if own and "." in name and name not in written and not _provided_for(code, item.at):
            yield item.path, item.at


def _provided_for(code: Code, at: Evidence) -> bool:
    """Whether an error there is caught, or somebody looks first whether there is a file."""
    block = next((block for block in code.blocks if block.cell == at.cell), None)
    line = at.line or 0
    return block is None or _caught(block, line) or _asked(block, line)


def _caught(block: Block, line: int) -> bool:
    return any(
        isinstance(node, ast.Try)
        and node.handlers
        and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
        for node in nodes_in(block.tree)
    )


def _asked(block: Block, line: int) -> bool:
    around: ast.AST = block.tree
    for node in nodes_in(block.tree):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if function and node.lineno <= line <= (node.end_lineno or 0):
            around = node
    return _asks(around)


def settled_by_looking(code: Code) -> set[tuple[int | None, int]]:
    """The places, by cell and line, of calls whose path depends on which file is there when it runs."""
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    names = {name for node, _ in nodes for name in _decided(node)}
    if not names:
        return set()
    for _ in range(MAX_ROUNDS):
        names |= {
            name
            for node, _ in nodes
            if isinstance(node, ast.Assign) and _mentions(node.value, names)
            for name in _targets(node)
        }
    return {
        (block.cell, code.at(node, block).line or 0)
        for node, block in nodes
        if isinstance(node, ast.Call) and _mentions(node, names)
    }


def _decided(node: ast.AST) -> Iterator[str]:
    """The names that get another value, or another answer, where a file is there."""
    if isinstance(node, ast.If) and _asks(node.test):
        for part in (*node.body, *node.orelse):
            yield from _targets(part)
    elif isinstance(node, ast.Assign) and _asks(node.value):
        yield from _targets(node)
    elif isinstance(node, ast.FunctionDef) and any(
        isinstance(part, ast.If)
        and _asks(part.test)
        and any(isinstance(one, ast.Return) for one in part.body)
        for part in nodes_in(node)
    ):
        yield node.name


def _targets(node: ast.AST) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [part.id for part in targets if isinstance(part, ast.Name)]


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in nodes_in(node))


def _asks(node: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Call)
        and (part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")) in ASKS
        for part in nodes_in(node)
    )


def importers(project: Project, found: list[Sighting]) -> list[Sighting]:
    """For each file with something missing, the files that import it, directly or not."""
    wanted = {sighting.at.path for sighting in found}
    uses = {code.path: imported_near(project, code) for code in project.codes} if wanted else {}
    told: list[Sighting] = []
    for path in sorted(wanted):
        reached = {path}
        for _ in range(MAX_ROUNDS):
            reached |= {user for user, used in uses.items() if used & reached}
        told += [Sighting("imported_by", user, Evidence(path)) for user in sorted(reached - {path})]
    return told


def imported_near(project: Project, code: Code) -> set[str]:
    """What a file imports; a package that is not there stands for the folder that its files lie in."""
    found = project.imported(code)
    beside = posixpath.dirname(code.path)
    near = {item.path for item in project.codes if posixpath.dirname(item.path) == beside}
    for name in aliases_of(code).values():
        found |= {path for part in name.split(".") if (path := posixpath.join(beside, f"{part}.py")) in near}
    return found

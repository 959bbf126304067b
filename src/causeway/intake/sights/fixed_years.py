"""Ages that an app counts from a year which stands in the code as a number."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of

FIRST, LAST = 2005, 2100
ASKS = {"predict", "predict_proba", "predict_one", "run"}
_AGE = re.compile(r"(^|_|\b)(age|year|yr|old|birth|built|since|founded|vintage)", re.IGNORECASE)


def fixed_years(project: Project) -> Iterator[Sighting]:
    """Each place where an app that predicts, or what it imports, or a training, counts from such a year."""
    by_path = {code.path: code for code in project.codes}
    told: set[str] = set()
    for code in project.codes:
        if code.notebook is not None or framework_of(code, aliases_of(code)) is None:
            continue
        files = [code, *(by_path[path] for path in sorted(project.reachable(code)) if path in by_path)]
        if any(_asks(one) for one in files):
            for one in files:
                told.add(one.path)
                yield from _in_code(one, code.path)
    for code in project.codes:
        if code.path not in told and project.events(code).fits:
            yield from _in_code(code, "")


def _asks(code: Code) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in ASKS
        for block in code.blocks
        for node in nodes_in(block.tree)
    )


def _in_code(code: Code, served: str) -> Iterator[Sighting]:
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    named = _years(nodes)
    for node, block in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            year = _year(node.left) or named.get(_key(node.left), 0)
            if year and _counts(node.right):
                yield Sighting("fixed_year", str(year), code.at(node, block), served)


def _years(nodes: list[tuple[ast.AST, Block]]) -> dict[str, int]:
    """The names and columns that hold one year, and never anything else."""
    held: dict[str, set[int]] = {}
    for node, _ in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                held.setdefault(_key(target), set()).add(_year(node.value))
    return {key: min(years) for key, years in held.items() if key and len(years) == 1 and min(years)}


def _key(node: ast.expr) -> str:
    """A name, or a column of a table, as it is written."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) else ""


def _year(node: ast.expr) -> int:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and FIRST <= value <= LAST else 0


def _counts(node: ast.expr) -> bool:
    """Whether it is somebody's or something's year, and no number."""
    words = [part.id for part in nodes_in(node) if isinstance(part, ast.Name)]
    words += [part.attr for part in nodes_in(node) if isinstance(part, ast.Attribute)]
    words += [str(part.value) for part in nodes_in(node) if isinstance(part, ast.Constant)]
    return any(_AGE.search(word) for word in words if not word.isdigit())

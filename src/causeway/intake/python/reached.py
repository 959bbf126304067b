"""Which functions of a folder anything calls: from what runs when a file starts, name by name."""

import ast
from collections.abc import Iterable

from causeway.core.finding import Evidence
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Reached:
    """The functions that nothing in the folder gets to, by name; a name that is a text counts as called."""

    def __init__(self, codes: Iterable[Code], told: str = "") -> None:
        self.functions: list[tuple[str, int | None, Function]] = []
        used: set[str] = set()
        inner: dict[str, set[str]] = {}
        for code in codes:
            for block in code.blocks:
                owned: set[int] = set()
                for node in nodes_in(block.tree):
                    if isinstance(node, Function) and id(node) not in owned:
                        parts = list(ast.walk(node))
                        owned |= {id(part) for part in parts}
                        self.functions.append((code.path, block.cell, node))
                        names = {name for part in parts for name in _names(part)}
                        inner.setdefault(node.name, set()).update(names - {node.name})
                        used |= {node.name} if node.decorator_list or node.name.startswith("__") else set()
                used |= {
                    name for node in nodes_in(block.tree) if id(node) not in owned for name in _names(node)
                }
        self.living = set[str]()
        open_ = [name for name in inner if name in used or name in told]
        while open_:
            name = open_.pop()
            if name not in self.living:
                self.living.add(name)
                open_ += [other for other in inner.get(name, ()) if other in inner]

    def uncalled(self, at: Evidence) -> bool:
        """Whether this place lies in a function that nothing gets to."""
        for path, cell, node in self.functions:
            inside = node.lineno <= (at.line or 0) <= (node.end_lineno or node.lineno)
            if path == at.path and cell == at.cell and inside:
                return node.name not in self.living
        return False


def _names(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        return (node.value,)
    return ()

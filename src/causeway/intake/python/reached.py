"""Which functions of a folder anything calls: from what runs when a file starts, name by name."""

import ast
from collections.abc import Callable, Iterable

from causeway.core.finding import Evidence
from causeway.intake.python.code import Block, Code
from causeway.intake.python.trees import nodes_in

Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = tuple[str, str]


class Reached:
    """The functions that some file gets to; what a mark or a text hands to others counts as called."""

    def __init__(self, codes: Iterable[Code], imported: Callable[[Code], set[str]], *, told: str) -> None:
        self.functions: list[tuple[str, int | None, Function]] = []
        self._inner: dict[Named, set[str]] = {}
        self._living: set[Named] = set()
        self._beside: dict[str, set[str]] = {}
        tops: dict[str, set[str]] = {}
        for code in codes:
            self._beside[code.path] = imported(code) | {code.path}
            for block in code.blocks:
                tops.setdefault(code.path, set()).update(self._of_block(code, block))
        open_ = [(path, name) for path, names in tops.items() for name in names]
        open_ += [key for key in self._inner if key[1] in told]
        self._follow(open_)

    def _of_block(self, code: Code, block: Block) -> set[str]:
        """The names that a block uses outside functions, and the functions that a mark hands over."""
        owned: set[int] = set()
        marked: set[str] = set()
        for node in nodes_in(block.tree):
            if isinstance(node, Function) and id(node) not in owned:
                parts = list(ast.walk(node))
                owned |= {id(part) for part in parts}
                self.functions.append((code.path, block.cell, node))
                names = {name for part in parts for name in _names(part)} - {node.name}
                self._inner.setdefault((code.path, node.name), set()).update(names)
                marked |= {node.name} if node.decorator_list or node.name.startswith("__") else set()
        for node in block.tree.body:
            if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
                # what is offered is not yet called
                owned |= {id(part) for part in ast.walk(node)}
        plain = {name for node in nodes_in(block.tree) if id(node) not in owned for name in _names(node)}
        return plain | marked

    def _follow(self, open_: list[Named]) -> None:
        """Goes from each name used in a file to the functions of that name there and in what it imports."""
        seen: set[Named] = set()
        while open_:
            path, name = open_.pop()
            if (path, name) in seen:
                continue
            seen.add((path, name))
            for other in self._beside.get(path, ()):
                if (other, name) in self._inner and (other, name) not in self._living:
                    self._living.add((other, name))
                    open_ += [(other, used) for used in self._inner[other, name]]

    def uncalled(self, at: Evidence) -> bool:
        """Whether this place lies in a function that nothing gets to."""
        for path, cell, node in self.functions:
            inside = node.lineno <= (at.line or 0) <= (node.end_lineno or node.lineno)
            if path == at.path and cell == at.cell and inside:
                return (path, node.name) not in self._living
        return False


def _names(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        return (node.value,)
    return ()

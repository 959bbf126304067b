"""Which names are the folder's own functions and classes, whatever a library calls its own."""

import ast

from causeway.intake.generative.values import Function, Node, Place
from causeway.intake.python.names import dotted

_ITSELF = {"self", "cls", "super"}


class Own:
    """What the folder's files define, and the modules that they are."""

    def __init__(self, files: list[list[Node]]) -> None:
        self.defined: dict[str, set[str]] = {}
        self.modules: set[str] = set()
        for found in files:
            for node, place in found:
                self.modules |= {part.removesuffix(".py") for part in place.code.path.split("/")}
                if isinstance(node, Function | ast.ClassDef):
                    self.defined.setdefault(node.name, set()).add(place.code.path)

    def means(self, node: ast.Call, place: Place) -> bool:
        """Whether this call is of something that the folder defines itself."""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        name = dotted(node.func, place.scope.known)
        real = name.rsplit(".", 1)[-1] or last
        if real not in self.defined:
            return False
        first = _first(node.func)
        imported = place.scope.known.get(first, "")
        if imported:
            return imported.startswith(".") or imported.split(".", maxsplit=1)[0] in self.modules
        beside = isinstance(node.func, ast.Name) and place.code.path in self.defined[real]
        return first in _ITSELF or beside


def _first(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""

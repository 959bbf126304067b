"""What a name in code means: import aliases and dotted names."""

import ast
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

_imports: WeakKeyDictionary[ast.AST, dict[str, str]] = WeakKeyDictionary()


def aliases(trees: Iterable[ast.AST]) -> dict[str, str]:
    """Local name to full dotted name, for every import in these trees; `*module` for all names of one."""
    known: dict[str, str] = {}
    for tree in trees:
        for node in nodes_in(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.split(".")[0]
                    known[local] = alias.name if alias.asname else local
            elif isinstance(node, ast.ImportFrom) and node.module:
                module = f"{'.' * node.level}{node.module}"
                for alias in node.names:
                    star = alias.name == "*"
                    known[f"*{module}" if star else alias.asname or alias.name] = (
                        module if star else f"{module}.{alias.name}"
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{'.' * node.level}{alias.name}"
    return known


def aliases_of(code: Code) -> dict[str, str]:
    """The imports of one file."""
    known: dict[str, str] = {}
    for block in code.blocks:
        if block.tree not in _imports:
            _imports[block.tree] = aliases([block.tree])
        known |= _imports[block.tree]
    return known


def stars(known: dict[str, str]) -> list[str]:
    """The modules of which every name was imported."""
    return [module for name, module in known.items() if name.startswith("*")]


def dotted(node: ast.AST, known: dict[str, str]) -> str:
    """The full dotted name of `a.b.c`, with the first part resolved through imports; empty if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(known.get(node.id, node.id))
    return ".".join(reversed(parts))


def constant(node: ast.AST | None) -> object:
    """The value of a literal, or None."""
    if isinstance(node, ast.Constant):
        return node.value
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        value = node.operand.value
        return -value if isinstance(value, int | float) else None
    return None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The expression given for a keyword, or None."""
    return next((item.value for item in call.keywords if item.arg == name), None)

"""Every node of a syntax tree; that of a whole file or cell is gone through once, however many ask."""

import ast
from weakref import WeakKeyDictionary

_below: WeakKeyDictionary[ast.AST, list[ast.AST]] = WeakKeyDictionary()


def nodes_in(tree: ast.AST) -> list[ast.AST]:
    """The node and all below it, outer ones first, as `ast.walk` gives them; no marks of load and store."""
    if not isinstance(tree, ast.Module):
        return _every(tree)
    below = _below.get(tree)
    if below is None:
        # without the tree itself, so that it can go when nobody else holds it
        below = _below[tree] = _every(tree)[1:]
    return [tree, *below]


def _every(tree: ast.AST) -> list[ast.AST]:
    found = [tree]
    for node in found:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                found.append(value)
    return found

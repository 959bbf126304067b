"""How a file divides rows by hand: `x[:n]` beside `x[n:]`, `x[mask]` beside `x[~mask]`."""

import ast
from dataclasses import dataclass

from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

_OPPOSITE = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.NotEq: ast.Eq,
    ast.Eq: ast.NotEq,
}


@dataclass(frozen=True)
class Divisions:
    """Row numbers at which one slice ends and another starts, and conditions used both ways."""

    bounds: frozenset[str]
    masks: dict[str, str]
    """The condition as written, and which part it chooses."""


def divisions(code: Code) -> Divisions:
    """Every division by hand in the file."""
    ends: set[str] = set()
    starts: set[str] = set()
    masks: dict[str, ast.expr] = {}
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if not isinstance(node, ast.Subscript):
                continue
            first = (
                node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
            )
            if isinstance(first, ast.Slice):
                if first.upper is not None and first.lower is None:
                    ends.add(ast.unparse(first.upper))
                if first.lower is not None and first.upper is None:
                    starts.add(ast.unparse(first.lower))
            elif isinstance(first, ast.Compare | ast.UnaryOp | ast.Name):
                masks.setdefault(ast.unparse(first), first)
    # X[:-1] beside X[-1:] and X[1:] is how neighbours and last columns are taken, not how rows are divided
    small = {"1", "-1", "2", "-2"}
    return Divisions(frozenset((ends & starts) - small), _parts(masks))


def _parts(masks: dict[str, ast.expr]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text, node in masks.items():
        opposite = _opposite(node)
        if not opposite or opposite not in masks or text in found:
            continue
        later = isinstance(node, ast.UnaryOp) or (
            isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Gt | ast.GtE)
        )
        if _splits_by_order(node):
            found[text] = "test" if later else "train"
            found[opposite] = "train" if later else "test"
    return found


def _opposite(node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return ast.unparse(node.operand)
    if isinstance(node, ast.Name):
        return f"~{node.id}"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        turned = _OPPOSITE[type(node.ops[0])]()
        return ast.unparse(ast.Compare(node.left, [turned], node.comparators))
    return ""


def _splits_by_order(node: ast.expr) -> bool:
    """Equality chooses groups, such as classes; only order and inverted masks choose times or draws."""
    return not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq))

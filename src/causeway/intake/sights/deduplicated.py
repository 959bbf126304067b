"""Where code drops records that repeat another, or keeps equal ones on one side of a split."""

import ast
from collections.abc import Iterable

from causeway.core.poc import Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

DROPS = {"drop_duplicates", "dropDuplicates", "unique_rows"}
TOGETHER = {"GroupKFold", "GroupShuffleSplit", "StratifiedGroupKFold", "LeaveOneGroupOut"}


def drops_copies(codes: Iterable[Code]) -> list[Sighting]:
    """Each place that does."""
    return [
        Sighting("drops_copies", name, code.at(node, block))
        for code in codes
        for block in code.blocks
        for node in nodes_in(block.tree)
        if (name := _drops(node))
    ]


def _drops(node: ast.AST) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        inside = [part.attr for part in nodes_in(node) if isinstance(part, ast.Attribute)]
        return "duplicated" if "duplicated" in inside else ""
    if not isinstance(node, ast.Call):
        return ""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = node.func.id if isinstance(node.func, ast.Name) else name
    return name if name in DROPS | TOGETHER else ""

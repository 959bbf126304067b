"""Test rows that are set aside and never looked at, and scores that nobody gets to see."""

import ast
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

CROSS = {"cross_val_score", "cross_validate"}
MEASURES = {"best_score_", "cv_results_", "history", "oob_score_", "evals_result", "evals_result_"}
MIN_PARTS = 4


def unscored(project: Project) -> list[Sighting]:
    """For each file that trains and measures nothing: the test rows it makes, and the scores it forgets."""
    found: list[Sighting] = []
    for code in project.codes:
        events = project.events(code)
        if events.fits and not [item for item in events.judged if not item.declared]:
            found += _in_file(code)
    return found


def _in_file(code: Code) -> Iterator[Sighting]:
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    if any(isinstance(node, ast.Attribute) and node.attr in MEASURES for node, _ in nodes):
        return
    stored = {
        id(part)
        for node, _ in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        for part in nodes_in(target)
    }
    read = {node.id for node, _ in nodes if isinstance(node, ast.Name) and id(node) not in stored}
    crossed = [(node, block) for node, block in nodes if _called(node) in CROSS]
    forgotten = [name for node, _ in nodes if (name := _kept_as(node))]
    if len(forgotten) < len(crossed) or set(forgotten) & read:
        return
    for node, block in nodes:
        held = _test_of(node)
        if held and not set(held) & read:
            which = _called(crossed[0][0]) if crossed else ""
            yield Sighting("unscored", " and ".join(held), code.at(node, block), which)
            for call, where in crossed[:1]:
                yield Sighting("score_forgotten", which, code.at(call, where))


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    func = node.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _kept_as(node: ast.AST) -> str:
    """The name that alone keeps the scores of a cross-validation."""
    alone = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    if not (alone and isinstance(node, ast.Assign) and _called(node.value) in CROSS):
        return ""
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def _test_of(node: ast.AST) -> list[str]:
    """`X_test` and `y_test`, where a split makes features and target of both sides."""
    if not (isinstance(node, ast.Assign) and _called(node.value) == "train_test_split"):
        return []
    parts = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else []
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return [names[1], names[3]] if len(names) == len(parts) == MIN_PARTS else []

"""Trainings whose rare classes count for more: their accuracy is lower by intent."""

import ast
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

OPTIONS = {"class_weight", "class_weights", "auto_class_weights", "scale_pos_weight", "is_unbalance"}
CALLS = {"compute_class_weight", "compute_sample_weight", "WeightedRandomSampler"}
HOME = "imblearn."
NONE = {"None", "False", "1", "1.0"}


def weighed(codes: Iterable[Code]) -> Iterator[Sighting]:
    """The first place in each file where classes are weighed or rows drawn to balance them."""
    for code in codes:
        first = next(_in_code(code), None)
        if first:
            yield first


def _in_code(code: Code) -> Iterator[Sighting]:
    known = aliases_of(code)
    for block in code.blocks:
        for node in nodes_in(block.tree):
            name = _weighs(node, known) if isinstance(node, ast.Call) else ""
            if name:
                yield Sighting("balanced", name, code.at(node, block))


def _weighs(node: ast.Call, known: dict[str, str]) -> str:
    """The option or function that does it."""
    for option in node.keywords:
        none = isinstance(option.value, ast.Constant) and repr(option.value.value) in NONE
        if option.arg in OPTIONS and not none:
            return option.arg
    name = dotted(node.func, known)
    last = name.rsplit(".", 1)[-1]
    return last if last in CALLS or name.startswith(HOME) else ""

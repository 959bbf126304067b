"""The first call in each file that fits something, whether or not what it fits was recognised."""

import ast
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

FITS = {
    "fit", "fit_generator", "fit_one_cycle", "fine_tune", "partial_fit", "train", "train_on_batch",
    "backward", "learn", "train_model", "compare_models", "create_model", "fit_predict", "fit_resample",
    "minimize",
    "system", "Popen", "check_call", "submit", "create_training_job",
}  # fmt: skip
"""Names of calls that train, here or in another process."""


def fitting(codes: Iterable[Code]) -> Iterator[Sighting]:
    """Where a file trains, or may."""
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call):
                    name = (
                        node.func.attr
                        if isinstance(node.func, ast.Attribute)
                        else getattr(node.func, "id", "")
                    )
                    if name in FITS:
                        yield Sighting("fits_something", name, code.at(node, block))
                        break

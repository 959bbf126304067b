"""Where what fits no cluster is called an anomaly: `df["anomaly"] = labels == -1`."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.names import constant
from causeway.intake.python.trees import nodes_in

_ODD = re.compile(r"(?i)anomal|outlier|fraud|intrusion|fault")


def noise_flagged(codes: Iterable[Code]) -> Iterator[Sighting]:
    """Each assignment under such a name that asks which rows have the label -1."""
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Assign) and _ODD.search(" ".join(map(ast.unparse, node.targets))):
                    compared = (part for part in ast.walk(node.value) if isinstance(part, ast.Compare))
                    if any(constant(item) == -1 for part in compared for item in part.comparators):
                        yield Sighting("noise_flagged", "-1", code.at(node, block))

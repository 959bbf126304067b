"""A seed for every split that draws rows at random, so that its figures can be had again."""

import ast
import re
from collections.abc import Iterator

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import Edit, Piece
from causeway.actions.fix.site import Site
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

SEED = "random_state=42"
LIBRARIES = frozenset({"sklearn", "surprise", "cuml", "dask_ml"})
_CLOSED = re.compile(r"(?:\s*\))*")


def mend(site: Site) -> Mend:
    """The files whose splits lack a seed."""
    changes: list[Change] = []
    left: list[Left] = []
    for file in site.codes():
        known = aliases_of(file.code)
        edits = [edit for piece in file.pieces for edit in _edits(piece, known)]
        changes += [change] if edits and (change := site.edited(file, edits, left)) else []
    return Mend("seed", tuple(changes), (), tuple(left))


def _edits(piece: Piece, known: dict[str, str]) -> Iterator[Edit]:
    for node in nodes_in(piece.tree):
        if not isinstance(node, ast.Call) or not _is_a_librarys(dotted(node.func, known)):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        still = isinstance(shuffle := named.get("shuffle"), ast.Constant) and shuffle.value is False
        if "random_state" not in named and None not in named and node.args and not still:
            last = max([*node.args, *named.values()], key=lambda one: piece.span(one)[1])
            _, end = piece.span(last)
            # the last argument may stand in brackets of its own
            closed = _CLOSED.match(piece.text[end : piece.span(node)[1] - 1])
            end += len(closed[0]) if closed else 0
            yield piece.edit((end, end), f", {SEED}")


def _is_a_librarys(function: str) -> bool:
    """Whether this is a split that takes a seed, and not a function of their own by such a name."""
    module, _, name = function.rpartition(".")
    return name == "train_test_split" and module.partition(".")[0] in LIBRARIES

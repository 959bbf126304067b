"""A seed for every split that draws rows at random, so that its figures can be had again."""

import ast
from collections.abc import Iterator

from causeway.actions.fix.change import Change, Mend
from causeway.actions.fix.code_file import Edit, Piece
from causeway.actions.fix.site import Site
from causeway.intake.names import aliases_of, dotted
from causeway.intake.trees import nodes_in

SEED = "random_state=42"


def mend(site: Site) -> Mend:
    """The files whose splits lack a seed."""
    changes: list[Change] = []
    for file in site.codes():
        known = aliases_of(file.code)
        edits = [edit for piece in file.pieces for edit in _edits(piece, known)]
        changes += [change] if edits and (change := site.change(file.path, file.edited(edits))) else []
    return Mend("seed", tuple(changes))


def _edits(piece: Piece, known: dict[str, str]) -> Iterator[Edit]:
    for node in nodes_in(piece.tree):
        if not isinstance(node, ast.Call) or not dotted(node.func, known).endswith("train_test_split"):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        still = isinstance(shuffle := named.get("shuffle"), ast.Constant) and shuffle.value is False
        if "random_state" not in named and None not in named and node.args and not still:
            last = max([*node.args, *named.values()], key=lambda one: piece.span(one)[1])
            _, end = piece.span(last)
            yield piece.edit((end, end), f", {SEED}")

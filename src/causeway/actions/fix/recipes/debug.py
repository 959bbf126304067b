"""The debug server switched off, and a switch in the environment that means what it says."""

import ast
from collections.abc import Iterator

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import Edit, Piece
from causeway.actions.fix.site import Site
from causeway.intake.python.trees import nodes_in

RUNS = frozenset({"run", "run_server", "launch"})
CLEAR = ("==", "bool(", "int(", " in ", "lower()")


def mend(site: Site) -> Mend:
    """The files that start a debug server, without it."""
    changes: list[Change] = []
    left: list[Left] = []
    for path in dict.fromkeys(sighting.at.path for sighting in site.poc.seen("debug")):
        file = site.code(path)
        if file is None:
            continue
        edits = [edit for piece in file.pieces for edit in _edits(piece)]
        changes += [change] if edits and (change := site.edited(file, edits, left)) else []
    told = ("For production, start it behind a server made for that, such as gunicorn or waitress.",)
    return Mend("debug", tuple(changes), told if changes else (), tuple(left))


def _edits(piece: Piece) -> Iterator[Edit]:
    for node in nodes_in(piece.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS:
            for keyword in node.keywords:
                if keyword.arg == "debug":
                    yield from _off(piece, keyword.value)


def _off(piece: Piece, value: ast.expr) -> Iterator[Edit]:
    if isinstance(value, ast.Constant) and value.value is True:
        yield piece.edit(piece.span(value), "False")
    elif isinstance(value, ast.Call) and not any(word in ast.unparse(value) for word in CLEAR):
        name = ast.unparse(value.func)
        if name.endswith(("getenv", "environ.get")) and value.args:
            variable = piece.source(value.args[0])
            quote = variable[-1] if variable[-1] in "\"'" else '"'
            function = piece.source(value.func)
            text = (
                f"{function}({variable}, {quote}{quote}).lower() in {{{quote}1{quote}, {quote}true{quote}}}"
            )
            yield piece.edit(piece.span(value), text)

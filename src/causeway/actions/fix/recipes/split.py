"""The split before the fit: what learned from all rows is moved behind the split, where that is proven."""

import ast

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import CodeFile, open_code
from causeway.actions.fix.recipes.split_moves import Stays, moved, outline
from causeway.actions.fix.site import Site
from causeway.core.errors import Refused
from causeway.core.finding import Evidence
from causeway.core.poc import Leak
from causeway.intake.flow.trainings import leaks_of
from causeway.intake.project import Project
from causeway.intake.python.trees import nodes_in

MOVED = frozenset({"scale", "impute", "reduce", "text", "resample"})
MOST = 20


def mend(site: Site) -> Mend:
    """The files that fit before they split, the other way round."""
    changes: list[Change] = []
    left: list[Left] = []
    for path in dict.fromkeys(leak.at.path for leak in site.poc.leaks if leak.kind in MOVED):
        file = site.code(path)
        if file is None:
            left.append(Left("only Python that parses can be changed", Evidence(path)))
            continue
        content, kept = _mended(file)
        left += kept
        changes += [change] if (change := site.change(path, content)) else []
    told = ("Train again: the figures change, and the new ones are the honest ones.",) if changes else ()
    return Mend("split", tuple(changes), told, tuple(left))


def _mended(file: CodeFile) -> tuple[bytes, list[Left]]:
    """The file after every move that can be proven, nearest to the split first, and what stays."""
    stays: dict[str, Left] = {}
    for _ in range(MOST):
        open_ = [leak for leak in _leaks(file) if _key(file, leak) not in stays]
        if not open_:
            break
        leak = max(open_, key=_place)
        try:
            file = _one(file, leak)
        except Stays as why:
            stays[_key(file, leak)] = Left(f"{leak.name} stays before the split: {why}", leak.at)
    return file.content, list(stays.values())


def _one(file: CodeFile, leak: Leak) -> CodeFile:
    """The file with this fit moved, once following the data again has proven it."""
    try:
        again = open_code(file.path, file.edited(moved(file, outline(file), leak)))
    except Refused as why:
        raise Stays(why.message) from None
    if again is None or len(_leaks(again)) >= len(_leaks(file)):
        raise Stays("following the data after the change still finds it")
    return again


def _leaks(file: CodeFile) -> list[Leak]:
    code = file.code
    return [leak for leak in leaks_of(Project([code], lambda *_: None).events(code)) if leak.kind in MOVED]


def _place(leak: Leak) -> tuple[int, int]:
    return leak.at.cell or 0, leak.at.line or 0


def _key(file: CodeFile, leak: Leak) -> str:
    """The statement itself: its line changes while others move."""
    for piece in file.pieces:
        if piece.cell == leak.at.cell:
            found = [n for n in nodes_in(piece.tree) if isinstance(n, ast.stmt) and n.lineno == leak.at.line]
            return f"{leak.at.cell} {piece.source(found[0])}" if found else str(leak.at)
    return str(leak.at)

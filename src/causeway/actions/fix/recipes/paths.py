"""Paths of somebody's machine made relative to the file, where the file they mean is in the folder."""

import ast
import posixpath
from collections.abc import Iterator

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import CodeFile, Edit, Piece, import_edit
from causeway.actions.fix.recipes.tests import quoted
from causeway.actions.fix.site import Site
from causeway.intake.names import aliases_of, dotted
from causeway.intake.paths import Files, absolute_paths
from causeway.intake.trees import nodes_in

IMPORT = "from pathlib import Path"
# these take a Path as well as text
TAKE_PATHS = frozenset(
    {
        "open", "read_csv", "read_excel", "read_parquet", "read_json", "read_pickle", "read_feather",
        "read_table", "to_csv", "to_excel", "to_parquet", "to_json", "to_pickle", "load", "loadtxt",
        "genfromtxt", "dump", "save", "savez", "savefig", "load_model", "exists", "isfile", "isdir",
        "Path", "fspath",
    }
)  # fmt: skip


def mend(site: Site) -> Mend:
    """The files with such paths, reading beside themselves instead."""
    files = Files(_paths(site))
    changes: list[Change] = []
    left: list[Left] = []
    for file in site.codes():
        wanted = {sighting.value for sighting in absolute_paths([file.code])}
        edits = (
            [edit for piece in file.pieces for edit in _edits(file, piece, wanted, files, left)]
            if wanted
            else []
        )
        if edits and (change := site.change(file.path, file.edited([*_import(file, edits), *edits]))):
            changes.append(change)
    for sighting in site.poc.seen("absolute_path"):
        if sighting.detail == "configuration":
            left.append(Left("a configuration file, whose reader is not known", sighting.at))
        elif sighting.detail == "stale":
            left.append(Left("Python that nothing runs any more: delete the file", sighting.at))
    return Mend("paths", tuple(changes), (), tuple(left))


def _paths(site: Site) -> Iterator[str]:
    poc = site.poc
    for found in (poc.data, poc.models, poc.sources, poc.notebooks, poc.requirement_files):
        yield from (one.path for one in found)
    # what is neither data nor model nor code can still be meant, when it lies where the path ends
    for sighting in poc.seen("absolute_path"):
        parts = sighting.value.replace("\\", "/").split("/")
        for start in range(1, len(parts)):
            path = "/".join(parts[start:])
            if path and ".." not in parts and (site.folder / path).is_file():
                yield path


def _import(file: CodeFile, edits: list[Edit]) -> list[Edit]:
    needed = file.notebook is None and any("__file__" in edit.text for edit in edits)
    edit = import_edit(file.pieces[0], IMPORT) if needed else None
    return [edit] if edit and not _has_path(file.pieces[0]) else []


def _has_path(piece: Piece) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "pathlib"
        and any(a.name == "Path" and not a.asname for a in node.names)
        for node in piece.tree.body
    )


def _edits(file: CodeFile, piece: Piece, wanted: set[str], files: Files, left: list[Left]) -> Iterator[Edit]:
    parents = {id(child): node for node in nodes_in(piece.tree) for child in ast.iter_child_nodes(node)}
    known = aliases_of(file.code)
    for node in nodes_in(piece.tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in wanted):
            continue
        above = parents.get(id(node))
        if isinstance(above, ast.Expr):
            continue
        target = files.resolve(node.value, file.path)
        if not target:
            left.append(Left("no such file is in the folder", file.at(piece, node)))
        elif isinstance(above, ast.JoinedStr | ast.BinOp):
            left.append(Left("only a part of a path, put together in code", file.at(piece, node)))
        elif file.notebook is not None:
            yield piece.edit(piece.span(node), _same_quotes(piece.source(node), _relative(target, file.path)))
        else:
            text = _beside(target, file.path)
            whole = _takes_path(node, above, piece, known)
            yield piece.edit(piece.span(node), text if whole else f"str({text})")


def _relative(target: str, user: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(user) or ".")


def _same_quotes(before: str, path: str) -> str:
    quote = before[-1]
    return f"{quote}{path}{quote}" if quote not in path and "\\" not in path else quoted(path)


def _beside(target: str, user: str) -> str:
    """The path as an expression that starts at the file itself."""
    parts = _relative(target, user).split("/")
    up = parts.count("..")
    base = "Path(__file__).resolve()" + (f".parents[{up}]" if up else ".parent")
    return f"{base} / {quoted('/'.join(parts[up:]))}"


def _takes_path(node: ast.expr, above: ast.AST | None, piece: Piece, known: dict[str, str]) -> bool:
    """Whether everything that is handed this path takes a Path."""
    if isinstance(above, ast.keyword):
        return False
    if isinstance(above, ast.Call):
        name = dotted(above.func, known).rsplit(".", 1)[-1]
        return bool(above.args) and above.args[0] is node and name in TAKE_PATHS
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        return _only_handed_on(above.targets[0].id, piece, known)
    return False


def _only_handed_on(name: str, piece: Piece, known: dict[str, str]) -> bool:
    handed = {
        id(call.args[0])
        for call in nodes_in(piece.tree)
        if isinstance(call, ast.Call)
        and call.args
        and dotted(call.func, known).rsplit(".", 1)[-1] in TAKE_PATHS
    }
    uses = [
        n
        for n in nodes_in(piece.tree)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]
    return bool(uses) and all(id(use) in handed for use in uses)

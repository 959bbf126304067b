"""Paths of somebody's machine made relative to the file, where the file they mean is in the folder."""

import ast
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import CodeFile, Edit, Piece, import_edit
from causeway.actions.fix.recipes.tests import quoted
from causeway.actions.fix.site import Site
from causeway.core.finding import Evidence
from causeway.intake.paths import Files, absolute_paths
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

IMPORT = "from pathlib import Path"
# these take a Path as well as text
TAKE_PATHS = frozenset(
    {
        "open", "read_csv", "read_excel", "read_parquet", "read_json", "read_pickle", "read_feather",
        "read_table", "to_csv", "to_excel", "to_parquet", "to_json", "to_pickle", "loadtxt",
        "genfromtxt", "savefig", "exists", "isfile", "isdir", "Path", "fspath",
        "joblib.load", "numpy.load", "numpy.save", "numpy.savez", "torch.load",
    }
)  # fmt: skip


def mend(site: Site) -> Mend:
    """The files with such paths, reading beside themselves instead."""
    files = _Here(_paths(site))
    changes: list[Change] = []
    left: list[Left] = []
    for file in site.codes():
        wanted = {sighting.value for sighting in absolute_paths([file.code])}
        edits = (
            [edit for piece in file.pieces for edit in _edits(file, piece, wanted, files, left)]
            if wanted
            else []
        )
        if edits and file.notebook is None and _has_another(file.pieces[0]):
            left.append(Left("Path means something else in this file", Evidence(file.path)))
        elif edits and (change := site.edited(file, [*_import(file, edits), *edits], left)):
            changes.append(change)
    for sighting in site.poc.seen("absolute_path"):
        if sighting.detail == "configuration":
            left.append(Left("a configuration file, whose reader is not known", sighting.at))
        elif sighting.detail == "stale":
            left.append(Left("Python that nothing runs any more: delete the file", sighting.at))
    return Mend("paths", tuple(changes), (), tuple(left))


class _Here(Files):
    """The folder's files, and whether a path may mean more than one of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._parts = {path: path.split("/") for path in paths}
        super().__init__(self._parts)

    def is_doubtful(self, written: str) -> bool:
        """Whether several files end as much like this path as the one that it is taken for."""
        parts = written.replace("\\", "/").split("/")
        alike = [_same_end(parts, there) for there in self._parts.values() if there[-1] == parts[-1]]
        return bool(alike) and alike.count(max(alike)) > 1


def _same_end(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts at the end are the same."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


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


def _has_another(piece: Piece) -> bool:
    """Whether the name `Path` is given to anything but the one that is meant here."""
    for node in nodes_in(piece.tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module != "pathlib":
                if any((alias.asname or alias.name) == "Path" for alias in names):
                    return True
            case ast.ClassDef(name="Path") | ast.FunctionDef(name="Path") | ast.arg(arg="Path"):
                return True
            case ast.Name(id="Path", ctx=ast.Store()):
                return True
            case _:
                continue
    return False


def _has_path(piece: Piece) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "pathlib"
        and any(a.name == "Path" and not a.asname for a in node.names)
        for node in piece.tree.body
    )


def _edits(
    file: CodeFile, piece: Piece, wanted: set[str], files: "_Here", left: list[Left]
) -> Iterator[Edit]:
    parents = {id(child): node for node in nodes_in(piece.tree) for child in ast.iter_child_nodes(node)}
    known = aliases_of(file.code)
    for node in nodes_in(piece.tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in wanted):
            continue
        above = parents.get(id(node))
        if isinstance(above, ast.Expr):
            continue
        target = files.resolve(node.value, file.path)
        if target and files.is_doubtful(node.value):
            left.append(Left("several files here have that name", file.at(piece, node)))
        elif not target:
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
        return bool(above.args) and above.args[0] is node and _is_sure(above, known)
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        return _only_handed_on(above.targets[0].id, piece, known)
    return False


def _is_sure(call: ast.Call, known: dict[str, str]) -> bool:
    function = dotted(call.func, known)
    return bool({function, function.rsplit(".", 1)[-1]} & TAKE_PATHS)


def _only_handed_on(name: str, piece: Piece, known: dict[str, str]) -> bool:
    handed = {
        id(call.args[0])
        for call in nodes_in(piece.tree)
        if isinstance(call, ast.Call) and call.args and _is_sure(call, known)
    }
    uses = [
        n
        for n in nodes_in(piece.tree)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]
    return bool(uses) and all(id(use) in handed for use in uses)

"""Logging instead of print in scripts, and a line in the log where an error would vanish."""

import ast
import re
from collections.abc import Iterator

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import CodeFile, Edit, Piece, import_edit
from causeway.actions.fix.site import Site
from causeway.intake.python.trees import nodes_in

CONFIGURED = 'logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")'
_PLAIN = re.compile(r"""^("[^"\\%{]*"|'[^'\\%{]*')$""")


def mend(site: Site) -> Mend:
    """The scripts that print, logging instead."""
    changes: list[Change] = []
    left: list[Left] = []
    for file in site.codes(".py"):
        piece = file.pieces[0]
        if _imports_logging(piece):
            continue
        stem = file.path.rsplit("/", 1)[-1].removesuffix(".py")
        edits = [*_of_prints(file, piece, left), *_of_handlers(piece, stem)]
        if edits and (change := site.edited(file, [*_top(piece), *edits], left)):
            changes.append(change)
    if not changes and not left and not site.poc.presence.logging:
        left.append(Left("no script prints anything or swallows an error, so there is nothing to log"))
    printed = any(b"print(" in (change.before or b"") for change in changes)
    told = ("What was printed goes to standard error now, with its level.",) if printed else ()
    return Mend("logging", tuple(changes), told, tuple(left))


def _imports_logging(piece: Piece) -> bool:
    return any(
        isinstance(node, ast.Import | ast.ImportFrom)
        and {alias.name.split(".")[0] for alias in node.names} & {"logging", "loguru", "structlog"}
        for node in nodes_in(piece.tree)
    )


def _name(piece: Piece) -> str:
    used = {name for node in nodes_in(piece.tree) for name in _bound(node)}
    return next(name for name in ("log", "logger", "_log", "_logger") if name not in used)


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that this node reads or gives a meaning."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name
        case ast.ExceptHandler(name=str(name)):
            yield name
        case _:
            return


def _top(piece: Piece) -> Iterator[Edit]:
    """The import, the logger below the imports, and its set-up where the script starts."""
    if imported := import_edit(piece, "import logging"):
        yield imported
    guard = next((node for node in piece.tree.body if _is_guard(node)), None)
    lines = [f"{_name(piece)} = logging.getLogger(__name__)"]
    if (
        isinstance(guard, ast.If)
        and guard.body[0].lineno > guard.lineno
        and not _logs_at_import(piece.tree, guard)
    ):
        start, _ = piece.line_span(guard.body[0])
        lead = piece.text[start : piece.span(guard.body[0])[0]]
        yield piece.edit((start, start), f"{lead}{CONFIGURED}\n")
    else:
        lines.insert(0, CONFIGURED)
    body = piece.tree.body
    first = next((n for n, node in enumerate(body) if not _is_head(node)), len(body))
    head = body[:first]
    at = piece.line_span(head[-1])[1] if head and not isinstance(head[-1], ast.Expr) else None
    if at is None:
        at = piece.line_span(body[first])[0] if first < len(body) else len(piece.text)
        yield piece.edit((at, at), "".join(f"{line}\n" for line in lines) + "\n")
        return
    gap = "" if re.match(r"[ \t]*(\r?\n|$)", piece.text[at:]) else "\n"
    yield piece.edit((at, at), "\n" + "".join(f"{line}\n" for line in lines) + gap)


def _is_head(node: ast.stmt) -> bool:
    """Whether the statement belongs to the top of a file: its docstring and imports."""
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).replace("'", '"') == '__name__ == "__main__"'


def _logs_at_import(tree: ast.Module, guard: ast.If) -> bool:
    """Whether something is logged before the script's own part could set logging up."""
    return any(
        (isinstance(node, ast.Name) and node.id == "print") or isinstance(node, ast.ExceptHandler)
        for top in tree.body
        if top is not guard
        for node in _own(ast.Module([top], []))
    )


def _of_prints(file: CodeFile, piece: Piece, left: list[Left]) -> Iterator[Edit]:
    # most files print nothing: their trees need not be gone through
    calls = _calls(piece.tree, handling=False) if "print" in piece.text else ()
    for node, handling in calls:
        if not isinstance(node.func, ast.Name) or node.func.id != "print":
            continue
        if node.keywords or any(isinstance(arg, ast.Starred | ast.GeneratorExp) for arg in node.args):
            left.append(Left("prints in a way that a log has not (sep, end, file, *)", file.at(piece, node)))
            continue
        yield piece.edit(piece.span(node.func), f"{_name(piece)}.{'exception' if handling else 'info'}")
        yield from _format(piece, node)


def _format(piece: Piece, node: ast.Call) -> Iterator[Edit]:
    """What a log needs before values: a format."""
    if not node.args:
        start, end = piece.span(node)
        yield piece.edit((end - 1, end - 1), '""')
    first, *rest = node.args or [ast.Constant("")]
    if not node.args or (not rest and isinstance(first, ast.Constant | ast.JoinedStr)):
        return
    start, end = piece.span(first)
    if rest and isinstance(first, ast.Constant) and _PLAIN.match(piece.text[start:end]):
        values = " ".join(["%s"] * len(rest))
        yield piece.edit((end - 1, end - 1), values if piece.text[end - 2] == " " else f" {values}")
        return
    # the first value may stand in brackets of its own
    after = piece.text.index("(", piece.span(node.func)[1]) + 1
    if isinstance(first, ast.Name) and not rest:
        yield piece.edit((after, after), f'"{first.id}: %s", ')
    else:
        yield piece.edit((after, after), f'"{" ".join(["%s"] * len(node.args))}", ')


def _calls(node: ast.AST, *, handling: bool) -> Iterator[tuple[ast.Call, bool]]:
    """Every call, and whether it stands where an error is being handled."""
    for child in ast.iter_child_nodes(node):
        inside = handling or isinstance(child, ast.ExceptHandler)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = False
        if isinstance(child, ast.Call):
            yield child, inside
        yield from _calls(child, handling=inside)


def _of_handlers(piece: Piece, stem: str) -> Iterator[Edit]:
    """A line in the log at the top of each handler that catches everything and says nothing."""
    owners = (piece.tree, *_functions(piece.tree)) if "except" in piece.text else ()
    for owner in owners:
        name = getattr(owner, "name", stem)
        for node in _own(owner):
            if isinstance(node, ast.ExceptHandler) and _is_silent(node) and node.body[0].lineno > node.lineno:
                start, _ = piece.line_span(node.body[0])
                lead = piece.text[start : piece.span(node.body[0])[0]]
                yield piece.edit((start, start), f'{lead}{_name(piece)}.exception("{name} failed")\n')


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in nodes_in(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def _own(owner: ast.AST) -> Iterator[ast.AST]:
    """The nodes of this function or module, those of functions inside it left out."""
    for child in ast.iter_child_nodes(owner):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _is_silent(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    speaks = any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "print")
        for node in nodes_in(handler)
    )
    return broad and not speaks

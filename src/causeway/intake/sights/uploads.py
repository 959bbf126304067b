"""Which routes keep what somebody sends them on disk, and what they look at before."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block
from causeway.intake.python.names import constant, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.guards import Function, Route

_HANDED = re.compile(r"\brequest\.files\b|\bUploadFile\b")
_WRITES = {"save", "write_bytes", "copyfileobj", "imwrite", "tofile"}
_REMOVES = {"remove", "unlink", "rmtree", "TemporaryDirectory", "NamedTemporaryFile", "mkstemp"}
_SORTS = re.compile(
    r"(?i)allowed|endswith|splitext|content_type|mimetype|filetype|imghdr|\.suffix|extension|FileAllowed"
    r"|validate"
)
_MEASURES = re.compile(
    r"(?i)max_content_length|content_length|max_\w*(?:size|bytes|mb)|\.size\b|st_size|getsize"
)


def uploads(routes: Iterable[Route], *, guarded: bool) -> Iterator[Sighting]:
    """Each route that writes an upload to disk and leaves it there; the detail says what is looked at."""
    for route in routes:
        taken = next((node for node in nodes_in(route.handler) if _takes(node)), None)
        if taken is None:
            continue
        reached = list(_reached(route.handler, route.block))
        called = {last for function in reached for last, _ in _calls(function)}
        if called & _REMOVES or not any(_kept(function) for function in reached):
            continue
        text = "\n".join(ast.unparse(function) for function in reached)
        looked = [
            *(["signed"] if guarded or route.guarded else []),
            *(["sorted"] if _SORTS.search(text) else []),
            *(["measured"] if _MEASURES.search(route.block.text) else []),
        ]
        yield Sighting("upload", route.handler.name, route.code.at(taken, route.block), " ".join(looked))


def _takes(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "files" and dotted(node.value, {}) in {"flask.request", "request"}
    return (
        isinstance(node, ast.arg)
        and node.annotation is not None
        and bool(_HANDED.search(ast.unparse(node.annotation)))
    )


def _reached(handler: Function, block: Block) -> Iterator[Function]:
    """The function that answers, and those of the same file that it calls."""
    functions = {node.name: node for node in nodes_in(block.tree) if isinstance(node, Function)}
    open_, seen = [handler], {handler.name}
    while open_:
        function = open_.pop()
        yield function
        new = {last for last, _ in _calls(function) if last in functions} - seen
        seen |= new
        open_ += [functions[name] for name in sorted(new)]


def _calls(function: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes_in(function):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {}), node


def _kept(function: ast.AST) -> bool:
    """Whether it writes bytes into a file, and not into memory or a model's own file."""
    memory = {
        target.id
        for node in nodes_in(function)
        if isinstance(node, ast.Assign) and "BytesIO" in ast.unparse(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for last, node in _calls(function):
        given = ast.unparse(node.args[0]) if node.args else ""
        if last == "open" and len(node.args) > 1 and str(constant(node.args[1])) in {"wb", "wb+", "ab", "xb"}:
            return True
        if last in _WRITES and given and given not in memory and "BytesIO" not in given:
            return True
    return False

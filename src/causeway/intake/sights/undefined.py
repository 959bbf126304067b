"""Names that a script uses and that nothing defines: the line fails as soon as it runs."""

import ast
import builtins
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Code

_GIVEN = frozenset(dir(builtins)) | {
    "__file__", "__name__", "__doc__", "__path__", "__spec__", "__package__", "__loader__", "__builtins__",
    "__annotations__", "__class__", "__module__", "__qualname__", "__version__", "__debug__", "__all__",
    "WindowsError", "unicode", "xrange", "raw_input", "basestring", "long", "unichr", "reduce", "reload",
    "cmp",
    "file", "execfile", "buffer", "apply", "intern", "spark", "sc", "sqlContext", "dbutils", "display",
    "displayHTML", "get_ipython", "snakemake", "reveal_type", "exit", "quit", "copyright", "credits",
    "license",
    "In", "Out", "ExceptionGroup", "BaseExceptionGroup", "EncodingWarning", "aiter", "anext", "profile",
    "PythonFinalizationError", "frozendict", "bpy", "_", "ip", "c", "modules", "sh",
}  # fmt: skip
"""What Python gives, old and new, and what platforms put there."""
_MAKES_NAMES = frozenset({"globals", "locals", "vars", "exec", "eval", "execfile", "__import__"})


def undefined(codes: Iterable[Code]) -> Iterator[Sighting]:
    """The first place of each such name, in scripts that make no names by themselves."""
    for code in codes:
        aside = code.path.rsplit("/", 1)[-1].startswith("test_") or code.notebook is not None
        if aside or code.source.problem or len(code.blocks) != 1:
            continue
        tree = code.blocks[0].tree
        bound = _bound(tree)
        if bound is None:
            continue
        told: set[str] = set()
        for node in _used(tree):
            if node.id not in bound and node.id not in _GIVEN and node.id not in told:
                told.add(node.id)
                yield Sighting("undefined_name", node.id, code.at(node, code.blocks[0]))


def _bound(tree: ast.AST) -> set[str] | None:
    """Every name that the script binds anywhere; None where that cannot be told."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, ast.Name) and node.id in _MAKES_NAMES:
            return None
        bound |= _binds(node)
    return bound


def _binds(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.Global | ast.Nonlocal):
        return set(node.names)
    if isinstance(node, ast.arg):
        return {node.arg}
    # definitions, handlers, captures and parameters of types carry it as `name` or `rest`
    named = (getattr(node, field, None) for field in ("name", "rest"))
    return {name for name in named if isinstance(name, str)}


def _used(tree: ast.AST) -> Iterator[ast.Name]:
    """Names that are read where the script runs: no types, and nothing under a test for missing names."""
    open_: list[ast.AST] = [tree]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node
        if isinstance(node, ast.Try) and "NameError" in " ".join(map(_caught, node.handlers)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        left_out = _types_of(node)
        open_ += [child for child in reversed(list(ast.iter_child_nodes(node))) if child not in left_out]


def _caught(handler: ast.ExceptHandler) -> str:
    return ast.unparse(handler.type) if handler.type else "NameError"


def _types_of(node: ast.AST) -> list[ast.AST]:
    found = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    return [part for part in found if part is not None]

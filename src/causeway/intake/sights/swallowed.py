"""Errors that nobody will ever see: broad handlers that go on as if nothing had happened."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.trees import nodes_in

BROAD = {"Exception", "BaseException"}
_PASSED = re.compile(
    r"(?i)^(?:is_?|was_)?(?:\w+_)?(?:approved|valid|safe|passed|allowed|authori[sz]ed|authenticated|verified|compliant)$"
)


def swallowed_errors(code: Code) -> list[Sighting]:
    """Handlers of every exception that only pass or continue, and errors answered as if all were well."""
    if code.notebook is not None or code.stale:
        return []
    return [sighting for block in code.blocks for sighting in _in_block(code, block)]


def _in_block(code: Code, block: Block) -> Iterator[Sighting]:
    for node in nodes_in(block.tree):
        if isinstance(node, ast.ExceptHandler) and _broad(node) and all(_idle(item) for item in node.body):
            caught = ast.unparse(node.type) if node.type else "everything"
            does = type(node.body[-1]).__name__.lower()
            yield Sighting("swallowed", f"except {caught}: {does}", code.at(node, block))
        if isinstance(node, ast.ExceptHandler) and (passing := _passes(node)) is not None:
            said = ast.unparse(passing).removeprefix("return ")[:60]
            yield Sighting("fails_open", said, code.at(passing, block))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_route(node):
            yield from _answered(code, block, node)


def _passes(handler: ast.ExceptHandler) -> ast.stmt | None:
    """The statement by which a check that failed counts as passed."""
    if handler.type is not None and "ImportError" in ast.unparse(handler.type):
        return None
    for statement in handler.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            if statement.value.value is True and _PASSED.search(_last_name(statement.targets[0])):
                return statement
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Dict):
            pairs = zip(statement.value.keys, statement.value.values, strict=True)
            if any(
                isinstance(key, ast.Constant)
                and _PASSED.search(str(key.value))
                and isinstance(value, ast.Constant)
                and value.value is True
                for key, value in pairs
            ):
                return statement
    return None


def _last_name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _broad(node: ast.ExceptHandler) -> bool:
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in BROAD)


def _idle(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass | ast.Continue)


def _is_route(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Attribute)
        and mark.func.attr in {"route", "get", "post"}
        for mark in node.decorator_list
    )


def _answered(code: Code, block: Block, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Sighting]:
    for handler in nodes_in(node):
        if not isinstance(handler, ast.ExceptHandler) or not _broad(handler):
            continue
        for part in handler.body:
            if isinstance(part, ast.Return) and part.value is not None and _as_if_well(part.value):
                yield Sighting("swallowed", "an error answered as HTTP 200", code.at(part, block))


def _as_if_well(value: ast.expr) -> bool:
    text = ast.unparse(value)
    plain = isinstance(value, ast.Dict) or text.startswith(("jsonify(", "str(", "{"))
    return plain and "status" not in text and "HTTPException" not in text

"""Paths that code looks for before it uses them, so that their absence stops nothing."""

import ast
from collections.abc import Callable, Iterable

from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

_TESTS = {"exists", "isfile", "isdir", "is_file", "is_dir", "access", "lexists"}
ROUNDS = 3
Function = ast.FunctionDef | ast.AsyncFunctionDef


def looked_for_in(code: Code) -> Callable[[str], bool]:
    """Whether the file tests if a path, or the folder it lies in, is there."""
    trees = [node for block in code.blocks for node in nodes_in(block.tree)]
    tested = [part for node in trees if (part := _tested(node)) is not None]
    if not tested:
        return lambda _: False
    names = {part.id for one in tested for part in ast.walk(one) if isinstance(part, ast.Name)}
    paths = {text for one in tested for text in _texts(one)}
    for _ in range(ROUNDS):
        for node in trees:
            for value in _meant(node, names, trees):
                paths |= set(_texts(value))
                names |= {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    roots = tuple(path.rstrip("/") for path in paths if path.count("/") > 1 or "\\" in path)
    return lambda path: path in paths or any(path == root or path.startswith(f"{root}/") for root in roots)


def _tested(node: ast.AST) -> ast.expr | None:
    """What a call asks for: the argument of os.path.exists, or the path whose method it is."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
        return None
    last = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    if last not in _TESTS:
        return None
    if node.args:
        return node.args[0]
    return node.func.value if isinstance(node.func, ast.Attribute) else None


def _meant(node: ast.AST, names: set[str], trees: list[ast.AST]) -> Iterable[ast.expr]:
    """The expressions that names stand for: assigned, gone through, or handed over."""
    if isinstance(node, ast.Assign) and any(_named(target, names) for target in node.targets):
        yield node.value
    elif isinstance(node, ast.For | ast.comprehension) and _named(node.target, names):
        yield node.iter
    elif isinstance(node, Function):
        order = [item.arg for item in (*node.args.posonlyargs, *node.args.args)]
        if names & set(order):
            calls = (call for call in trees if isinstance(call, ast.Call) and _calls(call, node.name))
            for call in calls:
                yield from (value for name, value in zip(order, call.args, strict=False) if name in names)
                yield from (item.value for item in call.keywords if item.arg in names)


def _named(target: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(target))


def _calls(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name


def _texts(node: ast.expr) -> list[str]:
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Constant))
    return [part.value for part in parts if isinstance(part.value, str)]

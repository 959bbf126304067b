"""Handlers that ask a model and keep nothing of it, whatever the rest of the app writes down."""

import ast
from collections.abc import Iterable

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import LOGGERS, VERBS, WEB, answers, framework_of, writes

Function = ast.FunctionDef | ast.AsyncFunctionDef
_HOOKS = ("after_request", "teardown", "middleware", "event_handler")
MAX_FUNCTIONS = 400


def forgetting(project: Project) -> list[Sighting]:
    """The first handler of each app that asks a model, where none of these reaches a writer or a log."""
    known: dict[str, list[Function]] = {}
    for code in project.codes:
        for _, node in _functions(code):
            known.setdefault(node.name, []).append(node)
    found: list[Sighting] = []
    for code in project.codes:
        framework = framework_of(code, aliases_of(code)) if code.notebook is None else None
        if framework is None or framework.value not in WEB:
            continue
        marked = [(block, node) for block, node in _functions(code) if node.decorator_list]
        asking = [(block, node) for block, node in marked if _is_route(node) and answers(node, block)]
        hooks = [
            node for _, node in marked if any(hook in ast.unparse(node.decorator_list[0]) for hook in _HOOKS)
        ]
        if asking and not any(_keeps(node, known) for node in (*(node for _, node in asking), *hooks)):
            block, node = asking[0]
            found.append(Sighting("forgets", node.name, code.at(node, block)))
    return found


def _functions(code: Code) -> Iterable[tuple[Block, Function]]:
    return [
        (block, node) for block in code.blocks for node in nodes_in(block.tree) if isinstance(node, Function)
    ]


def _is_route(node: Function) -> bool:
    called = [mark.func for mark in node.decorator_list if isinstance(mark, ast.Call)]
    return any(isinstance(mark, ast.Attribute) and mark.attr in VERBS for mark in called)


def _keeps(node: Function, known: dict[str, list[Function]]) -> bool:
    """Whether the function, or one of the folder's that it names, writes or logs."""
    open_, seen = [node], {id(node)}
    while open_ and len(seen) < MAX_FUNCTIONS:
        names: set[str] = set()
        for part in nodes_in(open_.pop()):
            if isinstance(part, ast.Call) and _writes(part):
                return True
            if isinstance(part, ast.Name):
                names.add(part.id)
            elif isinstance(part, ast.Attribute):
                names.add(part.attr)
        reached = [one for name in sorted(names) for one in known.get(name, []) if id(one) not in seen]
        seen |= {id(one) for one in reached}
        open_ += reached
    return bool(open_)


def _writes(node: ast.Call) -> bool:
    name = dotted(node.func, {})
    last = name.rsplit(".", 1)[-1]
    return writes(node, name) or last == "put_item" or ("log" in name.lower() and last in LOGGERS)

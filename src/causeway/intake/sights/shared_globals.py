"""Globals of a server that one request sets from what it was sent, and that another answers with."""

import ast
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.guards import Route

ROUNDS = 3


def shared_globals(routes: Iterable[Route]) -> Iterator[Sighting]:
    """Each such name, with the route that sets it and one that reads it."""
    every = list(routes)
    told: set[tuple[str, str]] = set()
    for route in every:
        for name, node in _sets(route):
            reader = next((other for other in every if _reads(other, name, route)), None)
            if reader is not None and (route.code.path, name) not in told:
                told.add((route.code.path, name))
                at = route.code.at(node, route.block)
                yield Sighting("shared_global", name, at, f"{route.shown}|{reader.shown}")


def _sets(route: Route) -> Iterator[tuple[str, ast.Assign]]:
    inside = list(nodes_in(route.handler))
    shared = {name for node in inside if isinstance(node, ast.Global) for name in node.names}
    if not shared:
        return
    assigns = [node for node in inside if isinstance(node, ast.Assign)]
    sent = _taken(route)
    for _ in range(ROUNDS):
        for node in assigns:
            if _mentions(node.value, sent):
                sent |= {part.id for target in node.targets for part in ast.walk(target) if _plain(part)}
    for node in assigns:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)} & shared
        if names and _mentions(node.value, sent - shared):
            yield min(names), node


def _plain(part: ast.AST) -> bool:
    return isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)


def _taken(route: Route) -> set[str]:
    """What the request brings: the framework's own object, and arguments that nothing is injected into."""
    arguments = route.handler.args
    taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    injected = {
        item.arg
        for item, default in zip(
            reversed([*arguments.posonlyargs, *arguments.args]), reversed(arguments.defaults), strict=False
        )
        if "Depends" in ast.unparse(default)
    }
    return {"request"} | {item.arg for item in taken} - injected - {"self"}


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _reads(other: Route, name: str, writer: Route) -> bool:
    if other.handler is writer.handler or other.code.path != writer.code.path:
        return False
    found = [node for node in nodes_in(other.handler) if isinstance(node, ast.Name) and node.id == name]
    return bool(found) and all(isinstance(node.ctx, ast.Load) for node in found)

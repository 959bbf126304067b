"""Conversations of a graph that are kept under one name for everybody."""

import ast
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.generative.labels import Flow
from causeway.intake.generative.stores import WEB
from causeway.intake.generative.values import Node, Place
from causeway.intake.python.names import constant, dotted

_KEEPERS = {"MemorySaver", "InMemorySaver"}


def threads(files: list[list[Node]], flow: Flow) -> Iterator[Sighting]:
    """Where a server's graph, made once with a memory, is always asked in the same thread."""
    known = [name for found in files if found for name in found[0][1].scope.known.values()]
    if not {name.split(".")[0] for name in known} & WEB or not _made_once(files):
        return
    for found in files:
        for node, place in found:
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    name = _always(value, place, flow, files) if constant(key) == "thread_id" else ""
                    if name:
                        yield Sighting("shared_thread", name, place.code.at(node, place.block))
                        return


def _made_once(files: list[list[Node]]) -> bool:
    """Whether what keeps the conversations outlives a request."""
    makers, kept, named = set[str](), set[str](), set[str]()
    pairs = [pair for found in files for pair in found]
    for node, place in pairs:
        if isinstance(node, ast.Call) and dotted(node.func, place.scope.known).rsplit(".", 1)[-1] in _KEEPERS:
            if place.function is None:
                return True
            makers.add(place.function.name)
        elif isinstance(node, ast.Global):
            named |= set(node.names)
    for node, place in pairs:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if place.function is None or targets & named:
                kept.add(dotted(node.value.func, {}).rsplit(".", 1)[-1])
    return bool(makers & kept)


def _always(value: ast.expr, place: Place, flow: Flow, files: list[list[Node]]) -> str:
    """The one name, where it is written there or is a default that no caller replaces."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    known = flow.known(place.function.name) if place.function else None
    if not isinstance(value, ast.Name) or known is None or value.id not in known.order:
        return ""
    default = place.scope.names.get(value.id, [])
    if len(default) != 1 or not isinstance(default[0], ast.Constant) or known.place.owner:
        return ""
    calls = [
        node
        for found in files
        for node, _ in found
        if isinstance(node, ast.Call)
        and (dotted(node.func, {}) or getattr(node.func, "attr", "")).rsplit(".", 1)[-1] == known.node.name
    ]
    place_of = known.order.index(value.id)
    given = any(
        len(call.args) > place_of
        or any(isinstance(item, ast.Starred) for item in call.args)
        or any(item.arg in {None, value.id} for item in call.keywords)
        for call in calls
    )
    return str(default[0].value) if calls and not given else ""

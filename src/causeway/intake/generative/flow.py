"""Follows text through all files, a few rounds, by simple names."""

import ast
from collections.abc import Iterable

from causeway.intake.generative.frame import Frame
from causeway.intake.generative.labels import NONE, Flow, Known
from causeway.intake.generative.sites import Sites
from causeway.intake.generative.sources import ROUTES
from causeway.intake.generative.values import Function, Node, Place

ROUNDS = 3


def follow(files: list[list[Node]], sites: Sites, tools: Iterable[str]) -> Flow:
    """Which text reaches which prompt, and what becomes of the answers; `tools` are called by a model."""
    flow = Flow(sites)
    tops = [top for found in files if found for top in [_collected(flow, found)]]
    _seed(flow, set(tools))
    for _ in range(ROUNDS):
        for place in tops:
            for block in place.code.blocks:
                _body(flow, block.tree.body, Frame(flow, place))
        for found in list(flow.functions.values()):
            for known in found:
                _body(flow, known.node.body, Frame(flow, known.place, known))
    return flow


def _collected(flow: Flow, found: list[Node]) -> Place:
    for node, place in found:
        if place.function is not None:
            flow.scopes[id(place.function)] = place.scope
        if isinstance(node, ast.Call):
            flow.places[id(node)] = place
            flow.nodes |= _node_of_graph(node)
        elif isinstance(node, Function):
            flow.functions.setdefault(node.name, []).append(Known(node, place))
        elif isinstance(node, ast.ClassDef):
            flow.classes.add(node.name)
    top = found[0][1]
    module = top.code.path.removesuffix(".py").removesuffix("/__init__").rsplit("/", 1)[-1]
    flow.paths.setdefault(module, top.code.path)
    return top


def _node_of_graph(node: ast.Call) -> set[str]:
    """The name of the function that a graph is given as a node."""
    if not (isinstance(node.func, ast.Attribute) and node.func.attr == "add_node" and node.args):
        return set()
    given = node.args[-1]
    name = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "")
    return {name} - {""}


def _seed(flow: Flow, tools: set[str]) -> None:
    for known in [known for found in flow.functions.values() for known in found]:
        whose = "model" if known.node.name in tools else "user" if _is_handler(known.node) else ""
        if whose:
            known.taken = {argument: NONE | {whose} for argument in known.order if argument != "self"}


def _body(flow: Flow, body: list[ast.stmt], frame: Frame) -> None:
    if flow.exhausted:
        return
    try:
        for statement in body:
            frame.statement(statement)
    except RecursionError:
        return


def _is_handler(node: Function) -> bool:
    for mark in node.decorator_list:
        called = mark.func if isinstance(mark, ast.Call) else mark
        if isinstance(called, ast.Attribute) and called.attr in ROUTES:
            return True
    return False

"""Whether an agent's loop ends of itself."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.generative.agents import Acting
from causeway.intake.generative.labels import Flow, Known
from causeway.intake.generative.values import Function
from causeway.intake.python.names import constant, dotted
from causeway.intake.python.trees import nodes_in

_PACED = {
    "input", "ask", "prompt", "receive_text", "receive_json", "receive", "recv", "get_nowait", "listen",
    "readline", "accept", "poll", "sleep",
}  # fmt: skip
_LEAVES = ast.Break | ast.Return | ast.Raise


def endless(acting: Acting, flow: Flow) -> Iterator[Sighting]:
    """Loops and recursion in which a model decides when to stop, and nothing else does."""
    asking = {known.node.name for found in flow.functions.values() for known in found if _asks(known, flow)}
    asking_nodes = {id(asked.node) for asked in flow.asked.values()}
    for found in acting.files:
        for node, place in found:
            if (
                isinstance(node, ast.While)
                and _forever(node)
                and _calls(node, asking, asking_nodes)
                and not _paced(node)
            ):
                yield Sighting("endless", "while True", place.code.at(node, place.block))
            elif (
                isinstance(node, Function)
                and node.name in asking
                and _recurses(node, asking_nodes)
                and acting.agents
            ):
                yield Sighting("endless", f"{node.name} calls itself", place.code.at(node, place.block))


def generous(acting: Acting) -> Iterator[Sighting]:
    """Agents of LangGraph and LangChain, whose own limit is no limit to speak of."""
    texts = [place.block.text for found in acting.files for _, place in found[:1]]
    if any("recursion_limit" in text or "CallLimitMiddleware" in text for text in texts):
        return
    for found in acting.files:
        for node, place in found:
            if (
                isinstance(node, ast.Call)
                and dotted(node.func, place.scope.known) == "langchain.agents.create_agent"
            ):
                yield Sighting("endless_default", "create_agent", place.code.at(node, place.block), "9,999")
                return


def _asks(known: Known, flow: Flow) -> bool:
    return any(asked.place.function is known.node for asked in flow.asked.values()) or "model" in known.gives


def _forever(node: ast.While) -> bool:
    return constant(node.test) in (True, 1)


def _calls(node: ast.AST, asking: set[str], asking_nodes: set[int]) -> bool:
    for inner in nodes_in(node):
        if isinstance(inner, ast.Call):
            last = inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
            if id(inner) in asking_nodes or last in asking:
                return True
    return False


def _paced(node: ast.While) -> bool:
    """Whether a person, a queue or a counter sets the pace."""
    for inner in nodes_in(node):
        if isinstance(inner, ast.Call):
            last = inner.func.attr if isinstance(inner.func, ast.Attribute) else dotted(inner.func, {})
            if last in _PACED:
                return True
        if isinstance(inner, ast.If) and any(isinstance(part, _LEAVES) for part in inner.body):
            tests = [test for test in nodes_in(inner.test) if isinstance(test, ast.Compare)]
            if any(isinstance(test.ops[0], ast.Gt | ast.GtE | ast.Eq) and _counts(test) for test in tests):
                return True
    return False


def _counts(test: ast.Compare) -> bool:
    text = ast.unparse(test).lower()
    return bool(
        re.search(
            r"\b\w*(step|turn|iter|round|attempt|tries|retr|count|limit|max|depth|loop|i|n)\w*\b\s*(>|>=|==)",
            text,
        )
    )


def _recurses(node: Function, asking_nodes: set[int]) -> bool:
    arguments = {item.arg for item in [*node.args.args, *node.args.kwonlyargs]}
    if any(re.search(r"depth|step|turn|iter|remaining|attempt|retr|max|count", name) for name in arguments):
        return False
    asks = any(isinstance(inner, ast.Call) and id(inner) in asking_nodes for inner in nodes_in(node))
    for inner in nodes_in(node):
        if isinstance(inner, ast.Call):
            own = isinstance(inner.func, ast.Name) and inner.func.id == node.name
            its = (
                isinstance(inner.func, ast.Attribute)
                and inner.func.attr == node.name
                and dotted(inner.func.value, {}) == "self"
            )
            if (own or its) and asks:
                return True
    return False

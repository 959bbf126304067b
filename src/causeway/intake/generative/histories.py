"""Conversations that grow with every turn and are sent whole."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.generative.labels import Flow
from causeway.intake.generative.sources import ASKING
from causeway.intake.generative.values import Node, Place
from causeway.intake.python.names import dotted

ROUNDS = 3
_ENTRY = re.compile(r"\[[\"'](\w+)[\"']\]")
_TRIMMED = re.compile(
    r"trim_messages|BufferWindowMemory|SummaryMemory|SummaryBufferMemory|TokenBufferMemory"
    r"|SummarizationMiddleware"
    r"|deque\(.*maxlen"
    r"|\[-\s*[\w(][^\]\n]*:|\.pop\(0\)|del \w[\w.]*\[|messages_to_keep|tiktoken|RemoveMessage|max_history"
    r"|truncate|ChatMemoryBuffer|count_tokens"
)


def growing(files: list[list[Node]], flow: Flow) -> Iterator[Sighting]:
    """Histories that grow with every turn and are sent whole."""
    told: set[str] = set()
    for found in files:
        for node, place in found:
            if not isinstance(node, ast.Call) or place.code.path in told:
                continue
            name = dotted(node.func, place.scope.known)
            last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
            kept = last == "ConversationBufferMemory" or (
                last in {"append", "extend"} and _lasting(node, place)
            )
            if (
                kept
                and not _TRIMMED.search(place.block.text)
                and (last == "ConversationBufferMemory" or _sent(node, found, flow))
            ):
                told.add(place.code.path)
                yield Sighting(
                    "growing_history",
                    ast.unparse(node.func)[:60].removesuffix(f".{last}"),
                    place.code.at(node, place.block),
                )


def _lasting(node: ast.Call, place: Place) -> bool:
    if not isinstance(node.func, ast.Attribute):
        return False
    text = ast.unparse(node.func.value)
    if not re.search(r"(?i)messages|history|conversation|memory|chat_log", text):
        return False
    if "session_state" in text or text.startswith("self."):
        return True
    if isinstance(node.func.value, ast.Name):
        found = place.scope.find(node.func.value.id)
        if any("user_session.get" in ast.unparse(value) for value in found):
            return True
        module = place.scope
        while module.outer is not None:
            module = module.outer
        waits_for_people = any(
            isinstance(loop, ast.While) and "input(" in ast.unparse(loop) for loop in place.loops
        )
        return (
            place.function is not None
            and node.func.value.id in module.names
            and not place.scope.names.get(node.func.value.id)
        ) or waits_for_people
    return False


def _sent(node: ast.Call, found: list[Node], flow: Flow) -> bool:
    """Whether what is kept there reaches a model, and not only the screen."""
    kept = _plain(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    carries = {kept}
    for _ in range(ROUNDS):
        carries |= set(_handed_on(found, carries))
    asked = {id(item.node) for item in flow.asked.values()}
    return any(
        isinstance(call, ast.Call)
        and (id(call) in asked or _asks(call, flow))
        and any(_mentions(given, carries) for given in (*call.args, *(item.value for item in call.keywords)))
        for call, _ in found
    )


def _plain(node: ast.AST) -> str:
    """A name or an entry as written, `x["y"]` like `x.y`."""
    return _ENTRY.sub(r".\1", ast.unparse(node))


def _handed_on(found: list[Node], carries: set[str]) -> Iterator[str]:
    """The names that take what these carry: by assigning, by looping, by being filled."""
    for node, _ in found:
        if isinstance(node, ast.Assign) and _mentions(node.value, carries):
            yield from (
                _plain(target) for target in node.targets if isinstance(target, ast.Name | ast.Attribute)
            )
        elif isinstance(node, ast.For | ast.comprehension) and _mentions(node.iter, carries):
            yield from (part.id for part in ast.walk(node.target) if isinstance(part, ast.Name))
        elif isinstance(node, ast.AugAssign) and _mentions(node.value, carries):
            yield _plain(node.target)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            fills = node.func.attr in {"append", "extend", "insert"}
            if fills and any(_mentions(item, carries) for item in node.args):
                yield _plain(node.func.value)


def _mentions(node: ast.AST, carries: set[str]) -> bool:
    return any(
        isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and _plain(part) in carries
        for part in ast.walk(node)
    )


def _asks(call: ast.Call, flow: Flow) -> bool:
    """Whether the call asks a model: by the name of its method, or a function here that does."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    known = flow.known(last)
    if known is not None:
        return "model" in known.gives or id(known.node) in flow.asking()
    return isinstance(call.func, ast.Attribute) and last in ASKING


def chats(files: list[list[Node]]) -> Iterator[Sighting]:
    """Chat objects of a library that are kept for a whole session: they send all that was said before."""
    for found in files:
        kept = {
            _plain(target): (node, place)
            for node, place in found
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and _plain(node.value.func).rsplit(".", 1)[-1] == "start_chat"
            for target in node.targets
            if "session" in _plain(target)
        }
        for node, place in found:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = _plain(node.func.value)
                if node.func.attr.startswith("send_message") and owner in kept:
                    yield Sighting("growing_history", owner, place.code.at(node, place.block))
                    break

"""Routes that hand whoever asks the link with which somebody else's password is set."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.guards import Route

_FORGOT = re.compile(r"(?i)forgot|reset|recover")
_MADE = re.compile(r"uuid[14]\(|token_(?:urlsafe|hex|bytes)\(|\.dumps\(|generate_\w*token\(")
_SENDS = re.compile(r"(?i)mail|smtp|sms|twilio|sendgrid|\bsend_?message|\.send\(")


def open_resets(routes: Iterable[Route]) -> Iterator[Sighting]:
    """Each such route: it makes a token and answers with it, and nothing in it sends a message."""
    for route in routes:
        if route.guarded or not _FORGOT.search(f"{route.shown} {route.handler.name}"):
            continue
        made = {
            target.id
            for node in nodes_in(route.handler)
            if isinstance(node, ast.Assign) and _MADE.search(ast.unparse(node.value))
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        called = [ast.unparse(node.func) for node in nodes_in(route.handler) if isinstance(node, ast.Call)]
        if not made or any(_SENDS.search(name) for name in called):
            continue
        for node in nodes_in(route.handler):
            if isinstance(node, ast.Return) and node.value is not None and _names(node.value) & made:
                yield Sighting("open_reset", route.shown, route.code.at(node, route.block))
                break


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}

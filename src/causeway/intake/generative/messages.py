"""How the message that is sent is put together: instructions apart or not, others' words marked or not."""

import ast
import re
from collections.abc import Iterator

from causeway.intake.generative.labels import Asked

_SYSTEM = re.compile(
    r"[\"']role[\"']:\s*[\"'](?:system|developer)[\"']|SystemMessage|\bsystem(?:_prompt|_instruction|_message)?=|"
    r"\([\"']system[\"'],|\binstructions="
)
_MARKED = re.compile(r"</?\w+>|```|\"\"\"|-{3,}|={3,}|#{3,}|\[/?[A-Z]{3,}|BEGIN|<<")
_SAID = {"print", "write", "info", "debug", "warning", "error", "exception", "markdown"}


def how_mixed(asked: Asked) -> str:
    """`whole` where instructions and others' words are one message, `apart` where only others' words share it
    unmarked; empty where neither is so.
    """
    body: ast.AST = asked.place.function or asked.place.block.tree
    apart = bool(_SYSTEM.search(ast.unparse(body)))
    if "mixed" in asked.labels:
        if not apart:
            return "whole"
        marked = any(_MARKED.search(text) for text in _templates(body))
        foreign = asked.labels & {"document", "web", "file", "retriever"}
        return "apart" if foreign and not marked else ""
    return "whole" if "talk" in asked.labels and not apart else ""


def _templates(body: ast.AST) -> Iterator[str]:
    """The texts of a function, without those that are only shown or logged."""
    open_ = [body]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Call):
            last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if last in _SAID:
                continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        open_ += list(ast.iter_child_nodes(node))

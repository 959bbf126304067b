"""Chains that send a model's SQL to a database by themselves, and conversations that all users share."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.generative.own import Own
from causeway.intake.generative.stores import WEB
from causeway.intake.generative.values import Node
from causeway.intake.python.names import dotted

QUERIES = {
    "SQLDatabaseChain", "SQLDatabaseSequentialChain", "NLSQLTableQueryEngine", "SQLTableRetrieverQueryEngine",
    "NLSQLRetriever", "QuerySQLDataBaseTool", "QuerySQLDatabaseTool", "GraphCypherQAChain", "VannaBase",
}  # fmt: skip
"""Classes that let a model write a query, and run it."""
_PAGES = {"streamlit", "chainlit"}
_TALK = re.compile(r"(?i)histor|messages|conversation|memory|chat_?log|dialog")
_GROWS = {"append", "extend", "insert"}


def queried(files: list[list[Node]]) -> Iterator[Sighting]:
    """Where such a chain is made, or changed in a class of the folder's own."""
    own = Own(files)
    for found in files:
        for node, place in found:
            if isinstance(node, ast.Call) and own.means(node, place):
                continue
            if isinstance(node, ast.Call):
                pieces = dotted(node.func, place.scope.known).split(".")
                made = QUERIES & set(pieces[-2:])
            elif isinstance(node, ast.ClassDef):
                made = {dotted(base, place.scope.known).rsplit(".", 1)[-1] for base in node.bases} & QUERIES
            else:
                continue
            if made:
                yield Sighting("model_output_run", "SQL", place.code.at(node, place.block), "user")
                break


def remembered(files: list[list[Node]]) -> Iterator[Sighting]:
    """Objects made once for the whole process that keep what users said: `memory = Memory()` in a module."""
    tops = [found[0][1] for found in files if found]
    served = {name.split(".")[0] for place in tops for name in place.scope.known.values()}
    if not served & (WEB | _PAGES):
        return
    keepers = {
        node.name for found in files for node, _ in found if isinstance(node, ast.ClassDef) and _keeps(node)
    }
    shared = {name.rsplit(".", 1)[-1] for place in tops for name in place.scope.known.values()}
    for found in files:
        for node, place in found:
            named = isinstance(node, ast.Assign) and not place.functions and isinstance(node.value, ast.Call)
            if named and isinstance(node.targets[0], ast.Name) and not place.owner:
                made = dotted(node.value.func, place.scope.known).rsplit(".", 1)[-1]
                if made in keepers and (node.targets[0].id in shared or _web(place.scope.known)):
                    yield Sighting("shared_store", node.targets[0].id, place.code.at(node, place.block))


def _web(known: dict[str, str]) -> bool:
    """Whether the file itself is the app of a server, which all requests share."""
    return bool({name.split(".")[0] for name in known.values()} & WEB)


def _keeps(node: ast.ClassDef) -> bool:
    """Whether an object of this class collects messages in a list of its own."""
    return any(
        isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Attribute)
        and inner.func.attr in _GROWS
        and isinstance(inner.func.value, ast.Attribute)
        and bool(_TALK.search(inner.func.value.attr))
        for inner in ast.walk(node)
    )

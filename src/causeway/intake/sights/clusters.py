"""Names of the business that code gives to the numbers of clusters."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import constant
from causeway.intake.python.trees import nodes_in

_ABOUT = re.compile(r"cluster|segment|persona|kmeans", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]{3,}")
_COLOURS = {
    "red", "green", "blue", "yellow", "orange", "purple", "black", "white", "cyan", "magenta", "pink", "gray",
    "grey", "brown",
}  # fmt: skip
MIN_NAMES = 2


def named_by_hand(codes: Iterable[Code]) -> list[Sighting]:
    """Each table from cluster numbers to names, and each chain of conditions that is one."""
    return [found for code in codes for block in code.blocks for found in _in_block(code, block)]


def _in_block(code: Code, block: Block) -> Iterator[Sighting]:
    if not _ABOUT.search(block.text):
        return
    for node in nodes_in(block.tree):
        if isinstance(node, ast.Assign | ast.Return | ast.Call | ast.FunctionDef):
            for names, place in _tables(node):
                yield Sighting("cluster_names", " / ".join(names[:3]), code.at(place, block))


def _tables(node: ast.AST) -> Iterator[tuple[list[str], ast.AST]]:
    if isinstance(node, ast.FunctionDef):
        if _ABOUT.search(node.name) or any(_ABOUT.search(item.arg) for item in node.args.args):
            yield from ((names, part) for part in nodes_in(node) if (names := _numbered(part)))
            if names := _chain(node):
                yield names, node
    elif isinstance(node, ast.Assign) and _ABOUT.search(ast.unparse(node.targets[0])):
        yield from ((names, part) for part in nodes_in(node.value) if (names := _numbered(part)))


def _numbered(node: ast.AST) -> list[str]:
    """The names in `{0: "thrifty", 1: "spender"}`."""
    if not isinstance(node, ast.Dict):
        return []
    keys = [constant(key) for key in node.keys]
    values = [constant(value) for value in node.values]
    whole = all(isinstance(key, int) and not isinstance(key, bool) for key in keys)
    names = [value for value in values if isinstance(value, str) and _named(value)]
    return names if whole and len(names) == len(keys) >= MIN_NAMES else []


def _chain(node: ast.FunctionDef) -> list[str]:
    """The names in `if cluster == 0: return "thrifty"`, branch after branch."""
    names: list[str] = []
    for part in nodes_in(node):
        if not (isinstance(part, ast.If) and isinstance(part.test, ast.Compare) and part.body):
            continue
        number = constant(part.test.comparators[0])
        first = part.body[0]
        said = constant(first.value) if isinstance(first, ast.Return | ast.Assign) else None
        about = _ABOUT.search(ast.unparse(part.test.left))
        if about and isinstance(number, int) and isinstance(said, str) and _named(said):
            names.append(said)
    return names if len(names) >= MIN_NAMES else []


def _named(text: str) -> bool:
    return bool(_WORDS.search(text)) and text.lower() not in _COLOURS and not text.startswith("#")

"""A zip that skops wrote: a tree in JSON, each node of which names what it builds, and arrays beside it."""

import json
from collections.abc import Iterator, Mapping
from typing import cast

from causeway.intake.admission.allowed import is_allowed
from causeway.intake.admission.opcodes import Listed
from causeway.intake.admission.unlisted import Unlisted

SCHEMA = "schema.json"
NODES = frozenset(
    (
        "ObjectNode", "DictNode", "DefaultDictNode", "OrderedDictNode", "ListNode", "TupleNode", "SetNode",
        "JsonNode", "NdArrayNode", "MaskedArrayNode", "SparseMatrixNode", "TypeNode", "SliceNode",
        "FunctionNode",
        "DTypeNode", "BytesNode", "BytearrayNode", "RandomStateNode", "RandomGeneratorNode", "TreeNode",
        "SGDNode",
        "LossNode", "CachedNode", "DatetimeTimedeltaNode", "DateTimeNode",
    )
)  # fmt: skip
PLAIN = frozenset(("builtins.str", "builtins.bytes", "builtins.type", "builtins.NoneType"))
"""What a node may stand for besides the list: values that are written out beside it."""
MAX_NODES = 2_000_000


def read_schema(held: Mapping[str, bytes]) -> Listed:
    """What the tree names, and which of it is not on the list."""
    found = Listed()
    for node in _nodes(_parsed(held[SCHEMA])):
        found.count()
        loader = node["__loader__"]
        if loader not in NODES:
            raise Unlisted(f"it holds a node of the kind {str(loader)[:60]}")
        module, name, file = node.get("__module__"), node.get("__class__"), node.get("file")
        if not isinstance(module, str) or not isinstance(name, str):
            raise Unlisted("it holds a node without a name")
        if file is not None and file not in held:
            raise Unlisted("it refers to something outside itself")
        full = f"{module}.{name}"
        if full in PLAIN:
            continue
        found.names.setdefault(full)
        if not is_allowed(module, name):
            found.refused.setdefault(full)
    return found


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unlisted("its tree cannot be read") from error


def _nodes(tree: object) -> Iterator[Mapping[str, object]]:
    """Every object of the tree that skops would load."""
    todo, seen = [tree], 0
    while todo:
        seen += 1
        if seen > MAX_NODES:
            raise Unlisted("it has more nodes than are followed")
        here = todo.pop()
        if isinstance(here, dict):
            known = cast("dict[str, object]", here)
            if "__loader__" in known:
                yield known
            todo.extend(known.values())
        elif isinstance(here, list):
            todo.extend(cast("list[object]", here))

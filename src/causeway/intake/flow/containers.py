"""What methods of lists, dictionaries, column names and open files give."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.flow.indexing import texts
from causeway.intake.flow.values import (
    OPAQUE,
    UNKNOWN,
    Columns,
    Literal,
    Many,
    Mapping,
    Opened,
    Pair,
    Value,
    choice,
    derived_from,
)

if TYPE_CHECKING:
    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

MAX_ITEMS = 100
KEEPS = frozenset({"tolist", "to_list", "copy", "to_numpy", "astype", "unique"})


def call(follower: Following, receiver: Value, node: ast.Attribute, this: Call) -> Value:
    """What `receiver.method(...)` gives, and does."""
    if isinstance(receiver, Many):
        return _on_list(follower, receiver, node, this)
    if isinstance(receiver, Mapping):
        return _on_dictionary(follower, receiver, node, this)
    if isinstance(receiver, Columns):
        return _on_columns(follower, receiver, node, this)
    if isinstance(receiver, Opened):
        return receiver if node.attr in {"read", "readlines"} else OPAQUE
    return receiver if isinstance(receiver, Pair) and node.attr in BATCHES else OPAQUE


BATCHES = frozenset("batch shuffle prefetch cache map repeat take skip build_full_trainset".split())  # noqa: SIM905 - words read best as words


def _on_list(follower: Following, receiver: Many, node: ast.Attribute, this: Call) -> Value:
    if node.attr in {"append", "insert", "extend"} and this.args:
        added = this.args[-1]
        items = added.items if node.attr == "extend" and isinstance(added, Many) else (added,)
        follower.rebind(node.value, Many((*receiver.items, *items)[-MAX_ITEMS:]))
        return OPAQUE
    if node.attr == "remove":
        gone = texts(this.arg(0))
        kept = (item for item in receiver.items if not (isinstance(item, Literal) and item.value in gone))
        follower.rebind(node.value, Many(tuple(kept)))
        return OPAQUE
    if node.attr == "pop":
        return choice(list(receiver.items)) if receiver.items else OPAQUE
    return derived_from([receiver])


def _on_dictionary(follower: Following, receiver: Mapping, node: ast.Attribute, this: Call) -> Value:
    pairs = receiver.items
    if node.attr == "items":
        return Many(tuple(Many((Literal(key), value)) for key, value in pairs))
    if node.attr == "values":
        return Many(receiver.values)
    if node.attr == "keys":
        return Many(tuple(Literal(key) for key, _ in pairs))
    if node.attr in {"get", "pop", "setdefault"}:
        key = this.arg(0)
        named = [value for name, value in pairs if isinstance(key, Literal) and name == key.value]
        return named[0] if named else choice(list(receiver.values)) if receiver.values else OPAQUE
    if node.attr == "update" and isinstance(more := this.arg(0), Mapping):
        follower.rebind(node.value, Mapping((*pairs, *more.items)[-MAX_ITEMS:]))
        return OPAQUE
    return derived_from([receiver])


def _on_columns(follower: Following, receiver: Columns, node: ast.Attribute, this: Call) -> Value:
    if node.attr in KEEPS:
        return receiver
    if node.attr in {"drop", "difference", "remove"}:
        names = texts(this.arg(0, "labels")) or (UNKNOWN,)
        less = replace(receiver, dropped=(*receiver.dropped, *names))
        if node.attr == "remove":
            follower.rebind(node.value, less)
            return OPAQUE
        return less
    return OPAQUE

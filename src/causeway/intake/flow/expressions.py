"""What each kind of expression holds, as far as following data needs to know."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.estimators import learner
from causeway.intake.flow import calling, classes, constants, indexing, library
from causeway.intake.flow.statements import each_of
from causeway.intake.flow.values import (
    OPAQUE,
    Choice,
    Class,
    Columns,
    Data,
    Function,
    Instance,
    Length,
    Literal,
    Many,
    Mapping,
    Reference,
    Super,
    Value,
    choice,
    data_in,
    derived_from,
    estimators_in,
)
from causeway.intake.python.names import dotted, stars

if TYPE_CHECKING:
    from causeway.intake.flow.following import Following


def _constant(_follower: Following, node: ast.Constant) -> Value:
    return Literal(node.value)


def _name(follower: Following, node: ast.Name) -> Value:
    held = follower.scope.get(node.id)
    if held is not None:
        return held
    if node.id == "__file__":
        return Literal(follower.home.code.path)
    if node.id in follower.aliases:
        return _imported(follower, follower.aliases[node.id])
    for module in stars(follower.aliases):
        scope = follower.scope_of(module)
        found = scope.get(node.id) if scope else None
        if found is not None:
            return found
        if scope is None and learner(node.id):
            return Reference(f"{module}.{node.id}")
    return OPAQUE


def _imported(follower: Following, full: str) -> Value:
    module, _, name = full.rpartition(".")
    if not module.strip("."):
        return OPAQUE if not module else _of_module(follower, module, name)
    return _of_module(follower, module, name)


def _of_module(follower: Following, module: str, name: str) -> Value:
    scope = follower.scope_of(module)
    found = scope.get(name) if scope else None
    if found is not None:
        return found
    return Reference(f"{module}.{name}") if scope is None and learner(name) else OPAQUE


def _attribute(follower: Following, node: ast.Attribute) -> Value:
    return attribute_of(follower, node, follower.value(node.value))


def attribute_of(follower: Following, node: ast.Attribute, holder: Value) -> Value:
    """What `holder.name` holds, where the holder was already followed."""
    if isinstance(holder, Choice):
        return choice([attribute_of(follower, node, option) for option in holder.options])
    if isinstance(holder, Instance | Class | Super):
        found = classes.attribute(holder, node.attr)
        called = isinstance(found, Function) and found.owner is not None and classes.is_property(found)
        return follower.enter(found, [], {}) if isinstance(found, Function) and called else found
    held = follower.scope.get(f"{node.value.id}.{node.attr}") if isinstance(node.value, ast.Name) else None
    if held is not None:
        return held
    if holder is OPAQUE:
        full = dotted(node, follower.aliases)
        return _imported(follower, full) if full.split(".")[0] != "self" and "." in full else OPAQUE
    if isinstance(holder, Literal):
        return constants.attribute(holder, node.attr)
    return indexing.attribute(follower, holder, node.attr)


def _subscript(follower: Following, node: ast.Subscript) -> Value:
    return indexing.subscript(follower, node)


def _sequence(follower: Following, node: ast.Tuple | ast.List | ast.Set) -> Value:
    return Many(tuple(follower.value(item) for item in node.elts[:200]))


def _dictionary(follower: Following, node: ast.Dict) -> Value:
    values = [follower.value(item) for item in node.values[:200]]
    keys = [item.value if isinstance(item, ast.Constant) else None for item in node.keys[:200]]
    if any(not isinstance(value, Literal) for value in values) and not all(
        value is OPAQUE for value in values
    ):
        return Mapping(tuple(zip(keys, values, strict=True)))
    return Literal(
        {
            key: item.value
            for key, item in zip(keys, values, strict=True)
            if isinstance(item, Literal) and isinstance(key, str | int | bool | float)
        }
    )


def _operation(follower: Following, node: ast.BinOp) -> Value:
    left, right = follower.value(node.left), follower.value(node.right)
    if isinstance(left, Many) and isinstance(right, Many):
        return Many((*left.items, *right.items)[:400])
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _joined(left.value, right.value, node.op)
    if isinstance(left, Length) or isinstance(right, Length):
        return library.share_of_length(follower, node, left, right)
    return indexing.arithmetic([left, right])


def _compare(follower: Following, node: ast.Compare) -> Value:
    left = follower.value(node.left)
    other = follower.value(node.comparators[0])
    if isinstance(left, Columns):
        unlike = indexing.texts(other) if isinstance(node.ops[0], ast.NotEq) else ()
        return replace(left, dropped=(*left.dropped, *(unlike or (indexing.UNKNOWN,))))
    if isinstance(left, Data) and isinstance(other, Literal) and isinstance(node.ops[0], ast.Eq):
        return replace(left, positive=str(other.value))
    return derived_from([left, other])


def _boolean(follower: Following, node: ast.BoolOp) -> Value:
    values = [follower.value(item) for item in node.values]
    told = [value for value in values if isinstance(value, Literal)]
    return derived_from(values) if any(map(data_in, values)) or not told else told[-1]


def _unary(follower: Following, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Invert) and isinstance(node.operand, ast.Call):
        return _inverted(follower, node.operand)
    value = follower.value(node.operand)
    if isinstance(node.op, ast.USub) and isinstance(value, Literal) and isinstance(value.value, int | float):
        return Literal(-value.value)
    return value if isinstance(value, Data) else OPAQUE


def _inverted(follower: Following, node: ast.Call) -> Value:
    """`~table.columns.isin(["y"])`: the columns but some."""
    method = node.func
    asks = isinstance(method, ast.Attribute) and method.attr == "isin"
    held = follower.value(method.value) if isinstance(method, ast.Attribute) and asks else OPAQUE
    if isinstance(held, Columns):
        names = indexing.texts(follower.value(node.args[0])) if node.args else ()
        return replace(held, dropped=(*held.dropped, *(names or (indexing.UNKNOWN,))))
    value = follower.value(node)
    return value if isinstance(value, Data) else OPAQUE


def _if_expression(follower: Following, node: ast.IfExp) -> Value:
    both = [follower.value(node.body), follower.value(node.orelse)]
    return choice(both) if any(map(estimators_in, both)) else derived_from(both)


def _comprehension(follower: Following, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
    kept = _columns(follower, node)
    if kept is not None:
        return kept
    overs = _generators(follower, node.generators)
    item = follower.value(node.elt)
    if estimators_in(item) or isinstance(item, Reference):
        return Many((item,))
    return derived_from([item, *overs])


def _dictionary_comprehension(follower: Following, node: ast.DictComp) -> Value:
    overs = _generators(follower, node.generators)
    item = follower.value(node.value)
    return Mapping(((None, item),)) if estimators_in(item) else derived_from([item, *overs])


def _generators(follower: Following, generators: list[ast.comprehension]) -> list[Value]:
    overs: list[Value] = []
    for part in generators:
        over = follower.value(part.iter)
        follower.bind(part.target, each_of(over))
        overs.append(over)
    return overs


def _columns(follower: Following, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Columns | None:
    """`[c for c in table.columns if c != "y"]`: the columns but some."""
    part = node.generators[0]
    over = follower.value(part.iter)
    plain = (
        isinstance(node.elt, ast.Name) and isinstance(part.target, ast.Name) and node.elt.id == part.target.id
    )
    if not isinstance(over, Columns) or not plain or len(node.generators) > 1:
        return None
    left_out: list[str] = []
    for test in part.ifs:
        if not (
            isinstance(test, ast.Compare)
            and isinstance(test.left, ast.Name)
            and isinstance(test.ops[0], ast.NotEq | ast.NotIn)
        ):
            return Columns((*over.dropped, indexing.UNKNOWN), over.slice)
        left_out += indexing.texts(follower.value(test.comparators[0])) or [indexing.UNKNOWN]
    return Columns((*over.dropped, *left_out), over.slice)


def _formatted(follower: Following, node: ast.JoinedStr) -> Value:
    parts = [
        item.value if isinstance(item, ast.Constant) else _inserted(follower, item) for item in node.values
    ]
    return Literal("".join(map(str, parts))) if None not in parts else OPAQUE


def _inserted(follower: Following, node: ast.expr) -> object:
    value = follower.value(node.value) if isinstance(node, ast.FormattedValue) else OPAQUE
    return value.value if isinstance(value, Literal) else None


def _lambda(follower: Following, node: ast.Lambda) -> Value:
    return Function(node, follower.scope, "", follower.home)


def _starred(follower: Following, node: ast.Starred) -> Value:
    return follower.value(node.value)


def _walrus(follower: Following, node: ast.NamedExpr) -> Value:
    value = follower.value(node.value)
    follower.bind(node.target, value)
    return value


def _await(follower: Following, node: ast.Await) -> Value:
    return follower.value(node.value)


def _call(follower: Following, node: ast.Call) -> Value:
    return calling.call(follower, node)


def _joined(left: object, right: object, operator: ast.operator) -> Value:
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return Literal((left + right)[:2000])
    if isinstance(operator, ast.Div) and right == "":
        return Literal(left)
    if isinstance(operator, ast.Div) and isinstance(right, str):
        return Literal(f"{left}/{right}" if left else right)
    return OPAQUE


EXPRESSIONS = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dictionary,
    ast.BinOp: _operation,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.IfExp: _if_expression,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _dictionary_comprehension,
    ast.SetComp: _comprehension,
    ast.JoinedStr: _formatted,
    ast.Lambda: _lambda,
    ast.Starred: _starred,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Call: _call,
}

"""What each kind of expression holds, as far as following data needs to know."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake import indexing, library, methods
from causeway.intake.calls import Call
from causeway.intake.names import dotted
from causeway.intake.values import (
    EACH,
    OPAQUE,
    Data,
    Function,
    Length,
    Literal,
    Many,
    Value,
    data_in,
    derived_from,
)

if TYPE_CHECKING:
    from causeway.intake.following import Following


def _constant(_follower: Following, node: ast.Constant) -> Value:
    return Literal(node.value)


def _name(follower: Following, node: ast.Name) -> Value:
    held = follower.scope.get(node.id)
    if held is not None:
        return held
    return _imported(follower, follower.aliases.get(node.id, ""))


def _imported(follower: Following, full: str) -> Value:
    if "." not in full:
        return OPAQUE
    module, _, name = full.rpartition(".")
    scope = follower.scope_of(module)
    return (scope.get(name) if scope else None) or OPAQUE


def _attribute(follower: Following, node: ast.Attribute) -> Value:
    if isinstance(node.value, ast.Name):
        held = follower.scope.get(f"{node.value.id}.{node.attr}")
        if held is not None:
            return held
        if node.value.id in follower.aliases and follower.scope.get(node.value.id) is None:
            return _imported(follower, f"{follower.aliases[node.value.id]}.{node.attr}")
    return indexing.attribute(follower, follower.value(node.value), node.attr)


def _subscript(follower: Following, node: ast.Subscript) -> Value:
    return indexing.subscript(follower, node)


def _sequence(follower: Following, node: ast.Tuple | ast.List | ast.Set) -> Value:
    return Many(tuple(follower.value(item) for item in node.elts[:200]))


def _dictionary(follower: Following, node: ast.Dict) -> Value:
    values = [follower.value(item) for item in node.values[:200]]
    keys = [item.value if isinstance(item, ast.Constant) else None for item in node.keys[:200]]
    data = derived_from(values)
    literal = {
        key: item.value
        for key, item in zip(keys, values, strict=True)
        if isinstance(item, Literal) and isinstance(key, str | int | bool | float)
    }
    return data if isinstance(data, Data) else Literal(literal)


def _operation(follower: Following, node: ast.BinOp) -> Value:
    left, right = follower.value(node.left), follower.value(node.right)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _joined(left.value, right.value, node.op)
    if isinstance(left, Length) or isinstance(right, Length):
        return library.share_of_length(follower, node, left, right)
    return indexing.arithmetic([left, right])


def _compare(follower: Following, node: ast.Compare) -> Value:
    left = follower.value(node.left)
    other = follower.value(node.comparators[0])
    if isinstance(left, Data) and isinstance(other, Literal) and isinstance(node.ops[0], ast.Eq):
        return replace(left, positive=str(other.value))
    return derived_from([left, other])


def _boolean(follower: Following, node: ast.BoolOp) -> Value:
    return derived_from([follower.value(item) for item in node.values])


def _unary(follower: Following, node: ast.UnaryOp) -> Value:
    value = follower.value(node.operand)
    if isinstance(node.op, ast.USub) and isinstance(value, Literal) and isinstance(value.value, int | float):
        return Literal(-value.value)
    return value if isinstance(value, Data) else OPAQUE


def _if_expression(follower: Following, node: ast.IfExp) -> Value:
    return derived_from([follower.value(node.body), follower.value(node.orelse)])


def _comprehension(follower: Following, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
    for part in node.generators:
        over = follower.value(part.iter)
        follower.bind(part.target, over if data_in(over) else EACH)
    return derived_from([follower.value(node.elt), *[follower.value(part.iter) for part in node.generators]])


def _formatted(follower: Following, node: ast.JoinedStr) -> Value:
    parts = [
        item.value if isinstance(item, ast.Constant) else _inserted(follower, item) for item in node.values
    ]
    return Literal("".join(map(str, parts))) if None not in parts else OPAQUE


def _inserted(follower: Following, node: ast.expr) -> object:
    value = follower.value(node.value) if isinstance(node, ast.FormattedValue) else OPAQUE
    return value.value if isinstance(value, Literal) else None


def _lambda(follower: Following, node: ast.Lambda) -> Value:
    return Function(node, follower.scope, "")


def _starred(follower: Following, node: ast.Starred) -> Value:
    return follower.value(node.value)


def _walrus(follower: Following, node: ast.NamedExpr) -> Value:
    value = follower.value(node.value)
    follower.bind(node.target, value)
    return value


def _await(follower: Following, node: ast.Await) -> Value:
    return follower.value(node.value)


def _call(follower: Following, node: ast.Call) -> Value:
    receiver = follower.value(node.func.value) if isinstance(node.func, ast.Attribute) else OPAQUE
    function = follower.value(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else OPAQUE
    call = Call(
        node,
        dotted(node.func, follower.aliases),
        [follower.value(item) for item in node.args],
        {item.arg: follower.value(item.value) for item in node.keywords if item.arg},
        follower.at(node),
    )
    if isinstance(function, Function):
        return follower.enter(function, call.args, call.kwargs)
    if isinstance(node.func, ast.Attribute) and methods.known(receiver):
        return methods.call(follower, receiver, node.func, call)
    return library.call(follower, call)


def _joined(left: object, right: object, operator: ast.operator) -> Value:
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return Literal((left + right)[:2000])
    if isinstance(operator, ast.Div) and isinstance(right, str):
        return Literal(f"{left}/{right}")
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
    ast.JoinedStr: _formatted,
    ast.Lambda: _lambda,
    ast.Starred: _starred,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Call: _call,
}

"""What each kind of statement does to the names of the code that is followed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from causeway.intake.flow import classes, indexing
from causeway.intake.flow.values import (
    EACH,
    Choice,
    Class,
    Columns,
    Data,
    Estimator,
    Function,
    Literal,
    Many,
    Mapping,
    Reference,
    Value,
    choice,
    data_in,
    derived_from,
    estimators_in,
)

if TYPE_CHECKING:
    from causeway.intake.flow.following import Following


def _assign(follower: Following, node: ast.Assign) -> None:
    value = follower.value(node.value)
    for target in node.targets:
        follower.bind(target, value)


def _ann_assign(follower: Following, node: ast.AnnAssign) -> None:
    if node.value is not None:
        follower.bind(node.target, follower.value(node.value))


def _aug_assign(follower: Following, node: ast.AugAssign) -> None:
    value = follower.value(node.value)
    held = follower.value(node.target)
    if isinstance(held, Many) and isinstance(value, Many):
        follower.bind(node.target, Many((*held.items, *value.items)))
    else:
        follower.bind(node.target, derived_from([held, value]))


def _delete(follower: Following, node: ast.Delete) -> None:
    """`del table["y"]`."""
    for target in node.targets:
        table = follower.value(target.value) if isinstance(target, ast.Subscript) else None
        names = indexing.texts(follower.value(target.slice)) if isinstance(target, ast.Subscript) else ()
        if isinstance(table, Data) and isinstance(target, ast.Subscript) and names:
            follower.rebind(target.value, indexing.without(table, names))


def _expression(follower: Following, node: ast.Expr) -> None:
    follower.value(node.value)


def each_of(over: Value) -> Value:
    """What a loop's name holds: one of what it goes over."""
    if isinstance(over, Many) and over.items:
        return choice(list(over.items))
    if isinstance(over, Columns | Mapping | Literal):
        return EACH
    return over if data_in(over) or estimators_in(over) else EACH


def _for(follower: Following, node: ast.For | ast.AsyncFor) -> None:
    follower.bind(node.target, each_of(follower.value(node.iter)))
    follower.body(node.body)
    follower.body(node.orelse)


def _while(follower: Following, node: ast.While) -> None:
    follower.value(node.test)
    follower.body(node.body)
    follower.body(node.orelse)


def _if(follower: Following, node: ast.If) -> None:
    follower.value(node.test)
    follower.body(node.body)
    if not node.orelse:
        return
    first = {name: value for name, value in follower.scope.names.items() if _builds(value)}
    follower.body(node.orelse)
    for name, value in first.items():
        other = follower.scope.names.get(name, value)
        if other is not value and _builds(other):
            follower.scope.names[name] = choice([value, other])


def _builds(value: Value) -> bool:
    if isinstance(value, Choice):
        return any(_builds(option) for option in value.options)
    return isinstance(value, Estimator | Reference | Class)


def _match(follower: Following, node: ast.Match) -> None:
    follower.value(node.subject)
    for case in node.cases:
        follower.body(case.body)


def _class(follower: Following, node: ast.ClassDef) -> None:
    follower.scope.names[node.name] = classes.define(follower, node)


def _with(follower: Following, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        value = follower.value(item.context_expr)
        if item.optional_vars is not None:
            follower.bind(item.optional_vars, value)
    follower.body(node.body)


def _try(follower: Following, node: ast.Try) -> None:
    follower.body(node.body)
    for handler in node.handlers:
        follower.body(handler.body)
    follower.body(node.orelse)
    follower.body(node.finalbody)


def _function(follower: Following, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    made = Function(node, follower.scope, node.name, follower.home)
    follower.scope.names[node.name] = made
    follower.known(made)


def _return(follower: Following, node: ast.Return) -> None:
    follower.returned.append(follower.value(node.value))


STATEMENTS = {
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.If: _if,
    ast.Match: _match,
    ast.ClassDef: _class,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Return: _return,
}

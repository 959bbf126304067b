"""What each kind of statement does to the names of the code that is followed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from causeway.intake.values import EACH, Function, Many, data_in, derived_from

if TYPE_CHECKING:
    from causeway.intake.following import Following


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
    follower.bind(node.target, derived_from([held, value]))


def _expression(follower: Following, node: ast.Expr) -> None:
    follower.value(node.value)


def _for(follower: Following, node: ast.For | ast.AsyncFor) -> None:
    over = follower.value(node.iter)
    items = over.items if isinstance(over, Many) and over.items else (over,)
    each = items[0] if len(items) == 1 else derived_from(list(items))
    follower.bind(node.target, each if data_in(each) else EACH)
    follower.body(node.body)
    follower.body(node.orelse)


def _while(follower: Following, node: ast.While) -> None:
    follower.value(node.test)
    follower.body(node.body)
    follower.body(node.orelse)


def _if(follower: Following, node: ast.If) -> None:
    follower.value(node.test)
    follower.body(node.body)
    follower.body(node.orelse)


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
    follower.scope.names[node.name] = Function(node, follower.scope, node.name)


def _return(follower: Following, node: ast.Return) -> None:
    follower.returned.append(follower.value(node.value))


STATEMENTS = {
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Expr: _expression,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.If: _if,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Return: _return,
}

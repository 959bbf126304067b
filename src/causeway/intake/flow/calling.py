"""What a call gives: of the code's own functions and classes, of methods, of libraries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from causeway.intake.flow import classes, constants, library, methods, natives, surroundings
from causeway.intake.flow.calls import Call
from causeway.intake.flow.values import (
    OPAQUE,
    Choice,
    Class,
    Function,
    Instance,
    Layer,
    Literal,
    Mapping,
    Reference,
    Super,
    Value,
    choice,
    derived_from,
)
from causeway.intake.python.names import dotted, stars

if TYPE_CHECKING:
    from causeway.intake.flow.following import Following


def call(follower: Following, node: ast.Call) -> Value:
    """What `node` gives, and does to the names around it."""
    receiver, function = _callee(follower, node.func)
    this = Call(
        node,
        _starred(follower, dotted(node.func, follower.aliases)) or _after_call(node.func),
        [follower.value(item) for item in node.args],
        _keywords(follower, node),
        follower.at(node),
    )
    if this.name == "super" and isinstance(me := follower.scope.get("self"), Instance):
        return Super(me)
    options = function.options if isinstance(function, Choice) else (function,)
    results = [_of(follower, option, receiver, this) for option in options]
    return results[0] if len(results) == 1 else choice(results)


def _starred(follower: Following, name: str) -> str:
    """The full name of what came with `from library import *`, where that library means something by it."""
    modules = stars(follower.aliases) if name and "." not in name else []
    return next((f"{module}.{name}" for module in modules if natives.handler(f"{module}.{name}")), name)


def _after_call(func: ast.expr) -> str:
    """The name of a method on what another call gave."""
    return f"?.{func.attr}" if isinstance(func, ast.Attribute) else ""


def _callee(follower: Following, func: ast.expr) -> tuple[Value, Value]:
    if isinstance(func, ast.Attribute):
        receiver = follower.value(func.value)
        if isinstance(receiver, Literal) and constants.knows(func.attr):
            return receiver, OPAQUE
        return receiver, follower.attribute_of(func, receiver)
    return OPAQUE, follower.value(func)


def _keywords(follower: Following, node: ast.Call) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for item in node.keywords:
        value = follower.value(item.value)
        if item.arg:
            found[item.arg] = value
        elif isinstance(value, Mapping):
            found |= {key: held for key, held in value.items if isinstance(key, str)}
        elif isinstance(value, Literal) and isinstance(value.value, dict):
            found |= {key: Literal(held) for key, held in value.value.items() if isinstance(key, str)}
    return found


def _of(follower: Following, function: Value, receiver: Value, this: Call) -> Value:
    if isinstance(function, Function):
        return follower.enter(function, this.args, this.kwargs)
    if isinstance(function, Class):
        return _made(follower, function, this)
    if isinstance(function, Layer):
        return layered(function, this)
    if isinstance(function, Reference):
        this.name = function.name
        return library.call(follower, this)
    if isinstance(function, Instance) and isinstance(
        own := classes.attribute(function, "__call__"), Function
    ):
        return follower.enter(own, this.args, this.kwargs)
    found = _of_method(follower, receiver, this)
    return library.call(follower, this) if found is None else found


def _of_method(follower: Following, receiver: Value, this: Call) -> Value | None:
    func = this.node.func
    if not isinstance(func, ast.Attribute):
        return None
    if isinstance(receiver, Literal):
        return constants.method(follower, receiver, func.attr, this)
    if isinstance(receiver, Instance) and receiver.of is surroundings.PARSER:
        return surroundings.on_parser(receiver, func.attr, this)
    if isinstance(receiver, Instance):
        return _inherited(follower, receiver, func.attr, this)
    return methods.call(follower, receiver, func, this) if methods.known(receiver) else None


def layered(layer: Layer, this: Call) -> Layer:
    """The layer, put on top of what it was called on."""
    below = [value for value in this.args if isinstance(value, Layer)]
    before = (*below[0].before, below[0].name) if below else ()
    return Layer(layer.name, layer.task, (*layer.before, *before)[-60:])


def _made(follower: Following, made: Class, this: Call) -> Value:
    base = classes.library_base(made)
    if base is None:
        return classes.build(follower, made, this.args, this.kwargs)
    classes.build(follower, made, this.args, this.kwargs)
    return library.call(follower, Call(this.node, base.name, [], this.kwargs, this.at))


def _inherited(follower: Following, receiver: Instance, name: str, this: Call) -> Value:
    """A method that the class has from a library: what goes in comes out."""
    for function in this.args:
        if isinstance(function, Function):
            follower.enter(function, [], {})
    if name == "fit_transform" and isinstance(own := classes.attribute(receiver, "transform"), Function):
        return follower.enter(own, this.args[:1], {})
    return derived_from([*this.args, *this.kwargs.values()])

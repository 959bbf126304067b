"""Classes of the followed code: their objects, methods, fields, and what calling them gives."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from causeway.intake.flow import constants
from causeway.intake.flow.values import (
    OPAQUE,
    Class,
    Function,
    Instance,
    Literal,
    Many,
    Mapping,
    Reference,
    Scope,
    Super,
    Value,
)
from causeway.intake.python.names import dotted

if TYPE_CHECKING:
    from causeway.intake.flow.following import Following

MAX_BASES = 6


def define(follower: Following, node: ast.ClassDef) -> Class:
    """The class that a statement makes."""
    outer = follower.scope
    follower.scope = Scope({}, outer)
    follower.body(node.body)
    names = follower.scope.names
    follower.scope = outer
    fields = tuple(
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    )
    bases = tuple(follower.value(base) for base in node.bases)
    made = Class(
        node.name, names, bases, tuple(dotted(base, follower.aliases) for base in node.bases), fields
    )
    follower.known(made)
    return made


def build(follower: Following, made: Class, args: list[Value], kwargs: dict[str, Value]) -> Instance:
    """An object of the class, after its `__init__`."""
    instance = Instance(made)
    follower.met(instance)
    start = member(made, "__init__")
    if isinstance(start, Function):
        follower.enter(replace(start, owner=instance), args, kwargs)
    else:
        fields = [name for one in reversed(family(made)) for name in one.fields]
        instance.fields.update(zip(fields, args, strict=False))
        instance.fields.update({name: value for name, value in kwargs.items() if name in fields})
    return instance


def family(made: Class) -> list[Class]:
    """The class and what it inherits from inside the folder, nearest first."""
    found = [made]
    for one in found:
        found += [base for base in one.bases if isinstance(base, Class) and base not in found]
        if len(found) > MAX_BASES:
            break
    return found


def origins(made: Class) -> list[str]:
    """The library classes that the class descends from, as full dotted names."""
    return [name for one in family(made) for name in one.inherits]


def member(made: Class, name: str) -> Value | None:
    """What the class or its bases define under this name."""
    return next((one.names[name] for one in family(made) if name in one.names), None)


def attribute(holder: Instance | Class | Super, name: str) -> Value:
    """What `holder.name` holds; a method knows whose it is."""
    if isinstance(holder, Super):
        bases = [base for base in holder.of.of.bases if isinstance(base, Class)]
        found = next((value for base in bases if (value := member(base, name)) is not None), None)
        return replace(found, owner=holder.of) if isinstance(found, Function) else found or OPAQUE
    if isinstance(holder, Instance) and name in holder.fields:
        return holder.fields[name]
    found = member(holder.of if isinstance(holder, Instance) else holder, name)
    if isinstance(found, Function) and isinstance(holder, Instance):
        return replace(found, owner=holder)
    return found or OPAQUE


def is_property(function: Function) -> bool:
    """Whether reading the attribute already calls it."""
    marks = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    return any(
        dotted(mark, {}) in {"property", "cached_property", "functools.cached_property"} for mark in marks
    )


def follow_methods(follower: Following, made: Class, instances: list[Instance]) -> None:
    """Enters the methods that nothing called, on an object of the class."""
    methods = [
        item
        for item in made.names.values()
        if isinstance(item, Function) and item.node not in follower.around.called
    ]
    if not methods:
        return
    own = next((one for one in reversed(instances) if one.of is made), None)
    instance = own or build(follower, made, [], {})
    for method in methods:
        if method.node not in follower.around.called:
            follower.enter(replace(method, owner=instance), [], {})


def parameters(
    follower: Following, function: Function, args: list[Value], kwargs: dict[str, Value]
) -> dict[str, Value]:
    """The names that a function starts with: arguments, then defaults, opaque for the rest."""
    spec = function.node.args
    names = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    bound = _defaults(follower, function)
    if function.owner is not None and names and not _static(function):
        bound[names[0]] = function.owner
        names = names[1:]
    bound.update(zip(names, args, strict=False))
    if spec.vararg:
        bound[spec.vararg.arg] = Many(tuple(args[len(names) :]))
    if spec.kwarg:
        rest = tuple((name, value) for name, value in kwargs.items() if name not in bound)
        bound[spec.kwarg.arg] = Mapping(rest)
    bound.update({name: value for name, value in kwargs.items() if name in bound})
    return bound


def _defaults(follower: Following, function: Function) -> dict[str, Value]:
    spec = function.node.args
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    bound: dict[str, Value] = dict.fromkeys((*positional, *(arg.arg for arg in spec.kwonlyargs)), OPAQUE)
    given = list(zip(positional[len(positional) - len(spec.defaults) :], spec.defaults, strict=False))
    given += [
        (arg.arg, default)
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
        if default is not None
    ]
    bound.update({name: follower.value(default) for name, default in given})
    bound.update(_options(function))
    settings = _hydra(follower, function)
    if settings is not OPAQUE and positional:
        bound[positional[0]] = settings
    return bound


def _hydra(follower: Following, function: Function) -> Value:
    """The configuration that `@hydra.main` hands over."""
    marks = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    for mark in marks:
        if isinstance(mark, ast.Call) and dotted(mark.func, {}) == "hydra.main":
            told = {
                item.arg: item.value.value for item in mark.keywords if isinstance(item.value, ast.Constant)
            }
            path = (
                f"{told.get('config_path') or '.'}/{str(told.get('config_name')).removesuffix('.yaml')}.yaml"
            )
            return constants.wrapped(follower.around.settings(path, follower.home.code.path))
    return OPAQUE


def _options(function: Function) -> dict[str, Value]:
    """Defaults that command-line decorators give: `@click.option("--data", default="x.csv")`."""
    found: dict[str, Value] = {}
    marks = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    for mark in marks:
        if not (isinstance(mark, ast.Call) and dotted(mark.func, {}).endswith(("option", "argument"))):
            continue
        names = [a.value for a in mark.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        default = next((k.value for k in mark.keywords if k.arg == "default"), None)
        if names and isinstance(default, ast.Constant):
            found[names[-1].lstrip("-").replace("-", "_")] = Literal(default.value)
    return found


def _static(function: Function) -> bool:
    marks = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    return any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in marks)


def library_base(made: Class) -> Reference | None:
    """The library class that an object of this class is one of, where it learns."""
    return next((base for one in family(made) for base in one.bases if isinstance(base, Reference)), None)

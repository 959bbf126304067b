"""What a name stands for: constants, defaults of the environment, settings classes and arguments, followed
across the folder's files.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword

Function = ast.FunctionDef | ast.AsyncFunctionDef
MAX_DEPTH = 6
_MARKS = ast.expr_context | ast.operator | ast.boolop | ast.unaryop | ast.cmpop
MAX_TEXTS = 8
MAX_LOOKUPS = 100_000
_CHOOSERS = {"selectbox", "radio", "select_slider", "Dropdown", "Radio"}
_READERS = {"os.getenv", "os.environ.get", "getenv", "environ.get", "decouple.config", "config", "env"}


class Scope:
    """The names of a file or function, and the scope around it."""

    def __init__(self, code: Code, known: dict[str, str], outer: "Scope | None" = None) -> None:
        self.code = code
        self.known = known
        self.outer = outer
        self.names: dict[str, list[ast.expr]] = {}

    def find(self, name: str) -> list[ast.expr]:
        """What was assigned to the name, in the nearest scope that has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return []


class Place(Struct, frozen=True):
    """Where a node stands: its scope, the functions and loops around it, and whether a try is around it."""

    code: Code
    block: Block
    scope: Scope
    functions: tuple[Function, ...] = ()
    owner: str = ""
    loops: tuple[ast.AST, ...] = ()
    tried: bool = False

    @property
    def function(self) -> Function | None:
        """The innermost function."""
        return self.functions[-1] if self.functions else None


Node = tuple[ast.AST, Place]


def nodes(codes: Iterable[Code]) -> Iterator[list[Node]]:
    """For each file, every node with its place, outer before inner."""
    for code in codes:
        top = Scope(code, aliases_of(code))
        found: list[Node] = []
        for block in code.blocks:
            open_: list[Node] = [(block.tree, Place(code, block, top))]
            while open_:
                node, place = open_.pop()
                found.append((node, place))
                _note(node, place)
                open_ += [(child, inner) for child, inner in reversed(_children(node, place))]
        yield found


def _children(node: ast.AST, place: Place) -> list[Node]:
    if isinstance(node, Function):
        inner = Scope(place.code, place.scope.known, place.scope)
        _defaults(node, inner)
        within = Place(place.code, place.block, inner, (*place.functions, node), place.owner)
        marks = [(mark, place) for mark in node.decorator_list]
        return [*marks, *((child, within) for child in [node.args, *node.body])]
    if isinstance(node, ast.ClassDef):
        place = Place(place.code, place.block, place.scope, place.functions, node.name)
    elif isinstance(node, ast.Try) and node.handlers:
        inside = Place(
            place.code, place.block, place.scope, place.functions, place.owner, place.loops, tried=True
        )
        rest = [*node.handlers, *node.orelse, *node.finalbody]
        return [*((child, inside) for child in node.body), *((child, place) for child in rest)]
    elif isinstance(node, ast.While | ast.For | ast.AsyncFor):
        place = Place(
            place.code,
            place.block,
            place.scope,
            place.functions,
            place.owner,
            (*place.loops, node),
            place.tried,
        )
    return [(child, place) for child in ast.iter_child_nodes(node) if not isinstance(child, _MARKS)]


def _defaults(node: Function, scope: Scope) -> None:
    named = [*node.args.posonlyargs, *node.args.args]
    for argument, default in zip(reversed(named), reversed(node.args.defaults), strict=False):
        scope.names[argument.arg] = [default]
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            scope.names[argument.arg] = [default]
    for argument in [*named, *node.args.kwonlyargs]:
        scope.names.setdefault(argument.arg, [])


def _note(node: ast.AST, place: Place) -> None:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                place.scope.names.setdefault(target.id, []).append(node.value)
    elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
        place.scope.names.setdefault(node.target.id, []).append(node.value)
    elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
        place.scope.names.setdefault(node.optional_vars.id, []).append(node.context_expr)


class Constants:
    """Texts and expressions that names stand for, over all files together."""

    def __init__(self, files: Iterable[list[Node]], environment: dict[str, str]) -> None:
        self.environment = environment
        self._left = MAX_LOOKUPS
        self._rules: dict[type[ast.AST], Callable[[Any, Scope, int], list[tuple[ast.AST, Scope]]]] = {
            ast.Name: self._of_node,
            ast.Attribute: self._of_attribute,
            ast.Call: self._of_call,
            ast.Subscript: self._of_subscript,
        }
        self._modules: dict[str, Scope] = {}
        self._fields: dict[str, list[tuple[ast.expr, Scope]]] = {}
        for found in files:
            for node, place in found:
                if isinstance(node, ast.Module):
                    module = place.code.path.removesuffix(".py").removesuffix("/__init__").rsplit("/", 1)[-1]
                    self._modules.setdefault(module, place.scope)
                self._field(node, place)

    def _field(self, node: ast.AST, place: Place) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute):
                    self._fields.setdefault(target.attr, []).append((node.value, place.scope))
                elif isinstance(target, ast.Name) and place.owner and not place.functions:
                    self._fields.setdefault(target.id, []).append((node.value, place.scope))
        if isinstance(node, ast.Call) and dotted(node.func, {}).endswith("add_argument"):
            name, default = constant(node.args[0]) if node.args else None, keyword(node, "default")
            if isinstance(name, str) and default is not None:
                self._fields.setdefault(name.lstrip("-").replace("-", "_"), []).append((default, place.scope))

    def texts(self, node: ast.AST | None, scope: Scope) -> tuple[str, ...]:
        """Every text that the expression may be, as far as the code says."""
        found = (
            value
            for made, _ in self.values(node, scope)
            if isinstance(value := constant(made), str) and value
        )
        return tuple(dict.fromkeys(found))[:MAX_TEXTS]

    def values(
        self, node: ast.AST | None, scope: Scope, depth: int = MAX_DEPTH
    ) -> list[tuple[ast.AST, Scope]]:
        """The expressions behind a name, resolved as far as possible."""
        self._left -= 1
        if node is None or depth == 0 or self._left < 0:
            return []
        rule = self._rules.get(type(node))
        if rule is not None:
            return rule(node, scope, depth)
        parts = _alternatives(node)
        if parts:
            return [found for part in parts for found in self.values(part, scope, depth - 1)][:MAX_TEXTS]
        joined = self._joined(node, scope, depth)
        return [(ast.Constant(joined), scope)] if joined else [(node, scope)]

    def _of_node(self, node: ast.Name, scope: Scope, depth: int) -> list[tuple[ast.AST, Scope]]:
        return self._of_name(node.id, scope, depth)

    def _joined(self, node: ast.AST, scope: Scope, depth: int) -> str:
        parts: list[ast.AST] = []
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        known = [
            [
                value
                for made, _ in self.values(part, scope, depth - 1)
                if isinstance(value := constant(made), str)
            ]
            for part in parts
        ]
        return "".join(found[0] for found in known) if known and all(known) else ""

    def _of_name(self, name: str, scope: Scope, depth: int) -> list[tuple[ast.AST, Scope]]:
        found = scope.find(name)
        if found:
            made = [value for it in found[:MAX_TEXTS] for value in self.values(it, scope, depth - 1)]
            return made[:MAX_TEXTS]
        full = scope.known.get(name, "")
        if "." in full:
            module, _, last = full.rpartition(".")
            other = self._modules.get(module.rsplit(".", 1)[-1])
            if other is not None and other is not scope and last in other.names:
                return self._of_name(last, other, depth - 1)
        return []

    def _of_attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> list[tuple[ast.AST, Scope]]:
        module = dotted(node.value, scope.known).rsplit(".", 1)[-1]
        other = self._modules.get(module)
        if other is not None and node.attr in other.names:
            return self._of_name(node.attr, other, depth - 1)
        found = self._fields.get(node.attr, [])
        return [made for value, its in found for made in self.values(value, its, depth - 1)][:MAX_TEXTS]

    def _of_call(self, node: ast.Call, scope: Scope, depth: int) -> list[tuple[ast.AST, Scope]]:
        name = dotted(node.func, scope.known)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
        if name in _READERS or last.startswith(("getenv", "get_env", "env_")):
            key = constant(node.args[0]) if node.args else None
            if isinstance(key, str) and key in self.environment:
                return [(ast.Constant(self.environment[key]), scope)]
            default = keyword(node, "default") or (node.args[1] if len(node.args) > 1 else None)
            return self.values(default, scope, depth - 1)
        if last == "Field":
            default = keyword(node, "default") or (node.args[0] if node.args else None)
            return self.values(default, scope, depth - 1)
        if last in _CHOOSERS:
            options = keyword(node, "options") or keyword(node, "choices") or (node.args[1:2] or [None])[0]
            lists = self.values(options, scope, depth - 1)
            return [
                (item, its)
                for made, its in lists
                if isinstance(made, ast.List | ast.Tuple)
                for item in made.elts
            ][:MAX_TEXTS]
        if last in {"strip", "lower", "get_secret_value"} and isinstance(node.func, ast.Attribute):
            return self.values(node.func.value, scope, depth - 1)
        return [(node, scope)]

    def _of_subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> list[tuple[ast.AST, Scope]]:
        key = constant(node.slice)
        if dotted(node.value, scope.known) in {"os.environ", "environ"} and isinstance(key, str):
            text = self.environment.get(key, "")
            return [(ast.Constant(text), scope)] if text else []
        for made, its in self.values(node.value, scope, depth - 1):
            if isinstance(made, ast.Dict) and isinstance(key, str):
                return [
                    found
                    for name, value in zip(made.keys, made.values, strict=True)
                    if name is not None and constant(name) == key
                    for found in self.values(value, its, depth - 1)
                ]
            if (
                isinstance(made, ast.List | ast.Tuple)
                and isinstance(key, int)
                and -len(made.elts) <= key < len(made.elts)
            ):
                return self.values(made.elts[key], its, depth - 1)
        return []


def _alternatives(node: ast.AST) -> list[ast.expr]:
    """The expressions of which the whole is one."""
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [node.value] if isinstance(node, ast.Await) else []

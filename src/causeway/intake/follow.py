"""Follows data through code, statement by statement, from the file it is read from to the model it teaches.

Nothing is executed: values are stand-ins that remember their origin. Branches are followed one after
the other, loops once, the code's own functions at each call. What is not understood is opaque, and
nothing is concluded from it.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from causeway.core.finding import Evidence
from causeway.intake import indexing, library, methods
from causeway.intake.code import Block, Code
from causeway.intake.estimators import TRANSFORMERS
from causeway.intake.events import Events, Fit, Split
from causeway.intake.names import aliases_of, dotted
from causeway.intake.values import (
    OPAQUE,
    Cut,
    Data,
    Estimator,
    Function,
    Length,
    Literal,
    Many,
    Mark,
    Scope,
    Value,
    data_in,
    derived_from,
)

MAX_DEPTH = 60
MAX_CALLS = 6
MAX_STEPS = 60_000


@dataclass
class Call:
    """One call as the handlers see it: values of the arguments, and where it stands."""

    node: ast.Call
    name: str
    args: list[Value]
    kwargs: dict[str, Value]
    at: Evidence

    def arg(self, position: int, name: str = "") -> Value:
        """The argument at this position or of this name; opaque when it was not given."""
        if name and name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position < len(self.args) else OPAQUE

    def text(self, position: int, name: str = "") -> str:
        """The same as a string constant, or empty."""
        value = self.arg(position, name)
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean keyword."""
        value = self.kwargs.get(name)
        return bool(value.value) if isinstance(value, Literal) else default


class Follower:
    """Follows one file; `visit` gives the names of another file of the same folder."""

    def __init__(self, code: Code, visit: Callable[[str], Scope | None]) -> None:
        self.code = code
        self.visit = visit
        self.aliases = aliases_of(code)
        self.events = Events()
        self.scope = Scope()
        self.block: Block | None = None
        self._depth = 0
        self._steps = 0
        self._calls: list[ast.AST] = []
        self._called: set[ast.AST] = set()
        self._idents = 0
        self.marks: dict[int, Mark] = {}
        self._returned: list[Value] = []

    def run(self) -> None:
        """Follows every block, then the functions that nothing called."""
        for block in self.code.blocks:
            self.block = block
            self.body(block.tree.body)
        for block in self.code.blocks:
            self.block = block
            for node in ast.walk(block.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in self._called:
                    self.enter(Function(node, self.scope, node.name), [], {})

    def ident(self) -> int:
        """A number that nothing else has."""
        self._idents += 1
        return self._idents

    def at(self, node: ast.AST, text: str = "") -> Evidence:
        """Where this node stands."""
        if self.block is None:
            return Evidence(self.code.path, line=getattr(node, "lineno", None), text=text)
        return self.code.at(node, self.block, text)

    def body(self, statements: list[ast.stmt]) -> None:
        """Follows statements in order."""
        for statement in statements:
            self._steps += 1
            if self._steps > MAX_STEPS:
                return
            handler = _STATEMENTS.get(type(statement))
            if handler:
                handler(self, statement)

    def value(self, node: ast.expr | None) -> Value:
        """What an expression holds."""
        handler = _EXPRESSIONS.get(type(node))
        if node is None or handler is None or self._depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return OPAQUE
        self._depth += 1
        self._steps += 1
        try:
            return handler(self, node)
        finally:
            self._depth -= 1

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assigns a value to a name, several names, a column or an attribute."""
        if isinstance(target, ast.Name):
            self.scope.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif isinstance(target, ast.Subscript | ast.Attribute):
            self._store(target, value)

    def rebind(self, node: ast.expr, value: Value) -> None:
        """Changes what a name holds, after something happened in place."""
        if isinstance(node, ast.Name):
            self.scope.names[node.id] = value

    def enter(self, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """What a function of the code returns for these arguments."""
        node = function.node
        self._called.add(node)
        if node in self._calls or len(self._calls) >= MAX_CALLS:
            return derived_from(args)
        outer, returned = self.scope, self._returned
        self.scope = Scope(_parameters(node, args, kwargs), function.scope)
        self._returned = []
        self._calls.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body)
            self.body(node.body)
            found = [value for value in self._returned if not isinstance(value, Literal | type(OPAQUE))]
            return found[-1] if found else OPAQUE
        finally:
            self._calls.pop()
            self.scope, self._returned = outer, returned

    def cut(self, table: Data, cut: Value) -> None:
        """Rows were divided by position."""
        if isinstance(cut, Cut):
            self.events.splits.append(Split("slice", cut.at, (table,), shuffled=False))

    def learned(self, estimator: Estimator, features: Value, at: Evidence) -> None:
        """A transformer was fitted; on undivided data, what it gives from now on carries the mark."""
        pieces = data_in(features)
        self.marks.pop(estimator.ident, None)
        if pieces and not any(piece.part for piece in pieces):
            sort = TRANSFORMERS.get(estimator.name, "columns")
            self.marks[estimator.ident] = Mark(sort, estimator.name, at)

    def fitted(self, estimator: Estimator, features: Value, target: Value, at: Evidence) -> None:
        """A model was fitted."""
        pieces, targets = data_in(features), data_in(target)
        first, second = pieces[0] if pieces else None, targets[0] if targets else None
        self.events.fits.append(Fit(estimator, first, second, at))

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        if isinstance(value, Many) and len(value.items) == len(targets):
            for target, item in zip(targets, value.items, strict=True):
                self.bind(target, item)
            return
        spread = derived_from(list(data_in(value)))
        for target in targets:
            self.bind(target, spread)

    def _store(self, target: ast.Subscript | ast.Attribute, value: Value) -> None:
        table = self.value(target.value)
        if isinstance(table, Data):
            self.rebind(target.value, indexing.store(self, table, target, value))
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            self.scope.names[f"{target.value.id}.{target.attr}"] = value

    # statements

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _aug_assign(self, node: ast.AugAssign) -> None:
        value = self.value(node.value)
        held = self.value(node.target)
        self.bind(node.target, derived_from([held, value]))

    def _expression(self, node: ast.Expr) -> None:
        self.value(node.value)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        over = self.value(node.iter)
        items = over.items if isinstance(over, Many) and over.items else (over,)
        self.bind(node.target, items[0] if len(items) == 1 else derived_from(list(items)))
        self.body(node.body)
        self.body(node.orelse)

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        self.body(node.body)
        self.body(node.orelse)

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        self.body(node.body)
        self.body(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        self.body(node.body)

    def _try(self, node: ast.Try) -> None:
        self.body(node.body)
        for handler in node.handlers:
            self.body(handler.body)
        self.body(node.orelse)
        self.body(node.finalbody)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.names[node.name] = Function(node, self.scope, node.name)

    def _return(self, node: ast.Return) -> None:
        self._returned.append(self.value(node.value))

    # expressions

    def _constant(self, node: ast.Constant) -> Value:
        return Literal(node.value)

    def _name(self, node: ast.Name) -> Value:
        held = self.scope.get(node.id)
        if held is not None:
            return held
        return self._imported(self.aliases.get(node.id, ""))

    def _imported(self, full: str) -> Value:
        if "." not in full:
            return OPAQUE
        module, _, name = full.rpartition(".")
        scope = self.visit(module)
        return (scope.get(name) if scope else None) or OPAQUE

    def _attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name):
            held = self.scope.get(f"{node.value.id}.{node.attr}")
            if held is not None:
                return held
            if node.value.id in self.aliases and self.scope.get(node.value.id) is None:
                return self._imported(f"{self.aliases[node.value.id]}.{node.attr}")
        return indexing.attribute(self, self.value(node.value), node.attr)

    def _subscript(self, node: ast.Subscript) -> Value:
        return indexing.subscript(self, node)

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        return Many(tuple(self.value(item) for item in node.elts[:200]))

    def _dictionary(self, node: ast.Dict) -> Value:
        values = [self.value(item) for item in node.values[:200]]
        keys = [item.value if isinstance(item, ast.Constant) else None for item in node.keys[:200]]
        data = derived_from(values)
        literal = {
            key: item.value
            for key, item in zip(keys, values, strict=True)
            if isinstance(item, Literal) and isinstance(key, str | int | bool | float)
        }
        return data if isinstance(data, Data) else Literal(literal)

    def _operation(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return _joined(left.value, right.value, node.op)
        if isinstance(left, Length) or isinstance(right, Length):
            return library.share_of_length(self, node, left, right)
        return indexing.arithmetic([left, right])

    def _compare(self, node: ast.Compare) -> Value:
        left = self.value(node.left)
        other = self.value(node.comparators[0])
        if isinstance(left, Data) and isinstance(other, Literal) and isinstance(node.ops[0], ast.Eq):
            return replace(left, positive=str(other.value))
        return derived_from([left, other])

    def _boolean(self, node: ast.BoolOp) -> Value:
        return derived_from([self.value(item) for item in node.values])

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        if (
            isinstance(node.op, ast.USub)
            and isinstance(value, Literal)
            and isinstance(value.value, int | float)
        ):
            return Literal(-value.value)
        return value if isinstance(value, Data) else OPAQUE

    def _if_expression(self, node: ast.IfExp) -> Value:
        return derived_from([self.value(node.body), self.value(node.orelse)])

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
        for part in node.generators:
            self.bind(part.target, self.value(part.iter))
        return derived_from([self.value(node.elt), *[self.value(part.iter) for part in node.generators]])

    def _formatted(self, node: ast.JoinedStr) -> Value:
        parts = [
            item.value if isinstance(item, ast.Constant) else self._inserted(item) for item in node.values
        ]
        return Literal("".join(map(str, parts))) if None not in parts else OPAQUE

    def _inserted(self, node: ast.expr) -> object:
        value = self.value(node.value) if isinstance(node, ast.FormattedValue) else OPAQUE
        return value.value if isinstance(value, Literal) else None

    def _lambda(self, node: ast.Lambda) -> Value:
        return Function(node, self.scope, "")

    def _starred(self, node: ast.Starred) -> Value:
        return self.value(node.value)

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.bind(node.target, value)
        return value

    def _await(self, node: ast.Await) -> Value:
        return self.value(node.value)

    def _call(self, node: ast.Call) -> Value:
        receiver = self.value(node.func.value) if isinstance(node.func, ast.Attribute) else OPAQUE
        function = self.value(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else OPAQUE
        call = Call(
            node,
            dotted(node.func, self.aliases),
            [self.value(item) for item in node.args],
            {item.arg: self.value(item.value) for item in node.keywords if item.arg},
            self.at(node),
        )
        if isinstance(function, Function):
            return self.enter(function, call.args, call.kwargs)
        if isinstance(node.func, ast.Attribute) and methods.known(receiver):
            return methods.call(self, receiver, node.func, call)
        return library.call(self, call)


def _parameters(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, args: list[Value], kwargs: dict[str, Value]
) -> dict[str, Value]:
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    if names[:1] == ["self"] and len(args) < len(names):
        names = names[1:]
    bound: dict[str, Value] = dict.fromkeys((*names, *(arg.arg for arg in node.args.kwonlyargs)), OPAQUE)
    bound.update(zip(names, args, strict=False))
    bound.update({name: value for name, value in kwargs.items() if name in bound})
    return bound


def _joined(left: object, right: object, operator: ast.operator) -> Value:
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return Literal((left + right)[:2000])
    if isinstance(operator, ast.Div) and isinstance(right, str):
        return Literal(f"{left}/{right}")
    return OPAQUE


_STATEMENTS = {
    ast.Assign: Follower._assign,
    ast.AnnAssign: Follower._ann_assign,
    ast.AugAssign: Follower._aug_assign,
    ast.Expr: Follower._expression,
    ast.For: Follower._for,
    ast.AsyncFor: Follower._for,
    ast.While: Follower._while,
    ast.If: Follower._if,
    ast.With: Follower._with,
    ast.AsyncWith: Follower._with,
    ast.Try: Follower._try,
    ast.FunctionDef: Follower._function,
    ast.AsyncFunctionDef: Follower._function,
    ast.Return: Follower._return,
}
_EXPRESSIONS = {
    ast.Constant: Follower._constant,
    ast.Name: Follower._name,
    ast.Attribute: Follower._attribute,
    ast.Subscript: Follower._subscript,
    ast.Tuple: Follower._sequence,
    ast.List: Follower._sequence,
    ast.Set: Follower._sequence,
    ast.Dict: Follower._dictionary,
    ast.BinOp: Follower._operation,
    ast.Compare: Follower._compare,
    ast.BoolOp: Follower._boolean,
    ast.UnaryOp: Follower._unary,
    ast.IfExp: Follower._if_expression,
    ast.ListComp: Follower._comprehension,
    ast.GeneratorExp: Follower._comprehension,
    ast.SetComp: Follower._comprehension,
    ast.JoinedStr: Follower._formatted,
    ast.Lambda: Follower._lambda,
    ast.Starred: Follower._starred,
    ast.NamedExpr: Follower._walrus,
    ast.Await: Follower._await,
    ast.Call: Follower._call,
}

"""Follows data through code, statement by statement, from the file it is read from to the model it teaches.

Nothing is executed: values are stand-ins that remember their origin. Branches are followed one after
the other, loops once, the code's own functions at each call. What is not understood is opaque, and
nothing is concluded from it.
"""

import ast
from collections.abc import Callable

from causeway.core.finding import Evidence
from causeway.intake import indexing
from causeway.intake.code import Block, Code
from causeway.intake.estimators import TRANSFORMERS
from causeway.intake.events import Events, Fit, Split
from causeway.intake.expressions import EXPRESSIONS
from causeway.intake.names import aliases_of
from causeway.intake.statements import STATEMENTS
from causeway.intake.values import (
    OPAQUE,
    Cut,
    Data,
    Estimator,
    Function,
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
MAX_STEPS = 30_000


class Follower:
    """Follows one file; `visit` gives the names of another file of the same folder."""

    def __init__(self, code: Code, visit: Callable[[str], Scope | None]) -> None:
        self.code = code
        self.scope_of = visit
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
        self.returned: list[Value] = []

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

    @property
    def steps(self) -> int:
        """How much of the code was gone through."""
        return self._steps

    @property
    def exhausted(self) -> bool:
        """Whether the code was too long to be followed to its end."""
        return self._steps > MAX_STEPS

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
            handler = STATEMENTS.get(type(statement))
            if handler:
                handler(self, statement)

    def value(self, node: ast.expr | None) -> Value:
        """What an expression holds."""
        handler = EXPRESSIONS.get(type(node))
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
        outer, returned = self.scope, self.returned
        self.scope = Scope(_parameters(node, args, kwargs), function.scope)
        self.returned = []
        self._calls.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body)
            self.body(node.body)
            found = [value for value in self.returned if not isinstance(value, Literal | type(OPAQUE))]
            return found[-1] if found else OPAQUE
        finally:
            self._calls.pop()
            self.scope, self.returned = outer, returned

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

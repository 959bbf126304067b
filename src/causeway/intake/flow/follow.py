"""Follows data through code, statement by statement, from the file it is read from to the model it teaches.

Nothing is executed: values are stand-ins that remember their origin. Branches are followed one after
the other, loops once, the code's own functions at each call. What is not understood is opaque, and
nothing is concluded from it.
"""

import ast

from causeway.core.finding import Evidence
from causeway.intake.estimators import TRANSFORMERS
from causeway.intake.flow import classes, indexing
from causeway.intake.flow.divisions import Divisions, divisions
from causeway.intake.flow.events import Events, Fit, Split
from causeway.intake.flow.expressions import EXPRESSIONS, attribute_of
from causeway.intake.flow.following import Around
from causeway.intake.flow.statements import STATEMENTS
from causeway.intake.flow.values import (
    OPAQUE,
    Choice,
    Class,
    Data,
    Estimator,
    Function,
    Home,
    Instance,
    Literal,
    Many,
    Mark,
    Opaque,
    Scope,
    Value,
    choice,
    data_in,
    derived_from,
    estimators_in,
)
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of

MAX_DEPTH = 70
MAX_CALLS = 10
MAX_STEPS = 30_000
MAX_ROUNDS = 3


class Follower:
    """Follows one file; what other files of the folder hold comes from `around`."""

    def __init__(self, code: Code, around: Around) -> None:
        self.around = around
        self.events = Events()
        self.scope = Scope()
        self.home = Home(code, None, aliases_of(code))
        self.marks: dict[int, Mark] = {}
        self.given: dict[int, tuple[Value, Value]] = {}
        self.returned: list[Value] = []
        self._code = code
        self._depth = 0
        self._steps = 0
        self._calls: list[ast.AST] = []
        self._idents: dict[object, int] = {}
        self._functions: list[Function] = []
        self._classes: list[Class] = []
        self._instances: list[Instance] = []
        self._shown: dict[int, set[str]] = {}
        self._divided: dict[str, Divisions] = {}

    def run(self) -> None:
        """Follows every block of the file."""
        for block in self._code.blocks:
            self.home = Home(self._code, block, self.home.aliases)
            self.body(block.tree.body)

    def rest(self) -> None:
        """Follows what nothing in the folder called: methods on an object of their class, then functions."""
        for _ in range(MAX_ROUNDS):
            functions, self._functions = self._functions, []
            made, self._classes = self._classes, []
            for one in made:
                classes.follow_methods(self, one, self._instances)
            for function in functions:
                if function.node not in self.around.called:
                    self.enter(function, [], {})

    @property
    def steps(self) -> int:
        """How much of the code was gone through."""
        return self._steps

    @property
    def exhausted(self) -> bool:
        """Whether the code was too long to be followed to its end."""
        return self._steps > MAX_STEPS

    @property
    def aliases(self) -> dict[str, str]:
        """What the imports of the code that is followed are called."""
        return self.home.aliases

    def ident(self, *of: object) -> int:
        """A number that nothing else has; for something, the same number again."""
        key = of or ("#", len(self._idents))
        return self._idents.setdefault(key, len(self._idents) + 1)

    def known(self, found: Function | Class) -> None:
        """Remembers a function or class, to follow it later if nothing uses it."""
        if isinstance(found, Class):
            self._classes.append(found)
        else:
            self._functions.append(found)

    def met(self, instance: Instance) -> None:
        """Remembers an object."""
        self._instances.append(instance)

    def at(self, node: ast.AST, text: str = "") -> Evidence:
        """Where this node stands."""
        if self.home.block is None:
            return Evidence(self.home.code.path, line=getattr(node, "lineno", None), text=text)
        return self.home.code.at(node, self.home.block, text)

    def scope_of(self, module: str) -> Scope | None:
        """The names of another file of the folder."""
        return self.around.scope(module, self.home.code.path)

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

    def attribute_of(self, node: ast.Attribute, holder: Value) -> Value:
        """What `holder.name` holds, where the holder was already followed."""
        return attribute_of(self, node, holder)

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
        """Changes what a name or an attribute holds, after something happened in place."""
        if isinstance(node, ast.Name):
            self.scope.names[node.id] = value
        elif isinstance(node, ast.Attribute):
            holder = self.value(node.value)
            if isinstance(holder, Instance):
                holder.fields[node.attr] = value
        elif isinstance(node, ast.Subscript) and isinstance(value, Data):
            self._store(node, value)

    def enter(self, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """What a function of the code returns for these arguments."""
        node = function.node
        self.around.called.add(node)
        if node in self._calls or len(self._calls) >= MAX_CALLS or self._depth > MAX_DEPTH:
            return derived_from(args)
        outer, returned, home = self.scope, self.returned, self.home
        self.home = function.home
        names = classes.parameters(self, function, args, kwargs)
        self.scope = Scope(names, function.scope)
        self.returned = []
        self._calls.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body)
            self.body(node.body)
            return _answer(self.returned)
        finally:
            self._calls.pop()
            self.scope, self.returned, self.home = outer, returned, home

    def cut(self, table: Data, at: Evidence, how: str) -> None:
        """Rows were divided by position or by a condition."""
        self.events.splits.append(Split(how, at, (table,), shuffled=False))

    def divides(self, bound: str) -> bool:
        """Whether this row number ends one slice and starts another."""
        return bound in self._divisions().bounds

    def part_of(self, mask: str) -> str:
        """`train` or `test` where rows are chosen by a condition and, elsewhere, by its opposite."""
        return self._divisions().masks.get(mask, "")

    def _divisions(self) -> Divisions:
        path = self.home.code.path
        if path not in self._divided:
            self._divided[path] = divisions(self.home.code)
        return self._divided[path]

    def learned(self, estimator: Estimator, features: Value, at: Evidence) -> None:
        """A transformer was fitted; on undivided data, what it gives from now on carries the mark."""
        pieces = data_in(features)
        self.marks.pop(estimator.ident, None)
        parts = {piece.part for piece in pieces}
        learnt = self._shown.setdefault(estimator.ident, set())
        if parts == {"test"} and "train" in learnt:
            self.events.again.append(Mark("again", estimator.name, at))
        learnt |= parts
        if pieces and not any(piece.part for piece in pieces):
            sort = TRANSFORMERS.get(estimator.name, "columns")
            self.marks[estimator.ident] = Mark(sort, estimator.name, at, pieces[0].source)

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
        options = value.options if isinstance(value, Choice) else ()
        if options and all(isinstance(one, Many) and len(one.items) == len(targets) for one in options):
            for position, target in enumerate(targets):
                self.bind(target, choice([one.items[position] for one in options if isinstance(one, Many)]))
            return
        spread = derived_from(list(data_in(value)))
        for target in targets:
            self.bind(target, spread)

    def _store(self, target: ast.Subscript | ast.Attribute, value: Value) -> None:
        if isinstance(target, ast.Subscript):
            value = indexing.filled(value, target, self.at(target))
            target = indexing.without_loc(target)
        table = self.value(target.value)
        if isinstance(table, Instance) and isinstance(target, ast.Attribute):
            table.fields[target.attr] = value
        elif isinstance(table, Data):
            self.rebind(target.value, indexing.store(self, table, target, value))
        elif isinstance(target, ast.Subscript):
            changed = indexing.store_item(table, self.value(target.slice), value)
            if changed is not None:
                self.rebind(target.value, changed)
        elif isinstance(target.value, ast.Name):
            self.scope.names[f"{target.value.id}.{target.attr}"] = value


def _answer(returned: list[Value]) -> Value:
    told = [value for value in returned if not isinstance(value, Literal | Opaque)]
    if not told:
        constants = [value for value in returned if isinstance(value, Literal) and value.value is not None]
        return constants[-1] if constants else OPAQUE
    models = [value for value in told if not isinstance(value, Many) and estimators_in(value)]
    return choice(models) if len(models) > 1 and len(models) == len(told) else told[-1]

"""What the handlers of statements, expressions and calls may ask of whoever follows the code."""

import ast
from typing import Protocol

from causeway.core.finding import Evidence
from causeway.intake.events import Events
from causeway.intake.values import Data, Estimator, Function, Mark, Scope, Value


class Following(Protocol):
    """One file being followed: its names, its events so far, and how to go deeper."""

    aliases: dict[str, str]
    events: Events
    marks: dict[int, Mark]
    returned: list[Value]
    scope: Scope

    def at(self, node: ast.AST, text: str = "") -> Evidence:
        """Where this node stands."""
        ...

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assigns a value."""
        ...

    def body(self, statements: list[ast.stmt]) -> None:
        """Follows statements in order."""
        ...

    def cut(self, table: Data, cut: Value) -> None:
        """Rows were divided by position."""
        ...

    def enter(self, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """What a function of the code returns for these arguments."""
        ...

    def fitted(self, estimator: Estimator, features: Value, target: Value, at: Evidence) -> None:
        """A model was fitted."""
        ...

    def ident(self) -> int:
        """A number that nothing else has."""
        ...

    def learned(self, estimator: Estimator, features: Value, at: Evidence) -> None:
        """A transformer was fitted."""
        ...

    def rebind(self, node: ast.expr, value: Value) -> None:
        """Changes what a name holds."""
        ...

    def value(self, node: ast.expr | None) -> Value:
        """What an expression holds."""
        ...

    def scope_of(self, module: str) -> Scope | None:
        """The names of another file of the folder."""
        ...

"""What the handlers of statements, expressions and calls may ask of whoever follows the code."""

import ast
from typing import Protocol

from causeway.core.finding import Evidence
from causeway.intake.flow.events import Events
from causeway.intake.flow.values import Class, Data, Estimator, Function, Home, Instance, Mark, Scope, Value


class Around(Protocol):
    """What the rest of the folder tells whoever follows one file of it."""

    called: set[ast.AST]
    """Functions that some code of the folder was seen to call."""

    fitted: dict[str, Mark]
    """What was fitted on all rows of some data and then saved, by the name of its file."""

    def scope(self, module: str, importer: str) -> Scope | None:
        """The names of another file, as an import in this one finds it."""
        ...

    def settings(self, path: str, importer: str) -> object:
        """What a configuration file says, or None."""
        ...


class Following(Protocol):
    """One file being followed: its names, its events so far, and how to go deeper."""

    around: Around
    events: Events
    given: dict[int, tuple[Value, Value]]
    """Features and target that an estimator was built with."""
    home: Home
    marks: dict[int, Mark]
    returned: list[Value]
    scope: Scope

    @property
    def aliases(self) -> dict[str, str]:
        """What the imports of the code that is followed are called."""
        ...

    def at(self, node: ast.AST, text: str = "") -> Evidence:
        """Where this node stands."""
        ...

    def attribute_of(self, node: ast.Attribute, holder: Value) -> Value:
        """What `holder.name` holds, where the holder was already followed."""
        ...

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assigns a value."""
        ...

    def body(self, statements: list[ast.stmt]) -> None:
        """Follows statements in order."""
        ...

    def cut(self, table: Data, at: Evidence, how: str) -> None:
        """Rows were divided by position or by a condition."""
        ...

    def divides(self, bound: str) -> bool:
        """Whether this row number ends one slice and starts another."""
        ...

    def part_of(self, mask: str) -> str:
        """`train` or `test` where rows are chosen by a condition and, elsewhere, by its opposite."""
        ...

    def enter(self, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """What a function of the code returns for these arguments."""
        ...

    def fitted(self, estimator: Estimator, features: Value, target: Value, at: Evidence) -> None:
        """A model was fitted."""
        ...

    def ident(self, *of: object) -> int:
        """A number that nothing else has; for something, the same number again."""
        ...

    def known(self, found: Function | Class) -> None:
        """Remembers a function or class, to follow it later if nothing uses it."""
        ...

    def met(self, instance: Instance) -> None:
        """Remembers an object."""
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

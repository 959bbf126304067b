"""One call of the followed code, with what its arguments hold."""

import ast
from dataclasses import dataclass

from causeway.core.finding import Evidence
from causeway.intake.flow.values import OPAQUE, Literal, Value


@dataclass
class Call:
    """One call as the handlers see it: values of the arguments, and where it stands."""

    node: ast.Call
    name: str
    args: list[Value]
    kwargs: dict[str, Value]
    at: Evidence

    def arg(self, position: int, name: str = "") -> Value:
        """The argument at this position (none if negative) or of this name; opaque when it was not given."""
        if name and name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else OPAQUE

    def text(self, position: int, name: str = "") -> str:
        """The same as a string constant, or empty."""
        value = self.arg(position, name)
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean keyword."""
        value = self.kwargs.get(name)
        return bool(value.value) if isinstance(value, Literal) else default

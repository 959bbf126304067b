"""What a simulation found, beside its bar."""

import math

from msgspec import Struct


class Line(Struct, frozen=True):
    """A share or a ratio that was measured in so many runs."""

    what: str
    value: float
    runs: int
    most: float = math.inf
    least: float = -math.inf

    def is_met(self, *, allows_chance: bool) -> bool:
        """Whether it is within its bars; by three standard errors where few runs were made."""
        slack = 3 * self.error if allows_chance else 0.0
        return self.least - slack <= self.value <= self.most + slack

    @property
    def error(self) -> float:
        """Of a share at its bar, by the chance of the runs."""
        at = next((bar for bar in (self.most, self.least) if math.isfinite(bar)), self.value)
        return math.sqrt(max(at * (1 - at), 0.0) / self.runs)

    def text(self, *, allows_chance: bool) -> str:
        """One line of the table."""
        bar = (
            f"at most {self.most:.1%}"
            if math.isfinite(self.most)
            else f"at least {self.least:.1%}"
            if math.isfinite(self.least)
            else ""
        )
        met = "" if not bar else "met" if self.is_met(allows_chance=allows_chance) else "FELL SHORT"
        return f"{self.what:84} {self.value:7.2%}  {bar:16} {met}"

"""What every design ends in: an estimate, the interval that the truth lies in, and how it was found."""

import math

from msgspec import Struct


class Effect(Struct, frozen=True):
    """A difference that was estimated, in the unit of the measure unless `method` says otherwise."""

    estimate: float
    """Treated less control."""
    low: float
    """Minus infinity where nothing can be said yet, as `high` is infinity."""
    high: float
    p: float
    """Two-sided, of no effect."""
    method: str
    error: float = math.nan
    """Standard error of the estimate."""
    alpha: float = 0.05
    """The chance of an interval that misses the truth."""
    units: float = 0
    """Independent units it rests on, both arms together."""

    @property
    def is_found(self) -> bool:
        """Whether the interval leaves out nought: it, not `p`, is what a claim stands on."""
        return self.low > 0 or self.high < 0

    @property
    def is_known(self) -> bool:
        """Whether the interval has two ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def unknown(method: str, *, alpha: float, estimate: float = math.nan, units: float = 0) -> Effect:
    """No effect yet: an interval without ends."""
    return Effect(estimate, -math.inf, math.inf, 1.0, method, alpha=alpha, units=units)

"""What a back-test of monitors finds."""

from msgspec import Struct


class Planted(Struct, frozen=True):
    """What was planted in how many places, and how many windows and hours later it was warned of."""

    what: str
    places: int
    found: int
    windows: float | None = None
    """The median; 0 is the very first window in which it was."""
    hours: float | None = None


class Tested(Struct, frozen=True):
    """One monitor over the recorded history as it is, and then with something planted in it."""

    monitor: str
    watches: str
    looks: int
    false: int
    """Looks that would have warned, or worse."""
    low: float
    high: float
    """The share of these, 95 % (Wilson)."""
    acts: int = 0
    planted: tuple[Planted, ...] = ()
    how: str = ""

"""How many processes should answer, from how busy they are: quick to add one, slow to take one away."""

from msgspec import Struct

BUSY_CPU = 0.85
BUSY_LAG_MS = 25.0
IDLE_CPU = 0.5
IDLE_LAG_MS = 5.0


class Limits(Struct, frozen=True):
    """The fewest and the most processes, and how many seconds in a row change their number."""

    least: int
    most: int
    rise_seconds: int = 3
    fall_seconds: int = 30


class Load(Struct, frozen=True):
    """How busy the processes are on average: their share of a processor, and how late their loops are."""

    workers: int
    cpu: float
    lag_ms: float

    @property
    def busy(self) -> str:
        """Why there should be one more; empty where there is no reason."""
        if self.lag_ms >= BUSY_LAG_MS:
            return "callers wait"
        return "the processors of those there are used up" if self.cpu >= BUSY_CPU else ""

    @property
    def idle(self) -> bool:
        """Whether one fewer would be far from busy."""
        fewer = self.workers - 1
        return fewer > 0 and self.cpu * self.workers / fewer <= IDLE_CPU and self.lag_ms < IDLE_LAG_MS


class Scaled(Struct, frozen=True):
    """A change of their number, why, and the numbers that it was decided by."""

    before: int
    after: int
    why: str
    cpu: float
    lag_ms: float


class Scaler:
    """Judges one load a second."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._busy = self._idle = 0

    def judge(self, load: Load) -> Scaled | None:
        """The change that is due now, if one is."""
        self._busy = self._busy + 1 if load.busy else 0
        self._idle = self._idle + 1 if load.idle else 0
        if self._busy >= self._limits.rise_seconds and load.workers < self._limits.most:
            return self._changed(load, load.workers + 1, load.busy)
        if self._idle >= self._limits.fall_seconds and load.workers > self._limits.least:
            return self._changed(load, load.workers - 1, "fewer are enough")
        return None

    def _changed(self, load: Load, after: int, why: str) -> Scaled:
        self._busy = self._idle = 0
        return Scaled(load.workers, after, why, round(load.cpu, 3), round(load.lag_ms, 1))

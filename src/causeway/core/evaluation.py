"""What measuring a model on held-out rows said beyond one number: parts, probabilities, money, groups."""

from msgspec import Struct


class SliceSeen(Struct, frozen=True, omit_defaults=True):
    """The release's metric on a part of the rows; no value where the part is too small to have one."""

    name: str
    rows: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None


class BinSeen(Struct, frozen=True):
    """Rows of about the same probability: what was said on average, and how many came true (95 %)."""

    rows: int
    said: float
    came: float
    low: float
    high: float


class CalibrationSeen(Struct, frozen=True, omit_defaults=True):
    """How far probabilities lie from the shares that came true; see `causeway.stats.calibration`."""

    error: float
    by_chance: float
    brier: float
    rows: int
    bins: tuple[BinSeen, ...] = ()
    of: str = "probability"
    """`probability` of the one class that counts as yes, or `confidence` in the label."""

    @property
    def is_off(self) -> bool:
        """Whether the error is larger than chance explains."""
        return self.error > self.by_chance


class DecisionSeen(Struct, frozen=True):
    """From which probability on acting pays, and what a decision was worth; see `causeway.stats.decision`."""

    at: float
    how: str
    value: float
    low: float
    high: float
    at_half: float
    without: float
    without_name: str
    gain_low: float
    gain_high: float
    rows: int
    currency: str


class RateSeen(Struct, frozen=True):
    """A share of rows with its 95 % interval (Wilson, 1927)."""

    hits: int
    rows: int
    low: float
    high: float


class GroupSeen(Struct, frozen=True):
    """How one group fares: chosen of all, of those for whom it was true, of the others."""

    name: str
    chosen: RateSeen
    rightly: RateSeen
    wrongly: RateSeen


class FairnessSeen(Struct, frozen=True):
    """The groups of a column, and the ratio of the least chosen to the most chosen (95 %)."""

    column: str
    groups: tuple[GroupSeen, ...]
    least: str
    most: str
    ratio: float
    low: float
    high: float
    floor: float

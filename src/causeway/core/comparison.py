"""How a release does beside the one that is live, on the same rows."""

from msgspec import Struct


class Comparison(Struct, frozen=True, omit_defaults=True):
    """Both on the rows that neither was trained on; `why_not` where they cannot be compared.

    `low` and `high` bound the paired gain (95 %, bootstrap over rows; Efron, 1979), positive where the
    new release is better; `p` is of the test that `test` names.
    """

    live: str
    metric: str = ""
    rows: int = 0
    value: float = 0.0
    live_value: float = 0.0
    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0
    p: float | None = None
    test: str = ""
    unanswered: int = 0
    """Rows that the live release refuses; they are left out."""
    why_not: str = ""

    @property
    def is_worse(self) -> bool:
        """Whether the new release is worse beyond chance."""
        return not self.why_not and self.high < 0

    @property
    def is_better(self) -> bool:
        """Whether it is better beyond chance."""
        return not self.why_not and self.low > 0

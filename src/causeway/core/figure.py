"""A number that never travels without unit, period and, where it is estimated, interval and method."""

from decimal import Decimal

from msgspec import Struct


class Figure(Struct, frozen=True, omit_defaults=True):
    """`value` in `unit`, for each `period` where there is one; `low` and `high` bound it, `how` says how.

    An exact figure, computed from what was declared and nothing else, has neither bound.
    """

    value: float
    unit: str
    period: str = ""
    low: float | None = None
    high: float | None = None
    how: str = ""

    def __str__(self) -> str:
        per = f" a {self.period}" if self.period else ""
        if self.low is None or self.high is None:
            return f"{plain(self.value)} {self.unit}{per}"
        low, high = plain(self.low), plain(self.high)
        span = low if low == high else f"{low} to {high}"
        return f"{span} {self.unit}{per}"


def plain(number: float) -> str:
    """A number as a person writes it: two figures that mean something below 10, whole above."""
    if number == 0 or abs(number) >= 10:
        return f"{number:,.0f}"
    # never with an exponent
    return f"{Decimal(f'{number:.2g}'):f}" if abs(number) < 1 else f"{number:.1f}".removesuffix(".0")


def many(unit: str) -> str:
    """The unit as it stands behind a number: `subscriber kept` is `subscribers kept`."""
    first, _, rest = unit.partition(" ")
    if len(first) > 2 and not first.endswith(("s", "y")) and first.isalpha() and first.islower():
        first += "s"
    return f"{first} {rest}".rstrip()
